using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>Frames that nobody answers for.</summary>
public sealed class BulkTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_bulk_frame_crosses_relays_that_keep_write_and_answer_nothing()
    {
        var network = new RouterNetwork(1);
        RouterNode[] nodes = network.Line(5);
        var classes = new List<FrameKind>();
        network.Observe = (_, _, frame) => classes.Add((FrameKind)frame[0]);
        byte[] payload = new byte[BulkFrame.MaxPayload];
        new Random(1).NextBytes(payload);
        Assert.Equal(BulkResult.Sent, nodes[0].SendBulk(nodes[4], payload));
        network.Run(Second);
        Assert.Equal(payload, Assert.Single(nodes[4].Bulk).Payload);
        Assert.Equal(4, classes.Count(k => k == FrameKind.Bulk));
        Assert.DoesNotContain(FrameKind.CustodyAck, classes);
        Assert.All(nodes, n => Assert.Equal((0, 0), (n.Writes, n.Router.Held.Count)));
        Assert.Equal((1, 1, 1),
            (nodes[0][RouterCounter.BulkOriginated], nodes[2][RouterCounter.BulkForwarded],
                nodes[4][RouterCounter.BulkDelivered]));
    }

    [Fact]
    public void What_does_not_parse_counts_against_the_neighbour()
    {
        var network = new RouterNetwork(2);
        RouterNode[] nodes = network.Line(2);
        for (int i = 0; i < 8; i++)
            nodes[1].Router.Receive(network.Now, nodes[1].To(nodes[0]), [(byte)FrameKind.Bulk, 0x02, 1, 2, 3]);
        Assert.Equal(8, nodes[1][RouterCounter.BulkMalformed]);
        Assert.Single(nodes[1].Closed);
    }

    [Fact]
    public void A_loop_of_stale_routes_ends_with_the_hops()
    {
        var network = new RouterNetwork(3);
        RouterNode a = network.Add(), b = network.Add(), c = network.Add(), d = network.Add();
        foreach ((RouterNode one, RouterNode two) in ((RouterNode, RouterNode)[])[(a, b), (b, c), (c, a)])
            network.Join(one, two, RouterLinkKind.Stream);
        a.RouteVia(d, b);
        b.RouteVia(d, c);
        c.RouteVia(d, a);
        a.SendBulk(d, [1]);
        network.Run(TimeSpan.FromSeconds(10));
        Assert.InRange(a[RouterCounter.BulkForwarded] + b[RouterCounter.BulkForwarded]
            + c[RouterCounter.BulkForwarded], 50, 70);
        Assert.Equal(1, a[RouterCounter.BulkHopLimit] + b[RouterCounter.BulkHopLimit] + c[RouterCounter.BulkHopLimit]);
    }

    [Fact]
    public void Nothing_goes_back_to_whom_it_came_from_or_through_a_node_that_does_not_relay()
    {
        var network = new RouterNetwork(4);
        RouterNode a = network.Add(), b = network.Add(), leaf = network.Add(new RouterOptions { Relays = false }),
            d = network.Add();
        network.Join(a, b, RouterLinkKind.Stream);
        network.Join(a, leaf, RouterLinkKind.Stream);
        a.RouteVia(d, b);
        b.RouteVia(d, a);
        a.SendBulk(d, [1]);
        network.Run(Second);
        Assert.Equal((1, 0), (b[RouterCounter.BulkNoWayOn], a[RouterCounter.BulkReceived]));
        a.RouteVia(d, leaf);
        leaf.RouteVia(d, a);
        a.SendBulk(d, [1]);
        network.Run(Second);
        Assert.Equal(1, leaf[RouterCounter.BulkNoWayOn]);
        Assert.Equal(BulkResult.NoRoute, d.SendBulk(a, [1]));
    }

    [Fact]
    public void A_radio_is_crossed_only_with_leave()
    {
        var network = new RouterNetwork(5);
        RouterNode a = network.Add(), b = network.Add(), c = network.Add();
        network.Join(a, b, RouterLinkKind.Stream);
        network.Join(b, c, RouterLinkKind.Radio);
        a.RouteVia(c, b);
        b.RouteVia(c, c);
        Assert.Equal(BulkResult.Sent, a.SendBulk(c, [1, 2, 3]));
        network.Run(TimeSpan.FromSeconds(30));
        Assert.Empty(c.Bulk);
        Assert.Equal(1, b[RouterCounter.BulkNotOverRadio]);
        Assert.Equal(BulkResult.NotOverRadio, b.SendBulk(c, [1]));
        Assert.True(b.Router.WayOf(network.Now, c.Address).IsSlow);
        Assert.False(b.Router.WayOf(network.Now, a.Address).IsThere);
        for (int i = 0; i < 20; i++)
            a.SendBulk(c, [4, 5, 6], overRadio: true);
        network.Run(TimeSpan.FromMinutes(5));
        Assert.NotEmpty(c.Bulk);
        Assert.All(c.Bulk, b => Assert.True(b.OverRadio));
    }

    [Fact]
    public void A_source_that_sends_more_than_it_may_loses_frames_and_not_its_link()
    {
        var network = new RouterNetwork(6);
        var options = new RouterOptions { NeighbourEnvelopesPerSecond = 100, NeighbourBurst = 50 };
        RouterNode[] nodes = network.Line(3, options);
        for (int i = 0; i < 500; i++)
            nodes[0].SendBulk(nodes[2], [1, 2]);
        network.Run(Second);
        Assert.InRange(nodes[2].Bulk.Count, 50, 160);
        Assert.True(nodes[1][RouterCounter.BulkTooFast] > 300);
        Assert.Empty(nodes[1].Closed);
    }
}
