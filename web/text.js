// The words of the page, in the reader's language.

import { de } from './words/de.js';
import { en } from './words/en.js';

const languages = { de, en };
const place = 'language';

let language = pick();

/** How numbers and times are written: as the reader's machine does, where it speaks the language in use. */
export const locale = () => navigator.languages.find((name) => name.startsWith(language)) ?? language;

/** The language in use: `de` or `en`. */
export const current = () => language;

/** Uses a language from now on, on this machine. */
export function choose(name) {
    language = name;
    localStorage.setItem(place, name);
    document.documentElement.lang = name;
}

/** A sentence by its name, with values put in for `{name}`. `{n|one|many}` chooses by a number. */
export function t(key, values = {}) {
    const sentence = languages[language][key] ?? key;
    return sentence.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_, name, one, many) =>
        one === undefined ? String(values[name]) : (Number(values[name]) === 1 ? one : many).replace('#', values[name]));
}

/** A time as it is said in a list: the hour today, the weekday this week, else the date. */
export function shortTime(iso) {
    const time = new Date(iso);
    const days = (startOfDay(new Date()) - startOfDay(time)) / 86_400_000;
    if (days < 1) return clock(iso);
    if (days < 7) return time.toLocaleDateString(locale(), { weekday: 'short' });
    return time.toLocaleDateString(locale(), { day: 'numeric', month: 'numeric', year: '2-digit' });
}

/** Hours and minutes. */
export const clock = (iso) => new Date(iso).toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit' });

/** The day that a message belongs to, as a heading says it. */
export function day(iso) {
    const time = new Date(iso);
    const days = Math.round((startOfDay(new Date()) - startOfDay(time)) / 86_400_000);
    if (days === 0) return t('today');
    if (days === 1) return t('yesterday');
    return time.toLocaleDateString(locale(), { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
}

/** A day without its time. */
export const dateOf = (iso) => new Date(iso).toLocaleDateString(locale(), { dateStyle: 'medium' });

/** Date and time in full. */
export const fullTime = (iso) => new Date(iso).toLocaleString(locale(), { dateStyle: 'medium', timeStyle: 'short' });

/** A number of bytes. */
export function bytes(count) {
    const units = ['B', 'kB', 'MB', 'GB'];
    let at = 0;
    for (; count >= 1000 && at < units.length - 1; at++) count /= 1000;
    return `${count.toLocaleString(locale(), { maximumFractionDigits: count < 10 && at ? 1 : 0 })} ${units[at]}`;
}

/** A number. */
export const number = (value, digits = 0) => value.toLocaleString(locale(), { maximumFractionDigits: digits });

/** A duration in seconds, in its largest unit or two. */
export function duration(seconds) {
    const s = Math.round(seconds);
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min${s % 60 && s < 600 ? ` ${s % 60} s` : ''}`;
    if (s < 86_400) return `${Math.floor(s / 3600)} h${Math.floor((s % 3600) / 60) ? ` ${Math.floor((s % 3600) / 60)} min` : ''}`;
    return t('days', { n: Math.floor(s / 86_400) });
}

function pick() {
    const kept = localStorage.getItem(place);
    const name = kept in languages ? kept : navigator.language.startsWith('de') ? 'de' : 'en';
    document.documentElement.lang = name;
    return name;
}

function startOfDay(time) {
    return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}
