// Groups and channels: who is in them, invitations, and leaving.

import { attempt, confirm, form, menu, openDialog, say } from '../dialog.js';
import { cleanName } from '../clean.js';
import { fill, foreign, h } from '../dom.js';
import { code } from '../icons.js';
import { t } from '../text.js';
import { personName, titleOf } from './names.js';

/** Makes a group and invites people. */
export function createGroup(store) {
    openDialog(t('newGroup'), (close) => form([
        { name: 'name', label: t('name'), required: true, hint: t('groupNameHint') },
        { name: 'kind', label: t('kind'), options: [['group', t('groupFull')], ['lite', t('groupLite')]] },
        { name: 'to', label: t('members'), hint: t('membersHint') },
    ], t('create'), async ({ name, kind, to }) => {
        await store.ask(`${kind}-create`, { name });
        const invited = to.split(/[\s,]+/).filter(Boolean);
        if (kind === 'group' && invited.length) await store.ask('group-invite', { group: name, to: invited });
        await store.refreshGroups();
        close();
        location.hash = `#/chats/with/${encodeURIComponent(`group:${name}`)}`;
        if (kind === 'lite') showGroup(store, `group:${name}`);
    }));
}

/** Joins an MLS-Lite group by its invitation. */
export function joinLite(store) {
    openDialog(t('joinLite'), (close) => form([
        { name: 'uri', label: t('invitation'), required: true, type: 'long' },
        { name: 'name', label: t('name'), hint: t('joinNameHint') },
    ], t('join'), async ({ uri, name }) => {
        const group = await store.ask('lite-join', { uri: uri.trim(), name });
        await store.refreshGroups();
        close();
        location.hash = `#/chats/with/${encodeURIComponent(`group:${group.name}`)}`;
    }));
}

/** An invitation that waits for the owner's word. */
export function invitationRow(store, invitation) {
    return h('div.request', {},
        h('strong', {}, t('invitedTo'), ' ', foreign(cleanName(invitation.name) || t('nameless'))),
        h('span.last', {}, t('invitedBy'), ' ', foreign(personName(store, invitation.inviter)), ` · ${t('memberCount', { n: invitation.members?.length ?? invitation.members ?? 0 })}`),
        h('div.actions', {},
            h('button.main', { type: 'button', onclick: () => attempt(async () => {
                const group = await store.ask('group-accept', { group: invitation.id });
                await store.refreshGroups();
                location.hash = `#/chats/with/${encodeURIComponent(`group:${group.name}`)}`;
            }) }, t('join')),
            h('button', { type: 'button', onclick: () => attempt(async () => {
                await store.ask('group-decline', { group: invitation.id });
                await store.refreshGroups();
            }) }, t('decline'))));
}

/** Shows a group or channel. */
export function showGroup(store, conversation) {
    const [word, ...rest] = conversation.split(':');
    const name = rest.join(':');
    const place = h('div', {});
    const dialog = openDialog(titleOf(store, conversation), () => place);
    const close = () => dialog.close();
    const draw = () => attempt(async () => {
        if (word === 'channel') fill(place, await channel(store, name, close));
        else if (store.groups.groups.some((g) => g.name === name)) fill(place, await full(store, name, draw, close));
        else fill(place, await lite(store, name, draw, close));
    });
    draw();
}

