using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>
/// Attempts, hops and lifetimes are claims of whoever has an envelope: they change nothing that lasts.
/// </summary>
public sealed class ClaimsTests
{
    private const int NextHop = 0;
    private const int Elsewhere = 1;
    private const int BehindTheRelayBefore = 2;

    public static TheoryData<int, bool, int, int, int> Poisons
    {
        get
        {
            var data = new TheoryData<int, bool, int, int, int>();
            foreach (int from in new[] { NextHop, Elsewhere, BehindTheRelayBefore })
            {
                foreach ((int attempt, int hops, int lifetime) in new[]
                    { (3, 1, 1), (3, 2, 60_000), (3, 63, 1), (1, 62, 60_000), (2, 0, 0), (3, 1_023, 65_535), (1, 40, 7),
                        (0, 3, 60_000) })
                {
                    data.Add(from, false, attempt, hops, lifetime);
                    data.Add(from, true, attempt, hops, lifetime);
                }
            }

            return data;
        }
    }

    /// <summary>
    /// alice - relay - honest - far - bob, and an evil node beside the relay that claims to be nearer, says "taken",
    /// and gives out copies with other claims: once, or again and again.
    /// </summary>
    [Theory]
    [MemberData(nameof(Poisons))]
    public void Whoever_sees_an_envelope_cannot_make_a_relay_swallow_its_repetitions(
        int from, bool again, int attempt, int hops, int lifetime)
    {
        var network = new RouterNetwork(1);
        RouterNode alice = network.Add(), relay = network.Add(), evil = network.Add(), honest = network.Add(),
            far = network.Add(),
            bob = network.Add(), accomplice = network.Add();
        network.Join(alice, relay, RouterLinkKind.Stream);
        network.Join(relay, evil, RouterLinkKind.Stream);
        network.Join(relay, honest, RouterLinkKind.Stream);
        network.Join(honest, far, RouterLinkKind.Stream);
        network.Join(far, bob, RouterLinkKind.Stream);
        RouterNode mouth = from switch { NextHop => evil, Elsewhere => accomplice, _ => accomplice };
        RouterNode ear = from == BehindTheRelayBefore ? alice : relay;
        if (mouth == accomplice)
            network.Join(ear, accomplice, RouterLinkKind.Stream);
        alice.RouteVia(bob, relay);
        relay.RouteVia(bob, evil, honest);
        honest.RouteVia(bob, far);
        far.RouteVia(bob, bob);
        bob.RouteVia(alice, far);
        far.RouteVia(alice, honest);
        honest.RouteVia(alice, relay);
        relay.RouteVia(alice, alice);
        relay.LinkTo(evil).Lose = (node, _) => node == evil;
        byte[]? copy = null;
        void Poison()
        {
            byte[] frame = [.. copy!];
            EnvelopeHeader.Restamp(frame.AsSpan(1), (byte)attempt, (ushort)hops, (ushort)lifetime);
            ear.Deliver(ear.LinkTo(mouth), frame);
            if (again)
                network.At(TimeSpan.FromSeconds(19), Poison);
        }

        network.Observe = (sender, to, frame) =>
        {
            if (sender != relay || to != evil || frame[0] != (byte)FrameKind.Envelope)
                return;
            bool first = copy is null;
            copy ??= frame;
            evil.ClaimTaken(relay, frame);
            if (first)
                network.At(TimeSpan.FromMilliseconds(3), Poison);
        };
        EnvelopeId id = alice.Send(bob, 1, lifetime: TimeSpan.FromHours(12)).Id;
        network.Run(TimeSpan.FromMinutes(5));
        Assert.Equal(1, bob.Delivered);
        Assert.Equal(MessageState.Delivered, alice.States[id].State);
    }

