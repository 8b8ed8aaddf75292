// For patients: look for a slot in what this node has, ask for one, be told when one appears, and see what became of it.

import { attempt, confirm, form, openDialog, say } from '../dialog.js';
import { cleanName, cleanText } from '../clean.js';
import { fill, foreign, h, saveAs } from '../dom.js';
import { sentence } from '../said.js';
import { dateOf, duration, fullTime, t } from '../text.js';
import { modalityField, payerField, procedureField, slotTime, typeField, wanted, word } from './carewords.js';

export function searchPane(store, status) {
    const results = h('div.slots', { 'aria-live': 'polite' });
    const mine = h('div', {});
    const watches = h('div', {});
    const fields = [
        { name: 'plz', label: t('plz'), hint: t('plzHint') }, { name: 'within', label: t('within'), type: 'number' },
        typeField(), payerField(), procedureField(), modalityField(['praxis', 'video']),
        { name: 'from', label: t('fromDate'), type: 'date' },
        { name: 'level', label: t('level'), value: 'list', options: ['card', 'practice', 'list', 'none'].map((level) => [level, t(`level.${level}.least`)]) },
    ];
    let asked = {};
    const searchForm = form(fields, t('search'), find);
    searchForm.classList.add('wide');
    const element = h('div.panes', {},
        h('section', {}, h('h2', {}, t('myAppointments')), mine),
        h('section', {}, h('h2', {}, t('findSlot')), h('p', {}, t('emergency')), h('p.hint', {}, t('searchPrivacy')),
            h('p.hint', {}, t('knowsRegions', { regions: status.regions.join(', ') || '–', practices: status.practices }), status.newestAge !== null && ` · ${t('newestAge', { age: duration(status.newestAge) })}`),
            !status.hasClock && h('p.wrong', {}, t('noClock')), searchForm, results),
        h('section', {}, h('h2', {}, t('watches')), watches));

    async function find(values) {
        asked = { ...values, within: values.within ? Number(values.within) : undefined };
        const found = await store.ask('fapp-search', asked);
        fill(results,
            found.hints.map((hint) => h('p.hint', {}, sentence(hint))),
            h('p', {}, t('slotsFound', { n: found.found })),
            found.slots.map((slot) => card(store, slot, load)),
            h('div.actions', {}, h('button', { type: 'button', onclick: () => attempt(watch) }, t('tellMe'))));
    }

    async function watch() {
        await store.ask('fapp-watch', asked);
        say(t('watching'));
        await load();
    }

    async function load() {
        const [reservations, standing, refusals] = await Promise.all([store.ask('fapp-reservations'), store.ask('fapp-watch-list'), store.ask('fapp-refusals')]);
        fill(mine,
            reservations.length ? reservations.map((r) => reservation(store, r, load)) : h('p.hint', {}, t('noAppointments')),
            refusals.length > 0 && [h('h3', {}, t('refusals')), h('p.hint', {}, t('refusalsWhy')), h('ul.members.refusals', {}, refusals.map(refusal))]);
        fill(watches, standing.length
            ? h('ul.members', {}, standing.map((w) => h('li', {}, wanted(w.asks), h('span.hint', {}, t('fitsNow', { n: w.fits })),
                h('button', { type: 'button', onclick: () => attempt(async () => { await store.ask('fapp-watch-remove', { watch: String(w.watch) }); await load(); }) }, t('end')))))
            : h('p.hint', {}, t('noWatches')));
    }

    const stop = store.watch(['care'], () => attempt(load));
    return { element, begin: () => attempt(load), close: stop };
}

