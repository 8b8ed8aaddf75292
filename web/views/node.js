// The node itself: who it is, how it is set, its backup, and this page.

import { attempt, form, say } from '../dialog.js';
import { fill, foreign, h } from '../dom.js';
import { phrase, sentence } from '../said.js';
import { steady } from '../steady.js';
import { tellRead, tellsRead } from '../store.js';
import { bytes, choose, current, duration, t } from '../text.js';
import { showOwnCard } from './contact.js';
import { personName } from './names.js';
import { table } from './table.js';

export function nodeView(store, _, restart) {
    const about = h('div', {});
    const held = h('div', {});
    const blocked = h('div', {});
    const element = h('section.node', {},
        h('header', {}, h('h1', {}, t('node'))),
        h('section', {}, h('h2', {}, t('aboutNode')), about),
        backup(store),
        h('section', {}, h('h2', {}, t('blockedNodes')), blocked),
        h('section', {}, h('h2', {}, t('settings')), h('p.hint', {}, t('settingsWhy')), held, check(store)),
        h('section', {}, h('h2', {}, t('thisPage')),
            h('label', {}, h('input', { type: 'checkbox', checked: tellsRead(), onchange: (event) => tellRead(event.target.checked) }), ' ', t('tellRead')),
            h('p.hint', {}, t('tellReadWhy')),
            h('div.actions', {},
                h('label', {}, t('language'), ' ', h('select', { onchange: (event) => { choose(event.target.value); restart(); } },
                    [['en', 'English'], ['de', 'Deutsch']].map(([value, label]) => h('option', { value, selected: value === current() }, label)))),
                h('button', { type: 'button', onclick: () => store.leave() }, t('logOut')))));

    function draw() {
        const s = store.status;
        if (!s) return;
        fill(about, store.warnings.map((w) => h('p.wrong', { role: 'alert' }, sentence(w))), h('dl.facts', {},
            h('dt', {}, t('address')), h('dd', {}, h('code', {}, s.address)),
            h('dt', {}, t('callsItself')), h('dd', {}, s.name || t('nothing')),
            h('dt', {}, t('version')), h('dd', {}, s.version),
            h('dt', {}, t('runs')), h('dd', {}, duration(s.uptimeSeconds)),
            h('dt', {}, t('memory')), h('dd', {}, bytes(s.memoryBytes))),
        h('div.actions', {}, h('button', { type: 'button', onclick: () => showOwnCard(store) }, t('ownCard'))));
    }

    attempt(async () => {
        const settings = await store.ask('settings');
        fill(held, table(t('settings'), [t('setting'), t('value'), t('accepts')], settings.map((s) => [
            h('code', {}, s.key), s.value || '–', h('span.hint', {}, phrase(s.accepts), s.reloads ? ` (${t('reloads')})` : '')])));
    });
    async function drawBlocked() {
        const list = await store.ask('blocked');
        fill(blocked, list.length
            ? h('ul.members', {}, list.map((b) => h('li', {}, foreign(personName(store, b.address)), h('code.hint', {}, b.address),
                h('button', { type: 'button', onclick: () => attempt(async () => { await store.ask('unblock', { to: b.address }); await drawBlocked(); }) }, t('unblock')))))
            : h('p.hint', {}, t('nobodyBlocked')));
    }

    attempt(drawBlocked);
    const stop = store.watch(['me', 'network'], steady(element, draw));
    draw();
    return { element, go() {}, close: stop };
}

/** The configuration file, read as a start would read it. */
function check(store) {
    const answer = h('p', { role: 'status' });
    return h('details', {}, h('summary', {}, t('checkSettings')), h('p.hint', {}, t('checkSettingsWhy')),
        form([{ name: 'text', label: t('configuration'), type: 'long', required: true, value: '{\n  "name": "",\n  "listen": ["tcp://[::]:4711"],\n}' }], t('check'), async ({ text }) => {
            answer.textContent = '';
            const result = await store.ask('settings-check', { text });
            answer.className = result.accepted ? 'verdict good' : 'wrong';
            answer.textContent = result.accepted ? t('accepted') : sentence(result.wrong);
        }), answer);
}

/** The drill: a backup that nobody ever opened is none. */
function backup(store) {
    const answer = h('div', { role: 'status' });
    let text = '';
    const file = h('input', {
        type: 'file', id: 'backup-file',
        onchange: async () => { text = file.files[0] ? await file.files[0].text() : ''; },
    });
    return h('section', {}, h('h2', {}, t('backup')), h('p', {}, t('backupWhy')),
        h('ol.steps', {},
            h('li', {}, t('backupMake'), h('pre', { tabIndex: 0 }, 'qpc-mesh ctl backup qpc-mesh.backup')),
            h('li', {}, t('backupKeep')),
            h('li', {}, t('backupTry'), h('div.field', {}, h('label', { htmlFor: 'backup-file' }, t('backupFile')), file),
                form([{ name: 'passphrase', label: t('passphrase'), type: 'password' }], t('tryBackup'), async ({ passphrase }) => {
                    fill(answer);
                    if (!text) {
                        say(t('chooseFile'));
                        return;
                    }
                    const found = await store.ask('backup-check', { text, passphrase });
                    fill(answer, h('p', { className: found.isThisNode ? 'verdict good' : 'wrong' }, found.isThisNode ? t('backupGood') : t('backupOther', { address: found.address })),
                        h('ul.holds', {}, ['contacts', 'cards', 'verified', 'blocked', 'groups', 'channels'].map((what) => h('li', {}, t(`backup.${what}`, { n: found[what] })))),
                        h('p.hint', {}, t('backupLacks')));
                }), answer)));
}
