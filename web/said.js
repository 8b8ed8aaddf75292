// What the node says, in the reader's language. A sentence that is not in the list stays as the node said it: a test holds the
// list to what the node can say.

import { current } from './text.js';
import { hints, said } from './words/said.js';

// Nothing that the node says is longer; what others wrote may stand in it.
const longest = 4000;

let rules = null;

/** A phrase of the node, to stand in a line among others. */
export const phrase = (text) => translated(String(text ?? ''), 0).said;

/** A sentence of the node, to stand alone. */
export function sentence(text) {
    const { said: made, from } = translated(String(text ?? ''), 0);
    if (!made || !from) return made;
    const begun = from.startsWith('{') ? made : made.charAt(0).toLocaleUpperCase() + made.slice(1);
    return /[.!?…:”“"]$/.test(begun) ? begun : `${begun}.`;
}

function translated(text, depth) {
    const plain = hints.reduce((t, hint) => (t.endsWith(hint) ? t.slice(0, -hint.length) : t), text);
    if (plain.length > longest || depth > 3) return { said: text, from: null };
    rules ??= said.map(rule);
    for (const { pattern, order, german, english } of rules) {
        const found = pattern.exec(plain);
        if (!found) continue;
        const from = current() === 'de' ? german : english;
        const values = new Map(order.map(({ n, again }, i) => [n, again ? translated(found[i + 1], depth + 1).said : found[i + 1]]));
        return { said: from.replace(/\{(\d)\}/g, (_, n) => values.get(n)), from };
    }
    return { said: text, from: null };
}

function rule([said, german, english]) {
    const order = [...said.matchAll(/\{(\d)(!?)\}/g)].map(([, n, mark]) => ({ n, again: mark === '!' }));
    const parts = said.split(/\{\d!?\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return { pattern: new RegExp(`^${parts.join('([^]+?)')}$`), order, german, english: english ?? said.replace(/\{(\d)!\}/g, '{$1}') };
}
