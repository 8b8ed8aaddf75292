// Shown without a session: says how to get one.

import { h } from '../dom.js';
import { t } from '../text.js';

export function lockedView() {
    return h('main.locked', {},
        h('h1', {}, 'QuicProChat Mesh'),
        h('p', {}, t('lockedWhy')),
        h('pre', { tabIndex: 0 }, 'qpc-mesh web'),
        h('p.hint', {}, t('lockedHint')));
}
