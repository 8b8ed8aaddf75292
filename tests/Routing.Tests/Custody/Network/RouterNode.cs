using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody.Network;

/// <summary>A router with a disk and a host that stores messages; can lose its power.</summary>
internal sealed class RouterNode : IRouterActions
{
    private readonly RouterNetwork _network;
    private readonly RouterOptions _options;
    private readonly Dictionary<RouterLink, LinkId> _linkIds = [];
    private readonly Dictionary<int, RouterLink> _byId = [];
    private readonly SortedDictionary<NodeAddress, byte[]> _announces = [];
    private uint _sequence;
    private int _life;

    private readonly LocalNode _local;
    private readonly bool _realRoutes;

    public RouterNode(RouterNetwork network, int index, RouterOptions options, bool keeps)
    {
        _network = network;
        _options = options;
        _realRoutes = network.RealRoutes;
        Index = index;
        var keys = new NumberedKeys(index);
        _local = new LocalNode(keys.Public, keys.Sign, $"node {index}");
        Address = keys.Address;
        if (keeps)
            network.Announces[Address] =
                Announce.Create(1, keys.Public, Capabilities.StoreAndForward, null, "", keys.Sign);
        Start();
    }

    public int Index { get; }

    public NodeAddress Address { get; }

    public byte[] PublicKey => _local.PublicKey.ToArray();

    public bool Up { get; private set; }

    public Router Router { get; private set; } = null!;

    public FakeRoutes Routes { get; private set; } = null!;

    public List<RouterLink> Links { get; } = [];

    /// <summary>
    /// Its neighbours' number for where it comes from; 0: a group of its own. Set before it is joined.
    /// </summary>
    public ulong Group { get; set; }

    /// <summary>Nobody has chosen it, whoever dialled. Set before it is joined.</summary>
    public bool IsStranger { get; set; }

    public TimeSpan DiskTime { get; set; } = TimeSpan.FromMilliseconds(3);

    public bool DiskFails { get; set; }

    public bool HostFull { get; set; }

    /// <summary>Whoever writes to this node is a stranger.</summary>
    public bool KnowsNobody { get; set; }

    /// <summary>The host can open nothing.</summary>
    public bool Rejects { get; set; }

    /// <summary>False: the host drops the receipt key, as a node that opens but does not answer would.</summary>
    public bool Receipts { get; set; } = true;

    /// <summary>What survives a power cut.</summary>
    public SortedDictionary<string, (EnvelopeId Id, HeldEnvelope Held, byte[] Envelope)> Disk { get; } = [];

    public Dictionary<EnvelopeId, byte[]> Messages { get; } = [];

    public int Delivered { get; private set; }

    public Dictionary<EnvelopeId, (MessageState State, StateReason Reason, int Hops)> States { get; } = [];

    public List<(EnvelopeId Id, MessageState State, StateReason Reason)> StateChanges { get; } = [];

    /// <summary>Payloads of bulk frames for this node.</summary>
    public List<(bool OverRadio, byte[] Payload)> Bulk { get; } = [];

    public BulkResult SendBulk(RouterNode to, byte[] payload, bool overRadio = false)
    {
        BulkResult result = Router.SendBulk(_network.Now, to.Address, overRadio, payload);
        Settle();
        return result;
    }

    public List<LinkEnd> Closed { get; } = [];

    public int Writes { get; private set; }

    public long this[RouterCounter counter] => Router.Counters[counter];

    public LinkId To(RouterNode other) => _linkIds[Links.Single(link => link.Other(this) == other)];

    public RouterNode PeerOf(LinkId link) => _byId[link.Value].Other(this);

    public RouterLink LinkTo(RouterNode other) => Links.Single(link => link.Other(this) == other);

    /// <summary>When the router wants to be called next.</summary>
    public Instant Due { get; private set; }

    /// <summary>Ends a batch of events.</summary>
    public void Settle()
    {
        Router.EndOfBatch(_network.Now);
        Due = Router.NextDue;
    }

    /// <summary>A link has room again.</summary>
    public void MakeRoom(RouterLink link)
    {
        if (!link.Full.Remove(this) || !_linkIds.TryGetValue(link, out LinkId id))
            return;
        Router.LinkWritable(_network.Now, id);
        Settle();
    }

    public void RouteVia(RouterNode destination, params RouterNode[] hops)
    {
        Routes.Set(destination.Address, [.. hops.Select(To)]);
        if (Up)
            Settle();
    }

    public SendResult Send(
        RouterNode to, int number, int size = 100, Priority priority = Priority.Normal, TimeSpan? lifetime = null,
        bool receipt = true)
    {
        SendResult result =
            Originate(to, Payload(number, size), EnvelopeKind.Sealed, priority, lifetime ?? TimeSpan.FromHours(1),
                receipt);
        Settle();
        return result;
    }