    /// <summary>
    /// The copy with the false claims comes before the true one, from somebody who has it from elsewhere.
    /// </summary>
    [Theory]
    [InlineData(3, 2, 60_000)]
    [InlineData(3, 63, 1)]
    [InlineData(0, 1, 1)]
    [InlineData(2, 5, 5)]
    public void A_poor_copy_that_comes_first_keeps_no_good_one_out_of_a_mailbox(int attempt, int hops, int lifetime)
    {
        var network = new RouterNetwork(2);
        (RouterNode alice, RouterNode relay, RouterNode evil, RouterNode honest, RouterNode bob) = Mailbox(network);
        relay.Deliver(relay.LinkTo(evil),
            Frame(bob, alice.Payload(1, 100), (byte)attempt, (ushort)hops, (ushort)lifetime, receipt: false));
        network.Run(TimeSpan.FromSeconds(1));
        EnvelopeId id = alice.Send(bob, 1, lifetime: TimeSpan.FromDays(2), receipt: false).Id;
        network.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(MessageState.Forwarded, alice.States[id].State);
        alice.Crash();
        relay.Crash();
        network.Run(TimeSpan.FromHours(20));

        relay.Start();
        relay.RouteVia(bob, honest);
        network.Run(TimeSpan.FromMinutes(5));
        Assert.Equal(1, bob.Delivered);
    }

    [Theory]
    [InlineData(3, 1, 1)]
    [InlineData(3, 0, 60_000)]
    [InlineData(1, 59, 60_000)]
    public void What_waits_in_a_mailbox_is_not_spoilt_by_copies_that_come_later(int attempt, int hops, int lifetime)
    {
        var network = new RouterNetwork(3);
        (RouterNode alice, RouterNode relay, RouterNode evil, RouterNode honest, RouterNode bob) = Mailbox(network);
        alice.Send(bob, 1, lifetime: TimeSpan.FromDays(2), receipt: false);
        network.Run(TimeSpan.FromSeconds(1));
        int writes = relay.Writes;
        for (int i = 0; i < 500; i++)
        {
            byte[] frame = Frame(bob, alice.Payload(1, 100), (byte)((attempt + i) % 4), (ushort)Math.Max(0, hops - i),
                (ushort)lifetime, receipt: false);
            relay.Deliver(relay.LinkTo(evil), frame);
            network.Run(TimeSpan.FromSeconds(5));
        }

        Assert.InRange(relay.Writes - writes, 0, 1);
        relay.RouteVia(bob, honest);
        network.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(1, bob.Delivered);
        network.Run(TimeSpan.FromDays(8));
        Assert.All(network.Nodes, node => Assert.Equal(0, node.Router.Held.Count));
    }

    [Fact]
    public void Handing_a_sender_its_own_message_back_with_false_claims_ends_none_of_its_repetitions()
    {
        var network = new RouterNetwork(4);
        RouterNode alice = network.Add(), evil = network.Add(), honest = network.Add(), bob = network.Add();
        network.Join(alice, evil, RouterLinkKind.Stream);
        network.Join(alice, honest, RouterLinkKind.Stream);
        network.Join(honest, bob, RouterLinkKind.Stream);
        alice.RouteVia(bob, evil);
        honest.RouteVia(bob, bob);
        bob.RouteVia(alice, honest);
        honest.RouteVia(alice, alice);
        alice.LinkTo(evil).Lose = (from, _) => from == evil;
        int offered = 0;
        network.Observe = (from, to, frame) =>
        {
            if (from != alice || to != evil || frame[0] != (byte)FrameKind.Envelope)
                return;
            offered++;
            evil.ClaimTaken(alice, frame);
            foreach (int attempt in new[] { 3, 1, 0 })
            {
                byte[] copy = [.. frame];
                EnvelopeHeader.Restamp(copy.AsSpan(1), (byte)attempt, 0, 1);
                network.At(TimeSpan.FromMilliseconds(3 + attempt), () => alice.Deliver(alice.LinkTo(evil), copy));
            }
        };
        EnvelopeId id = alice.Send(bob, 1, lifetime: TimeSpan.FromDays(3)).Id;
        network.Run(TimeSpan.FromHours(12));
        Assert.Equal(MessageState.Forwarded, alice.States[id].State);
        // Once more for each attempt at most: it is no way to have a sender fire.
        Assert.InRange(offered, 6, 40);

        alice.RouteVia(bob, evil, honest);
        network.Run(TimeSpan.FromHours(7));
        Assert.Equal(MessageState.Delivered, alice.States[id].State);
    }

