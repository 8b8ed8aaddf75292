// The one connection to the node: requests with their replies, events, and the way back after the node was gone.

const retryMs = [250, 500, 1000, 2000, 4000];
const noAccess = 4001;
const place = 'session';

/** A request that the node did not do; `code` is `usage`, `refused` or `offline`. */
export class Refused extends Error {
    constructor(code, message) {
        super(message);
        this.code = code;
    }
}

export class NodeSocket {
    #web = null;
    #link;
    #waiting = new Map();
    #nextTag = 1;
    #failures = 0;
    #timer = 0;

    /**
     * @param {string|null} link The token of a link, good once.
     * @param {(event: object) => void} onEvent Called for each event.
     * @param {(state: 'online'|'offline'|'locked') => void} onState Called when the connection changes.
     */
    constructor(link, onEvent, onState) {
        this.#link = link;
        this.onEvent = onEvent;
        this.onState = onState;
    }

    /** Connects, and again whenever the connection is lost. */
    open() {
        const session = sessionStorage.getItem(place);
        if (!this.#link && !session) {
            this.onState('locked');
            return;
        }
        const web = new WebSocket(`ws://${location.host}/socket`);
        this.#web = web;
        web.onopen = () => web.send(this.#link ? `link ${this.#link}` : `session ${session}`);
        web.onmessage = (message) => {
            for (const line of message.data.split('\n')) if (line) this.#take(line);
        };
        web.onclose = (event) => this.#closed(event.code);
    }

    /** Connects now, without waiting for the next try. */
    retry() {
        clearTimeout(this.#timer);
        if (this.#web?.readyState !== WebSocket.OPEN && this.#web?.readyState !== WebSocket.CONNECTING) this.open();
    }

    /** Forgets the session: this tab needs a new link. */
    leave() {
        sessionStorage.removeItem(place);
        this.#web?.close();
        this.onState('locked');
    }

    /** Asks the node; resolves with the result, rejects with {@link Refused}. */
    async ask(command, keys = {}) {
        return (await this.#request(command, keys)).result;
    }

    /** Asks for a list, all its pages in one. */
    async askAll(command, keys = {}) {
        const pages = [];
        for (let from; ;) {
            const reply = await this.#request(command, from ? { ...keys, from } : keys);
            pages.push(...reply.result);
            from = reply.more;
            if (!from) return pages;
        }
    }

    /** Asks for one page of a list: its items, and where it goes on. */
    async askPage(command, keys = {}) {
        const reply = await this.#request(command, keys);
        return { items: reply.result, more: reply.more };
    }

    #request(command, keys) {
        return new Promise((resolve, reject) => {
            if (this.#web?.readyState !== WebSocket.OPEN) {
                reject(new Refused('offline', ''));
                return;
            }
            const tag = this.#nextTag++;
            this.#waiting.set(tag, { resolve, reject });
            const given = Object.fromEntries(Object.entries(keys).filter(([, v]) => v !== undefined && v !== null && v !== ''));
            this.#web.send(JSON.stringify({ command, ...given, tag }));
        });
    }

    #take(line) {
        const said = JSON.parse(line);
        if (said.session) {
            sessionStorage.setItem(place, said.session);
            this.#link = null;
            this.#failures = 0;
            this.onState('online');
        } else if (said.event) {
            this.onEvent(said);
        } else {
            const asked = this.#waiting.get(said.tag);
            this.#waiting.delete(said.tag);
            if (said.ok) asked?.resolve(said);
            else asked?.reject(new Refused(said.code, said.error));
        }
    }

    #closed(code) {
        for (const { reject } of this.#waiting.values()) reject(new Refused('offline', ''));
        this.#waiting.clear();
        if (code === noAccess) {
            this.#link = null;
            sessionStorage.removeItem(place);
            this.onState('locked');
            return;
        }
        if (!sessionStorage.getItem(place) && !this.#link) return;
        this.onState('offline');
        this.#timer = setTimeout(() => this.open(), retryMs[Math.min(this.#failures++, retryMs.length - 1)]);
    }
}
