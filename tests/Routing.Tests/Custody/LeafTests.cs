using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>Nodes that do less for others than they could, because their operator says so.</summary>
public sealed class LeafTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);
    private static readonly RouterOptions Leaf = new() { Relays = false, Routes = new RouteOptions { Relays = false } };

    [Fact]
    public void A_leaf_speaks_for_itself_only()
    {
        var network = new RouterNetwork(1, realRoutes: true);
        RouterNode left = network.Add(), leaf = network.Add(Leaf), right = network.Add();
        network.Join(left, leaf, RouterLinkKind.Stream).Raise();
        network.Join(leaf, right, RouterLinkKind.Stream).Raise();
        network.Run(Settled);
        Assert.NotNull(left.Router.FindRoute(leaf.Address));
        Assert.NotNull(leaf.Router.FindRoute(left.Address));
        Assert.NotNull(leaf.Router.FindRoute(right.Address));
        Assert.Null(left.Router.FindRoute(right.Address));

        EnvelopeId id = left.Send(leaf, 1).Id;
        EnvelopeId back = leaf.Send(right, 2).Id;
        network.Run(Second);
        Assert.Equal(MessageState.Delivered, left.States[id].State);
        Assert.Equal(MessageState.Delivered, leaf.States[back].State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_leaf_asks_for_nobody(bool isLeaf)
    {
        var asked = new RouterLinkKind(LinkProperties.Stream with { PushRoutes = false }, TimeSpan.FromMilliseconds(1));
        var network = new RouterNetwork(1, realRoutes: true);
        RouterNode left = network.Add(), middle = network.Add(isLeaf ? Leaf : null), next = network.Add(),
            right = network.Add();
        foreach ((RouterNode a, RouterNode b) in
            ((RouterNode, RouterNode)[])[(left, middle), (middle, next), (next, right)])
            network.Join(a, b, asked).Raise();
        network.Run(Settled);
        left.Router.Seek(network.Now, right.Address);
        network.Run(TimeSpan.FromMinutes(3));
        Assert.Equal(isLeaf, left.Router.FindRoute(right.Address) is null);
        Assert.Equal(isLeaf, middle.Router.RouteCounters[RouteCounter.RequestsSent] == 0);
    }

    [Fact]
    public void The_way_leads_round_a_leaf()
    {
        var network = new RouterNetwork(1, realRoutes: true);
        RouterNode left = network.Add(), leaf = network.Add(Leaf), right = network.Add(), far = network.Add(),
            further = network.Add();
        foreach ((RouterNode a, RouterNode b) in ((RouterNode, RouterNode)[])[(left, leaf), (leaf, right), (left, far),
            (far, further), (further, right)])
            network.Join(a, b, RouterLinkKind.Stream).Raise();
        network.Run(Settled);
        EnvelopeId id = left.Send(right, 1).Id;
        network.Run(Second);
        Assert.Equal((MessageState.Delivered, 3), (left.States[id].State, left.States[id].Hops));
    }

    [Fact]
    public void What_is_forced_upon_a_leaf_stays_with_the_neighbour()
    {
        var network = new RouterNetwork(1);
        RouterNode left = network.Add(), leaf = network.Add(Leaf), right = network.Add();
        network.Join(left, leaf, RouterLinkKind.Stream).Raise();
        network.Join(leaf, right, RouterLinkKind.Stream).Raise();
        left.RouteVia(right, leaf);
        leaf.RouteVia(right, right);
        left.Send(right, 1);
        network.Run(Second);
        Assert.NotEqual(0, leaf.Router.Counters[RouterCounter.DropNoWayOn]);
        Assert.Equal((1, 0, 0), (left.Router.Held.Count, leaf.Router.Held.Count, right.Delivered));
    }

    [Fact]
    public void Who_does_not_hold_for_others_takes_what_has_a_way_on_and_nothing_else()
    {
        var network = new RouterNetwork(1);
        RouterNode left = network.Add(), relay = network.Add(new RouterOptions { HoldsForOthers = false }),
            right = network.Add();
        network.Join(left, relay, RouterLinkKind.Stream).Raise();
        RouterLink link = network.Join(relay, right, RouterLinkKind.Stream);
        link.Raise();
        left.RouteVia(right, relay);
        left.Send(right, 1);
        network.Run(Second);
        Assert.Equal((1, 0L), (left.Router.Held.Count, (long)relay.Router.Held.Count));
        Assert.NotEqual(0, relay.Router.Counters[RouterCounter.DropNoWayOn]);

        relay.RouteVia(right, right);
        network.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(1, right.Delivered);
    }
}