    [Theory]
    [InlineData(0.02)]
    [InlineData(31)]
    public void Made_up_attempts_make_no_honest_link_the_last_resort(double secondsApart)
    {
        var network = new RouterNetwork(5, realRoutes: true);
        RouterNode relay = network.Add(), honest = network.Add();
        RouterNode[] evils = [.. Enumerable.Range(0, 4).Select(_ => network.Add())];
        RouterNode[] leaves = [.. Enumerable.Range(0, 21).Select(_ => network.Add())];
        network.Join(relay, honest, RouterLinkKind.Stream);
        foreach (RouterNode evil in evils)
            network.Join(relay, evil, RouterLinkKind.Stream);
        foreach (RouterNode leaf in leaves)
            network.Join(honest, leaf, RouterLinkKind.Stream);
        network.Run(TimeSpan.FromSeconds(20));
        Metric before = relay.Router.FindRoute(leaves[20].Address)!.Metric;
        foreach (byte attempt in new byte[] { 0, 1, 2, 3 })
        {
            for (int i = 0; i < 20; i++)
            {
                relay.Deliver(relay.LinkTo(evils[i % 4]), Frame(leaves[i], evils[i % 4].Payload(100 + i, 60), attempt));
                network.Run(TimeSpan.FromMilliseconds(20));
            }

            Assert.DoesNotContain(relay.Router.ListNeighbours(), neighbour => neighbour.Peer == honest.Address
                && neighbour.IsDistrusted);
            Assert.Equal(before, relay.Router.FindRoute(leaves[20].Address)!.Metric);
            network.Run(TimeSpan.FromSeconds(secondsApart));
        }

        Assert.All(leaves[..20], leaf => Assert.Equal(1, leaf.Delivered));
        int distrusted =
            leaves.Count(leaf => relay.Router.FindRoute(leaf.Address)!.Metric >= new RouteOptions().DistrustCost);
        Assert.InRange(distrusted, 0, 4);
    }

    [Fact]
    public void Repetitions_of_a_message_that_a_next_hop_drops_have_it_blamed_for_that_destination()
    {
        var network = new RouterNetwork(6);
        RouterNode sender = network.Add(), relay = network.Add(), hole = network.Add(), honest = network.Add(),
            bob = network.Add();
        network.Join(sender, relay, RouterLinkKind.Stream);
        network.Join(relay, hole, RouterLinkKind.Stream);
        network.Join(relay, honest, RouterLinkKind.Stream);
        network.Join(honest, bob, RouterLinkKind.Stream);
        sender.RouteVia(bob, relay);
        relay.RouteVia(bob, hole, honest);
        honest.RouteVia(bob, bob);
        bob.RouteVia(sender, honest);
        honest.RouteVia(sender, relay);
        relay.RouteVia(sender, sender);
        // It says "taken" to all and passes nothing on.
        EnvelopeId id = sender.Send(bob, 1).Id;
        network.Run(TimeSpan.FromSeconds(45));
        Assert.Equal(MessageState.Delivered, sender.States[id].State);
        Assert.Equal([(bob.Address, relay.To(hole))], relay.Routes.Penalised);
    }

