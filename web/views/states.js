// How far a message came, as a word. Only what is proven is said (docs/reference/control.md, States).

import { sentence } from '../said.js';
import { t } from '../text.js';

/** The state of a message of this node, by its name for ticks. */
export function stateOf(message) {
    return message.readBy?.length && message.state === 'delivered' ? 'read' : message.state;
}

/** The word for it. */
export function stateWord(message) {
    const state = stateOf(message);
    if (message.recipients !== undefined && message.recipients > 1 && message.deliveredTo < message.recipients && !['failed', 'expired'].includes(state))
        return t('deliveredOf', { some: message.deliveredTo, all: message.recipients });
    return t(`state.${state}`);
}

/** A sentence that says what the word means, and what the node says about it. */
export function stateSentence(message) {
    return [t(`state.${stateOf(message)}.long`), message.reason && sentence(message.reason)].filter(Boolean).join(' ');
}
