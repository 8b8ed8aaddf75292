// One message as a row of the thread: a bubble with what it says, who wrote it, when, and how far it came.

import { attempt, confirm, menu, openDialog } from '../dialog.js';
import { cleanText } from '../clean.js';
import { fill, foreign, h } from '../dom.js';
import { icon, ticks } from '../icons.js';
import { clock, day, duration, fullTime, t } from '../text.js';
import { body, isNotice, summary } from './content.js';
import { kindOf, personName } from './names.js';
import { stateOf, stateSentence, stateWord } from './states.js';

const signs = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

// Messages of one author within this time stand together.
const together = 5 * 60_000;

/** The row of a message behind another one. */
export function messageRow(store, message, before, actions) {
    const isNewDay = !before || day(before.createdAt) !== day(message.createdAt);
    const heading = isNewDay && h('h2.day', {}, h('span', {}, day(message.createdAt)));
    if (isNotice(message)) return h('div.row', {}, heading, h('p.notice', {}, notice(store, message)));
    const own = message.direction === 'out';
    // A note is for nobody else: how far it came says nothing.
    const travels = own && kindOf(message.conversation ?? '') !== 'self';
    const inGroup = kindOf(message.conversation ?? '') === 'group' || kindOf(message.conversation ?? '') === 'channel';
    const follows = !isNewDay && !isNotice(before) && before.direction === message.direction && before.peer === message.peer
        && new Date(message.createdAt) - new Date(before.createdAt) < together;
    const bubble = h('article.bubble', {
        tabIndex: 0,
        'aria-label': [own ? t('you') : personName(store, message.peer), fullTime(message.createdAt), travels && stateWord(message)].filter(Boolean).join(', '),
        onkeydown: (event) => keys(event, store, message, actions),
        data: { act: 'bubble' },
    },
    !own && inGroup && !follows && h('p.author', {}, foreign(personName(store, message.peer))),
    message.replyTo && quote(store, message, actions),
    body(store, message), foot(message, travels));
    return h(`div.row${own ? '.own' : ''}${follows ? '.follows' : ''}`, {}, heading,
        h('div.line', {}, bubble, tools(store, message, actions)), reactions(store, message));
}

function notice(store, message) {
    const { type, disappear, address, name } = message.content;
    const who = message.direction === 'out' ? t('you') : personName(store, message.peer);
    switch (type) {
        case 'timer': return [foreign(who), ': ', disappear === 'off' ? t('content.timerOff') : t('content.timer', { after: disappear })];
        case 'joined': return [foreign(personName(store, address)), ' ', t('content.joined')];
        case 'left': return [foreign(personName(store, address)), ' ', t('content.left')];
        case 'renamed': return [t('content.renamed'), ' ', foreign(cleanText(name))];
        default: return t('content.epoch');
    }
}

function quote(store, message, actions) {
    const thread = store.thread(message.conversation);
    const answered = thread.items.find((m) => m.id.startsWith(message.replyTo));
    return h('button.quote', { type: 'button', onclick: () => actions.goTo(message.replyTo) },
        answered
            ? [h('strong', {}, answered.direction === 'out' ? t('you') : foreign(personName(store, answered.peer))), foreign(cleanText(summary(answered)).slice(0, 160), 'span')]
            : h('span', {}, t('earlierMessage')));
}

function foot(message, travels) {
    const late = message.late && t('late');
    const written = message.sentAt && Math.abs(new Date(message.createdAt) - new Date(message.sentAt)) > 120_000
        ? t('written', { time: fullTime(message.sentAt) }) : null;
    return h('footer', {},
        message.editedAt && h('span', { title: fullTime(message.editedAt) }, t('edited')),
        (late || written) && h('span', {}, [late, written].filter(Boolean).join(', ')),
        message.disappearsIn !== undefined && h('span.timer', { title: t('disappearsIn', { time: duration(message.disappearsIn) }) }, icon('timer'), duration(message.disappearsIn)),
        h('time', { dateTime: message.createdAt, title: fullTime(message.createdAt) }, clock(message.createdAt)),
        travels && h('span.state', { title: stateSentence(message) }, ticks(stateOf(message)), h('span.word', {}, stateWord(message))));
}