    [Fact]
    public void A_next_hop_that_hands_back_what_it_was_given_is_blamed_and_passed_over_and_nobody_else_is()
    {
        var network = new RouterNetwork(6);
        RouterNode sender = network.Add(), relay = network.Add(), circle = network.Add(), honest = network.Add(),
            bob = network.Add();
        network.Join(sender, relay, RouterLinkKind.Stream);
        network.Join(relay, circle, RouterLinkKind.Stream);
        network.Join(relay, honest, RouterLinkKind.Stream);
        network.Join(honest, bob, RouterLinkKind.Stream);
        sender.RouteVia(bob, relay);
        relay.RouteVia(bob, circle, honest);
        circle.RouteVia(bob);
        honest.RouteVia(bob, bob);
        bob.RouteVia(sender, honest);
        honest.RouteVia(sender, relay);
        relay.RouteVia(sender, sender);
        EnvelopeId id = sender.Send(bob, 1).Id;
        network.Run(TimeSpan.FromSeconds(2));
        Assert.Empty(relay.Routes.Penalised);
        circle.RouteVia(bob, relay);
        network.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(MessageState.Delivered, sender.States[id].State);
        Assert.Contains((bob.Address, relay.To(circle)), relay.Routes.Penalised);
        Assert.DoesNotContain((bob.Address, relay.To(honest)), relay.Routes.Penalised);

        // Who brings round what another was given says nothing about that one.
        int before = relay.Routes.Penalised.Count;
        relay.RouteVia(bob, honest);
        relay.Deliver(relay.LinkTo(sender), Frame(bob, sender.Payload(9, 100), 0));
        relay.Deliver(relay.LinkTo(circle), Frame(bob, sender.Payload(9, 100), 0, hops: 5));
        network.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(before, relay.Routes.Penalised.Count);
    }

    [Fact]
    public void The_first_copy_of_an_envelope_lives_no_longer_than_any_node_sends_whatever_its_header_says()
    {
        var network = new RouterNetwork(7);
        RouterNode relay = network.Add(), evil = network.Add(), bob = network.Add();
        network.Join(relay, evil, RouterLinkKind.Stream);
        byte[] frame = Frame(bob, evil.Payload(1, 100), 0, lifetime: ushort.MaxValue, receipt: false);
        Assert.True(Envelope.TryRead(frame.AsSpan(1), out Envelope envelope));
        EnvelopeId id = envelope.ComputeId();
        relay.Deliver(relay.LinkTo(evil), frame);
        Assert.True(relay.Router.Holds(id));
        network.Run(Limits.LongestSent - TimeSpan.FromMinutes(1));
        Assert.True(relay.Router.Holds(id));
        network.Run(TimeSpan.FromMinutes(2));
        Assert.False(relay.Router.Holds(id));
    }

    [Fact]
    public void A_lifetime_that_a_relay_raises_lengthens_nothing_where_the_envelope_is_known()
    {
        var network = new RouterNetwork(7);
        RouterNode alice = network.Add(), relay = network.Add(new RouterOptions { MaxLifetime = TimeSpan.FromDays(1) }),
            evil = network.Add(), bob = network.Add();
        network.Join(alice, relay, RouterLinkKind.Stream);
        network.Join(relay, evil, RouterLinkKind.Stream);
        network.Join(relay, bob, RouterLinkKind.Stream);
        alice.RouteVia(bob, relay);
        relay.RouteVia(bob);
        EnvelopeId id = alice.Send(bob, 1, lifetime: TimeSpan.FromMinutes(20), receipt: false).Id;
        network.Run(TimeSpan.FromMinutes(1));
        for (byte attempt = 0; attempt < 4; attempt++)
        {
            relay.Deliver(relay.LinkTo(evil),
                Frame(bob, alice.Payload(1, 100), attempt, lifetime: 60_000, receipt: false));
            network.Run(TimeSpan.FromMinutes(1));
        }

        Assert.True(relay.Router.Holds(id));
        network.Run(TimeSpan.FromMinutes(16));
        Assert.False(relay.Router.Holds(id));
        relay.Deliver(relay.LinkTo(evil), Frame(bob, alice.Payload(1, 100), 1, lifetime: 60_000, receipt: false));
        Assert.False(relay.Router.Holds(id));
        Assert.True(relay[RouterCounter.DropExpired] > 0);

        // What is not known is cut to what the operator allows.
        var lifetimes = new List<int>();
        network.Observe = (from, to, frame) =>
        {
            if (from == relay && to == bob && frame[0] == (byte)FrameKind.Envelope
                && Envelope.TryRead(frame.AsSpan(1), out Envelope passed))
                lifetimes.Add(passed.Header.LifetimeUnits);
        };
        relay.RouteVia(bob, bob);
        relay.Deliver(relay.LinkTo(evil), Frame(bob, evil.Payload(2, 100), 0, lifetime: 60_000));
        Assert.Equal([8_640], lifetimes);
    }

