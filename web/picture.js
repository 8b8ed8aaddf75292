// Pictures of others: what and how large they are by their own bytes, and small copies of them. What would unfold to more pixels
// than a photograph has is not drawn: a few bytes can claim to be a picture of gigabytes.

/** Pixels of a picture at most; arbitrary: four bytes each while it is made smaller. */
export const mostPixels = 36_000_000;

/** Pixels of a thumbnail's side at most, arbitrary. */
const mostThumbnailSide = 512;

/** Bytes of a thumbnail at most (docs/reference/files.md, section 1). */
const mostThumbnailBytes = 2048;

// From good to poor: the first that is small enough is taken.
const thumbnailTries = [[112, 0.6], [96, 0.5], [80, 0.4], [64, 0.3], [40, 0.2]];

/**
 * The kind and size of a PNG, JPEG, WebP or GIF by its first bytes; null for anything else, and for what is cut.
 * @param {Uint8Array} bytes All of it, or its beginning.
 * @returns {{type: string, width: number, height: number}|null}
 */
export function measure(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const text = (at, word) => at + word.length <= bytes.length && [...word].every((c, i) => bytes[at + i] === c.charCodeAt(0));
    const found = (type, width, height) => (width > 0 && height > 0 ? { type, width, height } : null);
    if (bytes.length < 16) return null;
    if (text(0, '\x89PNG\r\n\x1a\n')) return text(12, 'IHDR') && bytes.length >= 24 ? found('image/png', view.getUint32(16), view.getUint32(20)) : null;
    if (text(0, 'GIF87a') || text(0, 'GIF89a')) return gif(bytes, view, found);
    if (text(0, '\xff\xd8\xff')) return jpeg(bytes, view, found);
    if (!text(0, 'RIFF') || !text(8, 'WEBP') || bytes.length < 30) return null;
    if (text(12, 'VP8X')) return found('image/webp', 1 + (view.getUint32(24, true) & 0xffffff), 1 + (view.getUint32(26, true) >>> 8));
    if (text(12, 'VP8L')) return found('image/webp', 1 + (view.getUint32(21, true) & 0x3fff), 1 + ((view.getUint32(21, true) >>> 14) & 0x3fff));
    if (text(12, 'VP8 ') && text(23, '\x9d\x01\x2a')) return found('image/webp', view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
    return null;
}

// Segments up to the first frame header: FF marker(1) length(2) precision(1) height(2) width(2).
function jpeg(bytes, view, found) {
    for (let at = 2; at + 9 <= bytes.length;) {
        if (bytes[at] !== 0xff) return null;
        const marker = bytes[at + 1];
        if (marker === 0xff) at += 1;
        else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return found('image/jpeg', view.getUint16(at + 7), view.getUint16(at + 5));
        else if (marker < 0xc0 || marker === 0xd9 || marker === 0xda || view.getUint16(at + 2) < 2) return null;
        else at += 2 + view.getUint16(at + 2);
    }
    return null;
}

// Its screen, or its first frame where that is larger: browsers draw it whole.
function gif(bytes, view, found) {
    const skipTable = (at, flags) => at + (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
    for (let at = skipTable(13, bytes[10]); at + 10 <= bytes.length;) {
        if (bytes[at] === 0x2c)
            return found('image/gif', Math.max(view.getUint16(6, true), view.getUint16(at + 1, true) + view.getUint16(at + 5, true)), Math.max(view.getUint16(8, true), view.getUint16(at + 3, true) + view.getUint16(at + 7, true)));
        if (bytes[at] !== 0x21) return null;
        at += 2;
        while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at];
        at += 1;
    }
    return null;
}

/** Whether the bytes are a picture of a kind that the node named, and of no more pixels than may be. */
export function isSafe(bytes, type) {
    const size = measure(bytes);
    return size !== null && size.type === type && size.width * size.height <= mostPixels;
}

/** Whether bytes are a thumbnail that may be drawn. */
export function isThumbnail(bytes) {
    const size = measure(bytes);
    return size !== null && size.width <= mostThumbnailSide && size.height <= mostThumbnailSide;
}

/**
 * A copy whose longer side is at most so many pixels.
 * @param {Blob|HTMLCanvasElement} picture What is copied.
 * @param {string} [ground] A colour for what is seen through.
 * @returns {Promise<HTMLCanvasElement|null>} Null where the browser cannot read the picture.
 */
export async function shrunk(picture, side, ground) {
    let drawn;
    try {
        drawn = await createImageBitmap(picture);
    } catch (e) {
        if (e instanceof DOMException) return null;
        throw e;
    }
    const share = Math.min(1, side / Math.max(drawn.width, drawn.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(drawn.width * share));
    canvas.height = Math.max(1, Math.round(drawn.height * share));
    const brush = canvas.getContext('2d');
    brush.imageSmoothingQuality = 'high';
    if (ground) {
        brush.fillStyle = ground;
        brush.fillRect(0, 0, canvas.width, canvas.height);
    }
    brush.drawImage(drawn, 0, 0, canvas.width, canvas.height);
    drawn.close();
    return canvas;
}

/** The bytes of a canvas as a picture of a kind. */
export const encoded = (canvas, type, quality) => new Promise((done) => canvas.toBlob(done, type, quality));

/**
 * A thumbnail for an offer: a JPEG that says nothing but what it shows. Null where the file is no picture.
 * @param {Blob} file
 */
export async function thumbnailOf(file) {
    const size = measure(new Uint8Array(await file.slice(0, 1 << 20).arrayBuffer()));
    if (!size || size.width * size.height > mostPixels) return null;
    const first = await shrunk(file, thumbnailTries[0][0], '#fff');
    if (!first) return null;
    for (const [side, quality] of thumbnailTries) {
        const made = await encoded(await shrunk(first, side), 'image/jpeg', quality);
        if (!made || made.type !== 'image/jpeg') return null;
        const bytes = withoutNotes(new Uint8Array(await made.arrayBuffer()));
        if (bytes.length <= mostThumbnailBytes) return bytes;
    }
    return null;
}

// Browsers put a colour profile into a JPEG, and may put in more: no thumbnail has any of that.
function withoutNotes(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const kept = [bytes.subarray(0, 2)];
    let at = 2;
    for (; at + 4 <= bytes.length && bytes[at + 1] !== 0xda; at += 2 + view.getUint16(at + 2)) {
        const marker = bytes[at + 1];
        if ((marker > 0xe0 && marker <= 0xef) || marker === 0xfe) continue;
        kept.push(bytes.subarray(at, at + 2 + view.getUint16(at + 2)));
    }
    kept.push(bytes.subarray(at));
    const joined = new Uint8Array(kept.reduce((sum, part) => sum + part.length, 0));
    kept.reduce((place, part) => { joined.set(part, place); return place + part.length; }, 0);
    return joined;
}
