using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Custody;
using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>
/// What brings no receipt is sent again, ever more slowly, until its lifetime ends (docs/reference/protocol.md, section
/// 4.4).
/// </summary>
public sealed class RepetitionTests
{
    [Theory]
    [InlineData(4, 12)]
    [InlineData(5, 12)]
    [InlineData(60, 150)]
    [InlineData(24 * 60, 36 * 60)]
    public void A_black_hole_loses_nothing_that_outlives_it(int holeMinutes, int withinMinutes)
    {
        (RouterNetwork network, RouterNode alice, RouterNode relay, RouterNode bob) = Path(1);
        bool hole = true;
        alice.LinkTo(relay).Lose = (from, _) => hole;
        network.Observe = (from, to, frame) =>
        {
            if (hole && from == alice && frame[0] == (byte)FrameKind.Envelope)
                relay.ClaimTaken(alice, frame);
        };
        EnvelopeId id = alice.Send(bob, 1, lifetime: TimeSpan.FromDays(3)).Id;
        network.Run(TimeSpan.FromMinutes(holeMinutes));
        hole = false;
        network.Run(TimeSpan.FromMinutes(withinMinutes - holeMinutes));
        Assert.Equal(1, bob.Delivered);
        Assert.Equal(MessageState.Delivered, alice.States[id].State);
    }

    [Fact]
    public void It_is_repeated_to_the_end_ever_more_slowly_with_a_number_that_the_header_holds()
    {
        (RouterNetwork network, RouterNode alice, RouterNode relay, RouterNode bob) = Path(2);
        bob.Receipts = false;
        (List<double> hours, List<int> attempts) = Watch(network, alice);
        EnvelopeId id = alice.Send(bob, 1, lifetime: TimeSpan.FromDays(7)).Id;
        network.Run(TimeSpan.FromDays(8));
        Assert.Equal(MessageState.Expired, alice.States[id].State);
        Assert.Equal(hours.Select((_, i) => i % 4), attempts);
        double[] gaps = [.. hours.Zip(hours.Skip(1), (a, b) => b - a)];
        Assert.InRange(gaps[0] * 3600, 30, 35);
        for (int i = 1; i < gaps.Length; i++)
            Assert.InRange(gaps[i] / gaps[i - 1], 0.85, 2.4);
        Assert.InRange(gaps.Max(), 5.9, 6.8);
        Assert.InRange(hours[^1], 7 * 24 - 7, 7 * 24);
        Assert.InRange(hours.Count, 25, 45);
    }

