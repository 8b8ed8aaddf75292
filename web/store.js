// What the page knows of its node: asked for once, then kept true by events. Views read it and are told when it changed.

import { NodeSocket, Refused } from './socket.js';

const pageOfMessages = 100;
const mostTries = 3;
const readPlace = 'tellRead';

/** Whether others learn which of their messages were read in this browser. */
export const tellsRead = () => localStorage.getItem(readPlace) === 'yes';

/** Says whether they shall. */
export const tellRead = (yes) => localStorage.setItem(readPlace, yes ? 'yes' : 'no');

/** Parts of the store, by which views say what they look at. */
export const parts = ['link', 'me', 'conversations', 'messages', 'requests', 'contacts', 'groups', 'network', 'radios', 'typing', 'files', 'care'];

export class Store {
    link = 'offline';
    me = null;
    status = null;
    /** Conversations by name, whoever wrote last first. */
    conversations = [];
    requests = [];
    contacts = [];
    aliases = new Map();
    groups = { groups: [], invitations: [] };
    liteGroups = [];
    channels = [];
    peers = [];
    routes = [];
    radios = [];
    queue = { count: 0, bytes: 0, inFlight: 0, awaitingReceipt: 0, held: [] };
    discovery = { mode: 'off', links: [], found: [] };
    typing = new Map();
    warnings = [];
    /** Files by the id of the message that offers them, where the node has files. */
    files = new Map();

    /** Those whose fetching was stopped here, until they are fetched again. */
    stopped = new Set();
    hasFiles = false;
    /** Called with what the owner wants to know at once: a name, and what it is about. */
    onNews = null;

    #threads = new Map();
    #listeners = new Set();
    #changed = new Set();
    #socket;
    #timer = 0;

    /** Counts the times from which on no event was missed. */
    #connection = 0;

    /** @param {string|null} token The token of a link. */
    constructor(token) {
        this.#socket = new NodeSocket(token, (event) => this.#happened(event), (state) => this.#linked(state));
    }

    open() {
        this.#socket.open();
    }

    retry() {
        this.#socket.retry();
    }

    leave() {
        this.#socket.leave();
    }

    /** Asks the node for anything; see docs/reference/control.md. */
    ask(command, keys) {
        return this.#socket.ask(command, keys);
    }

    askAll(command, keys) {
        return this.#socket.askAll(command, keys);
    }

    /** Calls a view when one of the parts has changed, at most once a frame; returns what ends that. */
    watch(names, view) {
        const listener = { names: new Set(names), view };
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }

    /** The messages of a conversation as far as they were asked for, and whether there are older ones. */
    thread(name) {
        let thread = this.#threads.get(name);
        if (!thread) {
            thread = { items: [], byId: new Map(), more: undefined, isLoaded: false, isLoading: false, came: null, round: 0, since: null };
            this.#threads.set(name, thread);
        }
        return thread;
    }

    conversation(name) {
        return this.conversations.find((c) => c.conversation === name);
    }

    /** Whether the owner wants to hear nothing of a conversation; a channel says so before anybody wrote in it. */
    isMuted(name) {
        return this.conversation(name)?.muted ?? this.channels.find((c) => `channel:${c.name}` === name)?.muted ?? false;
    }

    /** Asks for older messages of a conversation. */
    async loadOlder(name) {
        const thread = this.thread(name);
        if (thread.isLoading || (thread.isLoaded && !thread.more)) return;
        thread.isLoading = true;
        thread.came = [];
        const { round } = thread;
        if (!thread.isLoaded) thread.since = this.#connection;
        try {
            for (let found = 0; found === 0;) {
                const page = await this.#socket.askPage('messages', { with: name, limit: pageOfMessages, from: thread.more });
                // It was begun anew meanwhile: these would leave a gap behind them.
                if (thread.round !== round) return;
                // With a person, what that person wrote in groups is listed too.
                const older = page.items.filter((m) => (m.request || m.conversation === name) && !thread.byId.has(m.id));
                for (const message of older) thread.byId.set(message.id, message);
                thread.items = [...older, ...thread.items];
                found = older.length;
                // A page is as long as was asked for where there is more: the node says `more` only where a reply was too long.
                thread.more = page.more ?? (page.items.length === pageOfMessages ? page.items[0].id : undefined);
                if (!thread.more) break;
            }
            thread.isLoaded = true;
            // What came while the messages did is newer than they are.
            for (const message of thread.came) this.#putInto(thread, message);
        } finally {
            if (thread.round === round) {
                thread.isLoading = false;
                thread.came = null;
            }
        }
        this.#tell('messages');
    }

    /** The newest messages of a conversation, asked for anew. */
    async loadThread(name) {
        const thread = this.thread(name);
        Object.assign(thread, { items: [], byId: new Map(), more: undefined, isLoaded: false, isLoading: false, came: null, round: thread.round + 1 });
        await this.loadOlder(name);
    }

