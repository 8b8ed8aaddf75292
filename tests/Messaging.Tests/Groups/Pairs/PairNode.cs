using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Direct;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Tests;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Groups.Pairs;

/// <summary>
/// A node in simulated time: direct conversations and pairs on one disk. It can be killed before or after each write.
/// </summary>
internal sealed class PairNode : IGossipRecords, IDisposable
{
    private readonly PairWorld _world;
    private readonly List<string> _told = [];
    private Conversations _conversations = null!;
    private MessagingContext _context = null!;
    private Sealer _sealer = null!;
    private long _token;
    private uint _announced;
    private bool _hasFailed;

    internal PairNode(PairWorld world, LocalIdentity identity, DirectSecurity usual, bool hasRadio)
    {
        _world = world;
        Identity = identity;
        Usual = usual;
        HasRadio = hasRadio;
        Disk = new PairStore(world);
        Start();
    }

    internal LocalIdentity Identity { get; }

    internal NodeAddress Address => Identity.Address;

    internal DirectSecurity Usual { get; set; }

    internal PairStore Disk { get; private set; }

    internal GroupConversations Groups { get; private set; } = null!;

    internal Router Router { get; private set; } = null!;

    internal WorldLoop Loop { get; private set; } = null!;

    internal bool IsUp { get; private set; }

    /// <summary>What its announce names; null: it names none, as those with a radio and old ones.</summary>
    internal KeyPackageHash? Named { get; private set; }

    /// <summary>It names no KeyPackage and spreads none.</summary>
    internal bool HasRadio { get; }

    /// <summary>What this node finds of gossip; a relay may withhold.</summary>
    internal Func<byte[], bool> Finds { get; set; } = static _ => true;

    /// <summary>What becomes of the next write: it is written; it fails; the process dies before or after it.</summary>
    internal Func<WriteFate> Fate { get; set; } = static () => WriteFate.Written;

    internal IReadOnlyList<string> Told => _told;

    public long? UnixSeconds => _world.Time.GetUtcNow().ToUnixTimeSeconds();

    bool IGossipRecords.HasRadio => HasRadio;

    public bool HasStream => true;

    internal void Start()
    {
        Loop = new WorldLoop(_world);
        _context = new MessagingContext(Identity, Loop, Disk, Disk, _world.Time)
        {
            HopLimit = 32,
            Receipts = ReceiptPolicy.All,
            HasRadio = () => HasRadio,
            IsBehindRadio = () => HasRadio,
            Random = _world.Fill,
        };
        _sealer = new Sealer(Identity);
        var book = new AddressBook(new Dictionary<string, NodeAddress>());
        Groups = new GroupConversations(_context, _sealer, book, _world.Fill, usual: Usual);
        var direct = new DirectConversations(_context, _sealer, book) { Carrier = Groups };
        Groups.Sealing = direct;
        Groups.Offered = (_, hash) =>
        {
            Named = hash;
            _world.Announced(this);
        };
        _conversations = new Conversations(_context, [direct, Groups]);
        Groups.WorkThrough(_conversations);
        if (_world.Server?.Of(this) is { } inboxes)
            Groups.Attach(inboxes);
        Router = new Router(
            new RouterOptions(), new LocalNode(Identity.PublicKey.Span, Identity.Sign), AnnounceVerifier.Instance,
            new IdleActions(), new Random(1), 0, _world.Now);
        Groups.Attach(this, _world.Now);
        _conversations.Attach(Router, _world.Now);
        IsUp = true;
        _world.Announced(this);
        Pump();
    }

    /// <summary>The process ends here; what was not written is lost.</summary>
    internal void Kill()
    {
        IsUp = false;
        Disk.Waiting.Clear();
        Groups.Dispose();
        _sealer.Dispose();
    }

    /// <summary>The disk is gone, and the identity stays.</summary>
    internal void LoseAll()
    {
        Kill();
        Disk = new PairStore(_world);
        Start();
    }

