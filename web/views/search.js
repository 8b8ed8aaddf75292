// Search in all messages. The node decrypts each text for it, and keeps no index.

import { attempt } from '../dialog.js';
import { cleanText } from '../clean.js';
import { fill, foreign, h } from '../dom.js';
import { icon } from '../icons.js';
import { fullTime, t } from '../text.js';
import { summary } from './content.js';
import { nameElement, personName, sign, titleOf } from './names.js';

const most = 200;

/**
 * @param {string} first What is looked for at once.
 * @param {string|null} within The only conversation that is looked into.
 */
export function searchView(store, first, within) {
    const results = h('ul.results', { 'aria-live': 'polite', 'aria-label': t('results') });
    const where = within ? t('searchOnly', { name: titleOf(store, within) }) : t('searchAll');
    const text = h('input', { type: 'search', value: first, 'aria-label': where, placeholder: where, dir: 'auto' });
    const element = h('section.thread', { 'aria-label': t('search') },
        h('header', {}, h('a.quiet.icon.back', { href: within ? `#/chats/with/${encodeURIComponent(within)}` : '#/chats', 'aria-label': t('back') }, icon('back')),
            h('form.find', { role: 'search', onsubmit: (event) => { event.preventDefault(); find(); } }, icon('search'), text)),
        h('div.scroller', {}, results));

    async function find() {
        const wanted = text.value.trim();
        if (!wanted) return;
        fill(results, h('li.empty', {}, t('searching')));
        await attempt(async () => {
            const found = await store.ask('search', { text: wanted, in: within, limit: most });
            fill(results, found.reverse().map(row), !found.length && h('li.empty', {}, t('nothingFound')));
        });
    }

    function row(message) {
        return h('li', {}, h('a.chat', { href: `#/chats/with/${encodeURIComponent(message.conversation)}/${message.id}` }, sign(store, message.conversation),
            h('span.top', {}, nameElement(store, message.conversation), h('time', {}, fullTime(message.createdAt))),
            h('span.below', {}, h('span.last', {}, message.direction === 'out' ? `${t('you')}: ` : message.group ? `${personName(store, message.peer)}: ` : '', foreign(cleanText(summary(message)).slice(0, 300))))));
    }

    return { element, begin() { text.focus(); find(); }, close() {} };
}
