using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Routing.Tests.Routes;
using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Routing.Tests;

/// <summary>
/// Everything that 256 hostile links can fill, at once, in one router. Alone, because it measures the process.
/// </summary>
[Collection(nameof(ScaleTests))]
public sealed class MemoryInAllTests(ITestOutputHelper output)
{
    private const int Links = 256;
    private readonly Random _random = new(1);
    private Instant _now = new(TimeSpan.TicksPerDay);

    [Fact]
    public void Routes_and_custody_that_are_full_in_every_way_stay_within_what_they_say()
    {
        var options = new RouterOptions();
        NodeKeys[] peers = [.. Enumerable.Range(0, Links + 1).Select(i => new NodeKeys(i))];
        int names = RouteMemory.MaxNames(options.Routes.MemoryBytes, Links);
        byte[][] announces = [.. Enumerable.Range(0, names).Select(i => new NodeKeys(10_000 + i).Announce)];
        Abbreviation[] known = [.. announces.Select(NameOf)];
        var host = new Host();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var router = new Router(
            options, new LocalNode(peers[Links].PublicKey, peers[Links].Sign), AnnounceVerifier.Instance, host,
            new Random(2), 0, _now);
        host.Router = router;
        LinkId[] links = [.. Enumerable.Range(0, Links).Select(i => router.LinkUp(_now, new LinkDescription(
            peers[i].Address, peers[i].PublicKey, LinkProperties.Stream with { BitsPerSecond = 1_000_000 }, 1,
            Outbound: i % 2 == 0,
            SourceGroup: (ulong)(i + 1), Chosen: i % 2 == 0)))];

        FillSeen(router, links, peers[Links].Address);
        host.IsBlocked = true;
        FillRoutes(router, links, known, announces);
        FillCustody(router, links, peers[Links].Address);
        long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        HeldTotals held = router.Held;
        output.WriteLine(
            $"{bytes / 1e6:0.00} MB of {options.MemoryInAll / 1e6:0.00}: {router.KnownNodes} nodes, {held.Count} "
                + "envelopes of "
            + $"{held.Bytes / 1e6:0.0} MB, {held.BytesInMemory / 1e6:0.00} MB of them in memory; "
            + $"{router.Counters[RouterCounter.AnswersDropped]} answers dropped, "
            + $"{router.Counters[RouterCounter.EnvelopesDelivered]} delivered");
        Assert.True(router.KnownNodes > names / 2, $"{router.KnownNodes}");
        Assert.True(held.Count > options.MaxHeldCount / 2, $"{held.Count}");
        Assert.True(router.Counters[RouterCounter.AnswersDropped] > 0);
        Assert.True(router.Counters[RouterCounter.EnvelopesDelivered] >= options.SeenCapacity);
        Assert.InRange(bytes, options.MemoryInAll / 2, options.MemoryInAll);

        // What starts here still has its place.
        Assert.Equal(SendStatus.Queued, router.Send(_now, new OutgoingEnvelope
        {
            Kind = EnvelopeKind.Sealed,
            Destination = new NodeAddress(77, 78),
            Lifetime = TimeSpan.FromDays(1),
            Payload = new byte[500],
        }).Status);
        GC.KeepAlive(peers);
        GC.KeepAlive(announces);
    }

    /// <summary>
    /// More messages to this node than ids are remembered, each stored at once; senders that nobody reaches get
    /// receipts.
    /// </summary>
    private void FillSeen(Router router, LinkId[] links, NodeAddress self)
    {
        for (int i = 0; i < 110_000; i++)
        {
            router.Receive(_now, links[i % Links], Envelope(self, Priority.Normal, 60, receipt: true));
            if (i % Links == 0)
                Pass(router, TimeSpan.FromMilliseconds(20));
        }
    }

    private void FillRoutes(Router router, LinkId[] links, Abbreviation[] known, byte[][] announces)
    {
        var numbers = new ushort[Links];
        for (int link = 0; link < Links; link++)
        {
            Say(router, links[link], known, 1, 100, ref numbers[link]);
            foreach (byte[] announce in link == 0 ? announces : [])
                router.Receive(_now, links[0], [(byte)FrameKind.Announce, .. announce]);
        }

        for (int round = 0; round < 2; round++)
        {
            for (int link = 0; link < Links; link++)
                Say(router, links[link], Names(2 * known.Length / Links + 1), 1, 50, ref numbers[link]);
        }

        for (int link = 0; link < Links; link++)
        {
            Say(router, links[link], known, 2, 0xF000, ref numbers[link]);
            byte[] request = new byte[1 + PathRequest.Size];
            request[0] = (byte)FrameKind.PathRequest;
            for (int i = 0; i < 300; i++)
            {
                new PathRequest(9, 1, i % 2 == 0, i % 4 < 2 ? known[i % known.Length] : Names(1)[0])
                    .Write(request.AsSpan(1));
                router.Receive(_now, links[link], request);
            }

            foreach (Abbreviation[] part in known.Take(2048).Chunk(128))
            {
                byte[] ask = new byte[1 + AnnounceRequest.SizeOf(part.Length)];
                ask[0] = (byte)FrameKind.AnnounceRequest;
                AnnounceRequest.Write(ask.AsSpan(1), part);
                router.Receive(_now, links[link], ask);
            }
        }
    }