    /// <summary>Its announce, as it is now.</summary>
    internal Announce Announce() => Wire.Announce.Create(
        ++_announced + (uint)(_world.Now.Ticks / TimeSpan.TicksPerMillisecond), Identity.PublicKey.Span,
        Capabilities.Relay, Named, "", Identity.Sign);

    /// <summary>The announce of another came in.</summary>
    internal void Hears(PairNode other, bool tells = true)
    {
        Router.RestoreAnnounce(other.Announce());
        if (tells)
            _conversations.Heard(other.Address);
    }

    internal void Send(PairNode to, MessageContent content)
    {
        ValueTask sent = _conversations.SendAsync([(
            new SendRequest(
                EnvelopeKind.Sealed, to.Address.ToString(), content.Text, Priority.Normal, TimeSpan.FromDays(3),
                MessageState.Queued, Signed: false) { Content = content },
            new FakeCaller(_told, content.Text))]);
        Assert.True(sent.IsCompletedSuccessfully);
        Pump();
    }

    internal void Send(PairNode to, string text) => Send(to, new TextContent(text));

    /// <summary>Writes to a group.</summary>
    internal void Say(string group, string text)
    {
        ValueTask sent = _conversations.SendAsync([(
            new SendRequest(
                EnvelopeKind.Mls, group, text, Priority.Normal, TimeSpan.FromDays(3), MessageState.Queued,
                Signed: false), new FakeCaller(_told, text))]);
        Assert.True(sent.IsCompletedSuccessfully);
        Pump();
    }

    /// <summary>Does something with groups; null where the process died over it, or it was refused.</summary>
    internal T? Do<T>(Func<GroupConversations, Task<T>> command)
        where T : class
    {
        Task<T> done = command(Groups);
        Pump();
        if (!IsUp)
            return null;
        Assert.True(SpinWait.SpinUntil(() => done.IsCompleted, TimeSpan.FromSeconds(20)));
        return done.IsCompletedSuccessfully ? done.Result : null;
    }

    /// <summary>Reads its inbox; false if it has to be read again.</summary>
    internal bool Reads(string server, IReadOnlyList<ReadOnlyMemory<byte>> payloads)
    {
        Task<bool> taken = Groups.ReceiveAsync(server, payloads);
        Pump();
        return IsUp && SpinWait.SpinUntil(() => taken.IsCompleted, TimeSpan.FromSeconds(20)) && taken.Result;
    }

    /// <summary>Its server can be asked again.</summary>
    internal void Opened(string server)
    {
        Groups.Opened(_world.Now, server);
        Pump();
    }

    internal void Want(PairNode of, DirectSecurity security)
    {
        Task set = Groups.SetSecurityAsync(of.Address, security);
        Pump();
        Assert.True(SpinWait.SpinUntil(() => set.IsCompletedSuccessfully, TimeSpan.FromSeconds(20)));
    }

    /// <summary>Offers a KeyPackage to whoever founds, though nothing calls for it.</summary>
    internal void Offers(PairNode to, ulong seen)
    {
        using var self = new GroupSelf(Identity, _world.Fill, _world.Time, new GroupTiming());
        CipherSuite suite = GroupSuites.All[0];
        byte[] package = self.Client.CreateKeyPackage(self.IdentityFor(suite), NodeKeyPackages.Lifetime).ToMessage();
        using var sealing = new GroupSealing(Identity, _sealer, 32);
        SentEnvelope offer = sealing.Seal(
            to.Identity.PublicKey.Span, new PairOffer(seen, suite, package).Write(), isBulk: true)!;
        to.Receive(this, offer);
    }

    /// <summary>Seals any frame to somebody, as this node could.</summary>
    internal SentEnvelope Seal(PairNode to, byte[] frame)
    {
        using var sealing = new GroupSealing(Identity, _sealer, 32);
        return sealing.Seal(to.Identity.PublicKey.Span, frame, isBulk: false)!;
    }

