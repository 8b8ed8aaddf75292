// The mesh as this node sees it: the map, what stands behind each point, radios, and what is held for whom.

import { attempt, form, openDialog, say } from '../dialog.js';
import { cleanName, cleanText, shortAddress } from '../clean.js';
import { fill, foreign, h } from '../dom.js';
import { phrase } from '../said.js';
import { steady } from '../steady.js';
import { bytes, duration, number, t } from '../text.js';
import { Graph } from './graph.js';
import { personName } from './names.js';
import { radioCard } from './radio.js';
import { table } from './table.js';

const look = 5000;

export function networkView(store) {
    const about = h('aside.about', { 'aria-live': 'polite', 'aria-label': t('details') });
    const graph = new Graph(t('map'), (id) => describe(id));
    const radios = h('div.radios', {});
    const held = h('div', {});
    const known = h('div', {});
    const found = h('div', {});
    const counts = h('p.hint', {});
    const element = h('section.network', {},
        h('header', {}, h('h1', {}, t('network')), counts,
            h('button', { type: 'button', onclick: () => connect(store) }, t('connectTo'))),
        h('div.map', {}, graph.element, about, legend()),
        h('div.columns', {}, h('section', { 'aria-label': t('radios') }, h('h2', {}, t('radios')), radios),
            h('section', { 'aria-label': t('held') }, h('h2', {}, t('held')), held),
            h('section.wide', { 'aria-label': t('found') }, h('h2', {}, t('found')), found),
            h('section.wide', {}, h('h2', {}, t('allNodes')), known)));
    let chosen = null;

    function draw() {
        const { nodes, links } = picture(store);
        graph.show(nodes, links);
        counts.textContent = t('networkCounts', { peers: new Set(store.peers.map((p) => p.address)).size, routes: store.routes.filter((r) => r.nextHop).length, away: store.routes.filter((r) => !r.nextHop).length });
        fill(radios, store.radios.length ? store.radios.map((r) => radioCard(store, r)) : h('p.empty', {}, t('noRadios')));
        fill(held, heldList(store));
        fill(found, foundTable(store));
        fill(known, nodeTable(store));
        describe(chosen);
    }

    function describe(id) {
        chosen = id;
        graph.mark(id);
        fill(about, id ? details(store, id) : h('p.hint', {}, t('choosePoint')));
    }

    const stop = store.watch(['network', 'radios', 'contacts'], steady(element, draw));
    const timer = setInterval(() => {
        if (document.visibilityState === 'visible' && store.link === 'online') attempt(() => store.refreshNetwork());
    }, look);
    return {
        element,
        begin: draw,
        go() {},
        close() {
            stop();
            clearInterval(timer);
            graph.close();
        },
    };
}

/** Points and lines: this node, its neighbours, and whoever is known beyond them. */
function picture(store) {
    if (!store.me) return { nodes: [], links: [] };
    const self = store.me.address;
    const nodes = new Map([[self, { id: self, kind: 'self', name: t('thisNode') }]]);
    const links = [];
    for (const peer of store.peers) {
        nodes.set(peer.address, { id: peer.address, kind: 'peer', name: personName(store, peer.address) });
        links.push({ from: self, to: peer.address, kind: peer.transport, label: peer.rttMs === null ? '' : `${number(peer.rttMs, peer.rttMs < 10 ? 1 : 0)} ms` });
    }
    for (const route of store.routes) {
        if (!nodes.has(route.destination))
            nodes.set(route.destination, { id: route.destination, kind: route.nextHop ? 'far' : 'away', name: personName(store, route.destination) });
        if (route.nextHop && route.nextHop !== route.destination && nodes.has(route.nextHop))
            links.push({ from: route.nextHop, to: route.destination, kind: 'route', label: route.hops ? t('hopCount', { n: route.hops }) : '' });
    }
    for (const entry of store.queue.held) {
        const node = nodes.get(entry.destination);
        if (node) node.held = entry.count;
        else nodes.set(entry.destination, { id: entry.destination, kind: 'away', name: personName(store, entry.destination), held: entry.count });
    }
    const order = (a, b) => (a < b ? -1 : 1);
    return { nodes: [...nodes.values()].sort((a, b) => order(a.id, b.id)), links: links.sort((a, b) => order(a.from + a.to + a.kind, b.from + b.to + b.kind)) };
}

function legend() {
    return h('ul.legend', { 'aria-label': t('legend') }, ['tcp', 'quic', 'lora', 'route'].map((kind) => h(`li.${kind}`, {}, h('span', { 'aria-hidden': 'true' }), t(`link.${kind}`))),
        h('li.away', {}, h('span', { 'aria-hidden': 'true' }), t('notReachable')));
}

