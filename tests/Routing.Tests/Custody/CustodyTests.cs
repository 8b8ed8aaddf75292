using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

public sealed class CustodyTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_message_over_two_relays_is_delivered_proven_and_written_nowhere_on_the_way()
    {
        var network = new RouterNetwork(1);
        RouterNode[] nodes = network.Line(4);
        EnvelopeId id = nodes[0].Send(nodes[3], 1).Id;
        network.Run(Second);

        Assert.Equal(1, nodes[3].Delivered);
        Assert.Equal((MessageState.Delivered, StateReason.None, 3), nodes[0].States[id]);
        Assert.Equal([MessageState.Forwarded, MessageState.Delivered],
            nodes[0].StateChanges.Select(change => change.State));
        Assert.Equal(0, nodes[1].Writes + nodes[2].Writes);
        Assert.All(nodes, node => Assert.Equal(0, node.Router.Held.Count));
        Assert.All(nodes, node => Assert.Equal(0, node.Router.Held.BytesInMemory));
        Assert.All(nodes, node => Assert.Empty(node.Disk));
    }

    [Fact]
    public void A_relay_without_a_route_writes_first_and_then_says_taken()
    {
        var network = new RouterNetwork(2);
        RouterNode[] nodes = network.Line(3);
        nodes[1].LinkTo(nodes[2]).Cut();
        EnvelopeId id = nodes[0].Send(nodes[2], 1).Id;
        network.Run(TimeSpan.FromMilliseconds(2));
        Assert.Equal(MessageState.Queued, nodes[0].States[id].State);

        network.Run(Second);
        Assert.Equal(MessageState.Forwarded, nodes[0].States[id].State);
        Assert.Single(nodes[1].Disk);
        Assert.Contains(nodes[2].Address, nodes[1].Routes.Wanted);

        nodes[1].LinkTo(nodes[2]).Raise();
        nodes[1].RouteVia(nodes[2], nodes[2]);
        nodes[2].RouteVia(nodes[0], nodes[1]);
        network.Run(Second);
        Assert.Equal(MessageState.Delivered, nodes[0].States[id].State);
        Assert.Empty(nodes[1].Disk);
    }

    [Fact]
    public void What_a_relay_took_outlives_its_power_and_the_senders_absence()
    {
        var network = new RouterNetwork(3);
        RouterNode[] nodes = network.Line(3);
        nodes[1].LinkTo(nodes[2]).Cut();
        nodes[0].Send(nodes[2], 1);
        network.Run(Second);
        nodes[0].Crash();
        nodes[1].Crash();
        network.Run(TimeSpan.FromHours(3));
        nodes[1].Start();
        nodes[1].RouteVia(nodes[2], nodes[2]);
        network.Run(Second);

        Assert.Equal(1, nodes[2].Delivered);
    }

    [Fact]
    public void When_a_link_dies_with_envelopes_in_flight_they_go_the_other_way_at_once()
    {
        var network = new RouterNetwork(4);
        RouterNode a = network.Add(), b = network.Add(), c = network.Add(), d = network.Add();
        network.Join(a, b, RouterLinkKind.Stream);
        network.Join(a, c, RouterLinkKind.Stream);
        network.Join(b, d, RouterLinkKind.Stream);
        network.Join(c, d, RouterLinkKind.Stream);
        a.RouteVia(d, b, c);
        b.RouteVia(d, d);
        c.RouteVia(d, d);
        d.RouteVia(a, c);
        c.RouteVia(a, a);
        for (int i = 0; i < 20; i++)
            a.Send(d, i);
        a.LinkTo(b).Cut();
        network.Run(TimeSpan.FromMilliseconds(20));

        Assert.Equal(20, d.Delivered);
        Assert.All(a.States.Values, state => Assert.Equal(MessageState.Delivered, state.State));
    }

    [Fact]
    public void A_radio_that_loses_a_fifth_of_all_frames_delivers_everything_once()
    {
        var network = new RouterNetwork(5);
        RouterNode[] nodes = network.Line(3, kind: RouterLinkKind.Radio);
        for (int i = 0; i < 50; i++)
            nodes[0].Send(nodes[2], i);
        network.Run(TimeSpan.FromMinutes(10));

        Assert.Equal(50, nodes[2].Delivered);
        Assert.All(nodes[0].States.Values, state => Assert.Equal(MessageState.Delivered, state.State));
        Assert.True(nodes[0][RouterCounter.Retransmissions] > 0);
        Assert.True(nodes[0].Routes.LostSamples > 0);
    }

    [Fact]
    public void Without_a_receipt_the_message_is_sent_again_by_another_way()
    {
        var network = new RouterNetwork(6);
        RouterNode a = network.Add(), b = network.Add(), c = network.Add(), d = network.Add();
        network.Join(a, b, RouterLinkKind.Stream);
        network.Join(a, c, RouterLinkKind.Stream);
        network.Join(c, d, RouterLinkKind.Stream);
        // b claims to have a way, takes custody in memory, and never passes anything on.
        a.RouteVia(d, b, c);
        c.RouteVia(d, d);
        d.RouteVia(a, c);
        c.RouteVia(a, a);
        EnvelopeId id = a.Send(d, 1).Id;
        network.Run(Second);
        Assert.Equal(MessageState.Forwarded, a.States[id].State);
        Assert.Equal(0, d.Delivered);

        network.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(MessageState.Delivered, a.States[id].State);
        Assert.Contains((d.Address, a.To(b)), a.Routes.Penalised);
        Assert.Contains((d.Address, a.To(c)), a.Routes.Trusted);
        Assert.Equal(1, a[RouterCounter.Repetitions]);
    }

    [Fact]
    public void A_lost_receipt_is_repeated_when_the_message_is()
    {
        var network = new RouterNetwork(7);
        RouterNode[] nodes = network.Line(2);
        nodes[1].Receipts = false;
        EnvelopeId id = nodes[0].Send(nodes[1], 1).Id;
        network.Run(Second);
        Assert.Equal(MessageState.Forwarded, nodes[0].States[id].State);

        nodes[1].Receipts = true;
        network.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(MessageState.Delivered, nodes[0].States[id].State);
        Assert.Equal(1, nodes[1].Delivered);
    }

    [Fact]
    public void A_lifetime_ends_at_every_holder_and_the_sender_says_expired()
    {
        var network = new RouterNetwork(8);
        RouterNode[] nodes = network.Line(3);
        nodes[1].LinkTo(nodes[2]).Cut();
        EnvelopeId id = nodes[0].Send(nodes[2], 1, lifetime: TimeSpan.FromSeconds(60)).Id;
        network.Run(TimeSpan.FromSeconds(59));
        Assert.Equal(1, nodes[1].Router.Held.Count);

        network.Run(TimeSpan.FromSeconds(12));
        Assert.Equal((MessageState.Expired, StateReason.LifetimeOver, 0), nodes[0].States[id]);
        Assert.Equal(0, nodes[1].Router.Held.Count);
        Assert.Equal(1, nodes[1][RouterCounter.LostExpired]);
        Assert.Empty(nodes[1].Disk);
    }

    [Fact]
    public void A_message_to_this_node_itself_is_delivered_here()
    {
        var network = new RouterNetwork(9);
        RouterNode node = network.Add();
        EnvelopeId id = node.Send(node, 1).Id;
        network.Run(Second);

        Assert.Equal(1, node.Delivered);
        Assert.Equal((MessageState.Delivered, StateReason.None, 0), node.States[id]);
        Assert.Equal(0, node.Router.Held.Count);
    }

    [Fact]
    public void A_cancelled_message_is_forgotten_and_does_not_come_back()
    {
        var network = new RouterNetwork(10);
        RouterNode[] nodes = network.Line(2);
        nodes[0].LinkTo(nodes[1]).Cut();
        EnvelopeId id = nodes[0].Send(nodes[1], 1).Id;
        Assert.True(nodes[0].Router.Cancel(network.Now, id));
        Assert.False(nodes[0].Router.Cancel(network.Now, id));
        nodes[0].Settle();
        nodes[0].LinkTo(nodes[1]).Raise();
        nodes[0].RouteVia(nodes[1], nodes[1]);
        network.Run(Second);

        Assert.Equal((MessageState.Failed, StateReason.Cancelled, 0), nodes[0].States[id]);
        Assert.Equal(0, nodes[1].Delivered);
        Assert.Empty(nodes[0].Disk);
    }

    [Fact]
    public void A_full_disk_refuses_custody_and_the_sender_keeps_the_message_until_there_is_space()
    {
        var network = new RouterNetwork(11);
        RouterNode[] nodes = network.Line(3);
        nodes[1].LinkTo(nodes[2]).Cut();
        nodes[1].DiskFails = true;
        EnvelopeId id = nodes[0].Send(nodes[2], 1).Id;
        network.Run(TimeSpan.FromSeconds(5));
        Assert.Equal((MessageState.Queued, StateReason.NextHopFull, 0), nodes[0].States[id]);
        Assert.Equal(0, nodes[1].Router.Held.Count);
        Assert.True(nodes[1][RouterCounter.DropPersistFailed] > 0);

        nodes[1].DiskFails = false;
        network.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(MessageState.Forwarded, nodes[0].States[id].State);
    }

    [Fact]
    public void A_receiver_without_space_refuses_and_gets_it_later()
    {
        var network = new RouterNetwork(12);
        RouterNode[] nodes = network.Line(3);
        nodes[2].HostFull = true;
        EnvelopeId id = nodes[0].Send(nodes[2], 1).Id;
        network.Run(TimeSpan.FromSeconds(5));
        Assert.NotEqual(MessageState.Delivered, nodes[0].States[id].State);
        Assert.True(nodes[2][RouterCounter.DropHostFull] > 0);

        nodes[2].HostFull = false;
        network.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(MessageState.Delivered, nodes[0].States[id].State);
        Assert.Equal(1, nodes[2].Delivered);
    }

    [Fact]
    public void A_relay_refuses_to_send_back_where_it_came_from()
    {
        var network = new RouterNetwork(13);
        RouterNode[] nodes = network.Line(3);
        nodes[1].RouteVia(nodes[2], nodes[0]);
        EnvelopeId id = nodes[0].Send(nodes[2], 1).Id;
        network.Run(Second);

        Assert.Equal((MessageState.Queued, StateReason.NextHopHasNoWay, 0), nodes[0].States[id]);
        Assert.True(nodes[1][RouterCounter.DropNoWayOn] > 0);
        Assert.Equal(0, nodes[1].Router.Held.Count);
    }

    [Fact]
    public void Held_envelopes_go_back_where_they_came_from_once_that_is_the_way()
    {
        var network = new RouterNetwork(14);
        RouterNode a = network.Add(), b = network.Add(), c = network.Add();
        network.Join(a, b, RouterLinkKind.Stream);
        a.RouteVia(c, b);
        a.Send(c, 1);
        network.Run(Second);
        Assert.Equal(1, b.Router.Held.Count);

        network.Join(a, c, RouterLinkKind.Stream);
        a.RouteVia(c, c);
        c.RouteVia(a, a);
        b.RouteVia(c, a);
        network.Run(Second);
        Assert.Equal(1, c.Delivered);
        Assert.Equal(0, b.Router.Held.Count);
    }

    [Fact]
    public void More_than_the_memory_budget_is_read_back_from_disk_when_its_turn_comes()
    {
        var network = new RouterNetwork(15);
        var options = new RouterOptions { MemoryBudget = 64 * 1024, MaxHeldBytes = 8 << 20 };
        RouterNode[] nodes = network.Line(3, options);
        nodes[1].LinkTo(nodes[2]).Cut();
        for (int i = 0; i < 300; i++)
        {
            nodes[0].Send(nodes[2], i, size: 1000);
            network.Run(TimeSpan.FromMilliseconds(20));
        }

        network.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(300, nodes[1].Router.Held.Count);
        Assert.InRange(nodes[1].Router.Held.BytesInMemory, 0, options.MemoryBudget);

        nodes[1].LinkTo(nodes[2]).Raise();
        nodes[1].RouteVia(nodes[2], nodes[2]);
        nodes[2].RouteVia(nodes[0], nodes[1]);
        network.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(300, nodes[2].Delivered);
        Assert.Equal(0, nodes[1].Router.Held.Count);
    }
}