function tools(store, message, actions) {
    if (message.content?.type === 'deleted') return null;
    return h('div.tools', {},
        h('button.quiet.icon', { type: 'button', data: { act: 'sign' }, 'aria-label': t('react'), title: t('react'), onclick: () => chooseSign(store, message) }, icon('sign')),
        h('button.quiet.icon', { type: 'button', data: { act: 'reply' }, 'aria-label': t('reply'), title: t('reply'), onclick: () => actions.reply(message) }, icon('reply')),
        h('button.quiet.icon', { type: 'button', data: { act: 'more' }, 'aria-label': t('moreActions'), title: t('moreActions'), onclick: () => openMenu(store, message, actions) }, icon('more')));
}

function reactions(store, message) {
    if (!message.reactions?.length) return null;
    const by = new Map();
    for (const { emoji, by: who } of message.reactions) by.set(emoji, [...(by.get(emoji) ?? []), who]);
    return h('div.signs', {}, [...by].slice(0, 12).map(([emoji, who]) => {
        const mine = who.includes(store.me?.address);
        const names = who.map((w) => (w === store.me?.address ? t('you') : personName(store, w))).join(', ');
        return h('button', {
            type: 'button', 'aria-pressed': String(mine), title: names, 'aria-label': `${emoji} ${names}`, data: { act: `sign ${emoji}` },
            onclick: () => attempt(() => react(store, message, emoji, mine)),
        }, foreign(cleanText(emoji).slice(0, 16), 'span'), who.length > 1 && h('span', {}, who.length));
    }));
}

function react(store, message, emoji, remove) {
    return store.ask('react', { id: message.id, emoji, remove: remove || undefined });
}

function chooseSign(store, message) {
    const mine = message.reactions?.filter((r) => r.by === store.me?.address).map((r) => r.emoji) ?? [];
    openDialog(t('react'), (close) => h('div.choose', {}, signs.map((emoji) => h('button', {
        type: 'button', 'aria-pressed': String(mine.includes(emoji)),
        onclick: () => { close(); attempt(() => react(store, message, emoji, mine.includes(emoji))); },
    }, emoji))));
}

function openMenu(store, message, actions) {
    const own = message.direction === 'out';
    const isText = ['text', 'reply'].includes(message.content?.type ?? 'text');
    menu(t('message'), [
        { label: t('reply'), act: () => actions.reply(message) },
        { label: t('react'), act: () => chooseSign(store, message) },
        isText && { label: t('copy'), act: () => attempt(() => navigator.clipboard.writeText(message.text)) },
        own && isText && { label: t('edit'), act: () => actions.edit(message) },
        { label: t('messageDetails'), act: () => details(store, message) },
        { label: t('deleteHere'), danger: true, act: () => remove(store, message, false) },
        own && { label: t('deleteEverywhere'), danger: true, act: () => remove(store, message, true) },
    ]);
}

async function remove(store, message, everywhere) {
    const title = everywhere ? t('deleteEverywhere') : t('deleteHere');
    if (await confirm(title, everywhere ? t('deleteEverywhereWhy') : t('deleteHereWhy'), t('delete')))
        await attempt(() => store.ask('delete', { id: message.id, everywhere: everywhere || undefined }));
}

function details(store, message) {
    const own = message.direction === 'out';
    const list = h('dl.facts', {});
    const fact = (name, value) => value && list.append(h('dt', {}, name), h('dd', {}, value));
    openDialog(t('messageDetails'), () => list);
    fill(list);
    fact(t('from'), own ? t('you') : foreign(personName(store, message.peer)));
    fact(t('sentAt'), message.sentAt && fullTime(message.sentAt));
    fact(own ? t('madeAt') : t('arrivedAt'), fullTime(message.createdAt));
    if (own) fact(t('state'), `${stateWord(message)}. ${stateSentence(message)}`);
    fact(t('hops'), message.hops !== null && message.hops !== undefined && String(message.hops));
    fact(t('priority'), message.priority !== 'normal' && t(`priority.${message.priority}`));
    fact(t('security'), t(`security.${message.security}`));
    fact(t('readBy'), message.readBy?.map((a) => personName(store, a)).join(', '));
    fact(t('identifier'), h('code', {}, message.id));
}

// On a message: r answers, e edits, Delete deletes, Enter opens what can be done.
function keys(event, store, message, actions) {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const own = message.direction === 'out';
    if (event.key === 'Enter') openMenu(store, message, actions);
    else if (event.key === 'r') actions.reply(message);
    else if (event.key === 'e' && own) actions.edit(message);
    else if (event.key === 'Delete') remove(store, message, false);
    else return;
    event.preventDefault();
}