function card(store, slot, done) {
    return h('article.slot', {},
        h('h3', {}, slotTime(slot.start), h('span.hint', {}, ` · ${slot.minutes} min`)),
        h('p', {}, word('type', slot.type), ' · ', word('modality', slot.modality), slot.follows !== 'no' && ` · ${word('follows', slot.follows)}`),
        h('p', {}, foreign(cleanName(slot.name) || t('nameless'), 'strong'), ' ', h('span', { className: `pill ${['card', 'practice', 'list'].includes(slot.level) ? 'good' : 'bad'}`, title: word('level', `${slot.level}.long`) }, word('level', slot.level))),
        h('p.hint', {}, [slot.plz, slot.distance !== null && `${slot.distance} km`, slot.payers.join(' '), slot.procedures.join(' ')].filter(Boolean).join(' · ')),
        slot.contact && h('p.hint', {}, foreign(cleanName(slot.contact))),
        slot.link && h('p.hint', {}, foreign(cleanText(slot.link).slice(0, 200), 'code')),
        h('div.actions', {}, ['none', 'contested'].includes(slot.level)
            ? h('span.hint', {}, t('notReservable'))
            : h('button.main', { type: 'button', onclick: () => reserve(store, slot, done) }, t('askForSlot'))));
}

function reserve(store, slot, done) {
    openDialog(t('askForSlot'), (close) => [
        h('p', {}, slotTime(slot.start), ' · ', foreign(cleanName(slot.name))),
        h('p.hint', {}, t('reservePrivacy')),
        form([
            slot.needsPin && { name: 'pin', label: t('pin'), required: true, hint: t('pinHint') },
            { name: 'note', label: t('note'), hint: t('noteHint') },
            { name: 'askFirst', label: t('askFirst'), type: 'check' },
            ['akut', 'probatorik'].includes(slot.type) && { name: 'ptv11', label: t('ptv11'), type: 'check', hint: t('ptv11Hint') },
            { name: 'placeFor', label: t('placeFor'), hint: t('placeForHint') },
            { name: 'born', label: t('born'), type: 'date' },
        ].filter(Boolean), t('askForSlot'), async ({ pin, note, askFirst, ptv11, placeFor, born }) => {
            await store.ask('fapp-reserve', {
                slot: `${slot.slot}@${slot.practice}`, pin, note, askFirst: askFirst ? true : undefined, ptv11: ptv11 ? true : undefined,
                placeFor: placeFor || undefined, born: born || undefined,
            });
            close();
            await done();
        }),
    ]);
}

/** What a practice refused in writing; its file has what the signature is checked with. */
function refusal(r) {
    return h('li', {},
        h('span', {}, foreign(cleanName(r.name), 'strong'), ' · ', r.before ? t('noPlaceBefore', { date: dateOf(r.before) }) : t('noPlace'), ' · ', foreign(cleanName(r.person))),
        h('button', { type: 'button', onclick: () => saveAs(JSON.stringify(r, null, 1), `refusal-${r.reservation}.json`) }, t('save')));
}

function reservation(store, r, done) {
    const act = (command) => attempt(async () => { await store.ask(command, { id: r.id }); await done(); });
    const isOpen = ['requested', 'offered', 'booked', 'waiting'].includes(r.state);
    return h('article.slot', {},
        h('h3', {}, slotTime(r.start), ' ', h('span', { className: ['booked', 'kept'].includes(r.state) ? 'pill good' : 'pill' }, word('reservation', r.state))),
        h('p', {}, foreign(cleanName(r.name)), r.contact && [' · ', foreign(cleanName(r.contact))]),
        h('p', {}, sentence(cleanText(r.says))),
        h('p.hint', {}, t('codeIs', { code: r.code }), r.until && ` · ${t('heldUntil', { time: fullTime(r.until) })}`),
        isOpen && h('div.actions', {},
            (r.state === 'offered' || r.state === 'booked') && h('button.main', { type: 'button', onclick: () => act('fapp-acknowledge') }, r.state === 'offered' ? t('takeSlot') : t('iCome')),
            h('button.danger', { type: 'button', onclick: async () => {
                if (await confirm(t('cancelSlot'), t('cancelSlotWhy'), t('cancelSlot'))) await act('fapp-cancel');
            } }, t('cancelSlot'))));
}
