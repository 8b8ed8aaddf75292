// A graph that finds its own shape: points push each other away, lines pull. It rests when it has found it.

import { svg } from '../dom.js';

const wide = { width: 800, height: 440 };
const narrow = { width: 420, height: 400 };
const length = 135;
const rest = 0.04;
const most = 250;
const mostSpread = 2;

export class Graph {
    #nodes = new Map();
    #links = [];
    #frame = 0;
    #heat = 0;
    #lines = svg('g', {});
    #points = svg('g', {});
    #marked = null;
    #size = wide;
    #shape = '';
    #looks = '';

    /**
     * @param {string} label What it shows.
     * @param {(id: string) => void} onChoose A point was chosen.
     */
    constructor(label, onChoose) {
        this.onChoose = onChoose;
        this.element = svg('svg', { viewBox: `0 0 ${wide.width} ${wide.height}`, role: 'group', 'aria-label': label, class: 'graph', preserveAspectRatio: 'xMidYMid meet' }, this.#lines, this.#points);
    }

    /** Shows these points and lines; those that stay keep their places. */
    show(nodes, links) {
        const shown = nodes.slice(0, most);
        this.#fit();
        const old = this.#nodes;
        const { width, height } = this.#size;
        const ids = new Set(shown.map((n) => n.id));
        links = links.filter((l) => ids.has(l.from) && ids.has(l.to));
        const looks = JSON.stringify([shown, links.map((l) => [l.from, l.to, l.kind, Boolean(l.label)])]);
        if (looks === this.#looks) {
            links.forEach((link, at) => { if (this.#links[at]?.text) this.#links[at].text.textContent = link.label; });
            return;
        }
        this.#looks = looks;
        this.#nodes = new Map(shown.map((node, at) => {
            const was = old.get(node.id);
            const angle = at * 2.399963;
            const far = node.kind === 'self' ? 0 : 40 + 14 * Math.sqrt(at);
            return [node.id, { ...node, x: was?.x ?? width / 2 + far * Math.cos(angle), y: was?.y ?? height / 2 + far * Math.sin(angle), vx: 0, vy: 0 }];
        }));
        this.#links = links;
        this.#build();
        const shape = [...this.#nodes.keys()].join() + this.#links.map((l) => l.from + l.to + l.kind).join();
        this.#place();
        if (shape !== this.#shape) this.#warm();
        this.#shape = shape;
    }

    /** Marks a point as chosen. */
    mark(id) {
        this.#marked = id;
        for (const point of this.#points.children) point.setAttribute('aria-pressed', String(point.dataset.id === id));
    }

    close() {
        cancelAnimationFrame(this.#frame);
    }

    // A narrow page gets a higher picture, in which names can still be read.
    #fit() {
        const { width } = this.element.getBoundingClientRect();
        const size = width > 0 && width < 600 ? narrow : wide;
        if (size === this.#size) return;
        this.#size = size;
        this.#shape = '';
        this.#looks = '';
        this.#nodes = new Map();
        this.element.setAttribute('viewBox', `0 0 ${size.width} ${size.height}`);
    }

    /** True where the shape is found: nothing moves. */
    #rests(yes) {
        this.element.setAttribute('aria-busy', String(!yes));
    }

    #warm() {
        this.#heat = 1;
        this.#rests(false);
        cancelAnimationFrame(this.#frame);
        // Whoever wants no motion sees the shape when it is found.
        if (matchMedia('(prefers-reduced-motion: reduce)').matches || this.#nodes.size > 120) {
            for (let i = 0; i < 240 && this.#heat > rest; i++) this.#step();
            this.#place();
            this.#rests(true);
            return;
        }
        const tick = () => {
            this.#step();
            this.#step();
            this.#place();
            if (this.#heat > rest) this.#frame = requestAnimationFrame(tick);
            else this.#rests(true);
        };
        this.#frame = requestAnimationFrame(tick);
    }

    #step() {
        const { width, height } = this.#size;
        const nodes = [...this.#nodes.values()];
        for (let i = 0; i < nodes.length; i++) {
            for (let j = i + 1; j < nodes.length; j++) push(nodes[i], nodes[j], this.#heat);
        }
        for (const { from, to, kind } of this.#links) pull(this.#nodes.get(from), this.#nodes.get(to), kind === 'route' ? length * 0.8 : length, this.#heat);
        for (const node of nodes) {
            node.vx += (width / 2 - node.x) * 0.008 * this.#heat;
            node.vy += (height / 2 - node.y) * 0.014 * this.#heat;
            if (node.kind === 'self') {
                node.x = width / 2;
                node.y = height / 2;
                continue;
            }
            node.x = clamp(node.x + node.vx, 60, width - 60);
            node.y = clamp(node.y + node.vy, 30, height - 40);
            node.vx *= 0.6;
            node.vy *= 0.6;
        }
        this.#heat *= 0.982;
    }

    #build() {
        const focused = document.activeElement?.dataset?.id;
        this.#lines.replaceChildren(...this.#links.flatMap((link) => {
            link.line = svg('line', { class: `edge ${link.kind}` });
            link.text = link.label && this.#links.length < 40 ? svg('text', { class: 'cost', 'text-anchor': 'middle' }, link.label) : null;
            return link.text ? [link.line, link.text] : [link.line];
        }));
        this.#points.replaceChildren(...[...this.#nodes.values()].map((node) => {
            node.point = svg('g', {
                class: `point ${node.kind}`, role: 'button', tabindex: 0, 'aria-label': node.name, 'aria-pressed': String(node.id === this.#marked), 'data-id': node.id,
                onclick: () => this.onChoose(node.id),
                onkeydown: (event) => {
                    if (event.key !== 'Enter' && event.key !== ' ') return;
                    event.preventDefault();
                    this.onChoose(node.id);
                },
            },
            svg('circle', { r: node.kind === 'self' ? 16 : node.kind === 'peer' ? 12 : 9 }),
            node.held > 0 && svg('text', { class: 'held', 'text-anchor': 'middle', y: 4 }, node.held > 99 ? '99+' : node.held),
            this.#nodes.size <= 60 && svg('text', { class: 'name', 'text-anchor': 'middle', y: node.kind === 'self' ? 32 : 28 }, short(node.name)));
            return node.point;
        }));
        if (focused) this.#points.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
    }

    #place() {
        const seen = this.#spread();
        for (const [id, { point }] of this.#nodes) point.setAttribute('transform', `translate(${seen.get(id).x.toFixed(1)} ${seen.get(id).y.toFixed(1)})`);
        for (const { from, to, line, text } of this.#links) {
            const a = seen.get(from);
            const b = seen.get(to);
            for (const [name, value] of [['x1', a.x], ['y1', a.y], ['x2', b.x], ['y2', b.y]]) line.setAttribute(name, value.toFixed(1));
            if (text) beside(text, a, b);
        }
    }

    /** Where points are drawn: a small shape is spread over the frame, a large one stays as it is. */
    #spread() {
        const { width, height } = this.#size;
        const nodes = [...this.#nodes];
        const xs = nodes.map(([, n]) => n.x);
        const ys = nodes.map(([, n]) => n.y);
        const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
        const scale = clamp(Math.min((width - 150) / Math.max(1, right - left), (height - 110) / Math.max(1, bottom - top)), 1, mostSpread);
        return new Map(nodes.map(([id, n]) => [id, { x: width / 2 + (n.x - (left + right) / 2) * scale, y: height / 2 - 6 + (n.y - (top + bottom) / 2) * scale }]));
    }
}

/** Puts what a line says beside its middle, on the upper side. */
function beside(text, a, b) {
    const distance = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    const up = b.x >= a.x ? 1 : -1;
    text.setAttribute('x', ((a.x + b.x) / 2 + (up * 13 * (b.y - a.y)) / distance).toFixed(1));
    text.setAttribute('y', ((a.y + b.y) / 2 - (up * 11 * (b.x - a.x)) / distance + 4).toFixed(1));
    text.setAttribute('text-anchor', Math.abs(b.x - a.x) > Math.abs(b.y - a.y) * 2 ? 'middle' : (b.y - a.y) * up > 0 ? 'start' : 'end');
}

function push(a, b, heat) {
    let dx = a.x - b.x;
    let dy = a.y - b.y;
    if (!dx && !dy) [dx, dy] = [0.1, 0.1];
    const distance = Math.hypot(dx, dy);
    const force = Math.min(8, 11000 / (distance * distance)) * heat;
    a.vx += (dx / distance) * force;
    a.vy += (dy / distance) * force;
    b.vx -= (dx / distance) * force;
    b.vy -= (dy / distance) * force;
}

function pull(a, b, wanted, heat) {
    const dx = b.x - a.x;
    const dy = b.y - a.y;
    const distance = Math.hypot(dx, dy) || 1;
    const force = (distance - wanted) * 0.05 * heat;
    a.vx += (dx / distance) * force;
    a.vy += (dy / distance) * force;
    b.vx -= (dx / distance) * force;
    b.vy -= (dy / distance) * force;
}

const clamp = (value, least, greatest) => Math.max(least, Math.min(greatest, value));

const short = (name) => ([...name].length > 18 ? `${[...name].slice(0, 17).join('')}…` : name);
