using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Contacts;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Transports;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands about cards, safety numbers and who is blocked.</summary>
internal static class ContactHandlers
{
    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.Verify, VerifyAsync),
        CommandHandler.For(Commands.Block, (node, r) => BlockAsync(node, Peer(node, Commands.Block, r.To))),
        CommandHandler.For(Commands.Unblock, (node, r) => UnblockAsync(node, Peer(node, Commands.Unblock, r.To))),
        CommandHandler.ForPages(Commands.Blocked, BlockedAsync),
        CommandHandler.For(Commands.ContactAdd, AddAsync),
        CommandHandler.For(Commands.ContactList, (MeshNode node, NoArguments _) =>
            (IReadOnlyList<ContactInfo>)[.. node.Contacts.List().Select(c => Info(node, c))]),
        CommandHandler.For(Commands.ContactShow, Show),
        CommandHandler.For(Commands.ContactSend, SendAsync),
        CommandHandler.For(Commands.ContactRemove, RemoveAsync),
    ];

    private static NodeAddress Peer(MeshNode node, CommandSpec command, string? to) => node.Book.Resolve(
        to ?? throw ControlException.Usage($"{command.Name} needs \"to\": an address or alias"));

    private static async Task<ContactInfo> AddAsync(MeshNode node, ContactAddRequest request)
    {
        string uri = request.Uri ?? throw ControlException.Usage("contact-add needs \"uri\": qpc:...");
        if (!ContactCard.TryParse(uri.Trim(), out ContactCard? card, out string? error))
            throw ControlException.Usage(error);
        if (card.Address == node.Identity.Address)
            throw ControlException.Refused("this is the card of this very node");
        if (request.Alias is { } alias)
            AddressBook.Check(alias);
        Contact contact = node.Contacts.With(card);
        await node.WriteAsync(store =>
        {
            store.PutValue(ContactBook.ValueName(contact.Address), contact.ToBytes());
            store.Accept(contact.Address);
            if (request.Alias is { } name)
                store.PutAlias(name, contact.Address);
        }).ConfigureAwait(false);
        node.Contacts.Set(contact);
        if (request.Alias is { } called)
            node.Book.Set(called, contact.Address);
        if (request.Dial)
            Dial(node, card);
        return Info(node, contact);
    }

    private static void Dial(MeshNode node, ContactCard card)
    {
        foreach (string peer in card.Peers)
        {
            if (!PeerUris.TryParse(peer, out PeerUris? uris, out string? error))
                throw ControlException.Refused(
                    $"the card is taken, but {Screen.Printable(peer)} cannot be dialled: {error}");
            if (node.WhyUnavailable(uris) is { } why)
                throw ControlException.Refused($"the card is taken, but {uris} cannot be dialled: {why}");
            node.Connect(uris);
        }
    }

    private static ContactInfo Show(MeshNode node, ContactShowRequest request)
    {
        if (request.To is not { } to)
            return OwnCard(node, request);
        NodeAddress address = node.Book.Resolve(to);
        Contact contact = node.Contacts.Find(address)
            ?? throw ControlException.Refused($"there is no card of {address}");
        return Info(node, contact) with { Qr = request.Qr };
    }

    private static ContactInfo OwnCard(MeshNode node, ContactShowRequest request)
    {
        string[] peers = request.Peer is { } peer ? [peer] : [];
        if (!peers.All(ContactCard.IsPeer))
            throw ControlException.Usage($"a peer is a URI of 1 to {ContactCard.MaxPeerSize} visible characters");
        ContactCard card = OwnCard(node, peers);
        return Info(node, new Contact(card.Key, IsVerified: true, card)) with { Qr = request.Qr };
    }

    private static ContactCard OwnCard(MeshNode node, string[] peers) =>
        ContactCard.Sign(node.Identity, node.Configuration.Name, peers);

    private static Task<SendInfo> SendAsync(MeshNode node, ContactSendRequest request)
    {
        ConversationId conversation = ContentHandlers.To(node, Commands.ContactSend, request.To);
        ContactCard card = request.Of is { } of
            ? node.Contacts.Find(node.Book.Resolve(of))?.Card
            ?? throw ControlException.Refused($"there is no card of {of}")
            : OwnCard(node, []);
        return SentResult.SendAsync(
            node, MessageActions.Request(conversation, new CardContent(card), ContentHandlers.Options(node)));
    }

    private static async Task<DoneInfo> RemoveAsync(MeshNode node, ContactRemoveRequest request)
    {
        NodeAddress address = Peer(node, Commands.ContactRemove, request.To);
        if (node.Contacts.Find(address) is null)
            throw ControlException.Refused($"there is no card of {address}");
        await node.WriteAsync(store => _ = store.DeleteValue(ContactBook.ValueName(address))).ConfigureAwait(false);
        node.Contacts.Remove(address);
        return new DoneInfo($"the card of {address} is forgotten");
    }

    private static async Task<VerifyInfo> VerifyAsync(MeshNode node, VerifyRequest request)
    {
        NodeAddress address = Peer(node, Commands.Verify, request.To);
        if (address == node.Identity.Address)
            throw ControlException.Refused("this is this very node");
        byte[]? given = request.Key is { } key ? ReadKey(key, address) : null;
        Contact contact = node.Contacts.Find(address)
            ?? new Contact(given ?? await node.KeyOfAsync(address).ConfigureAwait(false)
            ?? throw ControlException.Refused($"{address} has not been heard of yet, so its key is not known"),
            false, null);
        string digits = SafetyNumber.Of(node.Identity.PublicKey.Span, contact.Key.Span);
        if (request.Number is { } typed && !SafetyNumber.IsWhole(typed))
            throw ControlException.Usage(
                "a safety number has sixty digits; 'verify' without --number shows this node's");
        if (request.Number is { } entered && !SafetyNumber.Matches(digits, entered))
            throw ControlException.Refused(
                "the numbers differ: somebody may stand between, so write nothing that matters");
        if ((request.Confirm || request.Number is not null) && !contact.IsVerified)
        {
            contact = contact with { IsVerified = true };
            await node.WriteAsync(store =>
            {
                store.PutValue(ContactBook.ValueName(address), contact.ToBytes());
                store.Accept(address);
            }).ConfigureAwait(false);
            node.Contacts.Set(contact);
        }

        return new VerifyInfo(
            address.ToString(), SafetyNumber.Group(digits), SafetyNumber.ToScan(digits), contact.IsVerified);
    }

    private static byte[] ReadKey(string digits, in NodeAddress address)
    {
        byte[] key = new byte[Ed25519.PublicKeySize];
        bool isHex = digits.Length == 2 * key.Length
            && Convert.FromHexString(digits, key, out _, out _) == System.Buffers.OperationStatus.Done;
        if (!isHex || !Ed25519.IsValidPublicKey(key))
            throw ControlException.Usage($"a key has {2 * key.Length} hexadecimal digits");
        return NodeAddress.Of(key) == address ? key
            : throw ControlException.Refused($"this is not the key of {address}");
    }

    private static async Task<DoneInfo> BlockAsync(MeshNode node, NodeAddress peer)
    {
        if (peer == node.Identity.Address)
            throw ControlException.Refused("this is this very node");
        int count = 0;
        await node.WriteAsync(store => count = store.Block(peer)).ConfigureAwait(false);
        await StrangerHandlers.PublishAsync(node, at => new StandingEvent(at, peer.ToString(), "blocked"))
            .ConfigureAwait(false);
        string erased = count == 0 ? "" : $"; {Screen.Count(count, "request")} of it erased";
        return new DoneInfo($"{peer} is blocked: nothing that it sends is kept{erased}");
    }

    private static async Task<Answer<IReadOnlyList<BlockedInfo>>> BlockedAsync(MeshNode node, BlockedRequest request)
    {
        await node.SettleAsync().ConfigureAwait(false);
        Page<BlockedInfo> page = Page<BlockedInfo>.Behind(
            node.Store.Reader.Blocked().Select(a => new BlockedInfo(a.ToString(), node.Book.AliasOf(a))), request.From,
            static b => b.Address, ApiJson.Default.BlockedInfo);
        return new(page.Items, page.More);
    }

    private static async Task<DoneInfo> UnblockAsync(MeshNode node, NodeAddress peer)
    {
        bool was = false;
        await node.WriteAsync(store => was = store.Unblock(peer)).ConfigureAwait(false);
        if (!was)
            throw ControlException.Refused($"{peer} is not blocked");
        await StrangerHandlers.PublishAsync(node, at => new StandingEvent(at, peer.ToString(), "known"))
            .ConfigureAwait(false);
        return new DoneInfo($"{peer} is heard again; what it wrote meanwhile does not come");
    }

    private static ContactInfo Info(MeshNode node, Contact contact) => new(
        contact.Address.ToString(), Convert.ToHexStringLower(contact.Key.Span), contact.IsVerified)
    {
        Self = contact.Address == node.Identity.Address,
        Blocked = node.Store.Reader.StandingOf(contact.Address) == Standing.Blocked,
        Alias = node.Book.AliasOf(contact.Address),
        Name = contact.Card is { Name.Length: > 0 } card ? card.Name : null,
        Peers = contact.Card is { Peers.Count: > 0 } dialled ? dialled.Peers : null,
        KeyPackage = contact.Card?.KeyPackage is { } hash ? $"{hash.Value:x16}" : null,
        Uri = contact.Card?.ToUri(),
    };
}
