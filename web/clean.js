// What others wrote, made fit to stand among what this program says.

// Marks that pile up on a letter: three are enough for every script; more run over the lines around it.
const pile = /(\p{M}{3})\p{M}+/gu;

// Control characters and those that turn the direction of what follows, or show nothing.
const steering = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

const longestName = 48;

/** The text of a message: line ends stay. */
export function cleanText(text) {
    return String(text ?? '').replace(/\r\n?/g, '\n').replace(steering, (c) => (c === '\n' || c === '\t' ? c : '')).replace(pile, '$1');
}

/** A name: one line, without anything invisible, not too long. Empty where nothing is left of it. */
export function cleanName(name) {
    const line = String(name ?? '').replace(/\s+/gu, ' ').replace(steering, '').replace(pile, '$1').trim();
    const letters = [...line];
    return letters.length > longestName ? letters.slice(0, longestName).join('') + '…' : line;
}

/** An address as people compare it at a glance; the whole stands in the details. */
export function shortAddress(address) {
    return address.length > 16 ? `${address.slice(0, 9)}…${address.slice(-4)}` : address;
}