function details(store, id) {
    if (id === store.me?.address) {
        const s = store.status;
        return [h('h2', {}, t('thisNode')), h('dl.facts', {},
            h('dt', {}, t('listensAt')), h('dd', {}, s.listen.length ? s.listen.join(' ') : t('nowhere')),
            s.waiting.length > 0 && [h('dt', {}, t('waitsFor')), h('dd', {}, s.waiting.join(' '))],
            s.dialling.length > 0 && [h('dt', {}, t('dialling')), h('dd', {}, s.dialling.join(' '))],
            h('dt', {}, t('runs')), h('dd', {}, duration(s.uptimeSeconds)),
            h('dt', {}, t('memory')), h('dd', {}, bytes(s.memoryBytes)))];
    }
    const peers = store.peers.filter((p) => p.address === id);
    const route = store.routes.find((r) => r.destination === id);
    const waits = store.queue.held.find((q) => q.destination === id);
    return [
        h('h2', {}, foreign(personName(store, id))), h('p.hint', {}, h('code', {}, id)),
        h('p', { className: peers.length || route?.nextHop ? 'verdict good' : 'verdict' }, reach(store, peers, route)),
        waits && h('p', {}, t('heldFor', { n: waits.count, size: bytes(waits.bytes) })),
        peers.map((p) => h('dl.facts', {},
            h('dt', {}, t('link')), h('dd', {}, p.transport, ' ', h('code', {}, p.uri)),
            h('dt', {}, t('roundTrip')), h('dd', {}, p.rttMs === null ? t('notMeasured') : `${number(p.rttMs, 1)} ms`),
            h('dt', {}, t('since')), h('dd', {}, duration((Date.now() - new Date(p.since)) / 1000)),
            h('dt', {}, t('carried')), h('dd', {}, `↓ ${bytes(p.rxBytes)}  ↑ ${bytes(p.txBytes)}`))),
        route?.nextHop && !peers.length && h('dl.facts', {},
            h('dt', {}, t('nextHop')), h('dd', {}, foreign(personName(store, route.nextHop))),
            h('dt', {}, t('cost')), h('dd', {}, `${number(route.metric)} ms`),
            h('dt', {}, t('hops')), h('dd', {}, route.hops === null ? t('notMeasured') : String(route.hops))),
        h('div.actions', {}, h('a.button', { href: `#/chats/with/${encodeURIComponent(store.aliases.get(id) ?? id)}` }, t('write'))),
    ];
}

/** Why somebody can be reached, or why not: the first reason that holds. */
function reach(store, peers, route) {
    if (peers.length) return t('reach.neighbour');
    if (route?.nextHop) return t('reach.via', { name: personName(store, route.nextHop) });
    if (!store.peers.length) return store.status?.dialling.length ? t('reach.dialling') : t('reach.alone');
    return route ? t('reach.lost') : t('reach.unknown');
}

function heldList(store) {
    const { count, bytes: size, inFlight, awaitingReceipt, held } = store.queue;
    return [h('p.hint', {}, t('queueCounts', { count, size: bytes(size), inFlight, awaiting: awaitingReceipt })),
        held.length > 0 && h('ul.members', {}, held.map((q) => h('li', {}, foreign(personName(store, q.destination)), h('span.hint', {}, `${t('messageCount', { n: q.count })}, ${bytes(q.bytes)}`))))];
}

/** What discovery found on the links of this machine, and why something is not dialled. */
function foundTable(store) {
    const { mode, links, found } = store.discovery;
    if (mode === 'off') return h('p.hint', {}, t('foundOff'));
    return [
        h('p.hint', {}, links.length ? t('foundOn', { links: links.map((l) => l.interface).join(', ') }) : t('foundNowhere')),
        links.filter((l) => l.problem).map((l) => h('p.wrong', {}, `${l.interface}: ${phrase(l.problem)}`)),
        found.length > 0 && table(t('found'), [t('name'), t('state'), t('link'), t('why')], found.slice(0, 500).map((f) => [
            foreign(f.address ? personName(store, f.address) : cleanName(f.server ?? f.instance) || t('nameless')),
            t(`found.${f.service === 'server' ? 'server' : f.state}`),
            [h('code', {}, f.uris.map(cleanName).join(' ')), h('span.hint', {}, ` ${f.interfaces.map(cleanName).join(' ')}`)],
            f.why ? foreign(cleanText(phrase(f.why))) : '–'])),
    ];
}

function nodeTable(store) {
    const rows = store.routes.map((r) => ({ route: r, peers: store.peers.filter((p) => p.address === r.destination) }));
    if (!rows.length) return h('p.empty', {}, t('nobodyKnown'));
    return table(t('allNodes'), [t('name'), t('state'), t('nextHop'), t('cost'), t('hops')], rows.slice(0, 500).map(({ route, peers }) => [
        [foreign(cleanName(personName(store, route.destination))), h('span.hint', {}, ` ${shortAddress(route.destination)}`)],
        reach(store, peers, route), route.nextHop ? foreign(personName(store, route.nextHop)) : '–',
        route.metric === null ? '–' : `${number(route.metric)} ms`, route.hops ?? '–']));
}

function connect(store) {
    openDialog(t('connectTo'), (close) => form([{ name: 'uri', label: t('linkUri'), required: true, hint: t('linkUriHint') }], t('connect'), async ({ uri }) => {
        await store.ask('connect', { uri: uri.trim() });
        say(t('dialled'));
        close();
        await store.refreshNetwork();
    }));
}
