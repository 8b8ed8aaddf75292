// Files of a conversation: fetched when the owner says so, shown as a name, a size and a small picture, saved by the browser.

import { agree, attempt, say, why } from '../dialog.js';
import { cleanName } from '../clean.js';
import { foreign, h, saveAs } from '../dom.js';
import { icon } from '../icons.js';
import { thumbnailOf } from '../picture.js';
import { phrase, sentence } from '../said.js';
import { bytes, t } from '../text.js';
import { kindOf, titleOf } from './names.js';
import { preview, read } from './preview.js';

// Bytes of a file in one request, as base64 they fit into a line (docs/reference/control.md).
const part = 192 * 1024;

/** The offer of a file, with what can be done with it now. */
export function offer(store, message) {
    const { name, size, mediaType } = message.content;
    const known = store.files.get(message.id);
    // Events of a file do not say what it is; its offer does.
    const file = known && { ...known, mediaType: known.mediaType ?? mediaType };
    return h('div.offer', {}, file && preview(store, file), icon('file'), h('div', {},
        foreign(cleanName(file?.name ?? name) || t('nameless'), 'strong'),
        h('span.hint', {}, [size !== undefined && bytes(size), kindOfFile(mediaType)].filter(Boolean).join(' · ')),
        file && state(store, file)));
}

// What people call it, where that is known.
const kindOfFile = (mediaType) => (mediaType?.startsWith('image/') ? cleanName(mediaType.slice('image/'.length)).toUpperCase() : cleanName(mediaType));

function state(store, file) {
    const cancel = (word = t('cancel')) => h('button', { type: 'button', data: { act: 'cancel' }, onclick: () => attempt(() => cancelled(store, file)) }, word);
    switch (file.state) {
        case 'offered':
            return file.direction === 'in' && h('div.actions', {},
                h('button.main', { type: 'button', data: { act: 'fetch' }, onclick: () => attempt(() => fetched(store, file)) }, t('fetch')),
                file.note && h('span.hint', {}, phrase(file.note)));
        case 'fetching':
            return [
                h('progress', { max: Math.max(1, file.size), value: file.received, 'aria-label': t('fetched') }),
                h('span.hint', {}, `${bytes(file.received)} / ${bytes(file.size)}`, file.note && ` · ${phrase(file.note)}`), cancel()];
        case 'uploading':
            return [
                h('progress', { max: Math.max(1, file.size), value: file.uploaded ?? 0, 'aria-label': t('brought') }),
                h('span.hint', {}, `${bytes(file.uploaded ?? 0)} / ${bytes(file.size)}`, file.note && ` · ${phrase(file.note)}`), cancel()];
        case 'here':
            return h('div.actions', {},
                h('button', { type: 'button', data: { act: 'save' }, onclick: () => attempt(() => save(store, file)) }, t('saveFile')),
                file.direction === 'in' && cancel(t('removeFile')));
        case 'failed':
            return h('span.wrong', {}, file.note ? sentence(file.note) : t('state.failed'));
        default:
            return null;
    }
}

function fetched(store, file) {
    store.stopped.delete(file.id);
    return overRadioIfWanted(store, 'file-accept', () => ({ id: file.id }));
}

// No event tells of it: nothing is left that could be further. One that was under way would say that it goes on.
async function cancelled(store, file) {
    store.stopped.add(file.id);
    await store.ask('file-cancel', { id: file.id });
    store.takeFile(await store.ask('file-show', { id: file.id }));
}

/**
 * Does something with a file; where the way crosses a radio the owner hears how long that takes, and says whether to do it.
 * @param {(overRadio: boolean) => object|Promise<object>} keysFor What the command is given.
 */
async function overRadioIfWanted(store, command, keysFor) {
    try {
        return await store.ask(command, await keysFor(false));
    } catch (e) {
        if (e.code !== 'refused' || !e.message.includes('--over-radio')) throw e;
        return await agree(t('overRadio'), why(e), t('overRadio')) ? await store.ask(command, { ...await keysFor(true), overRadio: true }) : null;
    }
}

async function save(store, file) {
    saveAs((await read(store, file)).bytes, cleanName(file.name) || 'file');
}

/** What sends a file to a conversation: a button, and what is pasted or dropped; nothing where the node has no files. */
export function attachButton(store, name) {
    const input = h('input', { type: 'file', hidden: true, tabIndex: -1, 'aria-hidden': 'true', onchange: chosen });
    const button = h('button.quiet.icon', { type: 'button', hidden: true, 'aria-label': t('attach'), title: t('attach'), onclick: () => input.click() }, icon('attach'));
    const takes = () => store.hasFiles && kindOf(name) !== 'channel';

    async function chosen() {
        const [file] = input.files;
        input.value = '';
        if (file) await send(file);
    }

    // A file that was chosen is meant; one that was pasted or dropped is asked about.
    async function given(event, transfer) {
        const [file] = transfer?.files ?? [];
        if (!file || !takes() || button.disabled) return;
        event.preventDefault();
        if (await agree(t('attach'), t('sendFileWhy', { name: cleanName(file.name), size: bytes(file.size), to: titleOf(store, name) }), t('send'))) await send(file);
    }

    async function send(file) {
        button.disabled = true;
        try {
            const thumbnail = showsThumbnails(store, name) ? await thumbnailOf(file) : null;
            const offered = await overRadioIfWanted(store, 'file-offer', async (overRadio) => ({ to: name, upload: await bring(file, overRadio ? null : thumbnail) }));
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

    async function bring(file, thumbnail) {
        const { upload } = await begun(file, thumbnail);
        for (let at = 0; at < file.size; at += part) {
            say(t('bringing', { name: cleanName(file.name), share: Math.floor((100 * at) / file.size) }));
            await store.ask('file-data', { upload, data: base64(new Uint8Array(await file.slice(at, at + part).arrayBuffer())) });
        }
        return upload;
    }

    // Another browser's JPEG may have a part that the node takes in no thumbnail: then the file goes without one.
    async function begun(file, thumbnail) {
        const plain = { name: file.name, size: file.size };
        try {
            return await store.ask('file-begin', thumbnail ? { ...plain, thumbnail: base64(thumbnail) } : plain);
        } catch (e) {
            if (!thumbnail || e.code !== 'refused') throw e;
            return await store.ask('file-begin', plain);
        }
    }

    return {
        elements: [input, button],
        update() { button.hidden = !takes(); },
        paste: (event) => given(event, event.clipboardData),
        drop: (event) => given(event, event.dataTransfer),
    };
}

// Notes need none, and in a group for slow radios two kilobytes are many.
function showsThumbnails(store, name) {
    return kindOf(name) === 'person' || store.groups.groups.some((g) => `group:${g.name}` === name);
}

function base64(piece) {
    let text = '';
    for (let at = 0; at < piece.length; at += 8192) text += String.fromCharCode(...piece.subarray(at, at + 8192));
    return btoa(text);
}