    /// <summary>Sends one payload to several, in one batch of events.</summary>
    public EnvelopeId[] SendToAll(
        IReadOnlyCollection<RouterNode> to, int number, int size = 100, TimeSpan? lifetime = null, bool receipt = true)
    {
        EnvelopeId[] ids = [.. to.Select(node => Offer(node, number, size, lifetime, receipt))];
        Settle();
        return ids;
    }

    /// <summary>One of those; the batch does not end.</summary>
    public EnvelopeId Offer(
        RouterNode to, int number, int size = 100, TimeSpan? lifetime = null, bool receipt = true) =>
        Originate(to, Payload(number, size), EnvelopeKind.Mls, Priority.Normal, lifetime ?? TimeSpan.FromHours(1),
            receipt).Id;

    private SendResult Originate(
        RouterNode to, byte[] payload, EnvelopeKind kind, Priority priority, TimeSpan lifetime, bool receipt)
    {
        var outgoing = new OutgoingEnvelope
        {
            Kind = kind,
            Destination = to.Address,
            Priority = priority,
            WantsReceipt = receipt,
            Lifetime = lifetime,
            Payload = payload,
            ReceiptProof = receipt ? ProofOf(payload, kind, to.Address) : [],
            AlreadyPersisted = true,
        };
        SendResult result = Router.Send(_network.Now, outgoing);
        if (result.Status == SendStatus.Queued)
        {
            // The host's transaction; it precedes everything that the router does with it.
            byte[] envelope = new byte[Envelope.SizeOf(payload.Length)];
            Envelope.Write(envelope, outgoing.Header(_options.HopLimit), payload);
            Disk[result.Id.ToString()] = (result.Id,
                new HeldEnvelope(Address, true, outgoing.Lifetime, outgoing.ReceiptProof.ToArray()), envelope);
            States.TryAdd(result.Id, (MessageState.Queued, StateReason.None, 0));
        }

        return result;
    }

    public byte[] Payload(int number, int size)
    {
        byte[] payload = new byte[size];
        new Random(number).NextBytes(payload);
        BinaryPrimitives.WriteInt32LittleEndian(payload, number);
        Address.Write(payload.AsSpan(4));
        return payload;
    }

    /// <summary>Stands for the second key of the Noise handshake: both ends compute it from the payload.</summary>
    public static byte[] Proof(ReadOnlySpan<byte> payload) => SHA256.HashData(payload)[..Receipt.ProofSize];

    /// <summary>A text for many has another proof from each of them.</summary>
    public static byte[] ProofOf(byte[] payload, EnvelopeKind kind, in NodeAddress receiver)
    {
        if (kind != EnvelopeKind.Mls)
            return Proof(payload);
        byte[] whose = new byte[NodeAddress.Size];
        receiver.Write(whose);
        return Proof([.. payload, .. whose]);
    }

    public void Deliver(RouterLink link, params byte[][] frames)
    {
        if (!Up || !_linkIds.TryGetValue(link, out LinkId id))
            return;
        foreach (byte[] frame in frames)
            Router.Receive(_network.Now, id, frame);
        Settle();
    }

    /// <summary>Says that it took an envelope, whatever becomes of it.</summary>
    /// <param name="sender">Who sent it.</param>
    /// <param name="frame">What it came in.</param>
    public void ClaimTaken(RouterNode sender, byte[] frame)
    {
        Assert.True(Envelope.TryRead(frame.AsSpan(1), out Envelope envelope));
        byte[] ack = new byte[11];
        ack[0] = (byte)FrameKind.CustodyAck;
        Assert.True(new CustodyAck.Writer(ack.AsSpan(1)).TryAdd(
            CustodyCode.Taken,
            CustodyAnswer.NameOf(envelope.ComputeId(), envelope.Header.Attempt, envelope.Header.HopsLeft)));
        _network.At(TimeSpan.FromMilliseconds(1), () => sender.Deliver(sender.LinkTo(this), ack));
    }

    public void Attach(RouterLink link, RouterNode peer)
    {
        LinkId id = Router.LinkUp(
            _network.Now, new LinkDescription(peer.Address, peer.PublicKey, link.Kind.Properties, (ulong)peer._life,
                link.A == this, peer.Group, Chosen: link.A == this && !peer.IsStranger));
        _linkIds[link] = id;
        _byId[id.Value] = link;
        Settle();
    }

    public void Detach(RouterLink link)
    {
        if (!_linkIds.Remove(link, out LinkId id))
            return;
        _byId.Remove(id.Value);
        Router.LinkDown(_network.Now, id);
        Settle();
    }

    /// <summary>The power goes: what is not on disk is lost.</summary>
    public void Crash()
    {
        Up = false;
        _life++;
        foreach (RouterLink link in Links)
        {
            _linkIds.Remove(link);
            link.Cut();
        }

        _byId.Clear();
    }

