// Ways to begin: a person, a group, a channel.

import { form, menu, openDialog } from '../dialog.js';
import { t } from '../text.js';
import { addCard, showOwnCard } from './contact.js';
import { createGroup, joinLite } from './groups.js';

export function startConversation(store) {
    menu(t('newConversation'), [
        { label: t('withAddress'), act: () => withAddress(store) },
        { label: t('addContact'), act: () => addCard(store) },
        { label: t('ownCard'), act: () => showOwnCard(store) },
        { label: t('newGroup'), act: () => createGroup(store) },
        { label: t('joinLite'), act: () => joinLite(store) },
        { label: t('newChannel'), act: () => newChannel(store) },
        { label: t('joinChannel'), act: () => joinChannel(store) },
    ]);
}

function withAddress(store) {
    openDialog(t('withAddress'), (close) => form([
        { name: 'to', label: t('address'), required: true, hint: t('addressHint') },
        { name: 'alias', label: t('name'), hint: t('aliasHint') },
    ], t('open'), async ({ to, alias }) => {
        const address = to.trim();
        if (alias) {
            await store.ask('alias', { alias, to: address });
            await store.refreshContacts();
        } else {
            await store.ask('verify', { to: address });
        }
        close();
        location.hash = `#/chats/with/${encodeURIComponent(alias || address)}`;
    }));
}

function newChannel(store) {
    openDialog(t('newChannel'), (close) => form([{ name: 'name', label: t('name'), required: true, hint: t('channelHint') }], t('create'), async ({ name }) => {
        const channel = await store.ask('channel-create', { name });
        await opened(store, channel, close);
    }));
}

function joinChannel(store) {
    openDialog(t('joinChannel'), (close) => form([
        { name: 'uri', label: t('invitationOrName'), required: true, type: 'long' },
        { name: 'passphrase', label: t('passphrase'), hint: t('channelPassphraseHint') },
    ], t('join'), async ({ uri, passphrase }) => {
        const given = uri.trim();
        const channel = given.startsWith('qpc-channel:')
            ? await store.ask('channel-join', { uri: given })
            : await store.ask('channel-passphrase', { name: given, passphrase });
        await opened(store, channel, close);
    }));
}

async function opened(store, channel, close) {
    await store.refreshGroups();
    close();
    location.hash = `#/chats/with/${encodeURIComponent(`channel:${channel.name}`)}`;
}
