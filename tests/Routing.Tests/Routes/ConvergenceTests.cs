using Xunit.Abstractions;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

public sealed class ConvergenceTests(ITestOutputHelper output)
{
    [Fact]
    public void A_line_of_five_learns_a_new_node_within_a_fifth_of_a_second()
    {
        RouteNetwork network = Topologies.Line(5);
        double seconds = network.RunUntil(() => network.Arrival() >= 1, 5);
        output.WriteLine($"{seconds} s");
        Assert.True(seconds <= 0.2, $"{seconds} s");
        RouteNode late = network.AddNode();
        network.Run(10);
        network.Connect(late, network.Nodes[4]);
        seconds = network.RunUntil(() => network.Walk(network.Nodes[0], late) == 5, 5);
        Assert.True(seconds <= 0.2, $"{seconds} s");
    }

    [Theory]
    [InlineData("line", 50, 10)]
    [InlineData("grid", 49, 3)]
    [InlineData("tree", 50, 3)]
    public void Cold_starts_converge_quickly(string kind, int count, double limit)
    {
        RouteNetwork network = kind switch
        {
            "line" => Topologies.Line(count),
            "grid" => Topologies.Grid((int)Math.Sqrt(count)),
            _ => Topologies.Tree(count),
        };
        double seconds = network.RunUntil(() => network.Arrival() >= 0.99, 30);
        long atConvergence = network.Nodes.Sum(node => node.BytesSent);
        network.Run(60);
        long afterwards = network.Nodes.Sum(node => node.BytesSent);
        network.Run(600);
        long later = network.Nodes.Sum(node => node.BytesSent);
        output.WriteLine(
            $"{kind} {count}: {seconds} s, {atConvergence / count} B/node, after a minute {afterwards / count} B/node, "
            + $"steady {(later - afterwards) / 600.0 / count:0.00} B/s/node");
        Assert.True(seconds <= limit, $"{seconds} s");
        Assert.Equal(1.0, network.Arrival());
        Assert.Equal(0, network.Loops);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void After_the_storm_every_path_is_a_shortest_one(int seed)
    {
        RouteNetwork network = Topologies.Random(40, 80, seed);
        network.Run(30);
        double stretch = 0;
        int pairs = 0;
        foreach (RouteNode to in network.Nodes)
        {
            int[] hops = network.HopsFrom(to);
            foreach (RouteNode from in network.Nodes)
            {
                if (from == to)
                    continue;
                int walked = network.Walk(from, to);
                Assert.True(walked >= 0);
                stretch += walked / (double)hops[from.Number];
                pairs++;
            }
        }

        output.WriteLine($"mean stretch {stretch / pairs:0.000}");
        Assert.True(stretch / pairs < 1.02);
        Assert.Equal(0, network.Loops);
    }

    [SharedTheory("topologies")]
    [InlineData("leipzig")]
    [InlineData("ulm")]
    [InlineData("bielefeld")]
    [InlineData("cologne-bonn-area")]
    public void Cities_converge_within_their_budget(string city)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        RouteNetwork network = Topologies.City(city);
        network.OracleEvery = 50;
        int count = network.Nodes.Count;
        double seconds = network.RunUntil(() => network.Nodes.All(node => node.Routes.KnownNodes == count), 30);
        network.Run(30);
        double bytes = network.Nodes.Sum(node => node.BytesSent) / (double)count;
        long entries = network.Nodes.Sum(node => node.Routes.Counters[RouteCounter.EntriesSent]);
        long kept = network.Nodes.Sum(node => node.Routes.Counters[RouteCounter.AnnouncesKept]);
        long sent = network.Nodes.Sum(node => node.Routes.Counters[RouteCounter.AnnouncesSent]);
        long raised = network.Nodes.Sum(node => node.Routes.Counters[RouteCounter.SequencesRaised]);
        network.Run(600);
        double steady = (network.Nodes.Sum(node => node.BytesSent) / (double)count - bytes) / 600;
        output.WriteLine(
            $"{city} {count} nodes {network.Links.Count} links: {seconds} s, {bytes:0} B/node, "
                + $"{entries / (double)count / count:0.0} entries "
            + $"per node and destination, {sent} announces sent, {kept} kept, {raised} sequences, frames "
            + $"{network.Frames}, steady {steady:0.00} B/s/node, "
            + $"wall {watch.Elapsed.TotalSeconds:0.0} s, arrival {network.Arrival()}");
        Assert.Equal(1.0, network.Arrival());
        Assert.Equal(0, network.Loops);
        Assert.True(bytes <= 90_000);
        Assert.True(steady <= 50);
    }
}
