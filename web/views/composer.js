// Where messages are written. Enter sends, Shift and Enter make a new line. What was not sent stays.

import { say, why } from '../dialog.js';
import { cleanText } from '../clean.js';
import { fill, foreign, h } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../text.js';
import { summary } from './content.js';
import { attachButton } from './files.js';
import { personName, titleOf } from './names.js';

const longest = 32_768;
const drafts = new Map();

export function composer(store, name) {
    let answered = null;
    let edited = null;
    const attach = attachButton(store, name);
    const about = h('div.about', { hidden: true });
    const text = h('textarea', {
        rows: 1, dir: 'auto', 'aria-label': t('writeTo', { name: titleOf(store, name) }), placeholder: t('write'),
        value: drafts.get(name) ?? '', enterKeyHint: 'send',
        onpaste: (event) => attach.paste(event),
        oninput: () => { drafts.set(name, text.value); grow(); },
        onkeydown: (event) => {
            if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && !matchMedia('(pointer: coarse)').matches) {
                event.preventDefault();
                send();
            } else if (event.key === 'Escape' && (answered || edited)) {
                event.preventDefault();
                nothing();
            }
        },
    });
    const button = h('button.main.icon', { type: 'submit', 'aria-label': t('send'), title: t('send') }, icon('send'));
    const element = h('form.composer', { onsubmit: (event) => { event.preventDefault(); send(); } }, about, h('div.write', {}, attach.elements, text, button));

    function grow() {
        text.style.blockSize = 'auto';
        text.style.blockSize = `${Math.min(text.scrollHeight, 200)}px`;
    }

    function nothing() {
        if (edited) {
            text.value = '';
            drafts.delete(name);
        }
        answered = edited = null;
        about.hidden = true;
        grow();
    }

    function show(title, message) {
        about.hidden = false;
        fill(about, h('div', {}, h('strong', {}, title), foreign(cleanText(summary(message)).slice(0, 200), 'p')),
            h('button.quiet.icon', { type: 'button', 'aria-label': t('cancel'), onclick: nothing }, '✕'));
        text.focus();
    }

    async function send() {
        const said = text.value.trim();
        if (!said) return;
        if (new TextEncoder().encode(said).length > longest) {
            say(t('tooLong'));
            return;
        }
        const was = { answered, edited };
        const draft = text.value;
        text.value = '';
        drafts.delete(name);
        answered = edited = null;
        about.hidden = true;
        grow();
        try {
            if (was.edited) await store.ask('edit', { id: was.edited.id, text: said });
            else if (was.answered) await sent(store, await store.ask('reply', { id: was.answered.id, text: said }));
            else await sent(store, await store.ask('send', { to: name, text: said }));
        } catch (e) {
            say(e.code === 'offline' ? t('notSureSent') : why(e));
            if (!text.value) text.value = draft;
            drafts.set(name, text.value);
            ({ answered, edited } = was);
            grow();
        }
    }

    return {
        element,
        begin() {
            grow();
            attach.update();
        },
        update: attach.update,
        drop: attach.drop,
        focus: () => text.focus(),
        reply(message) {
            nothing();
            answered = message;
            show(t('replyTo', { name: message.direction === 'out' ? t('you') : personName(store, message.peer) }), message);
        },
        edit(message) {
            answered = null;
            edited = message;
            text.value = message.text;
            show(t('editing'), message);
            grow();
        },
    };
}

/** The node has the message on disk: it is asked for, as the first event about it may be its next state. */
async function sent(store, { id }) {
    store.take(await store.ask('message', { id }));
}
