// A person: card, name, safety number, and what may come from it.

import { attempt, confirm, form, openDialog, say } from '../dialog.js';
import { cleanName } from '../clean.js';
import { fill, foreign, h } from '../dom.js';
import { code, icon } from '../icons.js';
import { t } from '../text.js';
import { personName, titleOf } from './names.js';

/** Shows somebody: by alias or address. */
export function showContact(store, name) {
    const facts = h('dl.facts', {});
    const numbers = h('div.safety', {});
    const actions = h('div.actions', {});
    const dialog = openDialog(titleOf(store, name), () => [
        facts,
        h('section', {}, h('h3', {}, t('safetyNumber')), h('p.hint', {}, t('safetyWhy')), numbers),
        actions,
    ]);
    attempt(() => load(store, name, facts, numbers));
    attempt(() => acts(store, name, actions, dialog));
}

/** What can be done with somebody: it depends on what was done before. */
async function acts(store, name, place, dialog) {
    const [blocked, { address }] = await Promise.all([store.ask('blocked'), store.ask('verify', { to: name })]);
    const act = (command) => attempt(async () => {
        await store.ask(command, { to: address });
        await store.refreshContacts();
        await acts(store, name, place, dialog);
    });
    fill(place,
        h('button', { type: 'button', onclick: () => { dialog.close(); nameContact(store, name); } }, t('giveName')),
        store.contacts.some((c) => c.address === address) && h('button.danger', { type: 'button', onclick: async () => {
            if (await confirm(t('forgetCard'), t('forgetCardWhy'), t('forgetCard'))) await act('contact-remove');
        } }, t('forgetCard')),
        blocked.some((b) => b.address === address)
            ? h('button', { type: 'button', onclick: async () => { if (await act('unblock')) say(t('unblocked')); } }, t('unblock'))
            : h('button.danger', { type: 'button', onclick: async () => {
                if (await confirm(t('block'), t('blockWhy'), t('block'))) await act('block');
            } }, t('block')));
}

/** Sends a card into a conversation: one's own, or that of somebody known. */
export function sendCard(store, name) {
    const cards = store.contacts.filter((c) => c.address !== store.me.address);
    openDialog(t('sendCard'), (close) => [
        h('p.hint', {}, t('sendCardWhy')),
        form([{ name: 'of', label: t('cardOf'), options: [['', t('me')], ...cards.map((c) => [c.address, personName(store, c.address)])] }], t('send'), async ({ of }) => {
            const { id } = await store.ask('contact-send', { to: name, of });
            store.take(await store.ask('message', { id }));
            close();
        }),
    ]);
}

async function load(store, name, facts, numbers) {
    const safety = await store.ask('verify', { to: name });
    const announced = store.announced(safety.address);
    fill(facts,
        h('dt', {}, t('callsItself')), h('dd', {}, announced ? [foreign(cleanName(announced)), ' ', h('span.hint', {}, t('anybodyMay'))] : t('nothing')),
        h('dt', {}, t('address')), h('dd', {}, h('code', {}, safety.address)));
    const drawn = await store.ask('page-code', { text: safety.code });
    fill(numbers,
        h('p.verdict', { className: safety.verified ? 'verdict good' : 'verdict' }, icon('shield'), safety.verified ? t('verified') : t('notVerified')),
        h('div.compare', {}, code(drawn.rows, t('safetyNumber')),
            h('ol.digits', { 'aria-label': t('safetyNumber') }, safety.number.split(/\s+/).map((group) => h('li', {}, group)))),
        form([{ name: 'number', label: t('compareWith'), hint: t('compareHint') }], t('compare'), async ({ number }) => {
            await store.ask('verify', { to: name, number });
            await store.refreshContacts();
            await load(store, name, facts, numbers);
        }),
        !safety.verified && h('button', { type: 'button', onclick: () => attempt(async () => {
            await store.ask('verify', { to: name, confirm: true });
            await store.refreshContacts();
            await load(store, name, facts, numbers);
        }) }, t('theyAreTheSame')));
}

/** Gives somebody a name. */
export function nameContact(store, name) {
    const address = name.startsWith('qpc1') ? name : store.conversation(name)?.address ?? [...store.aliases].find(([, alias]) => alias === name)?.[0];
    openDialog(t('giveName'), (close) => form(
        [{ name: 'alias', label: t('name'), value: store.aliases.get(address) ?? '', required: true, hint: t('aliasHint') }], t('save'),
        async ({ alias }) => {
            const old = store.aliases.get(address);
            await store.ask('alias', { alias, to: address });
            if (old && old !== alias) await store.ask('alias', { alias: old, remove: true });
            await store.refreshContacts();
            close();
            location.hash = `#/chats/with/${encodeURIComponent(alias)}`;
        }));
}

/** Takes a card. */
export function addCard(store, uri = '') {
    openDialog(t('addContact'), (close) => form([
        { name: 'uri', label: t('card'), type: 'long', value: uri, required: true, hint: t('cardHint') },
        { name: 'alias', label: t('name'), required: true, hint: t('aliasHint') },
        { name: 'dial', label: t('dialCard'), type: 'check' },
    ], t('add'), async ({ uri: card, alias, dial }) => {
        await store.ask('contact-add', { uri: card.trim(), alias, dial: dial ? true : undefined });
        await store.refreshContacts();
        close();
        location.hash = `#/chats/with/${encodeURIComponent(alias)}`;
    }));
}

/** Shows this node's own card, for others to scan. */
export function showOwnCard(store) {
    const place = h('div.card', {});
    const draw = async (peer) => {
        const card = await store.ask('contact-show', { peer });
        const drawn = await store.ask('page-code', { text: card.uri });
        fill(place, code(drawn.rows, t('ownCard')), h('textarea', { readOnly: true, rows: 3, value: card.uri, 'aria-label': t('ownCard') }),
            h('p.hint', {}, personName(store, store.me.address), ' ', h('code', {}, store.me.address)));
    };
    openDialog(t('ownCard'), () => [
        h('p', {}, t('ownCardWhy')), place,
        form([{ name: 'peer', label: t('reachedAt'), hint: t('reachedAtHint') }], t('drawAgain'), ({ peer }) => draw(peer.trim())),
    ]);
    attempt(() => draw());
}
