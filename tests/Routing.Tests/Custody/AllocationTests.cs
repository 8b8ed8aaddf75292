using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

public sealed class AllocationTests
{
    [Fact]
    public void Forwarding_allocates_nothing_once_the_tables_have_grown()
    {
        var relay = new Relay();
        relay.Forward(3_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        relay.Forward(10_000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal(13_000, relay.Router.Counters[RouterCounter.EnvelopesForwarded]);
        Assert.Equal(0, relay.Router.Held.Count);
    }

    /// <summary>A router between two neighbours; what it sends is taken at once by the second.</summary>
    private sealed class Relay : IRouterActions
    {
        private readonly byte[] _frame = new byte[1 + 256];
        private readonly byte[] _ack = new byte[11];
        private readonly LinkId _upstream;
        private readonly LinkId _downstream;
        private Instant _now = new(TimeSpan.TicksPerDay);
        private int _number;
        private bool _sent;

        public Relay()
        {
            var routes = new FakeRoutes();
            var options = new RouterOptions { SeenCapacity = 2_000 };
            Router = new Router(options, Address(1), this, new Random(1), _now, events =>
            {
                routes.Events = events;
                return routes;
            });
            _upstream = Router.LinkUp(
                _now, new LinkDescription(Address(2), new byte[32], LinkProperties.Stream, 1, true));
            _downstream = Router.LinkUp(
                _now, new LinkDescription(Address(3), new byte[32], LinkProperties.Stream, 1, true));
            routes.Set(Address(4), _downstream);
            _frame[0] = (byte)FrameKind.Envelope;
            Envelope.Write(
                _frame.AsSpan(1),
                new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Normal, true, 0, 30, 100, Address(4)),
                new byte[256 - EnvelopeHeader.Size]);
        }

        public Router Router { get; }

        public void Forward(int count)
        {
            for (int i = 0; i < count; i++)
            {
                BitConverter.TryWriteBytes(_frame.AsSpan(100), _number++);
                _now += TimeSpan.FromMicroseconds(50);
                Router.Receive(_now, _upstream, _frame);
                if (_sent)
                    Router.Receive(_now, _downstream, _ack);
                _sent = false;
                Router.EndOfBatch(_now);
                if (Router.NextDue <= _now)
                    Router.Tick(_now);
            }
        }

        public bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
        {
            if (link != _downstream || frame[0] != (byte)FrameKind.Envelope
                || !Envelope.TryRead(frame[1..], out Envelope envelope))
                return true;
            EnvelopeHeader header = envelope.Header;
            _ack[0] = (byte)FrameKind.CustodyAck;
            var writer = new CustodyAck.Writer(_ack.AsSpan(1));
            _sent = writer.TryAdd(
                CustodyCode.Taken, envelope.ComputeId().Prefix & ~0xFFFFul | (uint)header.Attempt << 10
                    | (1023u - header.HopsLeft));
            return true;
        }

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
