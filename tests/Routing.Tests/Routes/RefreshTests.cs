namespace QuicProChat.Mesh.Routing.Tests.Routes;

public sealed class RefreshTests
{
    private const int Seconds = 2000;

    [Theory]
    [InlineData(2, 60)]
    [InlineData(24, 240)]
    public void A_sequence_is_refreshed_in_proportion_to_the_network(int nodes, int interval)
    {
        var network = new RouteNetwork(1)
        {
            Options = new RouteOptions
            {
                SequenceRefresh = TimeSpan.FromSeconds(60),
                SequenceRefreshPerNode = TimeSpan.FromSeconds(10)
            },
        };
        network.AddNodes(nodes);
        for (int i = 1; i < nodes; i++)
            network.Connect(network.Nodes[i - 1], network.Nodes[i]);
        network.Run(Seconds);
        foreach (RouteNode node in network.Nodes)
        {
            long raised = node.Routes.Counters[RouteCounter.SequencesRaised] - 1;
            Assert.InRange(raised, Seconds / (1.25 * interval) - 1, Seconds / (0.75 * interval));
        }
    }
}
