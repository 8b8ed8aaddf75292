// For practices: what patients see, the slots, and who asked for them.

import { attempt, confirm, form, openDialog } from '../dialog.js';
import { cleanName, cleanText } from '../clean.js';
import { fill, foreign, h } from '../dom.js';
import { t } from '../text.js';
import { modalityField, slotTime, typeField, word } from './carewords.js';
import { table } from './table.js';

export function practicePane(store) {
    const about = h('div', {});
    const requests = h('div.slots', {});
    const slots = h('div', {});
    const element = h('div.panes', {},
        h('section', {}, h('h2', {}, t('requestsForSlots')), requests),
        h('section', {}, h('h2', {}, t('slots')), slots),
        h('section', {}, h('h2', {}, t('practice')), about));

    async function load() {
        let practice = null;
        try {
            practice = await store.ask('fapp-practice-show');
        } catch (e) {
            if (e.code !== 'refused') throw e;
        }
        fill(about, practice ? facts(practice) : h('p.hint', {}, t('noPractice')),
            h('div.actions', {}, h('button', { type: 'button', onclick: () => edit(store, practice, load) }, practice ? t('change') : t('makePractice'))));
        if (!practice) {
            fill(requests, h('p.hint', {}, t('noRequests')));
            fill(slots, h('p.hint', {}, t('noSlots')));
            return;
        }
        const [asked, own] = await Promise.all([store.ask('fapp-requests'), store.ask('fapp-slot-list')]);
        fill(requests, asked.length ? asked.map((r) => request(store, r, load)) : h('p.hint', {}, t('noRequests')));
        fill(slots, own.length ? slotTable(store, own, load) : h('p.hint', {}, t('noSlots')),
            h('div.actions', {}, h('button.main', { type: 'button', onclick: () => addSlot(store, load) }, t('addSlot'))));
    }

    const stop = store.watch(['care'], () => attempt(load));
    return { element, begin: () => attempt(load), close: stop };
}

function facts(p) {
    return h('dl.facts', {},
        h('dt', {}, t('name')), h('dd', {}, foreign(cleanName(p.name))), h('dt', {}, t('contact')), h('dd', {}, foreign(cleanName(p.contact))),
        h('dt', {}, t('plz')), h('dd', {}, p.plz), h('dt', {}, t('procedure')), h('dd', {}, p.procedures.join(', ')), h('dt', {}, t('payer')), h('dd', {}, p.payers.join(', ')),
        h('dt', {}, t('level')), h('dd', {}, word('level', p.level)), h('dt', {}, t('draw')), h('dd', {}, `${p.drawMinutes} min`), h('dt', {}, t('confirmBy')), h('dd', {}, t(`confirm.${p.confirm}`)), h('dt', {}, t('pin')), h('dd', {}, p.pin ? t('yes') : t('no')),
        h('dt', {}, t('takesNotes')), h('dd', {}, p.notes ? t('yes') : t('no')), h('dt', {}, t('writesRefusals')), h('dd', {}, p.refusals ? t('yes') : t('no')));
}

function request(store, r, load) {
    const act = (command) => attempt(async () => { await store.ask(command, { id: r.id }); await load(); });
    const isOpen = ['received', 'drawn', 'offered', 'waiting'].includes(r.state);
    return h('article.slot', {},
        h('h3', {}, slotTime(r.start), ' ', h('span', { className: r.state === 'booked' ? 'pill good' : 'pill' }, word('request', r.state))),
        h('p.hint', {}, [t('codeIs', { code: r.code }), r.known && t('knownPatient'), r.asksFirst && t('asksFirst'), r.asksForPlace && t('asksForPlace'), r.ptv11 && t('saysPtv11'), r.attends && t('attends'), r.unconfirmed && t('unconfirmed')].filter(Boolean).join(' · ')),
        r.note && foreign(cleanText(r.note), 'p', { className: 'said' }),
        h('div.actions', {},
            isOpen && h('button.main', { type: 'button', onclick: () => act('fapp-confirm') }, t('book')),
            isOpen && h('button', { type: 'button', onclick: () => r.asksForPlace ? refuse(store, r, load) : act('fapp-refuse') }, t('refuse')),
            r.state === 'booked' && h('button.danger', { type: 'button', onclick: async () => {
                if (await confirm(t('cancelSlot'), t('cancelBookingWhy'), t('cancelSlot'))) await act('fapp-cancel');
            } }, t('cancelSlot')),
            r.state === 'booked' && new Date(r.start) < new Date() && h('button', { type: 'button', onclick: () => act('fapp-no-show') }, t('noShow'))));
}

