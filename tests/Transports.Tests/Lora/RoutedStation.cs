using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

/// <summary>
/// The real router over the real adaptation layer; what the daemon's host does is done here, a little later.
/// </summary>
internal sealed class RoutedStation : IRadioClient, IRadioUser, IRouterActions, IDisposable
{
    private const int ProofSize = 24;
    private static readonly TimeSpan DiskTime = TimeSpan.FromMilliseconds(5);

    private readonly LoraOptions _options;
    private readonly Dictionary<RadioNeighbour, LinkId> _links = [];
    private readonly Dictionary<LinkId, RadioNeighbour> _neighbours = [];
    private readonly PriorityQueue<Action<Instant>, TimeSpan> _later = new();
    private readonly Dictionary<EnvelopeId, byte[]> _disk = [];
    private readonly Dictionary<int, TimeSpan> _arrivedAt = [];
    private TimeSpan _now;

    internal RoutedStation(LoraOptions options, LocalIdentity identity, Random random, TimeSpan now)
    {
        _options = options;
        _now = now;
        Identity = identity;
        Ledger = new DutyLedger(options.Band, null, null, now);
        Medium = new RadioMedium(options, identity, (ulong)random.NextInt64(), Ledger, this, new Random(random.Next()),
            new Random(random.Next()).NextBytes);
        LocalNode self = new(identity.PublicKey.Span, identity.Sign);
        Router = new Router(
            new RouterOptions(), self, AnnounceVerifier.Instance, this, new Random(random.Next()), 0,
            new Instant(now.Ticks));
    }

    internal LocalIdentity Identity { get; }

    internal RadioMedium Medium { get; }

    internal DutyLedger Ledger { get; }

    internal Router Router { get; }

    /// <summary>Numbers of the messages that arrived here.</summary>
    internal List<int> Arrived { get; } = [];

    /// <summary>States of own messages.</summary>
    internal Dictionary<EnvelopeId, MessageState> States { get; } = [];

    private Instant Time => new(_now.Ticks);

    /// <summary>When a message arrived here; null: it has not.</summary>
    internal TimeSpan? ArrivedAt(int number) => _arrivedAt.TryGetValue(number, out TimeSpan at) ? at : null;

    internal EnvelopeId SendText(int number, NodeAddress sender, NodeAddress destination, int payloadSize)
    {
        byte[] payload = new byte[payloadSize];
        new Random(number).NextBytes(payload);
        BinaryPrimitives.WriteInt32BigEndian(payload, number);
        sender.Write(payload.AsSpan(4));
        OutgoingEnvelope outgoing = new()
        {
            Kind = EnvelopeKind.Sealed,
            Destination = destination,
            Priority = Priority.Normal,
            WantsReceipt = true,
            Lifetime = TimeSpan.FromHours(2),
            Payload = payload,
            ReceiptProof = Proof(payload),
        };
        SendResult result = Router.Send(Time, outgoing);
        Assert.Equal(SendStatus.Queued, result.Status);
        Router.EndOfBatch(Time);
        States[result.Id] = MessageState.Queued;
        return result.Id;
    }

    public void Happened(ModemAction what, TimeSpan now)
    {
        _now = now;
        Medium.Happened(what, now);
    }

    public TimeSpan Run(ILoraModem modem, TimeSpan now)
    {
        _now = now;
        while (_later.TryPeek(out Action<Instant>? action, out TimeSpan at) && at <= now)
        {
            _later.Dequeue();
            action(Time);
        }
        if (Router.NextDue <= Time)
            Router.Tick(Time);
        Router.EndOfBatch(Time);
        TimeSpan next = Medium.Run(modem, now);
        if (_later.TryPeek(out _, out TimeSpan later))
            next = later < next ? later : next;
        Instant due = Router.NextDue;
        TimeSpan routerAt = due.Ticks > now.Ticks ? new TimeSpan(due.Ticks) : now + TimeSpan.FromMilliseconds(1);
        return routerAt < next ? routerAt : next;
    }

