// A stranger who wrote: what it wrote, and whether it becomes known. Nothing is told to it before.

import { attempt, confirm } from '../dialog.js';
import { cleanName, cleanText, shortAddress } from '../clean.js';
import { fill, foreign, h } from '../dom.js';
import { icon } from '../icons.js';
import { fullTime, t } from '../text.js';
import { summary } from './content.js';

export function requestView(store, address) {
    const messages = h('div.scroller.strange', { tabIndex: 0 });
    const head = h('div', {});
    const element = h('section.thread', { 'aria-label': t('request') },
        h('header', {}, h('a.quiet.icon.back', { href: '#/chats', 'aria-label': t('back') }, icon('back')), head),
        messages,
        h('div.decide', {},
            h('p', {}, t('requestWhy')),
            h('div.actions', {},
                h('button.main', { type: 'button', onclick: () => decide('accept', `#/chats/with/${encodeURIComponent(address)}`) }, t('accept')),
                h('button', { type: 'button', onclick: () => decide('refuse', '#/chats') }, t('refuse')),
                h('button.danger', { type: 'button', onclick: block }, t('block')))));

    async function decide(command, then) {
        if (!await attempt(() => store.ask(command, { to: address }))) return;
        await attempt(() => store.refreshConversations());
        location.hash = then;
    }

    async function block() {
        if (await confirm(t('block'), t('blockWhy'), t('block'))) await decide('block', '#/chats');
    }

    async function load() {
        const request = store.requests.find((r) => r.address === address);
        fill(head, h('strong', {}, t('requestFrom'), ' ', foreign(cleanName(request?.name) || shortAddress(address))), h('p.hint', {}, h('code', {}, address)));
        const list = await store.ask('messages', { with: address, limit: 50 });
        fill(messages, list.map((m) => h('div.row', {}, h('article.bubble', { tabIndex: 0 }, foreign(cleanText(summary(m)), 'p', { className: 'said' }), h('footer', {}, h('time', {}, fullTime(m.createdAt)))))));
    }

    const stop = store.watch(['requests'], () => attempt(load));
    return { element, begin: () => attempt(load), close: stop };
}
