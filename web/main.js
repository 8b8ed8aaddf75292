// Where the page begins: takes the token out of the address, opens the connection, and shows the view that the address names.

import { say } from './dialog.js';
import { fill, h } from './dom.js';
import { icon } from './icons.js';
import { Store } from './store.js';
import { t } from './text.js';
import { careView } from './views/care.js';
import { slotTime, word } from './views/carewords.js';
import { chatsView } from './views/chats.js';
import { lockedView } from './views/locked.js';
import { networkView } from './views/network.js';
import { nodeView } from './views/node.js';

const views = { chats: chatsView, network: networkView, care: careView, node: nodeView };

const store = new Store(takeToken());
const app = document.getElementById('app');
let shown = { close() {} };
let shownAs = '';
let counted = 0;

/** The token behind the number sign, which is taken out of the address and its history at once. */
function takeToken() {
    const fragment = location.hash.slice(1);
    if (!/^[\w-]{43}$/.test(fragment)) return null;
    history.replaceState(null, '', location.pathname);
    return fragment;
}

/** The place that the address names: a view, and what in it. */
function place() {
    const [, name, ...rest] = location.hash.split('/');
    return { name: name in views ? name : 'chats', rest: rest.map(decoded) };
}

// An address may have been written by anybody.
function decoded(part) {
    try {
        return decodeURIComponent(part);
    } catch (e) {
        if (e instanceof URIError) return '';
        throw e;
    }
}

function frame() {
    const items = Object.keys(views).map((name) => h('a.tab', { href: `#/${name}`, data: { view: name } },
        icon(name), h('span.word', {}, t(name)), h('span.badge', { hidden: true })));
    const main = h('main', { id: 'main' });
    const line = h('p.link', { role: 'status', hidden: true });
    fill(app, h('a.skip', { href: '#main', onclick: (e) => { e.preventDefault(); main.querySelector('button, a, input, [tabindex]')?.focus(); } }, t('skip')),
        h('nav.tabs', { 'aria-label': t('areas') }, items), h('div.stage', {}, line, main));
    return { items, main, line };
}

let parts = frame();

function draw() {
    if (store.link === 'locked') {
        shown.close();
        shownAs = 'locked';
        fill(app, lockedView());
        return;
    }
    if (shownAs === 'locked') parts = frame();
    const { name, rest } = place();
    for (const item of parts.items) {
        if (item.dataset.view === name) item.setAttribute('aria-current', 'page');
        else item.removeAttribute('aria-current');
    }
    if (shownAs === name && shown.go) {
        shown.go(rest);
        return;
    }
    shown.close();
    shownAs = name;
    shown = views[name](store, rest, restart);
    fill(parts.main, shown.element);
    shown.begin?.();
    title(counted);
}

/** Builds everything anew, as after a change of the language. */
function restart() {
    shownAs = '';
    parts = frame();
    badges();
    draw();
}

function badges() {
    const unread = store.conversations.filter((c) => !c.muted).reduce((sum, c) => sum + c.unread, 0) + store.requests.length;
    const badge = parts.items[0].querySelector('.badge');
    badge.hidden = unread === 0;
    badge.textContent = unread > 99 ? '99+' : String(unread);
    badge.setAttribute('aria-label', t('unreadCount', { n: unread }));
    title(unread);
}

/** What the browser's tab says: how much is unread, and where the reader is. */
function title(unread) {
    counted = unread;
    document.title = `${unread ? `(${unread}) ` : ''}${shownAs in views ? `${t(shownAs)} · ` : ''}QuicProChat Mesh`;
}

function link() {
    parts.line.hidden = store.link !== 'offline';
    parts.line.textContent = t('reconnecting');
    if (store.link === 'locked' || shownAs === 'locked') draw();
}

store.onNews = (what, slot) => say(t(what, { time: slotTime(slot.start), state: word('reservation', slot.state) }));
store.watch(['link'], link);
store.watch(['conversations', 'requests'], badges);
addEventListener('hashchange', draw);
addEventListener('focus', () => store.retry());
draw();
store.open();
