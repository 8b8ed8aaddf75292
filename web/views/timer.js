// After what time messages of a conversation disappear.

import { form, openDialog } from '../dialog.js';
import { h } from '../dom.js';
import { t } from '../text.js';

const times = ['off', '30m', '1h', '1d', '7d'];

export function chooseTimer(store, name) {
    const now = store.conversation(name)?.disappear ?? 'off';
    openDialog(t('disappearing'), (close) => [
        h('p', {}, t('disappearingWhy')),
        form([{ name: 'after', label: t('after'), value: now, options: times.map((time) => [time, t(`timer.${time}`)]) }], t('set'),
            async ({ after }) => {
                await store.ask('disappear', { to: name, after });
                close();
            }),
    ]);
}