    /// <summary>An envelope comes in.</summary>
    /// <returns>False if it has to come again: the disk failed, or the process died over it.</returns>
    internal bool Receive(PairNode from, SentEnvelope envelope)
    {
        _hasFailed = false;
        _conversations.Deliver(++_token, envelope.Id, envelope.Header, envelope.Bytes.AsSpan(EnvelopeHeader.Size));
        Pump();
        if (IsUp && (Disk.Opened.ContainsKey(envelope.Id) || Disk.FindMessage(envelope.Id) is not null))
            _world.Proves(from, envelope.Id);
        return IsUp && !_hasFailed;
    }

    /// <summary>A receipt came in.</summary>
    internal void Proven(EnvelopeId envelope)
    {
        _context.Deliveries.StateChanged(_world.Now, envelope, MessageState.Delivered, StateReason.None, 1);
        Pump();
    }

    /// <summary>Does what is due, and writes.</summary>
    internal void Pump()
    {
        if (!IsUp)
            return;
        bool wasStill = false;
        for (int rounds = 0; rounds < 1000; rounds++)
        {
            _conversations.OpenArrived(_world.Now);
            _conversations.Pump(_world.Now);
            // Whoever asks a server writes its answer next, and then goes on on another thread.
            bool isStill = Disk.Waiting.Count == 0;
            if (isStill && Groups.BusyInboxes > 0 && wasStill)
                Assert.True(SpinWait.SpinUntil(Loop.TryRunOthers, TimeSpan.FromSeconds(20)));
            else if (isStill && Groups.BusyInboxes == 0)
                break;
            wasStill = isStill;
            while (IsUp && Disk.Waiting.TryDequeue(out MessageTransaction? transaction))
                Write(transaction);
            if (!IsUp)
                return;
        }

        Assert.Empty(Disk.Waiting);
        Assert.Empty(Loop.Faults);
        _world.Wake(this, _conversations.NextDue);
    }

    /// <summary>The texts that this node has of another, in the order in which they came.</summary>
    internal string[] Has(PairNode from) =>
        [.. Disk.Messages.Where(m => !m.Outgoing && m.Peer == from.Address).Select(m => m.Text)];

    /// <summary>How the newest message with a text is protected here.</summary>
    internal Protection ProtectionOf(string text) => Disk.Messages.FindLast(m => m.Text == text)!.Protection;

    internal bool IsReady(PairNode with) => Groups.Carries(with.Address);

    public bool Publish(Instant now, ReadOnlySpan<byte> record) => _world.Publish(record.ToArray());

    public void SetTopics(Instant now, IReadOnlyCollection<GossipTopic> topics, bool beganToRead)
    {
    }

    public IReadOnlySet<ushort> Days() => new HashSet<ushort>();

    public IEnumerable<(GossipId Id, byte[] Bytes)> Find(IReadOnlySet<GossipTopic> topics, bool onlyUnread) =>
        _world.Records.Where(r => GossipRecord.TryRead(r, out GossipRecord record) && topics.Contains(record.Topic))
            .Where(Finds).Select(static r => (GossipId.Of(r), r));

    public void Settled(Instant now, in GossipId id, bool isOnDisk)
    {
    }

    public void Dispose()
    {
        if (IsUp)
            Kill();
        Identity.Dispose();
    }

    private void Write(MessageTransaction transaction)
    {
        switch (Fate())
        {
            case WriteFate.Written:
                Disk.Write(transaction);
                _world.Leave(this, transaction.Envelopes);
                transaction.Done(_world.Now, written: true);
                break;
            case WriteFate.Failed:
                _hasFailed = true;
                transaction.Done(_world.Now, written: false);
                break;
            case WriteFate.KilledBefore:
                Kill();
                break;
            case WriteFate.KilledAfter:
                // Envelopes that are on disk leave when the node runs again.
                Disk.Write(transaction);
                _world.Leave(this, transaction.Envelopes);
                Kill();
                break;
            default:
                throw new InvalidOperationException("There is no such fate.");
        }
    }
}

/// <summary>What becomes of a write.</summary>
internal enum WriteFate
{
    Written,
    Failed,
    KilledBefore,
    KilledAfter,
}