    public void Up(RadioNeighbour neighbour)
    {
        LinkId id = Router.LinkUp(Time, new LinkDescription(
            neighbour.Address, neighbour.PublicKey,
            new LinkProperties(RadioMedium.Mtu, LoraHub.BitRate(_options), false, false, 1), neighbour.BootId,
            false));
        _links[neighbour] = id;
        _neighbours[id] = neighbour;
    }

    public void Received(RadioNeighbour neighbour, ReadOnlySpan<byte> frame)
    {
        if (_links.TryGetValue(neighbour, out LinkId id))
            Router.Receive(Time, id, frame);
    }

    public void Writable(RadioNeighbour neighbour)
    {
        if (_links.TryGetValue(neighbour, out LinkId id))
            Later(TimeSpan.Zero, now => Router.LinkWritable(now, id));
    }

    public void Down(RadioNeighbour neighbour, string reason)
    {
        if (!_links.Remove(neighbour, out LinkId id))
            return;
        _neighbours.Remove(id);
        Router.LinkDown(Time, id);
    }

    public bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        if (!_neighbours.TryGetValue(link, out RadioNeighbour? neighbour) || frame[0] == (byte)FrameKind.Pong)
            return true;
        if (frame[0] != (byte)FrameKind.Ping)
            return Medium.TrySend(neighbour, frameClass, frame);
        // As LoraLink does: the layer knows whether the neighbour answers, and how fast.
        byte[] pong = [(byte)FrameKind.Pong, .. frame[1..]];
        Later(neighbour.RoundTrip, now => Router.Receive(now, link, pong));
        return true;
    }

    public bool Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) =>
        Medium.TryBroadcast(frameClass, frame);

    public void CloseLink(LinkId link, LinkEnd reason)
    {
        if (_neighbours.Remove(link, out RadioNeighbour? neighbour))
        {
            _links.Remove(neighbour);
            Later(TimeSpan.Zero, now =>
            {
                Router.LinkDown(now, link);
                Medium.Drop(neighbour, TimeSpan.Zero);
            });
        }
    }

    public void PersistEnvelope(long token, in EnvelopeId id, in HeldEnvelope held, ReadOnlySpan<byte> envelope)
    {
        _disk[id] = envelope.ToArray();
        Later(DiskTime, now => Router.Persisted(now, token));
    }

    public void ForgetEnvelope(in EnvelopeId id) => _disk.Remove(id);

    public void LoadEnvelope(in EnvelopeId id)
    {
        EnvelopeId wanted = id;
        Later(DiskTime, now => Router.EnvelopeLoaded(now, wanted, _disk.GetValueOrDefault(wanted, [])));
    }

    public void PersistSeen(in EnvelopeId id, byte generation)
    {
    }

    public void PersistAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce)
    {
    }

    public void ForgetAnnounce(in NodeAddress address)
    {
    }

    public void PersistSequence(uint sequence)
    {
    }

    public void Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        byte[] copy = payload.ToArray();
        Later(DiskTime, now =>
        {
            int number = BinaryPrimitives.ReadInt32BigEndian(copy);
            bool isNew = !Arrived.Contains(number);
            if (isNew)
                Arrived.Add(number);
            _arrivedAt.TryAdd(number, _now);
            Router.DeliveryDone(
                now, token, isNew ? DeliveryOutcome.Accepted : DeliveryOutcome.AlreadyHave,
                NodeAddress.Read(copy.AsSpan(4)), Proof(copy));
        });
    }

    public void StateChanged(in EnvelopeId id, MessageState state, StateReason reason, int hops) => States[id] = state;

    public void RouteChanged(in NodeAddress destination)
    {
    }

    public void Dispose()
    {
        Medium.Dispose();
        Identity.Dispose();
    }

    private static byte[] Proof(byte[] payload) => SHA256.HashData(payload)[..ProofSize];

    private void Later(TimeSpan delay, Action<Instant> action) => _later.Enqueue(action, _now + delay);
}
