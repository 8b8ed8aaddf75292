using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

public sealed class AllocationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Forwarding_allocates_nothing_once_the_tables_have_grown(bool bundles)
    {
        var relay = new Relay(bundles);
        relay.Forward(3_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        relay.Forward(10_000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal(13_000, relay.Router.Counters[RouterCounter.EnvelopesForwarded]);
        Assert.Equal(0, relay.Router.Held.Count);
    }

    [Fact]
    public void Bundles_are_taken_apart_and_put_together_without_allocations()
    {
        var relay = new Relay(bundles: true, destinations: 32);
        relay.Forward(300);
        long before = GC.GetAllocatedBytesForCurrentThread();
        relay.Forward(1_000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal(1_300 * 32, relay.Router.Counters[RouterCounter.EnvelopesForwarded]);
        Assert.Equal(1_300, relay.Router.Counters[RouterCounter.BundlesSent]);
        Assert.Equal(0, relay.Router.Held.Count);
    }

    /// <summary>A router between two neighbours; what it sends is taken at once by the second.</summary>
    private sealed class Relay : IRouterActions
    {
        private readonly byte[] _frame;
        private readonly byte[] _ack = new byte[1 + 2 + 8 * Limits.MaxBundle];
        private readonly byte[] _envelope = new byte[256];
        private readonly LinkId _upstream;
        private readonly LinkId _downstream;
        private Instant _now = new(TimeSpan.TicksPerDay);
        private int _number;
        private int _ackSize;

        public Relay(bool bundles, int destinations = 1)
        {
            LinkProperties stream = LinkProperties.Stream with { Bundles = bundles };
            var routes = new FakeRoutes();
            var options = new RouterOptions { SeenCapacity = 2_000 };
            Router = new Router(options, Address(1), this, new Random(1), _now, events =>
            {
                routes.Events = events;
                return routes;
            });
            _upstream = Router.LinkUp(
                _now, new LinkDescription(Address(2), new byte[32], stream, 1, true));
            _downstream = Router.LinkUp(
                _now, new LinkDescription(Address(3), new byte[32], stream, 1, true));
            NodeAddress[] to = [.. Enumerable.Range(4, destinations).Select(number => Address((ulong)number))];
            foreach (NodeAddress destination in to)
                routes.Set(destination, _downstream);
            var header = new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Normal, true, 0, 30, 100, to[0]);
            byte[] payload = new byte[256 - EnvelopeHeader.Size];
            _frame = new byte[1 + (destinations == 1 ? 256 : Bundle.SizeOf(destinations, payload.Length))];
            _frame[0] = (byte)(destinations == 1 ? FrameKind.Envelope : FrameKind.Bundle);
            if (destinations == 1)
                Envelope.Write(_frame.AsSpan(1), header, payload);
            else
                Bundle.Write(_frame.AsSpan(1), header, to, payload);
        }

        public Router Router { get; }

        public void Forward(int count)
        {
            for (int i = 0; i < count; i++)
            {
                BitConverter.TryWriteBytes(_frame.AsSpan(_frame.Length - 20), _number++);
                _now += TimeSpan.FromMicroseconds(1_600);
                Router.Receive(_now, _upstream, _frame);
                Router.EndOfBatch(_now);
                Router.Receive(_now, _downstream, _ack.AsSpan(0, _ackSize));
                Router.EndOfBatch(_now);
                if (Router.NextDue <= _now)
                    Router.Tick(_now);
            }
        }

        public bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
        {
            if (link != _downstream)
                return true;
            _ack[0] = (byte)FrameKind.CustodyAck;
            var writer = new CustodyAck.Writer(_ack.AsSpan(1));
            bool isTaken = true;
            if (frame[0] == (byte)FrameKind.Envelope && Envelope.TryRead(frame[1..], out Envelope envelope))
            {
                isTaken = Take(ref writer, envelope);
            }
            else if (frame[0] == (byte)FrameKind.Bundle && Bundle.TryRead(frame[1..], out Bundle bundle))
            {
                bundle.Payload.CopyTo(_envelope.AsSpan(EnvelopeHeader.Size));
                for (int i = 0; i < bundle.Count; i++)
                {
                    bundle.WriteHeader(i, _envelope);
                    isTaken &= Envelope.TryRead(_envelope, out Envelope one) && Take(ref writer, one);
                }
            }

            _ackSize = 1 + writer.Length;
            return isTaken;
        }

        private static bool Take(ref CustodyAck.Writer writer, in Envelope envelope) => writer.TryAdd(
            CustodyCode.Taken,
            CustodyAnswer.NameOf(envelope.ComputeId(), envelope.Header.Attempt, envelope.Header.HopsLeft));

        public bool Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) => false;

        public void CloseLink(LinkId link, LinkEnd reason) =>
            throw new InvalidOperationException(reason.Code.ToString());

        public void PersistEnvelope(long token, in EnvelopeId id, in HeldEnvelope held, ReadOnlySpan<byte> envelope) =>
            throw new InvalidOperationException("Nothing is to be written when the next hop takes it at once.");

        public void ForgetEnvelope(in EnvelopeId id) => throw new InvalidOperationException();

        public void LoadEnvelope(in EnvelopeId id) => throw new InvalidOperationException();

        public void PersistSeen(in EnvelopeId id, byte generation) => throw new InvalidOperationException();

        public void PersistAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce) =>
            throw new InvalidOperationException();

        public void ForgetAnnounce(in NodeAddress address) => throw new InvalidOperationException();

        public void PersistSequence(uint sequence) => throw new InvalidOperationException();

        public void Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload) =>
            throw new InvalidOperationException();

        public void StateChanged(in EnvelopeId id, MessageState state, StateReason reason, int hops) =>
            throw new InvalidOperationException();

        public void RouteChanged(in NodeAddress destination) => throw new InvalidOperationException();

        private static NodeAddress Address(ulong number) => new(number, number * 77);
    }
}
