// Pictures in a conversation: the thumbnail that an offer brings, and once the file is here a small copy of it. Only what the node
// itself recognised by its bytes is drawn, one after another, and only while it is seen.

import { openDialog, why } from '../dialog.js';
import { cleanName } from '../clean.js';
import { fill, h } from '../dom.js';
import { encoded, isSafe, isThumbnail, measure, shrunk } from '../picture.js';
import { Refused } from '../socket.js';
import { t } from '../text.js';

/** Pictures that a browser draws without running anything. Drawings with scripts (SVG) are not among them. */
const pictures = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'];

// Larger files are saved and not shown.
const largest = 8_000_000;
const side = 640;
const mostKept = 100;

// By the id of the message: a small copy, or null where there is nothing to show.
const small = new Map();
const thumbnails = new Map();
let turn = Promise.resolve();

/** The bytes of a file that is here, and what the node says they are. */
export async function read(store, file) {
    const bytes = new Uint8Array(file.size);
    let type = null;
    for (let offset = 0; offset < file.size;) {
        const { data, mediaType } = await store.ask('file-read', { id: file.id, offset });
        type ??= mediaType;
        const piece = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
        if (!piece.length) break;
        bytes.set(piece.subarray(0, file.size - offset), offset);
        offset += piece.length;
    }
    return { bytes, type };
}

/** What is seen of a file: nothing where it is no picture. */
export function preview(store, file) {
    if (!pictures.includes(file.mediaType)) return null;
    return file.state === 'here' ? whole(store, file) : thumbnail(store, file);
}

function whole(store, file) {
    const name = cleanName(file.name) || t('nameless');
    const place = h('div.preview');
    const draw = () => {
        const copy = small.get(file.id);
        // Its size is said first: the row has its height before the picture is drawn.
        if (copy) fill(place, h('button', { type: 'button', data: { act: 'show' }, 'aria-label': t('showPicture', { name }), onclick: () => show(store, file) }, h('img', { width: copy.width, height: copy.height, src: copy.address, alt: '' })));
        else if (copy === null) fill(place, h('p.hint', {}, t('notShown')));
    };
    if (small.has(file.id)) draw();
    else inTurn(store, place, small, file.id, () => smallCopy(store, file), draw);
    return place;
}

function thumbnail(store, file) {
    const place = h('div.preview');
    const draw = () => {
        const copy = thumbnails.get(file.id);
        if (copy) fill(place, h('img.thumbnail', { src: copy.address, alt: t('thumbnail') }));
    };
    if (thumbnails.has(file.id)) draw();
    else inTurn(store, place, thumbnails, file.id, () => offeredThumbnail(store, file), draw);
    return place;
}

/** Makes one after another, of what is still seen when its turn has come. */
function inTurn(store, place, kept, id, make, draw) {
    turn = turn.then(async () => {
        if (!place.isConnected) return;
        try {
            if (!kept.has(id)) keep(store, kept, id, await make());
            draw();
        } catch (e) {
            // The connection is lost, or the file is not here any more: the next look asks again.
            if (!(e instanceof Refused)) throw e;
        }
    });
}

// What was deleted or disappeared is not kept here either.
function keep(store, kept, id, copy) {
    for (const [other, old] of kept) {
        if (store.files.has(other) && kept.size < mostKept) continue;
        kept.delete(other);
        if (old) URL.revokeObjectURL(old.address);
    }
    kept.set(id, copy);
}

async function smallCopy(store, file) {
    const picture = await drawable(store, file);
    const canvas = picture && await shrunk(picture, side);
    const copy = canvas && await encoded(canvas, 'image/webp', 0.8);
    return copy ? { address: URL.createObjectURL(copy), width: canvas.width, height: canvas.height } : null;
}

/** A picture as the browser may have it; null for what is none, or would unfold to too much. */
async function drawable(store, file) {
    if (file.size > largest) return null;
    const { bytes, type } = await read(store, file);
    return pictures.includes(type) && isSafe(bytes, type) ? new Blob([bytes], { type }) : null;
}

async function offeredThumbnail(store, file) {
    const { thumbnail: data } = await store.ask('file-show', { id: file.id });
    const bytes = data ? Uint8Array.from(atob(data), (c) => c.charCodeAt(0)) : null;
    return bytes && isThumbnail(bytes) ? { address: URL.createObjectURL(new Blob([bytes], { type: measure(bytes).type })) } : null;
}

function show(store, file) {
    const name = cleanName(file.name) || t('nameless');
    let address = null;
    let isOpen = true;
    openDialog(name, () => {
        const place = h('div.whole', { 'aria-busy': 'true' });
        drawable(store, file).then((picture) => {
            if (!isOpen) return;
            address = picture && URL.createObjectURL(picture);
            fill(place, address ? h('img.picture', { src: address, alt: name }) : h('p.hint', {}, t('notShown')));
        }, (e) => fill(place, h('p.wrong', {}, why(e)))).finally(() => place.removeAttribute('aria-busy'));
        return place;
    }, 'wide').addEventListener('close', () => {
        isOpen = false;
        if (address) URL.revokeObjectURL(address);
    });
}
