// Dialogs and the line at the foot of the page that says what was done or refused.

import { fill, h } from './dom.js';
import { sentence } from './said.js';
import { t } from './text.js';
import { Refused } from './socket.js';

const shownFor = 6000;

/**
 * Opens a dialog. The browser keeps the focus inside, closes it with Escape, and gives the focus back.
 * @param {string} title What stands above it.
 * @param {(close: () => void) => Node|Node[]} content Makes what stands in it.
 * @param {string} [look] A class for another look.
 */
export function openDialog(title, content, look) {
    const close = () => dialog.close();
    const heading = h('h2', { id: `dialog-${Date.now()}` }, title);
    const dialog = h(look ? `dialog.${look}` : 'dialog', { 'aria-labelledby': heading.id, onclose: () => dialog.remove() },
        h('header', {}, heading, h('button.quiet.icon', { type: 'button', 'aria-label': t('close'), onclick: close }, '✕')));
    dialog.append(...[content(close)].flat());
    dialog.addEventListener('click', (event) => {
        if (event.target === dialog) close();
    });
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
}

/** Asks whether something shall be done that cannot be taken back; resolves with true if so. */
export const confirm = (title, text, action) => ask(title, text, action, 'button.danger');

/** Asks whether something shall be done; resolves with true if so. */
export const agree = (title, text, action) => ask(title, text, action, 'button.main');

function ask(title, text, action, kind) {
    return new Promise((resolve) => {
        const dialog = openDialog(title, (close) => [
            h('p', {}, text),
            h('div.actions', {},
                h('button', { type: 'button', onclick: close }, t('cancel')),
                h(kind, { type: 'button', onclick: () => { dialog.returnValue = 'yes'; close(); } }, action)),
        ]);
        dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'));
    });
}

/**
 * A form: fields with labels, an action, and a place for what is wrong.
 * @param {{name: string, label: string, hint?: string, value?: string, type?: string, required?: boolean, options?: [string, string][]}[]} fields
 * @param {string} action What the button says.
 * @param {(values: Record<string, string>) => Promise<void>} done Does it; what it throws is shown.
 */
export function form(fields, action, done) {
    const wrong = h('p.wrong', { role: 'alert' });
    const button = h('button.main', { type: 'submit' }, action);
    const rows = fields.map((field) => {
        const id = `field-${field.name}-${Math.random().toString(36).slice(2)}`;
        const shared = { id, name: field.name, required: field.required ?? false };
        const input = field.options
            ? h('select', shared, field.options.map(([value, label]) => h('option', { value, selected: value === field.value }, label)))
            : field.type === 'long'
                ? h('textarea', { ...shared, rows: 4, value: field.value ?? '', spellcheck: false })
                : field.type === 'check'
                    ? h('input', { ...shared, type: 'checkbox', required: false, checked: field.value === 'true' })
                    : h('input', { ...shared, type: field.type ?? 'text', value: field.value ?? '', autocomplete: 'off', dir: 'auto', spellcheck: false });
        return h(field.type === 'check' ? 'div.field.check' : 'div.field', {},
            h('label', { htmlFor: id }, field.label), input, field.hint && h('p.hint', {}, field.hint));
    });
    const element = h('form', {
        onsubmit: async (event) => {
            event.preventDefault();
            button.disabled = true;
            wrong.textContent = '';
            try {
                const values = Object.fromEntries([...new FormData(element)].map(([k, v]) => [k, String(v)]));
                await done(values);
            } catch (e) {
                wrong.textContent = why(e);
            } finally {
                button.disabled = false;
            }
        },
    }, rows, wrong, h('div.actions', {}, button));
    return element;
}

/** What went wrong, for people. */
export function why(e) {
    if (!(e instanceof Refused)) throw e;
    return e.code === 'offline' ? t('offlineNow') : sentence(e.message);
}

/** Says something at the foot of the page, for a while. */
export function say(text) {
    const line = h('p.toast', {}, text);
    document.querySelector('.toast')?.remove();
    document.body.append(line);
    fill(document.getElementById('announcer'), text);
    setTimeout(() => line.remove(), shownFor);
}

/** Does something, and says why where it was not done; true if it was. */
export async function attempt(what) {
    try {
        await what();
        return true;
    } catch (e) {
        say(why(e));
        return false;
    }
}

/**
 * A menu below a button: a dialog of buttons, so that keys and readers know it.
 * @param {string} title What it is about.
 * @param {{label: string, act: () => void, danger?: boolean}[]} items
 */
export function menu(title, items) {
    openDialog(title, (close) => h('div.menu', {}, items.filter(Boolean).map((item) =>
        h(item.danger ? 'button.danger' : 'button', { type: 'button', onclick: () => { close(); item.act(); } }, item.label))));
}
