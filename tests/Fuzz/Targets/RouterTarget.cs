using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.MlsLite.Tests;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;
using QuicProChat.Mesh.Wire.Tests;
using static QuicProChat.Mesh.Fuzz.Neighbours;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>A router with two streams and a radio; the input is a <see cref="Neighbours"/>.</summary>
internal static class RouterTarget
{
    internal static readonly FuzzTarget Target = new("router", "frames of three neighbours in any order", Seeds, Run);

    private static readonly LocalIdentity[] People = [.. Enumerable.Range(1, 4).Select(i => World.IdentityOf((byte)i))];

    private static IEnumerable<byte[]> Seeds()
    {
        byte[] announce = Codec.WriteAnnounce([.. Enumerable.Repeat((byte)2, 32)], 1, "two").Bytes.ToArray();
        byte[] update = new byte[RouteUpdate.SizeOf(2)];
        var writer = new RouteUpdate.Writer(update, 1, RouteUpdateFlags.FirstOfTable);
        Assert.True(writer.TryAdd(new RouteEntry(Abbreviation.Of(People[1].Address), 1, new Metric(0))));
        Assert.True(writer.TryAdd(
            new RouteEntry(Abbreviation.Of(Codec.Destination), 7, Metric.FromTime(TimeSpan.FromMilliseconds(9)))));
        byte[] other = Codec.WriteAnnounce().Bytes.ToArray();
        byte[] toUs = Codec.WriteEnvelope(Codec.ExampleHeader with { Destination = People[0].Address }, [1, 2, 3]);
        byte[] onward = Codec.WriteEnvelope(Codec.ExampleHeader, [1, 2, 3]);
        byte[] start = [.. Frame(0, FrameKind.Announce, announce), .. Frame(0, FrameKind.RouteUpdate, update),
            .. Frame(0, FrameKind.Announce, other)];
        yield return start;
        yield return [.. start, .. Frame(1, FrameKind.Envelope, onward),
            .. Frame(0x28, FrameKind.CustodyAck, Codec.Named("CustodyAck").Example)];
        yield return [.. start, .. Frame(2, FrameKind.Envelope, toUs), .. Frame(0x80, FrameKind.Envelope, toUs),
            .. Frame(4, FrameKind.Ping, [0, 1])];
        foreach (Codec codec in Codec.All)
        {
            if (Enum.TryParse(codec.Name, out FrameKind kind))
                yield return [.. Frame(0, kind, codec.Example), .. Frame(0x42, kind, codec.Example)];
        }
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        RouterHost host = new();
        Neighbours.Play(input, host);
        host.Pass(TimeSpan.FromMinutes(2));
    }

    /// <summary>A router, and a host that does at once what it asks for.</summary>
    private sealed class RouterHost : IRouterActions, Neighbours.IHost
    {
        private static readonly LinkProperties Radio =
            new(Mtu: 500, BitsPerSecond: 2000, Reliable: false, PushRoutes: false, Medium: 1);

        private readonly Router _router;
        private readonly LinkId[] _links = new LinkId[3];
        private readonly Queue<Action> _answers = new();
        private readonly Dictionary<EnvelopeId, byte[]> _disk = [];
        private readonly List<LinkId> _closed = [];
        private Instant _now = new(TimeSpan.TicksPerSecond);

        internal RouterHost()
        {
            LocalNode self = new(People[0].PublicKey.Span, People[0].Sign, "fuzz");
            _router = new Router(new RouterOptions(), self, AnnounceVerifier.Instance, this, new Random(1), 0, _now);
            for (int i = 0; i < _links.Length; i++)
                Up(i);
            Answer();
        }

        public void Receive(int link, ReadOnlySpan<byte> frame)
        {
            _router.Receive(_now, _links[link], frame);
            Answer();
        }

        public void Renew(int link)
        {
            _router.LinkDown(_now, _links[link]);
            Up(link);
            Answer();
        }

        // Timers go off when they are due, but not more often than a loop would have time for.
        public void Pass(TimeSpan time)
        {
            Instant end = _now + time;
            for (int i = 0; i < 1000 && _router.NextDue <= end; i++)
            {
                _now = _router.NextDue > _now ? _router.NextDue : _now;
                _router.Tick(_now);
                Answer();
            }

            _now = end;
        }

        private void Up(int index)
        {
            LocalIdentity peer = People[1 + index];
            _links[index] = _router.LinkUp(_now, new LinkDescription(
                peer.Address, peer.PublicKey,
                index == 2 ? Radio : LinkProperties.Stream with { Bundles = index == 1 }, 7, index == 0,
                (ulong)(index + 1)));
        }

        private void Answer()
        {
            _router.EndOfBatch(_now);
            for (int i = 0; i < 10_000 && _answers.TryDequeue(out Action? answer); i++)
                answer();
            foreach (LinkId link in _closed.ToArray())
            {
                int index = Array.IndexOf(_links, link);
                if (index >= 0)
                {
                    _router.LinkDown(_now, link);
                    Up(index);
                }
            }

            _closed.Clear();
            _router.EndOfBatch(_now);
        }

        bool IRouterActions.Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) => true;

        bool IRouterActions.Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) => true;

        void IRouterActions.CloseLink(LinkId link, LinkEnd reason) => _closed.Add(link);

        void IRouterActions.PersistEnvelope(long token, in EnvelopeId id, in HeldEnvelope held,
            ReadOnlySpan<byte> envelope)
        {
            _disk[id] = envelope.ToArray();
            _answers.Enqueue(() => _router.Persisted(_now, token));
        }

        void IRouterActions.ForgetEnvelope(in EnvelopeId id) => _disk.Remove(id);

        void IRouterActions.LoadEnvelope(in EnvelopeId id)
        {
            EnvelopeId wanted = id;
            _answers.Enqueue(() => _router.EnvelopeLoaded(_now, wanted, _disk.GetValueOrDefault(wanted) ?? []));
        }

        void IRouterActions.PersistSeen(in EnvelopeId id, byte generation)
        {
        }

        void IRouterActions.PersistAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce)
        {
        }

        void IRouterActions.ForgetAnnounce(in NodeAddress address)
        {
        }

        void IRouterActions.PersistSequence(uint sequence)
        {
        }

        // The first byte of what is for us decides whether it can be opened.
        void IRouterActions.Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload)
        {
            var outcome = (DeliveryOutcome)(payload.IsEmpty ? 2 : payload[0] % 4);
            byte[] proof = header.WantsReceipt ? new byte[Receipt.ProofSize] : [];
            _answers.Enqueue(() => _router.DeliveryDone(_now, token, outcome, People[1].Address, proof));
        }

        void IRouterActions.StateChanged(in EnvelopeId id, MessageState state, StateReason reason, int hops)
        {
        }

        void IRouterActions.RouteChanged(in NodeAddress destination)
        {
        }
    }
}
