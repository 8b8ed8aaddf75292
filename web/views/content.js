// What a message says, by the type of its content (docs/reference/content.md).

import { cleanName, cleanText, shortAddress } from '../clean.js';
import { foreign, h } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../text.js';
import { addCard } from './contact.js';
import { offer } from './files.js';

/** One line of it, as lists show it. */
export function summary(message) {
    const { type, name, disappear, mediaType } = message.content ?? { type: 'text' };
    if (message.damaged) return t('damaged');
    switch (type) {
        case 'deleted': return t('content.deleted');
        case 'timer': return disappear === 'off' ? t('content.timerOff') : t('content.timer', { after: disappear });
        case 'file': return `${t(mediaType?.startsWith('image/') ? 'content.picture' : 'content.file')}: ${cleanName(name)}`;
        case 'contact': return `${t('content.contact')}: ${cleanName(name)}`;
        case 'location': return `${t('content.location')}${name ? `: ${cleanName(name)}` : ''}`;
        case 'unsupported': return t('content.unsupported');
        default: return message.text;
    }
}

/** True where a message is a notice about the conversation and not something that was said in it. */
export function isNotice(message) {
    return ['timer', 'joined', 'left', 'renamed', 'epoch'].includes(message.content?.type);
}

/** What stands in the bubble. */
export function body(store, message) {
    const content = message.content ?? { type: 'text' };
    if (message.damaged) return h('p.gone', {}, t('damaged'));
    switch (content.type) {
        case 'deleted':
            return h('p.gone', {}, t('content.deleted'));
        case 'unsupported':
            return h('p.gone', {}, t('content.unsupported'));
        case 'file':
            return offer(store, message);
        case 'contact':
            return h('div.offer', {}, icon('shield'), h('div', {}, foreign(cleanName(content.name) || shortAddress(content.address ?? ''), 'strong'),
                h('span.hint', {}, t('content.contact')),
                content.uri && h('button', { type: 'button', onclick: () => addCard(store, content.uri) }, t('addContact'))));
        case 'location':
            return h('div.offer', {}, icon('place'), h('div', {}, foreign(cleanName(content.name) || t('content.location'), 'strong'),
                h('span.hint', {}, `${content.latitude}, ${content.longitude}${content.accuracy ? ` (± ${content.accuracy} m)` : ''}`)));
        default:
            return foreign(cleanText(message.text), 'p', { className: 'said' });
    }
}
