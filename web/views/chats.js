// Conversations: the list on one side, the one that is open on the other. On a narrow page one at a time.

import { fill, h } from '../dom.js';
import { t } from '../text.js';
import { chatList } from './chatlist.js';
import { requestView } from './requests.js';
import { searchView } from './search.js';
import { threadView } from './thread.js';

export function chatsView(store, rest) {
    const pane = h('div.pane');
    const list = chatList(store);
    const element = h('div.chats', {}, list.element, pane);
    let open = { close() {} };
    let openAs = null;

    function go([kind, name, more]) {
        const key = kind ? [kind, name, kind === 'search' ? more : ''].join('/') : '';
        if (key === openAs) {
            if (kind === 'with' && more) open.reveal(more);
            return;
        }
        open.close();
        openAs = key;
        element.classList.toggle('isOpen', Boolean(kind));
        list.mark(kind === 'with' ? name : null);
        if (kind === 'with') open = threadView(store, name, more);
        else if (kind === 'request') open = requestView(store, name);
        else if (kind === 'search') open = searchView(store, name ?? '', more || null);
        else open = { element: h('p.empty', {}, t('chooseConversation')), close() {} };
        fill(pane, open.element);
        open.begin?.();
    }

    return {
        element,
        begin: () => go(rest),
        go,
        close() {
            list.close();
            open.close();
        },
    };
}
