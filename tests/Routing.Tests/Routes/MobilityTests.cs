using Xunit.Abstractions;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

public sealed class MobilityTests(ITestOutputHelper output)
{
    private const int Count = 50;
    private const int WantedLinks = 150;
    private const double Side = 1000;

    [Theory]
    [InlineData(10)]
    [InlineData(60)]
    public void Routes_follow_nodes_that_jump_every_ten_seconds(double metres)
    {
        var random = new Random(4);
        var network = new RouteNetwork(4);
        network.OracleEvery = 20;
        network.AddNodes(Count);
        (double X, double Y)[] places =
            [.. Enumerable.Range(0, Count).Select(_ => (random.NextDouble() * Side, random.NextDouble() * Side))];
        double range = RangeFor(places);
        var links = new Dictionary<(int, int), RouteLink>();
        Rewire(network, links, places, range);
        network.Run(10);
        double[] looks = [0.05, 0.2, 0.5, 1, 2, 5, 9.9];
        double[] sums = new double[looks.Length];
        const int Jumps = 8;
        long before = network.Nodes.Sum(node => node.BytesSent);
        int changed = 0;
        for (int jump = 0; jump < Jumps; jump++)
        {
            for (int i = 0; i < Count; i++)
            {
                double angle = random.NextDouble() * 2 * Math.PI;
                places[i] = (Math.Clamp(places[i].X + metres * Math.Cos(angle), 0, Side),
                    Math.Clamp(places[i].Y + metres * Math.Sin(angle), 0, Side));
            }

            changed += Rewire(network, links, places, range);
            double at = 0;
            for (int look = 0; look < looks.Length; look++)
            {
                network.Run(looks[look] - at);
                at = looks[look];
                sums[look] += network.Arrival() / Reachable(network);
            }

            network.Run(10 - at);
        }

        long raised = network.Nodes.Sum(node => node.Routes.Counters[RouteCounter.SequencesRaised]);
        long bytes = network.Nodes.Sum(node => node.BytesSent) - before;
        output.WriteLine($"{metres} m: {changed / (double)Jumps:0.0} links change a jump; arrival after "
            + string.Join(", ", looks.Select((look, i) => $"{look} s {sums[i] / Jumps:P1}"))
            + $"; {raised} sequences, {bytes / Count / (Jumps * 10.0):0} B/s/node");
        Assert.True(sums[^2] / Jumps > 0.999);
        Assert.True(sums[2] / Jumps > 0.97);
        Assert.Equal(0, network.Loops);
    }

    private static double Reachable(RouteNetwork network)
    {
        int pairs = network.Nodes.Sum(node => network.HopsFrom(node).Count(hops => hops > 0));
        return pairs / (double)(Count * (Count - 1));
    }

    private static double RangeFor((double X, double Y)[] places)
    {
        List<double> distances = [];
        for (int a = 0; a < Count; a++)
        {
            for (int b = a + 1; b < Count; b++)
                distances.Add(Distance(places[a], places[b]));
        }

        return distances.Order().ElementAt(WantedLinks - 1);
    }

    private static double Distance((double X, double Y) a, (double X, double Y) b) =>
        Math.Sqrt((a.X - b.X) * (a.X - b.X) + (a.Y - b.Y) * (a.Y - b.Y));

    private static int Rewire(
        RouteNetwork network, Dictionary<(int, int), RouteLink> links, (double X, double Y)[] places, double range)
    {
        int changed = 0;
        for (int a = 0; a < Count; a++)
        {
            for (int b = a + 1; b < Count; b++)
            {
                bool near = Distance(places[a], places[b]) <= range;
                bool exists = links.TryGetValue((a, b), out RouteLink? link);
                if (near == (exists && link!.IsUp))
                    continue;
                changed++;
                if (!near)
                    network.Down(link!);
                else if (exists)
                    network.Up(link!);
                else
                    links.Add((a, b), network.Connect(network.Nodes[a], network.Nodes[b]));
            }
        }

        return changed;
    }
}
