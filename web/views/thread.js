// One conversation: its messages, what is written to it, and what can be done with it.

import { h } from '../dom.js';
import { attempt, confirm, menu } from '../dialog.js';
import { icon } from '../icons.js';
import { LongList } from '../list.js';
import { t } from '../text.js';
import { composer } from './composer.js';
import { nameContact, sendCard, showContact } from './contact.js';
import { chooseTimer } from './timer.js';
import { showGroup } from './groups.js';
import { messageRow } from './message.js';
import { isOwnWord, kindOf, nameElement, sign, titleOf } from './names.js';

/**
 * @param {string} name The conversation.
 * @param {string} [wanted] The id of a message to go to.
 */
export function threadView(store, name, wanted) {
    const thread = store.thread(name);
    const kind = kindOf(name);
    const compose = composer(store, name);
    const list = new LongList({
        key: (message) => message.id,
        row: (message, before) => messageRow(store, message, before, actions),
        onTop: () => { if (thread.isLoaded && thread.more) attempt(() => store.loadOlder(name)); },
        onEnd: read,
        label: t('messagesWith', { name: titleOf(store, name) }),
    });
    const down = h('button.down', { type: 'button', 'aria-label': t('toNewest'), title: t('toNewest'), hidden: true, onclick: () => list.toEnd() }, icon('down'));
    list.element.addEventListener('scroll', () => { down.hidden = list.isAtEnd; });
    const heading = h('div.who', {});
    const under = h('p.hint', {});
    const element = h('section.thread', { 'aria-label': titleOf(store, name), ondragover: (event) => event.preventDefault(), ondrop: (event) => { event.preventDefault(); compose.drop(event); } },
        h('header', {},
            h('a.quiet.icon.back', { href: '#/chats', 'aria-label': t('back') }, icon('back')),
            h('button.title', { type: 'button', onclick: details }, sign(store, name), h('span', {}, heading, under)),
            h('button.quiet.icon', { type: 'button', 'aria-label': t('moreActions'), title: t('moreActions'), onclick: openMenu }, icon('more'))),
        h('div.messages', {}, list.element, down),
        compose.element);
    const actions = { reply: (m) => compose.reply(m), edit: (m) => compose.edit(m), goTo };
    let shown = new Map();
    let shownFiles = new Map();

    function details() {
        if (kind === 'person') showContact(store, name);
        else if (kind !== 'self') showGroup(store, name);
    }

    function openMenu() {
        menu(titleOf(store, name), [
            kind === 'person' && { label: t('details'), act: details },
            kind === 'person' && { label: t('giveName'), act: () => nameContact(store, name) },
            (kind === 'group' || kind === 'channel') && { label: t('details'), act: details },
            kind !== 'channel' && kind !== 'self' && { label: t('sendCard'), act: () => sendCard(store, name) },
            kind !== 'channel' && { label: t('disappearing'), act: () => chooseTimer(store, name) },
            kind !== 'self' && { label: store.isMuted(name) ? t('unmute') : t('mute'), act: () => attempt(() => mute(store.isMuted(name))) },
            { label: t('searchHere'), act: () => { location.hash = `#/chats/search//${encodeURIComponent(name)}`; } },
            { label: t('deleteConversation'), danger: true, act: remove },
        ]);
    }

    async function mute(isMuted) {
        if (kind === 'channel') {
            await store.ask('channel-mute', { channel: name.slice('channel:'.length), off: isMuted || undefined });
            await Promise.all([store.refreshConversations(), store.refreshGroups()]);
        } else {
            await store.ask(isMuted ? 'unmute' : 'mute', { to: name });
        }
    }

    async function remove() {
        if (!await confirm(t('deleteConversation'), t('deleteConversationWhy'), t('delete'))) return;
        if (await attempt(() => store.ask('delete', { with: name }))) location.hash = '#/chats';
    }

    async function goTo(id) {
        // Answers name the first half of an id.
        const find = () => thread.items.find((m) => m.id.startsWith(id));
        while (!find() && thread.more) if (!await attempt(() => store.loadOlder(name))) return;
        const found = find();
        if (found) {
            list.set(thread.items);
            list.reveal(found.id);
        }
    }

    function read() {
        if (document.visibilityState === 'visible' && document.hasFocus()) attempt(() => store.markRead(name));
    }

    function head() {
        const conversation = store.conversation(name);
        const ownWord = isOwnWord(store, name);
        heading.replaceChildren(nameElement(store, name, 'strong'),
            ...(conversation?.verified ? [h('span.verified', { title: t('verified'), 'aria-label': t('verified'), role: 'img' }, icon('shield'))] : []));
        const says = [
            store.typing.has(name) && t('isTyping'),
            conversation && conversation.disappear !== 'off' && t('disappearsAfter', { after: conversation.disappear }),
            ownWord && t('ownWord'),
            !ownWord && kind === 'person' && reach(),
        ].filter(Boolean);
        under.textContent = says.join(' · ');
    }

    function reach() {
        const address = store.conversation(name)?.address ?? [...store.aliases].find(([, alias]) => alias === name)?.[0] ?? name;
        const route = store.routes.find((r) => r.destination === address);
        return route?.nextHop ? t('reachable') : t('notReachable');
    }

    function messages() {
        const next = new Map(thread.items.map((m) => [m.id, m]));
        const renewed = [...next].filter(([id, m]) => shown.has(id) && shown.get(id) !== m).map(([id]) => id);
        list.set(thread.items);
        for (const id of renewed) list.renew(id);
        shown = next;
        if (list.isAtEnd) read();
    }

    function files() {
        compose.update();
        for (const [id, file] of store.files) {
            if (file !== shownFiles.get(id) && shown.has(id)) list.renew(id);
        }
        shownFiles = new Map(store.files);
    }

    const stops = [
        store.watch(['messages'], messages),
        store.watch(['files'], files),
        store.watch(['conversations', 'contacts', 'typing', 'network'], head),
    ];
    addEventListener('focus', read);
    head();
    return {
        element,
        begin() {
            compose.begin();
            messages();
            attempt(async () => {
                if (!thread.isLoaded) await store.loadOlder(name);
                if (wanted) await goTo(wanted);
            });
            if (matchMedia('(min-width: 720px)').matches) compose.focus();
        },
        reveal: goTo,
        close() {
            stops.forEach((stop) => stop());
            removeEventListener('focus', read);
            list.close();
        },
    };
}
