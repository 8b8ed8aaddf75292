using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>A neighbour that is authenticated and means harm.</summary>
public sealed class HostileNeighbourTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Acknowledgements_for_what_was_never_sent_to_that_neighbour_change_nothing()
    {
        (RouterNetwork network, RouterNode victim, RouterNode evil, RouterNode honest, RouterNode target) = Star(1);
        honest.LinkTo(target).Cut();
        honest.DiskFails = true;
        EnvelopeId id = victim.Send(target, 1).Id;
        // In flight to the honest neighbour; the evil one claims it.
        foreach (int hops in new[] { 63, 62, 0 })
            Inject(victim, evil, Ack(CustodyCode.Taken, Name(id, hops)));

        Assert.Equal(3, victim[RouterCounter.AckUnknown]);
        Assert.Equal(MessageState.Queued, victim.States[id].State);
        Assert.True(victim.Router.Holds(id));
    }

    [Fact]
    public void An_acknowledgement_counts_once()
    {
        (RouterNetwork network, RouterNode victim, RouterNode evil, _, RouterNode target) = Star(2);
        victim.RouteVia(target, evil);
        evil.LinkTo(victim).Lose = (from, _) => from == evil;
        EnvelopeId id = victim.Send(target, 1).Id;
        byte[] ack = Ack(CustodyCode.Taken, Name(id, 63));
        Inject(victim, evil, ack);
        Inject(victim, evil, ack);
        Inject(victim, evil, Ack(CustodyCode.NoSpace, Name(id, 63)));

        Assert.Equal(1, victim[RouterCounter.EnvelopesForwarded]);
        Assert.Equal(2, victim[RouterCounter.AckUnknown]);
        Assert.Equal(MessageState.Forwarded, victim.States[id].State);
    }

    [Fact]
    public void A_forged_receipt_proves_nothing()
    {
        (RouterNetwork network, RouterNode victim, RouterNode evil, _, RouterNode target) = Star(3);
        EnvelopeId id = victim.Send(target, 1).Id;
        byte[] proof = RouterNode.Proof(victim.Payload(1, 100));
        for (int bit = 0; bit < Receipt.ProofSize * 8; bit++)
        {
            byte[] forged = [.. proof];
            forged[bit / 8] ^= (byte)(1 << (bit % 8));
            Inject(victim, evil, Frame(EnvelopeKind.Receipt, victim, forged));
        }

        Inject(victim, evil, Frame(EnvelopeKind.Receipt, victim, proof[..23]));
        Assert.Equal(MessageState.Queued, victim.States[id].State);
        Assert.Equal(Receipt.ProofSize * 8, victim[RouterCounter.ReceiptUnknown]);
        Assert.Equal(1, victim[RouterCounter.ReceiptMalformed]);

        Inject(victim, evil, Frame(EnvelopeKind.Receipt, victim, proof));
        Assert.Equal(MessageState.Delivered, victim.States[id].State);
        Assert.Equal(1, victim[RouterCounter.ReceiptsVerified]);
    }

    [Fact]
    public void Frames_that_do_not_parse_are_counted_and_end_the_link()
    {
        (RouterNetwork network, RouterNode victim, RouterNode evil, _, _) = Star(4);
        foreach (byte kind in new byte[] { 0x00, 0x7F, 0xFF })
            Inject(victim, evil, [kind, 1, 2, 3]);
        Inject(victim, evil, [(byte)FrameKind.Hello]);
        Assert.Equal(3, victim[RouterCounter.FrameUnknownKind]);
        Assert.Equal(1, victim[RouterCounter.FrameUnexpected]);
        Assert.Empty(victim.Closed);

        for (int i = 0; i < 4; i++)
        {
            Inject(victim, evil, [(byte)FrameKind.Envelope, 0x10]);
            Inject(victim, evil, [(byte)FrameKind.CustodyAck, 0, 2, 1]);
        }

        Assert.Equal(4, victim[RouterCounter.DropMalformed]);
        Assert.Equal(4, victim[RouterCounter.AckMalformed]);
        Assert.Equal(LinkEndCode.ProtocolViolation, Assert.Single(victim.Closed).Code);
    }

    [Fact]
    public void Random_frames_never_throw_and_leave_nothing_behind()
    {
        (RouterNetwork network, RouterNode victim, RouterNode evil, _, _) = Star(5);
        RouterLink link = victim.LinkTo(evil);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] frame = new byte[network.Random.Next(80)];
            network.Random.NextBytes(frame);
            if (frame.Length > 2 && i % 2 == 0)
            {
                frame[0] = i % 4 == 0 ? (byte)FrameKind.Envelope : (byte)FrameKind.CustodyAck;
                frame[1] &= 0x16;
            }

            Inject(victim, evil, frame);
            network.Run(TimeSpan.FromMilliseconds(1));
            link.Raise();
        }

        network.Run(TimeSpan.FromDays(9));
        Assert.Equal(0, victim.Router.Held.Count);
        Assert.Empty(victim.Disk);
    }

    [Fact]
    public void One_neighbour_can_fill_half_of_the_space_and_the_next_still_finds_its_own()
    {
        var options = new RouterOptions
        {
            MaxHeldBytes = 100_000,
            MaxHeldCount = 100_000,
            NeighbourBurst = 10_000,
            DestinationSharePercent = 100
        };
        (RouterNetwork network, RouterNode victim, RouterNode evil, RouterNode honest, RouterNode target) =
            Star(6, options);
        victim.RouteVia(target);
        Flood(network, victim, evil, target, first: 0, count: 1_000);

        Assert.InRange(victim.Router.Held.Bytes, 40_000, 50_000);
        Assert.True(victim[RouterCounter.DropQuotaNeighbour] > 500);
        long before = victim.Router.Held.Bytes;
        Flood(network, victim, honest, target, first: 10_000, count: 1_000);

        Assert.InRange(victim.Router.Held.Bytes - before, 20_000, 30_000);
        Assert.Equal(0, victim[RouterCounter.LostEvicted]);
    }

    [Fact]
    public void One_destination_cannot_fill_the_space_either()
    {
        var options = new RouterOptions { MaxHeldBytes = 100_000, NeighbourSharePercent = 100 };
        (RouterNetwork network, RouterNode victim, RouterNode evil, RouterNode honest, RouterNode target) =
            Star(7, options);
        victim.RouteVia(target);
        victim.RouteVia(honest);
        Flood(network, victim, evil, target, first: 0, count: 500);

        Assert.InRange(victim.Router.Held.Bytes, 40_000, 50_000);
        Assert.True(victim[RouterCounter.DropQuotaDestination] > 0);
        Inject(victim, evil, Transit(honest, 1_000, 400));
        Assert.Contains(Held(victim), held => held.Destination == honest.Address);
    }

    [Fact]
    public void More_per_second_than_agreed_is_answered_with_too_fast()
    {
        var options = new RouterOptions { NeighbourEnvelopesPerSecond = 100, NeighbourBurst = 50 };
        (RouterNetwork network, RouterNode victim, RouterNode evil, RouterNode honest, RouterNode target) =
            Star(9, options);
        for (int i = 0; i < 1_000; i++)
            Inject(victim, evil, Transit(target, i, 50));
        Assert.Equal(950, victim[RouterCounter.DropTooFast]);

        Inject(victim, honest, Transit(target, 5_000, 50));
        Assert.Equal(950, victim[RouterCounter.DropTooFast]);
        network.Run(Second);
        for (int i = 0; i < 200; i++)
            Inject(victim, evil, Transit(target, 10_000 + i, 50));
        Assert.InRange(victim[RouterCounter.DropTooFast], 949 + 140, 949 + 160);
    }

    [Fact]
    public void A_sender_that_is_told_too_fast_slows_down_and_loses_nothing()
    {
        var network = new RouterNetwork(10);
        var options = new RouterOptions { NeighbourEnvelopesPerSecond = 200, NeighbourBurst = 20 };
        RouterNode[] nodes = network.Line(3, options);
        for (int i = 0; i < 500; i++)
            nodes[0].Send(nodes[2], i);
        network.Run(TimeSpan.FromMinutes(2));

        Assert.Equal(500, nodes[2].Delivered);
        Assert.True(nodes[0][RouterCounter.RefusedTooFast] > 0);
        Assert.All(nodes[0].States.Values, state => Assert.Equal(MessageState.Delivered, state.State));
    }

    [Fact]
    public void Every_destination_has_its_turn_while_one_has_a_long_queue()
    {
        var network = new RouterNetwork(11);
        RouterNode a = network.Add(new RouterOptions { MaxWindowCount = 4 }), relay = network.Add(), x = network.Add(),
            y = network.Add();
        network.Join(a, relay, RouterLinkKind.Stream);
        network.Join(relay, x, RouterLinkKind.Stream);
        network.Join(relay, y, RouterLinkKind.Stream);
        a.RouteVia(x, relay);
        a.RouteVia(y, relay);
        relay.RouteVia(x, x);
        relay.RouteVia(y, y);
        relay.RouteVia(a, a);
        x.RouteVia(a, relay);
        y.RouteVia(a, relay);
        for (int i = 0; i < 1_000; i++)
            a.Send(x, i);
        for (int i = 0; i < 20; i++)
            a.Send(y, 5_000 + i);
        while (y.Delivered < 20)
            network.Run(TimeSpan.FromMilliseconds(5));

        Assert.InRange(x.Delivered, 15, 60);
    }

    [Fact]
    public void Repeats_are_answered_and_dropped_and_hop_limits_clamped()
    {
        (RouterNetwork network, RouterNode victim, RouterNode evil, RouterNode honest, RouterNode target) = Star(12);
        var forwarded = new List<EnvelopeHeader>();
        network.Observe = (from, to, frame) =>
        {
            if (from == victim && to == honest && frame[0] == (byte)FrameKind.Envelope
                && Envelope.TryRead(frame.AsSpan(1), out Envelope seen))
                forwarded.Add(seen.Header);
        };
        byte[] frame = Transit(target, 1, 50, hops: 255);
        for (int i = 0; i < 5; i++)
            Inject(victim, evil, frame);
        Inject(victim, evil, Transit(target, 1, 50, hops: 63));
        Inject(victim, evil, Transit(target, 2, 50, hops: 0));

        Assert.Equal(62, Assert.Single(forwarded).HopsLeft);
        Assert.Equal(5, victim[RouterCounter.DropRepeat]);
        Assert.Equal(1, victim[RouterCounter.DropHopLimit]);
    }

    [Fact]
    public void An_expired_or_oversized_envelope_is_refused_by_name()
    {
        var options = new RouterOptions { MaxEnvelopeSize = 1_000 };
        (RouterNetwork network, RouterNode victim, RouterNode evil, _, RouterNode target) = Star(13, options);
        var answers = new List<CustodyCode>();
        network.Observe = (from, to, frame) =>
        {
            if (from != victim || to != evil || frame[0] != (byte)FrameKind.CustodyAck
                || !CustodyAck.TryRead(frame.AsSpan(1), out CustodyAck ack))
                return;
            foreach (CustodyAnswer answer in ack)
                answers.Add(answer.Code);
        };
        Inject(victim, evil, Transit(target, 1, 50, lifetime: 0));
        Inject(victim, evil, Transit(target, 2, 2_000));

        Assert.Equal([CustodyCode.Expired, CustodyCode.TooLarge], answers);
        Assert.Equal(0, victim.Router.Held.Count);
    }

    private static (
        RouterNetwork Network, RouterNode Victim, RouterNode Evil, RouterNode Honest, RouterNode Target) Star(
        int seed, RouterOptions? options = null)
    {
        var network = new RouterNetwork(seed);
        RouterNode victim = network.Add(options), evil = network.Add(), honest = network.Add(), target = network.Add();
        network.Join(victim, evil, RouterLinkKind.Stream);
        network.Join(victim, honest, RouterLinkKind.Stream);
        network.Join(honest, target, RouterLinkKind.Stream);
        victim.RouteVia(target, honest);
        honest.RouteVia(target, target);
        return (network, victim, evil, honest, target);
    }

    private static void Inject(RouterNode victim, RouterNode evil, byte[] frame) =>
        victim.Deliver(victim.LinkTo(evil), frame);

    private static void Flood(
        RouterNetwork network, RouterNode victim, RouterNode evil, RouterNode target, int first, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Inject(victim, evil, Transit(target, first + i, 400));
            network.Run(TimeSpan.FromMilliseconds(5));
        }
    }

    private static HeldSummary[] Held(RouterNode node)
    {
        var held = new HeldSummary[16];
        return held[..node.Router.CopyHeld(held)];
    }

    private static byte[] Transit(
        RouterNode target, int number, int size, Priority priority = Priority.Normal, byte hops = 20,
        ushort lifetime = 1_000) =>
        Frame(EnvelopeKind.Sealed, target, target.Payload(number, size), priority, hops, lifetime);

    private static byte[] Frame(
        EnvelopeKind kind, RouterNode destination, byte[] payload, Priority priority = Priority.Normal, byte hops = 20,
        ushort lifetime = 1_000) => Frames.OfEnvelope(
            new EnvelopeHeader(kind, priority, false, 0, hops, lifetime, destination.Address), payload);

    private static byte[] Ack(CustodyCode code, ulong name)
    {
        byte[] frame = new byte[11];
        frame[0] = (byte)FrameKind.CustodyAck;
        var writer = new CustodyAck.Writer(frame.AsSpan(1));
        Assert.True(writer.TryAdd(code, name));
        return frame;
    }

    // docs/reference/protocol.md, section 4.3: seven bytes of the id, then attempt and hops of the frame.
    private static ulong Name(in EnvelopeId id, int hops) => id.Prefix & ~0xFFFFul | (uint)(1023 - hops);
}
