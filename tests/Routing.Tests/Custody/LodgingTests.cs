using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>A receiver known to be gone, and a sender that leaves (docs/reference/protocol.md, section 4.5).</summary>
public sealed class LodgingTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);

    [Fact]
    public void What_has_no_way_on_waits_with_a_neighbour_when_the_sender_leaves_for_good()
    {
        (RouterNetwork network, RouterNode sender, RouterNode keeper, RouterNode receiver) = ReceiverGone();
        EnvelopeId id = sender.Send(receiver, 1).Id;
        Assert.Equal(MessageState.Queued, sender.States[id].State);
        network.Run(Second);
        Assert.Equal((MessageState.Forwarded, StateReason.HeldByNeighbour, 0), sender.States[id]);
        sender.Crash();
        keeper.Crash();
        network.Run(TimeSpan.FromMinutes(10));

        keeper.Start();
        Return(keeper, receiver);
        network.Run(Second);
        Assert.Equal(1, receiver.Delivered);
    }

    [Fact]
    public void A_receipt_is_lodged_as_well()
    {
        (RouterNetwork network, RouterNode receiver, RouterNode keeper, RouterNode sender) = ReceiverGone();
        // The sender is gone before the receiver knows a way back.
        sender.Start();
        keeper.LinkTo(sender).Raise();
        sender.RouteVia(receiver, keeper);
        EnvelopeId id = sender.Send(receiver, 1).Id;
        network.Run(Second);
        keeper.LinkTo(sender).Cut();
        Assert.Equal(1, receiver.Delivered);
        Assert.Equal(0, receiver.Router.Held.Count);
        Assert.Equal(1, keeper.Router.Held.Count);
        receiver.Crash();

        Return(keeper, sender);
        network.Run(Second);
        Assert.Equal(MessageState.Delivered, sender.States[id].State);
    }

    [Fact]
    public void Whoever_holds_it_lodges_it_nowhere_else()
    {
        var network = new RouterNetwork(1);
        RouterNode[] nodes = [.. Enumerable.Range(0, 6).Select(_ => network.Add(keeps: true))];
        for (int i = 0; i < 5; i++)
        {
            for (int j = 0; j < i; j++)
                Meet(network, nodes[i], nodes[j]);
        }

        int frames = 0;
        network.Observe = (_, _, frame) => frames += frame[0] == (byte)FrameKind.Envelope ? 1 : 0;
        network.Run(Settled);
        for (int i = 0; i < 40; i++)
            nodes[i % 5].Send(nodes[5], i);
        network.Run(TimeSpan.FromMinutes(30));
        Assert.Equal(40, frames);
        Assert.All(nodes[..5],
            node => Assert.All(node.States.Values, state => Assert.Equal(MessageState.Forwarded, state.State)));
    }

    [Fact]
    public void It_goes_to_the_neighbour_through_which_the_receiver_was_last_in_reach()
    {
        var network = new RouterNetwork(1);
        RouterNode sender = network.Add(), other = network.Add(keeps: true), last = network.Add(keeps: true),
            receiver = network.Add();
        Meet(network, sender, other);
        Meet(network, sender, last);
        sender.RouteVia(receiver, last);
        sender.RouteVia(receiver);
        network.Run(Settled);
        EnvelopeId id = sender.Send(receiver, 1).Id;
        network.Run(Second);
        Assert.True(last.Router.Holds(id));
        Assert.False(other.Router.Holds(id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void With_real_routes_too_it_goes_where_the_receiver_was_last_in_reach(bool lastRelayRestarts)
    {
        var network = new RouterNetwork(1, realRoutes: true);
        RouterNode sender = network.Add(), other = network.Add(), last = network.Add(), receiver = network.Add();
        network.Join(sender, other, RouterLinkKind.Stream);
        network.Join(sender, last, RouterLinkKind.Stream);
        network.Join(last, receiver, RouterLinkKind.Stream);
        network.Run(Settled);
        receiver.Crash();
        if (lastRelayRestarts)
        {
            last.Crash();
            last.Start();
            receiver.Crash();
        }

        network.Run(Settled);
        EnvelopeId id = sender.Send(receiver, 1).Id;
        network.Run(Second);
        Assert.Equal((MessageState.Forwarded, StateReason.HeldByNeighbour, 0), sender.States[id]);
        Assert.Equal(lastRelayRestarts, other.Router.Holds(id));
        Assert.Equal(!lastRelayRestarts, last.Router.Holds(id));
        sender.Crash();
        if (lastRelayRestarts)
            network.Join(other, last, RouterLinkKind.Stream);
        receiver.Start();
        network.Run(Settled);
        Assert.Equal(1, receiver.Delivered);
    }

    [Fact]
    public void Neighbours_that_do_not_keep_envelopes_are_not_asked_to()
    {
        var network = new RouterNetwork(1);
        RouterNode sender = network.Add(), neighbour = network.Add(), receiver = network.Add();
        Meet(network, sender, neighbour);
        EnvelopeId id = sender.Send(receiver, 1).Id;
        network.Run(TimeSpan.FromMinutes(10));
        Assert.Equal((MessageState.Queued, StateReason.NoRoute, 0), sender.States[id]);
        Assert.False(neighbour.Router.Holds(id));
    }

    [Fact]
    public void A_neighbour_without_space_is_passed_over()
    {
        var network = new RouterNetwork(1);
        RouterNode sender = network.Add(), full = network.Add(keeps: true), free = network.Add(keeps: true),
            receiver = network.Add();
        full.DiskFails = true;
        Meet(network, sender, full);
        Meet(network, sender, free);
        network.Run(Settled);
        EnvelopeId id = sender.Send(receiver, 1).Id;
        network.Run(Second);
        Assert.Equal((MessageState.Forwarded, StateReason.HeldByNeighbour, 0), sender.States[id]);
        Assert.True(free.Router.Holds(id));
        Assert.False(full.Router.Holds(id));
    }

    [Fact]
    public void A_keeper_that_comes_later_is_found()
    {
        var network = new RouterNetwork(1);
        RouterNode sender = network.Add(), keeper = network.Add(keeps: true), receiver = network.Add();
        EnvelopeId[] ids = [.. Enumerable.Range(0, 600).Select(i => sender.Send(receiver, i).Id)];
        network.Run(Settled);
        Meet(network, sender, keeper);
        network.Run(TimeSpan.FromSeconds(8));
        Assert.All(ids, id => Assert.Equal((MessageState.Forwarded, StateReason.HeldByNeighbour, 0),
            sender.States[id]));
    }

    [Fact]
    public void When_its_keeper_leaves_it_is_lodged_with_another()
    {
        var network = new RouterNetwork(1);
        RouterNode sender = network.Add(), first = network.Add(keeps: true), second = network.Add(keeps: true),
            receiver = network.Add();
        Meet(network, sender, first);
        Meet(network, sender, second);
        network.Run(Settled);
        EnvelopeId id = sender.Send(receiver, 1).Id;
        network.Run(Second);
        Assert.True(first.Router.Holds(id));
        first.Crash();
        network.Run(TimeSpan.FromMinutes(2));
        Assert.True(second.Router.Holds(id));
        sender.Crash();

        // Both copies come: it is delivered once.
        first.Start();
        network.Join(first, receiver, RouterLinkKind.Stream);
        network.Join(second, receiver, RouterLinkKind.Stream);
        first.RouteVia(receiver, receiver);
        second.RouteVia(receiver, receiver);
        network.Run(Second);
        Assert.Equal(1, receiver.Delivered);
        Assert.Equal(0, first.Router.Held.Count + second.Router.Held.Count);
    }

    [Fact]
    public void While_its_keeper_is_away_the_sender_sends_it_itself_when_there_is_a_way()
    {
        (RouterNetwork network, RouterNode sender, RouterNode keeper, RouterNode receiver) = ReceiverGone();
        EnvelopeId id = sender.Send(receiver, 1).Id;
        network.Run(Second);
        keeper.Crash();
        receiver.Start();
        network.Join(sender, receiver, RouterLinkKind.Stream);
        sender.RouteVia(receiver, receiver);
        receiver.RouteVia(sender, sender);
        network.Run(TimeSpan.FromMinutes(2));
        Assert.Equal((MessageState.Delivered, StateReason.None, 1), sender.States[id]);
        // The keeper did nothing wrong.
        Assert.Empty(sender.Routes.Penalised);

        keeper.Start();
        keeper.LinkTo(receiver).Raise();
        keeper.RouteVia(receiver, receiver);
        network.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(1, receiver.Delivered);
        Assert.Equal(0, keeper.Router.Held.Count);
    }

    [Fact]
    public void A_long_absence_does_not_pass_for_a_slow_receipt()
    {
        (RouterNetwork network, RouterNode sender, RouterNode keeper, RouterNode receiver) = ReceiverGone();
        EnvelopeId id = sender.Send(receiver, 1).Id;
        network.Run(TimeSpan.FromMinutes(40));
        Return(keeper, receiver);
        sender.RouteVia(receiver, keeper);
        receiver.RouteVia(sender, keeper);
        network.Run(Second);
        Assert.Equal(MessageState.Delivered, sender.States[id].State);

        // Were it one, this would not be repeated for two hours.
        receiver.Receipts = false;
        sender.Send(receiver, 2);
        network.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(1, sender[RouterCounter.Repetitions]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Whoever_leaves_meanwhile_it_arrives_once(int seed)
    {
        const int Messages = 30;
        var network = new RouterNetwork(seed);
        RouterNode[] senders = [.. Enumerable.Range(0, 3).Select(_ => network.Add())];
        RouterNode[] keepers = [.. Enumerable.Range(0, 3).Select(_ => network.Add(keeps: true))];
        RouterNode receiver = network.Add();
        foreach (RouterNode keeper in keepers)
        {
            network.Join(keeper, receiver, RouterLinkKind.Stream).Cut();
            foreach (RouterNode sender in senders)
                Meet(network, sender, keeper,
                    network.Random.Next(3) == 0 ? RouterLinkKind.Radio : RouterLinkKind.Stream);
        }

        receiver.Crash();
        network.Run(Settled);
        for (int i = 0; i < Messages; i++)
        {
            senders[network.Random.Next(3)].Send(receiver, i, lifetime: TimeSpan.FromDays(1));
            // The radio of a keeper, or its power, goes now and then, but it comes back.
            RouterNode keeper = keepers[network.Random.Next(3)];
            RouterNode sender = senders[network.Random.Next(3)];
            if (!keeper.Up)
                keeper.Start();
            else if (network.Random.Next(3) == 0)
                keeper.Crash();
            else if (network.Random.Next(2) == 0)
                keeper.LinkTo(sender).Cut();
            else
                keeper.LinkTo(sender).Raise();
            keeper.DiskFails = network.Random.Next(4) == 0;
            Know(senders, keepers);
            network.Run(TimeSpan.FromSeconds(network.Random.Next(1, 30)));
        }

        foreach (RouterNode keeper in keepers.Where(keeper => !keeper.Up))
            keeper.Start();
        foreach (RouterNode keeper in keepers)
        {
            keeper.DiskFails = false;
            foreach (RouterNode sender in senders)
                keeper.LinkTo(sender).Raise();
        }

        Know(senders, keepers);
        network.Run(TimeSpan.FromMinutes(3));
        Assert.All(senders,
            sender => Assert.All(sender.States.Values, state => Assert.Equal(MessageState.Forwarded, state.State)));
        foreach (RouterNode sender in senders)
            sender.Crash();
        receiver.Start();
        foreach (RouterNode keeper in keepers)
        {
            keeper.LinkTo(receiver).Raise();
            keeper.RouteVia(receiver, receiver);
        }

        network.Run(TimeSpan.FromMinutes(3));
        Assert.Equal(Messages, receiver.Messages.Count);
        Assert.Equal(Messages, receiver.Delivered);
        Assert.All(keepers, keeper => Assert.Equal(0, keeper.Router.Held.Count - keeper.Router.Held.AwaitingReceipt
            - HeldReceipts(keeper, senders)));
    }

    // What the receiver sent back waits for senders that never return.
    private static int HeldReceipts(RouterNode keeper, RouterNode[] senders)
    {
        HeldSummary[] held = new HeldSummary[16];
        int count = keeper.Router.CopyHeld(held);
        return held[..count].Where(summary => senders.Any(sender => sender.Address == summary.Destination))
            .Sum(summary => summary.Count);
    }

    private static (RouterNetwork Network, RouterNode Sender, RouterNode Keeper, RouterNode Receiver) ReceiverGone()
    {
        var network = new RouterNetwork(1);
        RouterNode sender = network.Add(), keeper = network.Add(keeps: true), receiver = network.Add();
        Meet(network, sender, keeper);
        network.Join(keeper, receiver, RouterLinkKind.Stream);
        receiver.Crash();
        network.Run(Settled);
        return (network, sender, keeper, receiver);
    }

    private static void Return(RouterNode keeper, RouterNode receiver)
    {
        if (!receiver.Up)
            receiver.Start();
        keeper.LinkTo(receiver).Raise();
        keeper.RouteVia(receiver, receiver);
    }

    private static void Meet(RouterNetwork network, RouterNode a, RouterNode b, RouterLinkKind? kind = null)
    {
        network.Join(a, b, kind ?? RouterLinkKind.Stream);
        a.RouteVia(b, b);
        b.RouteVia(a, a);
    }

    private static void Know(RouterNode[] some, RouterNode[] others)
    {
        foreach (RouterNode a in some)
        {
            foreach (RouterNode b in others.Where(b => a.LinkTo(b).Up))
            {
                a.RouteVia(b, b);
                b.RouteVia(a, a);
            }
        }
    }
}