    /** What somebody is called: the owner's name for it, else its own, else its address. */
    nameOf(address) {
        if (!address) return '';
        return this.aliases.get(address) ?? this.announced(address) ?? address;
    }

    /** What a node calls itself, if that is known. Anybody may call itself anything. */
    announced(address) {
        return this.peers.find((p) => p.address === address)?.name
            || this.routes.find((r) => r.destination === address)?.name
            || this.conversations.find((c) => c.address === address)?.name || undefined;
    }

    isVerified(address) {
        return this.contacts.some((c) => c.address === address && c.verified);
    }

    /** Asks for everything that lists show; the threads that are open are asked for again. */
    async refresh() {
        const [me, status, contacts, aliases] = await Promise.all([
            this.ask('identity'), this.ask('status'), this.ask('contact-list'), this.askAll('alias'), this.#askConversations()]);
        Object.assign(this, { me, status, contacts });
        this.aliases = new Map(aliases.map((a) => [a.address, a.alias]));
        this.warnings = status.warnings;
        this.#tell('me', 'conversations', 'requests', 'contacts');
        await Promise.all([this.refreshNetwork(), this.refreshGroups(), this.refreshFiles()]);
        // What was asked for since events come is as it should be.
        const connection = this.#connection;
        await Promise.all([...this.#threads].filter(([, t]) => t.since !== null && t.since !== connection).map(([name]) => this.loadThread(name)));
    }

    async refreshContacts() {
        const [contacts, aliases] = await Promise.all([this.ask('contact-list'), this.askAll('alias'), this.#askConversations()]);
        Object.assign(this, { contacts });
        this.aliases = new Map(aliases.map((a) => [a.address, a.alias]));
        this.#tell('contacts', 'conversations');
    }

    async refreshConversations() {
        await this.#askConversations();
        this.#tell('conversations', 'requests');
    }

    // A list that was made before something happened may come after the event that told of it: then it is asked for again.
    async #askConversations() {
        for (let tries = 1; ; tries++) {
            const news = this.#news;
            const [conversations, requests] = await Promise.all([this.ask('conversations', { limit: 1000 }), this.ask('requests', { limit: 1000 })]);
            Object.assign(this, { conversations, requests });
            if (news === this.#news) return;
            if (tries === mostTries) {
                this.#soon(() => this.refreshConversations());
                return;
            }
        }
    }

    async refreshGroups() {
        [this.groups, this.liteGroups, this.channels] = await Promise.all([
            this.ask('group-list'), this.ask('lite-list'), this.ask('channel-list')]);
        this.#tell('groups');
    }

    async refreshFiles() {
        try {
            this.files = new Map((await this.ask('file-list', { limit: 1000 })).map((f) => [f.id, f]));
            this.hasFiles = true;
        } catch (e) {
            // A node that has no such command says that the request is wrong.
            if (e.code !== 'usage') throw e;
        }
        this.#tell('files');
    }

    /** A file as it is now. */
    takeFile(file) {
        this.files.set(file.id, file);
        this.#tell('files');
    }

    async refreshNetwork() {
        const [status, peers, routes, queue, radios, discovery] = await Promise.all([
            this.ask('status'), this.askAll('peers'), this.askAll('routes'), this.ask('queue'), this.ask('radio'), this.ask('discover')]);
        Object.assign(this, { status, peers, routes, queue, radios, discovery });
        this.#tell('network', 'radios');
    }

    /** Takes a message that was asked for as if an event had told of it. */
    take(message) {
        this.#put(message, !this.thread(message.conversation).byId.has(message.id));
    }

    /** Marks a conversation as read. */
    async markRead(name) {
        const conversation = this.conversation(name);
        if (!conversation?.unread) return;
        conversation.unread = 0;
        this.#tell('conversations');
        await this.ask('read', { to: name, tell: tellsRead() || undefined });
    }

    #linked(state) {
        this.link = state;
        this.#tell('link');
        if (state !== 'online') return;
        this.#connection++;
        // Events first: what happens while the lists come is not missed.
        this.ask('events').then(() => this.refresh()).catch((e) => {
            if (!(e instanceof Refused)) throw e;
        });
    }

    #happened(event) {
        switch (event.event) {
            case 'message':
            case 'state':
            case 'changed':
                this.#put(event.message, event.event === 'message');
                break;
            case 'deleted':
                this.#forget(event);
                break;
            case 'peerUp':
                this.peers = [...this.peers.filter((p) => p.uri !== event.peer.uri || p.address !== event.peer.address), event.peer];
                this.#tell('network');
                break;
            case 'peerDown':
                this.peers = this.peers.filter((p) => p.uri !== event.peer.uri || p.address !== event.peer.address);
                this.#tell('network');
                break;
            case 'route':
                this.routes = [...this.routes.filter((r) => r.destination !== event.route.destination), event.route];
                this.#tell('network');
                break;
            case 'standing':
                this.#soon(() => this.refreshConversations());
                break;
            case 'setting': {
                const conversation = this.conversation(event.conversation);
                if (conversation) Object.assign(conversation, { disappear: event.disappear, muted: event.muted });
                this.#tell('conversations');
                break;
            }
            case 'read': {
                const conversation = this.conversation(event.conversation);
                if (conversation) conversation.unread = 0;
                this.#tell('conversations');
                break;
            }
            case 'typing':
                if (event.typing) this.typing.set(event.conversation, event.by);
                else this.typing.delete(event.conversation);
                this.#tell('typing');
                break;
            case 'file':
                if (event.file.state !== 'fetching' || !this.stopped.has(event.file.id)) this.takeFile(event.file);
                break;
            case 'fappRequest':
            case 'fappFlood':
            case 'fappRival':
                this.#tell('care');
                break;
            case 'fappReservation':
                this.onNews?.('slotChanged', event.reservation);
                this.#tell('care');
                break;
            case 'fappWatch':
                this.onNews?.('slotAppeared', event.slot);
                this.#tell('care');
                break;
            case 'group':
            case 'mls-group':
                this.#soon(() => this.refreshGroups());
                break;
            case 'warning':
                this.warnings = [...this.warnings, event.reason];
                this.#tell('me');
                break;
            case 'lost':
                this.#connection++;
                this.#soon(() => this.refresh());
                break;
        }
    }

    // An offer that comes in is no news of a file yet: what can be done with it is asked for.
    async #learnFile(id) {
        try {
            const file = await this.ask('file-show', { id });
            // An event may have come first, which is newer.
            if (!this.files.has(id)) this.takeFile(file);
        } catch (e) {
            if (!(e instanceof Refused)) throw e;
        }
    }

    #put(message, isNew) {
        this.#news++;
        this.#threads.get(message.request ? message.peer : message.conversation)?.came?.push(message);
        if (message.content?.type === 'file' && this.hasFiles && !this.files.has(message.id)) this.#learnFile(message.id);
        if (message.request) {
            this.#soon(() => this.refreshConversations());
            const thread = this.#threads.get(message.peer);
            if (thread?.isLoaded) this.#putInto(thread, message);
            return;
        }
        const name = message.conversation;
        const thread = this.#threads.get(name);
        if (thread?.isLoaded) this.#putInto(thread, message);
        this.typing.delete(name);
        const conversation = this.conversation(name);
        if (!conversation) {
            this.#soon(() => this.refreshConversations());
            return;
        }
        const isNewest = conversation.last.id === message.id || (isNew || message.createdAt > conversation.last.createdAt);
        if (isNewest) {
            if (conversation.last.id !== message.id) {
                conversation.count++;
                if (message.unread) conversation.unread++;
                this.conversations = [conversation, ...this.conversations.filter((c) => c !== conversation)];
            }
            conversation.last = message;
        }
        this.#tell('conversations');
    }

    #putInto(thread, message) {
        if (thread.byId.has(message.id)) thread.items = thread.items.map((m) => (m.id === message.id ? message : m));
        else thread.items = [...thread.items, message];
        thread.byId.set(message.id, message);
        this.#tell('messages');
    }

    #forget(event) {
        this.#news++;
        if (event.id) {
            this.files.delete(event.id);
            for (const thread of this.#threads.values()) {
                if (!thread.byId.delete(event.id)) continue;
                thread.items = thread.items.filter((m) => m.id !== event.id);
            }
        } else {
            this.#threads.delete(event.conversation ?? event.address);
            if (this.hasFiles) this.#soon(() => this.refreshFiles());
        }
        this.#tell('messages');
        this.#soon(() => this.refreshConversations());
    }

    // Events come in swarms: what they make this page ask for is asked for once.
    #pending = new Set();
    #news = 0;

    #soon(what) {
        const key = what.toString();
        if (this.#pending.has(key)) return;
        this.#pending.add(key);
        setTimeout(async () => {
            this.#pending.delete(key);
            try {
                await what();
            } catch (e) {
                if (!(e instanceof Refused)) throw e;
            }
        }, 60);
    }

    #tell(...names) {
        for (const name of names) this.#changed.add(name);
        if (this.#timer) return;
        this.#timer = 1;
        const run = () => {
            this.#timer = 0;
            const changed = this.#changed;
            this.#changed = new Set();
            for (const { names: wanted, view } of [...this.#listeners]) if ([...changed].some((c) => wanted.has(c))) view(changed);
        };
        // A page in the background draws no frames, and is told all the same.
        if (document.hidden) setTimeout(run, 0);
        else requestAnimationFrame(run);
    }
}
