// How conversations and people are called, and the round sign that stands for them.

import { cleanName, shortAddress } from '../clean.js';
import { foreign, h } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../text.js';

const hues = 12;

/** The kind of a conversation by its name: `self`, `group`, `channel` or `person`. */
export function kindOf(name) {
    if (name === 'self') return 'self';
    if (name.startsWith('group:')) return 'group';
    if (name.startsWith('channel:')) return 'channel';
    return 'person';
}

/** What a conversation is called on the page; never empty. */
export function titleOf(store, name) {
    const kind = kindOf(name);
    if (kind === 'self') return t('self');
    if (kind !== 'person') return cleanName(name.slice(name.indexOf(':') + 1)) || t('nameless');
    return personName(store, name);
}

/** What somebody is called: by the owner's word, else by its own, else by its address. */
export function personName(store, nameOrAddress) {
    const called = store.nameOf(nameOrAddress);
    if (!called.startsWith('qpc1')) return cleanName(called) || shortAddress(nameOrAddress);
    return shortAddress(called);
}

/** The name as an element; a name that only its bearer says is marked as such. */
export function nameElement(store, name, tag = 'bdi') {
    return foreign(titleOf(store, name), tag);
}

/** True where nothing but the bearer's own word stands behind a name. */
export function isOwnWord(store, name) {
    if (kindOf(name) !== 'person' || !name.startsWith('qpc1')) return false;
    return !store.aliases.has(name) && !store.isVerified(name);
}

/** The round sign of a conversation: a letter and a colour that follow from its name. */
export function sign(store, name) {
    const kind = kindOf(name);
    let sum = 0;
    for (const c of name) sum = (sum * 31 + c.codePointAt(0)) >>> 0;
    const letter = [...titleOf(store, name)].find((c) => /[\p{L}\p{N}]/u.test(c)) ?? '•';
    return h(`span.sign.hue${sum % hues}.${kind}`, { 'aria-hidden': 'true' },
        kind === 'self' ? icon('file') : letter.toLocaleUpperCase());
}
