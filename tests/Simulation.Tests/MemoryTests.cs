using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Routing.Tests;
using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;

// Memory is counted for the whole process, so nothing may run beside.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace QuicProChat.Mesh.Simulation.Tests;

public sealed class MemoryTests(ITestOutputHelper output)
{
    private const int Known = 5_000;
    private const int Neighbours = 5;
    private static readonly Instant _now = new(TimeSpan.TicksPerSecond);

    [Fact]
    public void A_router_that_knows_five_thousand_nodes_over_five_neighbours_takes_less_than_five_megabytes()
    {
        Announce[] announces = [.. Enumerable.Range(1000, Known).Select(i => AnnounceOf(new NodeIdentity(1, i)))];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Router router = Teach(announces);
        long taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{taken:N0} bytes");
        Span<NextHop> hops = stackalloc NextHop[Neighbours];
        foreach (Announce announce in announces)
            Assert.Equal(Neighbours, router.FindNextHops(_now, announce.Address, hops));
        Assert.InRange(taken, 1, 5_000_000);
    }

    /// <summary>
    /// All neighbours name all nodes; whatever record the router asks for it gets, as bytes of its own.
    /// </summary>
    private static Router Teach(Announce[] announces)
    {
        var byName = announces.ToDictionary(a => Abbreviation.Of(a.Address));
        var self = new NodeIdentity(1, 0);
        var actions = new Recorder();
        var router = new Router(new RouterOptions(), new LocalNode(self.PublicKey, self.Sign),
            AnnounceVerifier.Instance, actions, new Random(1), 0, _now);
        byte[] body = new byte[1 + RouteUpdate.SizeOf(100)];
        var numbers = new ushort[Neighbours];
        for (int i = 1; i <= Neighbours; i++)
        {
            var peer = new NodeIdentity(1, i);
            router.LinkUp(_now,
                new LinkDescription(peer.Address, peer.PublicKey, LinkProperties.Stream, (ulong)i, Outbound: true));
        }

        router.EndOfBatch(_now);
        actions.AnswerPings(router, _now);
        foreach (Announce[] part in announces.Chunk(100))
        {
            for (int link = 0; link < Neighbours; link++)
            {
                body[0] = (byte)FrameKind.RouteUpdate;
                var writer = new RouteUpdate.Writer(body.AsSpan(1), ++numbers[link], RouteUpdateFlags.None);
                foreach (Announce announce in part)
                    Assert.True(writer.TryAdd(
                        new RouteEntry(Abbreviation.Of(announce.Address), (ushort)announce.Sequence,
                            Metric.FromUnits((uint)(50 + link)))));
                router.Receive(_now, new LinkId(link), body.AsSpan(0, 1 + writer.Length));
            }

            router.EndOfBatch(_now);
            actions.AnswerRequests(router, _now, byName);
        }

        return router;
    }

    private static Announce AnnounceOf(NodeIdentity identity) =>
        Announce.Create(1, identity.PublicKey, Capabilities.Relay | Capabilities.StoreAndForward, null, "a node's name",
            identity.Sign);

    /// <summary>Keeps the pings and requests that the router sends; nothing else is of interest here.</summary>
    private sealed class Recorder : IdleActions
    {
        private readonly Queue<(LinkId Link, byte[] Frame)> _sent = new();

        public override bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
        {
            if ((FrameKind)frame[0] is FrameKind.Ping or FrameKind.AnnounceRequest)
                _sent.Enqueue((link, frame.ToArray()));
            return true;
        }

        public void AnswerPings(Router router, Instant now)
        {
            while (_sent.TryDequeue(out (LinkId Link, byte[] Frame) sent))
            {
                sent.Frame[0] = (byte)FrameKind.Pong;
                router.Receive(now + TimeSpan.FromMilliseconds(2), sent.Link, sent.Frame);
            }
        }

        public void AnswerRequests(Router router, Instant now, Dictionary<Abbreviation, Announce> announces)
        {
            while (_sent.TryDequeue(out (LinkId Link, byte[] Frame) sent))
            {
                if (!AnnounceRequest.TryRead(sent.Frame.AsSpan(1), out AnnounceRequest request))
                    continue;
                for (int i = 0; i < request.Count; i++)
                    router.Receive(now, sent.Link, [(byte)FrameKind.Announce, .. announces[request[i]].Bytes]);
                router.EndOfBatch(now);
            }
        }

        public override bool Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) =>
            Send(link, frameClass, frame);

        public override void CloseLink(LinkId link, LinkEnd reason) =>
            throw new InvalidOperationException($"the router ended link {link.Value}: {reason}");
    }
}
