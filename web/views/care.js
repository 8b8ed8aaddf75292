// Therapy places (FAPP): the search for patients, what was asked for, and the desk of a practice.

import { attempt } from '../dialog.js';
import { fill, h } from '../dom.js';
import { t } from '../text.js';
import { practicePane } from './carepractice.js';
import { searchPane } from './caresearch.js';

const panes = ['search', 'practice'];

export function careView(store, rest) {
    const body = h('div', {});
    const element = h('section.care', {}, h('header', {}, h('h1', {}, t('care'))), body);
    let open = { close() {} };
    let chosen = null;
    let status = null;

    function go([name]) {
        const wanted = panes.includes(name) ? name : panes[0];
        if (!status || wanted === chosen) return;
        open.close();
        chosen = wanted;
        open = wanted === 'search' ? searchPane(store, status) : practicePane(store);
        fill(body, h('nav.choice', { 'aria-label': t('care') }, panes.map((pane) => h('a', { href: `#/care/${pane}`, 'aria-current': pane === wanted ? 'true' : null }, t(`care.${pane}`)))), open.element);
        open.begin?.();
    }

    async function begin() {
        try {
            status = await store.ask('fapp-status');
        } catch (e) {
            // A node that knows no such command takes no part either.
            if (e.code !== 'usage') throw e;
        }
        if (!status || status.mode === 'off') fill(body, h('p.empty', {}, t('careAbsent')));
        else if (status.mode === 'relay') fill(body, h('p.empty', {}, t('careRelays')));
        else go(rest);
        if (!status || status.mode !== 'follow') status = null;
    }

    return {
        element,
        go,
        begin: () => attempt(begin),
        close: () => open.close(),
    };
}
