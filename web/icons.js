// Small drawings of one colour. They stand beside words, or have a label where they stand alone.

import { svg } from './dom.js';

const shapes = {
    chats: 'M4 5h16v11H9l-5 4z',
    network: 'M6 7l12-1M6 7l5 11M18 6l-7 12',
    care: 'M12 20C5 15 3 11 4.5 8S10 5 12 8c2-3 6-3 7.5 0S19 15 12 20z',
    node: 'M5 5h14v6H5zM5 13h14v6H5zM8 8h.01M8 16h.01',
    search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20',
    add: 'M12 5v14M5 12h14',
    back: 'M15 5l-7 7 7 7',
    send: 'M4 12 20 4l-5 16-3-7z',
    more: 'M5 12h.01M12 12h.01M19 12h.01',
    reply: 'M9 7l-5 5 5 5M4 12h9c4 0 6 2 7 6',
    sign: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM9 10h.01M15 10h.01M8.5 14c2 2.5 5 2.5 7 0',
    timer: 'M12 6a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM12 9v4l3 2M9 3h6',
    mute: 'M5 10h3l4-4v12l-4-4H5zM16 10l4 4M20 10l-4 4',
    shield: 'M12 4l7 3v5c0 4-3 7-7 8-4-1-7-4-7-8V7zM9 12l2 2 4-4',
    file: 'M7 4h7l4 4v12H7zM14 4v4h4',
    place: 'M12 20c-4-5-6-8-6-10a6 6 0 0 1 12 0c0 2-2 5-6 10zM12 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
    attach: 'M8 12l6-6a3 3 0 0 1 4 4l-8 8a5 5 0 0 1-7-7l7-7',
    down: 'M6 10l6 6 6-6',
};

/** A drawing by its name. */
export function icon(name) {
    const dots = name === 'network';
    return svg('svg', { viewBox: '0 0 24 24', width: 22, height: 22, class: 'drawing', 'aria-hidden': 'true' },
        svg('path', { d: shapes[name], fill: 'none', stroke: 'currentColor', 'stroke-width': name === 'more' ? 3 : 1.8, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' }),
        dots && [[6, 7], [18, 6], [11, 18]].map(([cx, cy]) => svg('circle', { cx, cy, r: 2.6, fill: 'currentColor' })));
}

const hollow = 'M3 8.5l3 3L12.5 5';

/** The ticks of a message that this node wrote; words stand beside them or in their label. */
export function ticks(state) {
    const two = state === 'delivered' || state === 'read';
    const wait = state === 'queued';
    const bad = state === 'failed' || state === 'expired';
    return svg('svg', { viewBox: '0 0 22 16', width: 20, height: 14, class: `ticks ${state}`, 'aria-hidden': 'true' },
        wait && svg('circle', { cx: 8, cy: 8, r: 5, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6, 'stroke-dasharray': '3 2' }),
        bad && svg('path', { d: 'M8 3v6M8 12v.5', stroke: 'currentColor', 'stroke-width': 2, 'stroke-linecap': 'round' }),
        !wait && !bad && svg('path', { d: hollow, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.8, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' }),
        two && svg('path', { d: hollow, transform: 'translate(6 0)', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.8, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' }));
}

/** A QR code of its rows of modules. */
export function code(rows, label) {
    const size = rows.length;
    const path = rows.flatMap((row, y) => [...row].map((m, x) => (m === '1' ? `M${x} ${y}h1v1h-1z` : ''))).join('');
    return svg('svg', { viewBox: `-4 -4 ${size + 8} ${size + 8}`, class: 'code', role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' },
        svg('rect', { x: -4, y: -4, width: size + 8, height: size + 8, fill: '#fff' }), svg('path', { d: path, fill: '#000' }));
}
