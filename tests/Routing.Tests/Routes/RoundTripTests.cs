using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

public sealed class RoundTripTests
{
    [Fact]
    public void A_round_trip_is_unknown_and_the_link_unused_until_a_pong_came()
    {
        // Pongs to pings that were never sent: the neighbour is there, but nothing tells how far it is.
        bool wrong = true;
        var network = new RouteNetwork(1)
        {
            Tamper = (_, frame) => wrong && frame[0] == (byte)FrameKind.Pong
                ? [frame[0], (byte)~frame[1], (byte)~frame[2]] : frame,
        };
        network.AddNodes(2);
        network.Connect(network.Nodes[0], network.Nodes[1], delayMs: 3);
        network.Run(2);
        NeighbourInfo before = Neighbour();
        Assert.True(before.Cost.IsInfinite);
        Assert.Null(before.RoundTrip);

        wrong = false;
        network.Run(60);
        Assert.Equal(TimeSpan.FromMilliseconds(6), Neighbour().RoundTrip);

        NeighbourInfo Neighbour() => Assert.Single(network.Nodes[0].Routes.ListNeighbours());
    }
}