    /// <summary>
    /// Envelopes for whom nobody knows, small and large, urgent and not; some are answered that nobody reads the
    /// answers to.
    /// </summary>
    private void FillCustody(Router router, LinkId[] links, NodeAddress self)
    {
        for (int round = 0; round < 40; round++)
        {
            for (int link = 0; link < Links; link++)
            {
                for (int i = 0; i < 4; i++)
                    router.Receive(_now, links[link],
                        Envelope(Nobody(), (Priority)_random.Next(4), _random.Next(30, 400)));
                router.Receive(_now, links[link], Envelope(Nobody(), Priority.Normal, _random.Next(1_000, 30_000)));
                router.Receive(_now, links[link], Envelope(self, Priority.Normal, 200));
            }

            Pass(router, TimeSpan.FromSeconds(1));
        }

        byte[] again = Envelope(Nobody(), Priority.Normal, 60);
        foreach (LinkId link in links)
        {
            for (int i = 0; i < 3_000; i++)
                router.Receive(_now, link, again);
        }

        // The router's own users want what nobody knows, too.
        for (int i = 0; i < 4_096; i++)
            router.Seek(_now, Nobody());
        Pass(router, TimeSpan.FromMilliseconds(100));
    }

    private void Pass(Router router, TimeSpan time)
    {
        router.EndOfBatch(_now);
        _now += time;
        if (router.NextDue <= _now)
            router.Tick(_now);
    }

    private NodeAddress Nobody() => new((ulong)_random.NextInt64(), (ulong)_random.NextInt64());

    private Abbreviation[] Names(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new Abbreviation((ulong)_random.NextInt64()))];

    private byte[] Envelope(NodeAddress destination, Priority priority, int size, bool receipt = false)
    {
        byte[] payload = new byte[size];
        _random.NextBytes(payload);
        byte[] frame = new byte[1 + Wire.Envelope.SizeOf(size)];
        frame[0] = (byte)FrameKind.Envelope;
        var header = new EnvelopeHeader(EnvelopeKind.Sealed, priority, receipt, 0, 40, 25_920, destination);
        Wire.Envelope.Write(frame.AsSpan(1), header, payload);
        return frame;
    }

    private void Say(
        Router router, LinkId link, Abbreviation[] names, ushort sequence, ushort metric, ref ushort number)
    {
        foreach (Abbreviation[] part in names.Chunk(1000))
        {
            byte[] frame = new byte[1 + RouteUpdate.SizeOf(part.Length)];
            frame[0] = (byte)FrameKind.RouteUpdate;
            var writer = new RouteUpdate.Writer(frame.AsSpan(1), ++number, RouteUpdateFlags.None);
            foreach (Abbreviation name in part)
                writer.TryAdd(new RouteEntry(name, sequence, new Metric(metric)));
            router.Receive(_now, link, frame);
        }
    }

    private static Abbreviation NameOf(byte[] announce) =>
        UnverifiedAnnounce.TryRead(announce, out UnverifiedAnnounce view)
            ? Abbreviation.Of(view.ComputeAddress()) : default;

    private sealed class NodeKeys
    {
        private readonly byte[] _secret = new byte[Ed25519.SecretKeySize];

        public NodeKeys(int number)
        {
            byte[] seed = new byte[Ed25519.SeedSize];
            BitConverter.TryWriteBytes(seed, number);
            Ed25519.KeyPairFromSeed(seed, PublicKey, _secret);
        }

        public byte[] PublicKey { get; } = new byte[Ed25519.PublicKeySize];

        public NodeAddress Address => NodeAddress.Of(PublicKey);

        public byte[] Announce =>
            Wire.Announce.Create(1, PublicKey, Capabilities.Relay, null, "somebody", Sign).Bytes.ToArray();

        public void Sign(ReadOnlySpan<byte> message, Span<byte> signature) => Ed25519.Sign(message, _secret, signature);
    }

    /// <summary>
    /// Writes and deliveries are done at once while links take what is sent, and never once they are blocked.
    /// </summary>
    private sealed class Host : IdleActions
    {
        public Router Router { get; set; } = null!;

        public bool IsBlocked { get; set; }

        public override bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) => !IsBlocked;

        public override bool Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) => !IsBlocked;

        public override void PersistEnvelope(
            long token, in EnvelopeId id, in HeldEnvelope held, ReadOnlySpan<byte> envelope) =>
            Router.Persisted(new Instant(TimeSpan.TicksPerDay), token);

        public override void Deliver(
            long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload)
        {
            if (!IsBlocked)
                Router.DeliveryDone(
                    new Instant(TimeSpan.TicksPerDay), token, DeliveryOutcome.Accepted,
                    new NodeAddress(id.High, id.Low), new byte[Receipt.ProofSize]);
        }
    }
}
