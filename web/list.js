// A list of any length of which only what is seen is in the document. It stays at its end while the reader is there, and
// what the reader looks at does not move when something comes or grows above it.

import { h } from './dom.js';

const guess = 64;
const beyond = 600;
const atEnd = 48;

export class LongList {
    #items = [];
    #keys = new Map();
    #heights = new Map();
    #rows = new Map();
    #sticks = true;
    #lastTop = 0;
    #lastHeight = 0;
    #frame = 0;
    #topPad = h('div.pad', { 'aria-hidden': 'true' });
    #bottomPad = h('div.pad', { 'aria-hidden': 'true' });

    /**
     * @param {object} options
     * @param {(item: object) => string} options.key What an item is known by.
     * @param {(item: object, before: object|null) => HTMLElement} options.row Makes its row.
     * @param {() => void} [options.onTop] The reader is near the begin.
     * @param {() => void} [options.onEnd] The reader came to the end.
     * @param {string} options.label What the list is, for those who do not see it.
     */
    constructor(options) {
        this.options = options;
        this.body = h('div.rows', { role: 'log', 'aria-label': options.label, 'aria-live': 'off' }, this.#topPad, this.#bottomPad);
        this.body.addEventListener('pointerdown', (event) => this.#press(event.target));
        this.element = h('div.scroller', { tabIndex: 0, onscroll: () => this.#scrolled() }, this.body);
        this.#watcher = new ResizeObserver((changes) => this.#measured(changes));
        this.#frameWatcher = new ResizeObserver(() => this.#draw(true));
        this.#frameWatcher.observe(this.element);
    }

    #watcher;
    #frameWatcher;

    /** True while the newest is seen. */
    get isAtEnd() {
        return this.#sticks;
    }

    /** Shows these items. */
    set(items) {
        this.#items = items;
        this.#keys = new Map(items.map((item, at) => [this.options.key(item), at]));
        this.#draw(true);
        // At the very top nothing scrolls any more: who stands there waits for what is older still.
        this.#askForOlder();
    }

    // A row that is pressed stays until it is let go: a button that is another one then would not be clicked.
    #pressed = null;
    #late = new Set();

    #press(target) {
        this.#pressed = target.closest('[data-key]')?.dataset.key ?? null;
        const release = new AbortController();
        const letGo = () => {
            release.abort();
            this.#pressed = null;
            // The click comes behind this event.
            setTimeout(() => {
                const late = [...this.#late];
                this.#late.clear();
                late.forEach((key) => this.renew(key));
            }, 0);
        };
        for (const name of ['pointerup', 'pointercancel', 'blur']) addEventListener(name, letGo, { signal: release.signal });
    }

    /** Makes the row of an item anew. */
    renew(key) {
        const row = this.#rows.get(key);
        if (!row) return;
        if (key === this.#pressed) {
            this.#late.add(key);
            return;
        }
        const at = this.#keys.get(key);
        const made = this.#make(at);
        const focused = row.contains(document.activeElement) ? document.activeElement.dataset.act ?? '' : null;
        this.#watcher.unobserve(row);
        row.replaceWith(made);
        this.#rows.set(key, made);
        this.#watcher.observe(made);
        if (focused !== null) (made.querySelector(`[data-act="${CSS.escape(focused)}"]`) ?? made).focus({ preventScroll: true });
        this.#draw(true);
    }

    /** Goes to the end. */
    toEnd() {
        this.#sticks = true;
        this.#draw(true);
    }

    /** Goes to an item; false if it is not in the list. */
    reveal(key) {
        const at = this.#keys.get(key);
        if (at === undefined) return false;
        this.#sticks = false;
        this.element.scrollTop = Math.max(0, this.#offset(at) - this.element.clientHeight / 3);
        this.#draw(false);
        const row = this.#rows.get(key);
        row?.scrollIntoView({ block: 'center' });
        row?.classList.add('found');
        setTimeout(() => row?.classList.remove('found'), 2000);
        return true;
    }

    /** The row of an item, if it is seen. */
    row(key) {
        return this.#rows.get(key);
    }

    /** Ends it. */
    close() {
        cancelAnimationFrame(this.#frame);
        this.#watcher.disconnect();
        this.#frameWatcher.disconnect();
    }

    #height(at) {
        return this.#heights.get(this.options.key(this.#items[at])) ?? guess;
    }

    #offset(at) {
        let sum = 0;
        for (let i = 0; i < at; i++) sum += this.#height(i);
        return sum;
    }

    #scrolled() {
        const { scrollTop, clientHeight, scrollHeight } = this.element;
        const was = this.#sticks;
        // What grows at the end, such as a picture that has come, moves nobody away from it: only whoever scrolls up leaves.
        const grew = scrollHeight > this.#lastHeight && scrollTop >= this.#lastTop;
        this.#sticks = scrollHeight - scrollTop - clientHeight < atEnd || (was && grew);
        [this.#lastTop, this.#lastHeight] = [scrollTop, scrollHeight];
        if (this.#sticks && !was) this.options.onEnd?.();
        if (!this.#frame) this.#frame = requestAnimationFrame(() => {
            this.#frame = 0;
            this.#draw(false);
            this.#askForOlder();
        });
    }

    #askForOlder() {
        if (this.element.clientHeight && this.element.scrollTop < beyond) this.options.onTop?.();
    }

    #measured(changes) {
        let moved = false;
        for (const change of changes) {
            const key = change.target.dataset.key;
            const height = change.borderBoxSize[0].blockSize;
            if (key === undefined || !change.target.isConnected || this.#heights.get(key) === height) continue;
            this.#heights.set(key, height);
            moved = true;
        }
        if (moved) this.#draw(true);
    }

    #make(at) {
        const row = this.options.row(this.#items[at], at > 0 ? this.#items[at - 1] : null);
        row.dataset.key = this.options.key(this.#items[at]);
        row.dataset.before = this.#before(at);
        return row;
    }

    #before(at) {
        return at > 0 ? this.options.key(this.#items[at - 1]) : '';
    }

    // The first row that is seen stays where it is; at the end, the end does.
    #draw(holds) {
        const view = this.element;
        if (!view.clientHeight) return;
        const anchor = holds && !this.#sticks ? this.#anchor() : null;
        let top = this.#sticks ? Infinity : view.scrollTop;
        const offsets = new Float64Array(this.#items.length + 1);
        for (let i = 0; i < this.#items.length; i++) offsets[i + 1] = offsets[i] + this.#height(i);
        const total = offsets[this.#items.length];
        if (anchor) top = offsets[this.#keys.get(anchor.key)] - anchor.below;
        top = Math.max(0, Math.min(top, total - view.clientHeight));
        const first = find(offsets, top - beyond);
        const last = Math.min(this.#items.length, find(offsets, top + view.clientHeight + beyond) + 1);
        this.#place(first, last);
        this.#topPad.style.blockSize = `${offsets[first]}px`;
        this.#bottomPad.style.blockSize = `${total - offsets[last]}px`;
        if (this.#sticks) view.scrollTop = view.scrollHeight;
        else if (anchor && Math.abs(view.scrollTop - top) > 0.5) view.scrollTop = top;
        [this.#lastTop, this.#lastHeight] = [view.scrollTop, view.scrollHeight];
    }

    #anchor() {
        const edge = this.element.getBoundingClientRect().top;
        for (const [key, row] of this.#rows) {
            const box = row.getBoundingClientRect();
            if (box.bottom > edge && this.#keys.has(key)) {
                const before = this.#rowTop(row);
                return { key, below: before - this.element.scrollTop };
            }
        }
        return null;
    }

    #rowTop(row) {
        return row.getBoundingClientRect().top - this.element.getBoundingClientRect().top + this.element.scrollTop;
    }

    #place(first, last) {
        let behind = this.#topPad;
        const rows = new Map();
        for (let at = first; at < last; at++) {
            const key = this.options.key(this.#items[at]);
            let row = this.#rows.get(key);
            // What stands before a row decides about its heading: with older ones it is another.
            if (row && row.dataset.before !== this.#before(at)) {
                this.#watcher.unobserve(row);
                row.remove();
                row = undefined;
            }
            if (!row) {
                row = this.#make(at);
                this.#watcher.observe(row);
            }
            if (behind.nextSibling !== row) behind.after(row);
            behind = row;
            rows.set(key, row);
        }
        for (const [key, row] of this.#rows) {
            if (rows.has(key)) continue;
            this.#watcher.unobserve(row);
            row.remove();
        }
        this.#rows = rows;
    }
}

/** The last place whose offset is not behind a value. */
function find(offsets, value) {
    let low = 0;
    let high = offsets.length - 1;
    while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (offsets[middle] <= value) low = middle;
        else high = middle - 1;
    }
    return low;
}
