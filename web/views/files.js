// Files of a conversation: fetched when the owner says so, shown as text and a size, saved by the browser.

import { attempt, confirm, openDialog, say, why } from '../dialog.js';
import { cleanName } from '../clean.js';
import { foreign, h } from '../dom.js';
import { icon } from '../icons.js';
import { bytes, t } from '../text.js';
import { kindOf } from './names.js';

// Bytes of a file in one request, as base64 they fit into a line (docs/reference/control.md).
const part = 192 * 1024;

// Pictures that a browser draws without running anything; larger ones are saved and not shown.
const pictures = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'];
const largestPicture = 8_000_000;

/** The offer of a file, with what can be done with it now. */
export function offer(store, message) {
    const { name, size, mediaType } = message.content;
    const known = store.files.get(message.id);
    // Events of a file do not say what it is; its offer does.
    const file = known && { ...known, mediaType: known.mediaType ?? mediaType };
    return h('div.offer', {}, icon('file'), h('div', {},
        foreign(cleanName(file?.name ?? name) || t('nameless'), 'strong'),
        h('span.hint', {}, [size !== undefined && bytes(size), cleanName(mediaType)].filter(Boolean).join(' · ')),
        file && state(store, file)));
}

function state(store, file) {
    const cancel = () => h('button', { type: 'button', data: { act: 'cancel' }, onclick: () => attempt(() => cancelled(store, file)) }, t('cancel'));
    switch (file.state) {
        case 'offered':
            return file.direction === 'in' && h('div.actions', {},
                h('button.main', { type: 'button', data: { act: 'fetch' }, onclick: () => attempt(() => fetched(store, file)) }, t('fetch')),
                file.note && h('span.hint', {}, file.note));
        case 'fetching':
            return [
                h('progress', { max: Math.max(1, file.size), value: file.received, 'aria-label': t('fetched') }),
                h('span.hint', {}, `${bytes(file.received)} / ${bytes(file.size)}`, file.note && ` · ${file.note}`), cancel()];
        case 'here':
            return h('div.actions', {},
                h('button', { type: 'button', data: { act: 'save' }, onclick: () => attempt(() => save(store, file)) }, t('saveFile')),
                pictures.includes(file.mediaType) && file.size <= largestPicture
                    && h('button', { type: 'button', data: { act: 'show' }, onclick: () => attempt(() => show(store, file)) }, t('show')),
                file.direction === 'in' && cancel());
        case 'failed':
            return h('span.wrong', {}, file.note ?? t('state.failed'));
        default:
            return null;
    }
}

function fetched(store, file) {
    store.stopped.delete(file.id);
    return overRadioIfWanted(store, 'file-accept', { id: file.id });
}

// No event tells of it: nothing is left that could be further. One that was under way would say that it goes on.
async function cancelled(store, file) {
    store.stopped.add(file.id);
    await store.ask('file-cancel', { id: file.id });
    store.takeFile(await store.ask('file-show', { id: file.id }));
}

/** Does something with a file; where the way crosses a radio the owner hears how long that takes, and says whether to do it. */
async function overRadioIfWanted(store, command, keys) {
    try {
        return await store.ask(command, keys);
    } catch (e) {
        if (e.code !== 'refused' || !e.message.includes('--over-radio')) throw e;
        const [sentence] = e.message.split(/[.;] ?[^.;]*--over-radio/);
        return await confirm(t('overRadio'), `${sentence}.`, t('overRadio')) ? await store.ask(command, { ...keys, overRadio: true }) : null;
    }
}

/** The bytes of a file that is here. */
async function read(store, file) {
    const parts = [];
    for (let offset = 0; offset < file.size;) {
        const { data } = await store.ask('file-read', { id: file.id, offset });
        const piece = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
        if (!piece.length) break;
        parts.push(piece);
        offset += piece.length;
    }
    return parts;
}

// The browser is told nothing of the type: it saves, and opens nothing by itself.
async function save(store, file) {
    const address = URL.createObjectURL(new Blob(await read(store, file), { type: 'application/octet-stream' }));
    h('a', { href: address, download: cleanName(file.name) || 'file' }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

async function show(store, file) {
    const address = URL.createObjectURL(new Blob(await read(store, file), { type: file.mediaType }));
    const name = cleanName(file.name) || t('nameless');
    openDialog(name, () => h('img.picture', { src: address, alt: name })).addEventListener('close', () => URL.revokeObjectURL(address));
}

/** A button that sends a file to a conversation, or nothing where the node has no files. */
export function attachButton(store, name) {
    const input = h('input', { type: 'file', hidden: true, tabIndex: -1, 'aria-hidden': 'true', onchange: () => send() });
    const button = h('button.quiet.icon', { type: 'button', hidden: true, 'aria-label': t('attach'), title: t('attach'), onclick: () => input.click() }, icon('attach'));

    async function send() {
        const file = input.files[0];
        input.value = '';
        if (!file) return;
        button.disabled = true;
        try {
            const { upload } = await store.ask('file-begin', { name: file.name, size: file.size });
            for (let at = 0; at < file.size; at += part) {
                say(t('bringing', { name: cleanName(file.name), share: Math.floor((100 * at) / file.size) }));
                await store.ask('file-data', { upload, data: base64(new Uint8Array(await file.slice(at, at + part).arrayBuffer())) });
            }
            const offered = await overRadioIfWanted(store, 'file-offer', { to: name, upload });
            if (!offered) return;
            store.takeFile(offered);
            store.take(await store.ask('message', { id: offered.id }));
            say(t('offered', { name: cleanName(file.name) }));
        } catch (e) {
            say(why(e));
        } finally {
            button.disabled = false;
        }
    }

    return { elements: [input, button], update() { button.hidden = !store.hasFiles || kindOf(name) === 'channel'; } };
}

function base64(piece) {
    let text = '';
    for (let at = 0; at < piece.length; at += 8192) text += String.fromCharCode(...piece.subarray(at, at + 8192));
    return btoa(text);
}