    [Fact]
    public void Each_repetition_goes_another_way_while_there_is_one_and_all_are_tried()
    {
        var network = new RouterNetwork(3);
        RouterNode alice = network.Add(), bob = network.Add();
        RouterNode[] hops = [.. Enumerable.Range(0, 4).Select(_ => network.Add())];
        foreach (RouterNode hop in hops)
            network.Join(alice, hop, RouterLinkKind.Stream);
        alice.RouteVia(bob, hops);
        var ways = new List<int>();
        network.Observe = (from, to, frame) =>
        {
            if (from == alice && frame[0] == (byte)FrameKind.Envelope)
                ways.Add(to.Index);
        };
        alice.Send(bob, 1, lifetime: TimeSpan.FromDays(1));
        network.Run(TimeSpan.FromMinutes(5));
        Assert.Equal(hops.Select(hop => hop.Index).Order(), ways.Take(4).Order());
        Assert.DoesNotContain(ways.Zip(ways.Skip(1)), pair => pair.First == pair.Second);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_receipt_that_is_late_puts_off_nothing_for_others_and_little_for_its_own_destination(bool own)
    {
        (RouterNetwork network, RouterNode alice, RouterNode relay, RouterNode bob) = Path(4);
        RouterNode slow = network.Add();
        network.Join(relay, slow, RouterLinkKind.Stream);
        alice.RouteVia(slow, relay);
        relay.RouteVia(slow, slow);
        EnvelopeId first = alice.Send(slow, 1, lifetime: TimeSpan.FromHours(48)).Id;
        network.Run(TimeSpan.FromMinutes(59));
        slow.RouteVia(alice, relay);
        network.Run(TimeSpan.FromMinutes(5));
        Assert.Equal(MessageState.Delivered, alice.States[first].State);

        RouterNode to = own ? slow : bob;
        to.Receipts = false;
        (List<double> hours, _) = Watch(network, alice);
        alice.Send(to, 2, lifetime: TimeSpan.FromHours(72));
        network.Run(TimeSpan.FromHours(12));
        Assert.InRange(hours[1] * 60, 0.5, own ? 19 : 0.7);
        Assert.InRange(hours.Count, own ? 5 : 9, 15);
    }

    [Fact]
    public void Receipt_times_are_remembered_for_each_destination_and_worn_away_by_quicker_ones()
    {
        var times = new ReceiptTimes(new HashSecret(new Random(1)));
        NodeAddress one = new(1, 2), two = new(3, 4);
        Assert.Equal(TimeSpan.Zero, times.Of(one));
        times.Note(one, TimeSpan.FromHours(3));
        Assert.Equal(ReceiptTimes.Longest, times.Of(one));
        Assert.Equal(TimeSpan.Zero, times.Of(two));
        for (int i = 0; i < 20; i++)
            times.Note(one, TimeSpan.FromSeconds(1));
        Assert.InRange(times.Of(one), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        // Strangers by the thousand leave some places.
        for (ulong i = 0; i < 100; i++)
            times.Note(new NodeAddress(i * 77, i), TimeSpan.FromSeconds(5));
        Assert.InRange(times.Of(one) + times.Of(two), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void While_there_is_no_way_no_repetition_is_spent_and_the_first_way_is_used_soon()
    {
        (RouterNetwork network, RouterNode alice, RouterNode relay, RouterNode bob) = Path(5);
        relay.LinkTo(bob).Lose = (_, _) => true;
        EnvelopeId id = alice.Send(bob, 1, lifetime: TimeSpan.FromDays(5)).Id;
        network.Run(TimeSpan.FromDays(1));
        Assert.True(alice.Router.TryGetOutbox(network.Now, id, out OutboxEntry before));
        alice.RouteVia(bob);
        network.Run(TimeSpan.FromDays(1));
        Assert.True(alice.Router.TryGetOutbox(network.Now, id, out OutboxEntry after));
        Assert.InRange(after.Attempt - before.Attempt, 0, 1);
        relay.LinkTo(bob).Lose = null;
        alice.RouteVia(bob, relay);
        network.Run(TimeSpan.FromMinutes(6));
        Assert.Equal(MessageState.Delivered, alice.States[id].State);
    }

    private static (RouterNetwork Network, RouterNode Alice, RouterNode Relay, RouterNode Bob) Path(int seed)
    {
        var network = new RouterNetwork(seed);
        RouterNode alice = network.Add(), relay = network.Add(), bob = network.Add();
        network.Join(alice, relay, RouterLinkKind.Stream);
        network.Join(relay, bob, RouterLinkKind.Stream);
        alice.RouteVia(bob, relay);
        relay.RouteVia(bob, bob);
        bob.RouteVia(alice, relay);
        relay.RouteVia(alice, alice);
        return (network, alice, relay, bob);
    }

    private static (List<double> Hours, List<int> Attempts) Watch(RouterNetwork network, RouterNode sender)
    {
        Instant start = network.Now;
        List<double> hours = [];
        List<int> attempts = [];
        network.Observe = (from, _, frame) =>
        {
            if (from != sender || frame[0] != (byte)FrameKind.Envelope
                || !Envelope.TryRead(frame.AsSpan(1), out Envelope envelope))
                return;
            hours.Add((network.Now - start).TotalHours);
            attempts.Add(envelope.Header.Attempt);
        };
        return (hours, attempts);
    }
}