    [Fact]
    public void A_relay_does_not_say_that_it_took_what_it_will_not_hold_as_long_as_it_is_asked_to()
    {
        var network = new RouterNetwork(8);
        RouterNode alice = network.Add(), relay = network.Add(), evil = network.Add(), bob = network.Add();
        evil.IsStranger = true;
        network.Join(relay, evil, RouterLinkKind.Stream);
        // Nobody is chosen by the relay.
        network.Join(alice, relay, RouterLinkKind.Stream);
        network.Join(relay, bob, RouterLinkKind.Stream);
        alice.RouteVia(bob, relay);
        relay.RouteVia(bob);
        relay.Deliver(relay.LinkTo(evil), Frame(bob, alice.Payload(1, 100), 0, lifetime: 30));
        EnvelopeId id = alice.Send(bob, 1, lifetime: TimeSpan.FromDays(2)).Id;
        network.Run(TimeSpan.FromMinutes(10));
        Assert.Equal((MessageState.Queued, StateReason.NextHopSaysExpired, 0), alice.States[id]);
    }

    [Fact]
    public void A_message_that_is_sent_here_again_by_others_brings_no_more_receipts_than_honest_repetitions()
    {
        var network = new RouterNetwork(9);
        RouterNode alice = network.Add(), evil = network.Add(), bob = network.Add();
        network.Join(alice, bob, RouterLinkKind.Stream);
        network.Join(evil, bob, RouterLinkKind.Stream);
        alice.RouteVia(bob, bob);
        bob.RouteVia(alice, alice);
        int receipts = 0;
        network.Observe = (from, to, frame) => receipts += from == bob && to == alice
            && frame[0] == (byte)FrameKind.Envelope ? 1 : 0;
        alice.Send(bob, 1);
        network.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(1, receipts);
        for (int i = 0; i < 600; i++)
        {
            bob.Deliver(bob.LinkTo(evil), Frame(bob, alice.Payload(1, 100), (byte)(i % 4), (ushort)(i % 60), 500));
            network.Run(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(receipts, 2, 32);
        Assert.Equal(1, bob.Delivered);
    }

    /// <summary>
    /// alice - relay - honest - far - bob, where the relay knows of no way on yet; evil is beside it.
    /// </summary>
    private static (RouterNode Alice, RouterNode Relay, RouterNode Evil, RouterNode Honest, RouterNode Bob) Mailbox(
        RouterNetwork network)
    {
        RouterNode alice = network.Add(), relay = network.Add(), evil = network.Add(), honest = network.Add(),
            far = network.Add(), bob = network.Add();
        network.Join(relay, evil, RouterLinkKind.Stream);
        network.Join(alice, relay, RouterLinkKind.Stream);
        network.Join(relay, honest, RouterLinkKind.Stream);
        network.Join(honest, far, RouterLinkKind.Stream);
        network.Join(far, bob, RouterLinkKind.Stream);
        alice.RouteVia(bob, relay);
        relay.RouteVia(bob);
        honest.RouteVia(bob, far);
        far.RouteVia(bob, bob);
        return (alice, relay, evil, honest, bob);
    }

    private static byte[] Frame(
        RouterNode destination, byte[] payload, byte attempt, ushort hops = 40, ushort lifetime = 8_640,
        bool receipt = true) => Frames.OfEnvelope(
            new EnvelopeHeader(
                EnvelopeKind.Sealed, Priority.Normal, receipt, attempt, hops, lifetime, destination.Address), payload);
}
