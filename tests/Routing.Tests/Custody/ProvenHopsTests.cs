using QuicProChat.Mesh.Routing.Tests.Custody.Network;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

public sealed class ProvenHopsTests
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(5);

    [Fact]
    public void The_hops_of_a_route_are_those_of_the_last_receipt_that_came_over_it()
    {
        // 0 - 1 - 2 - 3, and 0 - 4 - 3 for later.
        var network = new RouterNetwork(1, realRoutes: true);
        RouterNode[] nodes = [.. Enumerable.Range(0, 5).Select(_ => network.Add())];
        for (int i = 1; i < 4; i++)
            network.Join(nodes[i - 1], nodes[i], RouterLinkKind.Stream);
        network.Run(Settled);
        Assert.Equal((1, null, null), (Hops(nodes[1]), Hops(nodes[2]), Hops(nodes[3])));

        nodes[0].Send(nodes[3], 1);
        network.Run(Settled);
        Assert.Equal((1, null, 3), (Hops(nodes[1]), Hops(nodes[2]), Hops(nodes[3])));

        network.Join(nodes[0], nodes[4], RouterLinkKind.Stream);
        network.Join(nodes[4], nodes[3], RouterLinkKind.Stream);
        nodes[1].Crash();
        network.Run(Settled);
        Assert.Equal((null, null, null), (Hops(nodes[1]), Hops(nodes[2]), Hops(nodes[3])));
        nodes[0].Send(nodes[3], 2);
        network.Run(Settled);
        Assert.Equal((1, 2), (Hops(nodes[4]), Hops(nodes[3])));

        int? Hops(RouterNode to) => nodes[0].Router.FindRoute(to.Address)!.Hops;
    }
}