/** Whoever asks for a therapy place gets a statement, which may say before when there is none. */
function refuse(store, r, load) {
    openDialog(t('refuse'), (close) => form([
        { name: 'before', label: t('refuseUntil'), type: 'date', hint: t('refuseUntilHint') },
    ], t('refuse'), async ({ before }) => {
        await store.ask('fapp-refuse', { id: r.id, before: before || undefined });
        close();
        await load();
    }));
}

function slotTable(store, own, load) {
    return table(t('slots'), [t('begin'), t('slotType'), t('state'), t('pending'), ''], own.map((s) => [
        [slotTime(s.start), h('span.hint', {}, ` ${s.minutes} min`)], word('type', s.type),
        [word('slotState', s.state), s.flood && h('span.wrong', {}, ` ${t('flood')}`)], s.pending,
        s.state !== 'withdrawn' && h('button', { type: 'button', onclick: () => attempt(async () => { await store.ask('fapp-slot-withdraw', { slot: s.slot }); await load(); }) }, t('withdraw'))]));
}

function addSlot(store, load) {
    openDialog(t('addSlot'), (close) => form([
        { name: 'start', label: t('begin'), type: 'datetime-local', required: true }, { name: 'minutes', label: t('minutes'), type: 'number', value: '50', required: true },
        typeField(false), modalityField(['praxis', 'video', 'hybrid']),
        { name: 'follows', label: t('follows'), options: ['no', 'yes', 'waiting'].map((v) => [v, t(`follows.${v}`)]) },
    ], t('addSlot'), async ({ start, minutes, type, modality, follows }) => {
        await store.ask('fapp-slot-add', { start: withZone(start), minutes: Number(minutes), type, modality, follows });
        close();
        await load();
    }));
}

/** A local time with the offset that holds on that day. */
function withZone(local) {
    const offset = -new Date(local).getTimezoneOffset();
    const two = (n) => String(Math.floor(Math.abs(n))).padStart(2, '0');
    return `${local.length === 16 ? `${local}:00` : local}${offset < 0 ? '-' : '+'}${two(offset / 60)}:${two(offset % 60)}`;
}

function edit(store, p, load) {
    openDialog(t('practice'), (close) => form([
        { name: 'name', label: t('name'), value: p?.name, required: true }, { name: 'contact', label: t('contact'), value: p?.contact, hint: t('contactHint') },
        { name: 'plz', label: t('plz'), value: p?.plz, required: true }, { name: 'procedure', label: t('procedure'), value: p?.procedures.join(','), hint: 'VT, TP, AP, ST, neuro' },
        { name: 'payer', label: t('payer'), value: p?.payers.join(','), hint: 'GKV, PKV, BG, SEL, SOZ, BEI, KE' }, 
        { name: 'age', label: t('ages'), value: p?.ages.join(','), hint: 'children, adolescents, adults' }, { name: 'language', label: t('languages'), value: p?.languages.join(','), hint: 'de, en, gsg' },
        { name: 'access', label: t('accesses'), value: p?.access.join(','), hint: 'stepfree, lift, toilet, hearing, sight, parking' },
        { name: 'draw', label: t('draw'), value: p ? `${p.drawMinutes}m` : '30m', required: true, hint: t('drawHint') },
        { name: 'confirm', label: t('confirmBy'), value: p?.confirm ?? 'hand', options: ['hand', 'auto'].map((how) => [how, t(`confirm.${how}`)]) },
        { name: 'pin', label: t('pin'), hint: t('ownPinHint') }, { name: 'notes', label: t('takesNotes'), type: 'check', value: String(p?.notes ?? false) },
        { name: 'refusals', label: t('writesRefusals'), type: 'check', value: String(p?.refusals ?? false), hint: t('writesRefusalsHint') },
    ], t('save'), async (values) => {
        const lists = Object.fromEntries(['payer', 'procedure', 'age', 'language', 'access'].map((key) => [key, values[key].replace(/\s/g, '')]));
        await store.ask('fapp-practice-set', { ...values, ...lists, notes: values.notes ? 'on' : 'off', refusals: values.refusals ? 'on' : 'off' });
        close();
        await load();
    }));
}
