using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Tests;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>The groups of a node without links, as envelopes and its owner see them.</summary>
internal sealed class GroupNode : IDisposable
{
    private readonly Sealer _sealer;
    private readonly Conversations _conversations;
    private readonly Router _router;
    private readonly List<string> _told = [];
    private long _token;

    internal GroupNode(ReceiptPolicy receipts = ReceiptPolicy.All, bool isBehindRadio = false)
    {
        var context = new MessagingContext(Identity, new FakeLoop(), Store, Store, Time)
        {
            HopLimit = 32,
            Receipts = receipts,
            IsBehindRadio = () => isBehindRadio,
        };
        _sealer = new Sealer(Identity);
        Groups = new GroupConversations(
            context, _sealer, new AddressBook(new Dictionary<string, NodeAddress>()), RandomSource.System);
        _conversations = new Conversations(context, [Groups]);
        Groups.WorkThrough(_conversations);
        _router = new Router(
            new RouterOptions(), new LocalNode(Identity.PublicKey.Span, Identity.Sign), AnnounceVerifier.Instance,
            new IdleActions(), new Random(1), 0, Now);
        _conversations.Attach(_router, Now);
        Pump();
    }

    internal LocalIdentity Identity { get; } = LocalIdentity.Generate();

    internal Calendar Time { get; } = new();

    internal FakeStore Store { get; } = new();

    internal GroupConversations Groups { get; }

    internal Instant Now { get; set; } = default(Instant) + TimeSpan.FromDays(1);

    public void Dispose()
    {
        Groups.Dispose();
        _sealer.Dispose();
        Identity.Dispose();
    }

    /// <summary>An envelope comes; what follows from it is on disk.</summary>
    internal MessageTransaction Receive(SentEnvelope envelope)
    {
        var transaction = new MessageTransaction(Groups);
        Groups.Received(
            Now, new Arrival(++_token, envelope.Id, envelope.Header, envelope.Bytes.AsMemory(EnvelopeHeader.Size)),
            transaction);
        transaction.Freeze();
        transaction.Done(Now, written: true);
        return transaction;
    }

    /// <summary>What is due is done, and on disk.</summary>
    internal MessageTransaction Tick()
    {
        var transaction = new MessageTransaction(Groups);
        Groups.Tick(Now, transaction);
        transaction.Freeze();
        transaction.Done(Now, written: true);
        return transaction;
    }

    /// <summary>What the owner asked for is done.</summary>
    internal async Task<T> DoAsync<T>(Func<GroupConversations, Task<T>> command)
    {
        Task<T> done = command(Groups);
        Pump();
        return await done;
    }

    /// <summary>The owner invites somebody whose announce came.</summary>
    internal Task<GroupConversation> InviteAsync(string group, LocalIdentity who)
    {
        _router.RestoreAnnounce(Announce.Create(1, who.PublicKey.Span, default, null, "", who.Sign));
        return DoAsync(g => g.InviteAsync(group, [who.Address.ToString()]));
    }

    /// <summary>The owner writes into a group.</summary>
    internal async Task<MessageTransaction> SendAsync(string group, string text)
    {
        await _conversations.SendAsync([(
            new SendRequest(EnvelopeKind.Mls, group, text, Priority.Normal, TimeSpan.FromHours(1), MessageState.Queued,
                Signed: false),
            new FakeCaller(_told, text))]);
        _conversations.Pump(Now);
        MessageTransaction transaction = Store.Waiting.Peek();
        Store.Settle(written: true, Now);
        return transaction;
    }

    private void Pump()
    {
        _conversations.Pump(Now);
        while (Store.Waiting.Count > 0)
            Store.Settle(written: true, Now);
    }

    /// <summary>The calendar of this machine, or later.</summary>
    internal sealed class Calendar : TimeProvider
    {
        internal TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    }
}
