// Tables that a phone can show: there each row is a list of its values, with the columns' titles beside them.

import { h } from '../dom.js';

/**
 * @param {string} label What the table is.
 * @param {string[]} titles The columns; an empty one has no title.
 * @param {Array<Array>} rows What stands in the cells; the first cell names the row.
 */
export function table(label, titles, rows) {
    // The roles are said, because a table that is drawn as a list is none for browsers any more.
    return h('div.scrolls', { tabIndex: 0, role: 'region', 'aria-label': label }, h('table', { role: 'table', 'aria-label': label },
        h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, titles.map((title) => (title ? h('th', { scope: 'col', role: 'columnheader' }, title) : h('td', { role: 'cell' }))))),
        h('tbody', { role: 'rowgroup' }, rows.map((cells) => h('tr', { role: 'row' }, cells.map((cell, at) => (at === 0
            ? h('th', { scope: 'row', role: 'rowheader' }, cell)
            : h('td', { role: 'cell', data: { title: titles[at] } }, h('span', {}, cell)))))))));
}