    public void Start()
    {
        Up = true;
        Routes = new FakeRoutes { Announces = _network.Announces, Clock = () => _network.Now };
        var random = new Random(_network.Random.Next());
        Router = _realRoutes
            ? new Router(_options, _local, _network.Verifier, this, random, _sequence, _network.Now)
            : new Router(_options, Address, this, random, _network.Now, events =>
            {
                Routes.Events = events;
                return Routes;
            });
        foreach (byte[] announce in _announces.Values)
        {
            Assert.True(Announce.TryRestore(announce, out Announce? restored));
            Router.RestoreAnnounce(restored);
        }

        foreach ((EnvelopeId id, HeldEnvelope held, byte[] envelope) in Disk.Values.ToArray())
        {
            Assert.True(EnvelopeHeader.TryRead(envelope, out EnvelopeHeader header));
            Assert.True(Router.RestoreEnvelope(id, held, header, envelope.Length));
        }

        foreach (RouterLink link in Links)
            link.Raise();
        Settle();
    }

    bool IRouterActions.Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        RouterLink over = _byId[link.Value];
        Assert.InRange(frame.Length, 1, over.Kind.Properties.Mtu);
        if (!over.Full.Contains(this))
            _network.Observe?.Invoke(this, over.Other(this), frame.ToArray());
        return over.Send(this, frame);
    }

    bool IRouterActions.Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) =>
        ((IRouterActions)this).Send(link, frameClass, frame);

    void IRouterActions.CloseLink(LinkId link, LinkEnd reason)
    {
        Closed.Add(reason);
        RouterLink closed = _byId[link.Value];
        _network.At(TimeSpan.Zero, closed.Cut);
    }

    void IRouterActions.PersistEnvelope(long token, in EnvelopeId id, in HeldEnvelope held, ReadOnlySpan<byte> envelope)
    {
        Writes++;
        EnvelopeId key = id;
        HeldEnvelope kept = held;
        byte[] bytes = envelope.ToArray();
        int life = _life;
        // Writing and forgetting are carried out in the order they were asked for.
        _network.At(DiskTime, () =>
        {
            if (life != _life)
                return;
            if (DiskFails)
            {
                Router.PersistFailed(_network.Now, token);
            }
            else
            {
                Disk[key.ToString()] = (key, kept, bytes);
                Router.Persisted(_network.Now, token);
            }

            Settle();
        });
    }

    void IRouterActions.ForgetEnvelope(in EnvelopeId id)
    {
        string key = id.ToString();
        int life = _life;
        _network.At(DiskTime, () =>
        {
            if (life == _life)
                Disk.Remove(key);
        });
    }

    void IRouterActions.LoadEnvelope(in EnvelopeId id)
    {
        EnvelopeId key = id;
        int life = _life;
        _network.At(DiskTime, () =>
        {
            if (life != _life)
                return;
            Router.EnvelopeLoaded(_network.Now, key, Disk.TryGetValue(key.ToString(), out var kept)
                ? kept.Envelope : []);
            Settle();
        });
    }

    void IRouterActions.PersistSeen(in EnvelopeId id, byte generation)
    {
    }

    void IRouterActions.PersistAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce) =>
        _announces[address] = announce.ToArray();

    void IRouterActions.ForgetAnnounce(in NodeAddress address) => _announces.Remove(address);

    void IRouterActions.PersistSequence(uint sequence) => _sequence = sequence;

    void IRouterActions.Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        EnvelopeId key = id;
        byte[] bytes = payload.ToArray();
        byte[] proof = ProofOf(bytes, header.Kind, Address);
        int life = _life;
        _network.At(DiskTime, () =>
        {
            if (life != _life)
                return;
            DeliveryOutcome outcome = HostFull ? DeliveryOutcome.StoreFull
                : Rejects ? DeliveryOutcome.Rejected
                : !Messages.TryAdd(key, bytes) ? DeliveryOutcome.AlreadyHave
                : KnowsNobody ? DeliveryOutcome.AcceptedFromStranger : DeliveryOutcome.Accepted;
            if (outcome is DeliveryOutcome.Accepted or DeliveryOutcome.AcceptedFromStranger)
                Delivered++;
            Router.DeliveryDone(
                _network.Now, token, outcome, NodeAddress.Read(bytes.AsSpan(4)), Receipts ? proof : []);
            Settle();
        });
    }

    void IRouterActions.DeliverBulk(ulong sourceGroup, bool overRadio, ReadOnlySpan<byte> payload) =>
        Bulk.Add((overRadio, payload.ToArray()));

    void IRouterActions.StateChanged(in EnvelopeId id, MessageState state, StateReason reason, int hops)
    {
        States[id] = (state, reason, hops);
        StateChanges.Add((id, state, reason));
    }

    void IRouterActions.RouteChanged(in NodeAddress destination)
    {
    }
}
