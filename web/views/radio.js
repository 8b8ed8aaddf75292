// A radio: whether it works, how much airtime the law leaves this hour, and how well its neighbours are heard.

import { foreign, h } from '../dom.js';
import { sentence } from '../said.js';
import { duration, number, t } from '../text.js';
import { personName } from './names.js';

// A LoRa signal from barely readable to as strong as it gets.
const weakest = -125;
const strongest = -60;

export function radioCard(store, radio) {
    const used = radio.airtime.reduce((sum, a) => sum + a.usedSeconds, 0);
    const share = radio.budgetSeconds > 0 ? Math.min(1, used / radio.budgetSeconds) : 0;
    return h('article.radio', {},
        h('h3', {}, radio.device, ' ', h('span', { className: radio.state === 'online' ? 'pill good' : 'pill bad' }, t(`radio.${radio.state}`))),
        radio.why && h('p.hint', {}, sentence(radio.why)),
        h('p.hint', {}, `${number(radio.frequencyHz / 1e6, 3)} MHz · SF${radio.spreadingFactor} · ${radio.powerDbm} dBm · ${radio.region}`),
        h('div.gauge', {}, h('div.meterRow', {}, h('span', {}, t('airtime')),
            h('span', {}, t('airtimeUsed', { left: duration(Math.max(0, radio.budgetSeconds - used)), all: duration(radio.budgetSeconds), window: duration(radio.windowSeconds) }))),
        h('meter', { min: 0, max: 1, low: 0.6, high: 0.85, optimum: 0, value: share, 'aria-label': t('airtime') })),
        h('ul.classes', {}, radio.airtime.map((a) => h('li', {}, t(`airtime.${a.class}`), h('span.hint', {}, t('airtimeLeft', { left: duration(a.leftSeconds) }))))),
        radio.queued > 0 && h('p.hint', {}, t('framesWait', { n: radio.queued })),
        h('ul.members', {}, radio.neighbours.map((n) => h('li', {}, foreign(personName(store, n.address)), bars(n),
            h('span.hint', {}, [n.rssiDbm !== null && `${n.rssiDbm} dBm`, n.snrDb !== null && `SNR ${number(n.snrDb, 1)} dB`, t('heardAgo', { time: duration(n.silentSeconds) })].filter(Boolean).join(' · '))))));
}

function bars(neighbour) {
    if (neighbour.rssiDbm === null) return null;
    const strength = Math.max(0, Math.min(4, Math.ceil(((neighbour.rssiDbm - weakest) / (strongest - weakest)) * 4)));
    return h('span.bars', { role: 'img', 'aria-label': t('signal', { n: strength }), data: { strength } }, [1, 2, 3, 4].map(() => h('i', {})));
}
