// The list of conversations, whoever wrote last first, with requests of strangers and invitations above it.

import { cleanName, cleanText, shortAddress } from '../clean.js';
import { fill, foreign, h } from '../dom.js';
import { icon, ticks } from '../icons.js';
import { steady } from '../steady.js';
import { shortTime, t } from '../text.js';
import { addCard, showOwnCard } from './contact.js';
import { invitationRow } from './groups.js';
import { nameElement, sign, titleOf } from './names.js';
import { startConversation } from './start.js';
import { stateOf, stateWord } from './states.js';
import { summary } from './content.js';

export function chatList(store) {
    const rows = h('ul.chatRows', { 'aria-label': t('conversations') });
    const waiting = h('div.waiting');
    const beginning = h('div', {});
    const find = h('input', {
        type: 'search', placeholder: t('search'), 'aria-label': t('search'), dir: 'auto',
        oninput: draw,
        onkeydown: (event) => {
            if (event.key === 'Enter' && find.value.trim()) location.hash = `#/chats/search/${encodeURIComponent(find.value.trim())}`;
        },
    });
    const element = h('section.list', { 'aria-label': t('conversations') },
        h('header', {}, h('h1', {}, t('chats')),
            h('button.quiet.icon', { type: 'button', 'aria-label': t('newConversation'), title: t('newConversation'), onclick: () => startConversation(store) }, icon('add'))),
        h('div.find', {}, icon('search'), find), waiting, rows, beginning);
    let marked = null;

    function draw() {
        const wanted = find.value.trim().toLocaleLowerCase();
        const found = conversations(store).filter((c) => !wanted || titleOf(store, c.conversation).toLocaleLowerCase().includes(wanted));
        const focused = document.activeElement?.closest?.('.chat')?.dataset.name;
        fill(waiting,
            store.requests.map((request) => requestRow(request)),
            store.groups.invitations.map((invitation) => invitationRow(store, invitation)));
        fill(rows, found.map((c) => row(store, c, c.conversation === marked)),
            wanted && h('li', {}, h('a.chat.more', { href: `#/chats/search/${encodeURIComponent(find.value.trim())}` }, icon('search'), h('span', {}, t('searchIn', { text: cleanName(find.value) })))));
        fill(beginning, !wanted && isNew(store) && welcome(store));
        if (focused) rows.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus();
    }

    const stop = store.watch(['conversations', 'requests', 'contacts', 'groups', 'typing', 'network'], steady(element, draw));
    draw();
    return {
        element,
        close: stop,
        mark(name) {
            marked = name;
            draw();
        },
    };
}

/** Conversations with messages, then groups and channels in which nobody wrote yet. */
function conversations(store) {
    const there = new Set(store.conversations.map((c) => c.conversation));
    const others = [
        ...store.groups.groups.map((g) => `group:${g.name}`), ...store.liteGroups.map((g) => `group:${g.name}`),
        ...store.channels.map((c) => `channel:${c.name}`), 'self'];
    return [...store.conversations, ...others.filter((name) => !there.has(name)).map((name) => ({ conversation: name, unread: 0, last: null, muted: store.isMuted(name) }))];
}

/** Nobody was written to yet, and nobody wrote. */
const isNew = (store) => store.me && !store.requests.length && !store.groups.invitations.length && conversations(store).every((c) => c.conversation === 'self');

/** What a newcomer can do first. */
function welcome(store) {
    const near = new Set(store.peers.map((p) => p.address)).size;
    return h('div.welcome', {}, h('p', {}, t('welcome')),
        h('button.main', { type: 'button', onclick: () => showOwnCard(store) }, t('ownCard')),
        h('button', { type: 'button', onclick: () => addCard(store) }, t('addContact')),
        h('p.hint', {}, near ? t('welcomeNear', { n: near }) : t('welcomeAlone'), ' ', h('a', { href: '#/network' }, t('welcomeNetwork'))));
}

function row(store, conversation, isMarked) {
    const { conversation: name, last, unread, muted } = conversation;
    const by = store.typing.get(name);
    return h('li', {}, h('a.chat', { href: `#/chats/with/${encodeURIComponent(name)}`, data: { name }, 'aria-current': isMarked ? 'true' : null },
        sign(store, name),
        h('span.top', {}, nameElement(store, name), conversation.verified && h('span.verified', { title: t('verified'), 'aria-label': t('verified'), role: 'img' }, icon('shield')),
            muted && h('span.muted', { title: t('muted'), 'aria-label': t('muted'), role: 'img' }, icon('mute')), last && h('time', { dateTime: last.createdAt }, shortTime(last.createdAt))),
        h('span.below', {},
            last?.direction === 'out' && name !== 'self' && [ticks(stateOf(last)), h('span.unseen', {}, `${stateWord(last)}: `)],
            h('span.last', {}, by ? t('isTyping') : last ? foreign(cleanText(summary(last)).replace(/\s+/g, ' ').slice(0, 140)) : h('i', {}, t('nothingYet'))),
            unread > 0 && h('span.badge', { 'aria-label': t('unreadCount', { n: unread }) }, unread > 999 ? '999+' : unread))));
}

function requestRow(request) {
    const called = cleanName(request.name) || shortAddress(request.address);
    return h('a.request', { href: `#/chats/request/${encodeURIComponent(request.address)}` },
        h('strong', {}, t('requestFrom'), ' ', foreign(called)), h('span.last', {}, foreign(cleanText(request.preview).replace(/\s+/g, ' '))));
}