async function full(store, name, draw, close) {
    const group = await store.ask('group-show', { group: name });
    const isAdmin = group.members.some((m) => m.self && m.role === 'admin');
    const act = (command, keys) => attempt(async () => {
        await store.ask(command, { group: name, ...keys });
        await store.refreshGroups();
        await draw();
    });
    return [
        h('p.hint', {}, t(`group.${group.status}`), group.pending > 0 && ` · ${t('groupPending', { n: group.pending })}`),
        h('h3', {}, t('memberCount', { n: group.members.length })),
        h('ul.members', {}, group.members.map((m) => h('li', {}, foreign(m.self ? t('you') : personName(store, m.address)), h('span.hint', {}, t(`role.${m.role}`)),
            isAdmin && !m.self && h('button.quiet', { type: 'button', onclick: () => menu(personName(store, m.address), [
                { label: m.role === 'admin' ? t('makeMember') : t('makeAdmin'), act: () => act('group-role', { to: m.address, role: m.role === 'admin' ? 'member' : 'admin' }) },
                { label: t('removeMember'), danger: true, act: () => act('group-remove', { to: m.address }) },
            ]) }, t('change'))))),
        isAdmin && form([{ name: 'to', label: t('invite'), required: true, hint: t('membersHint') }], t('invite'), async ({ to }) => {
            await store.ask('group-invite', { group: name, to: to.split(/[\s,]+/).filter(Boolean) });
            say(t('invited'));
            await draw();
        }),
        h('div.actions', {},
            h('button', { type: 'button', onclick: () => rename(store, 'group-rename', name, close) }, t('callOtherwise')),
            h('button', { type: 'button', onclick: () => act('group-rotate') }, t('renewKeys')),
            h('button.danger', { type: 'button', onclick: () => leave(store, 'group-leave', { group: name }, close) }, t('leave'))),
    ];
}

async function lite(store, name, draw, close) {
    const group = await store.ask('lite-show', { group: name });
    const place = h('div', {});
    return [
        h('h3', {}, t('memberCount', { n: group.members.length })),
        h('ul.members', {}, group.members.map((m) => h('li', {}, foreign(m.self ? t('you') : personName(store, m.address))))),
        place,
        h('div.actions', {},
            h('button', { type: 'button', onclick: () => attempt(async () => fill(place, await invitation(store, (await store.ask('lite-invite', { group: name })).uri, t('invitationOnce')))) }, t('invite')),
            h('button', { type: 'button', onclick: () => rename(store, 'lite-rename', name, close) }, t('callOtherwise')),
            h('button', { type: 'button', onclick: () => attempt(async () => { await store.ask('lite-rekey', { group: name }); await draw(); }) }, t('renewKeys')),
            h('button.danger', { type: 'button', onclick: () => leave(store, 'lite-leave', { group: name }, close) }, t('leave'))),
    ];
}

async function channel(store, name, close) {
    const shown = await store.ask('channel-show', { channel: name });
    const place = h('div', {});
    return [
        h('p', {}, t('channelWhy')),
        h('p.hint', {}, t('writers', { n: shown.writers }), shown.missing > 0 && ` · ${t('missing', { n: shown.missing })}`),
        place,
        h('div.actions', {},
            h('button', { type: 'button', onclick: () => attempt(async () => fill(place, await invitation(store, (await store.ask('channel-invite', { channel: name })).uri, t('invitationChannel')))) }, t('invite')),
            h('button.danger', { type: 'button', onclick: () => leave(store, 'channel-leave', { channel: name }, close) }, t('leave'))),
    ];
}

async function invitation(store, uri, hint) {
    const drawn = await store.ask('page-code', { text: uri });
    return h('div.card', {}, code(drawn.rows, t('invitation')), h('textarea', { readOnly: true, rows: 3, value: uri, 'aria-label': t('invitation') }), h('p.hint', {}, hint));
}

function rename(store, command, group, close) {
    openDialog(t('callOtherwise'), (done) => form([{ name: 'name', label: t('name'), value: group, required: true, hint: t('callOtherwiseHint') }], t('save'), async ({ name }) => {
        await store.ask(command, { group, name });
        await Promise.all([store.refreshGroups(), store.refreshConversations()]);
        done();
        close();
        location.hash = `#/chats/with/${encodeURIComponent(`group:${name}`)}`;
    }));
}

async function leave(store, command, keys, close) {
    if (!await confirm(t('leave'), t('leaveWhy'), t('leave'))) return;
    if (!await attempt(() => store.ask(command, keys))) return;
    await attempt(() => store.refreshGroups());
    close();
    location.hash = '#/chats';
}
