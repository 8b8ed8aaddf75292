using System.Text;

namespace QuicProChat.Mesh.Simulation.Tests;

public sealed class TopologyTests
{
    [SharedTheory("topologies")]
    [InlineData("freifunk-leipzig", 210, 413)]
    [InlineData("freifunk-ulm", 217, 447)]
    [InlineData("freifunk-bielefeld", 246, 483)]
    [InlineData("freifunk-cologne-bonn-area", 279, 775)]
    [InlineData("freifunk-berlin", 761, 1123)]
    public void Community_networks_load_and_hang_together(string name, int nodes, int links)
    {
        Topology topology = Topology.Parse(Cities.Find(name), seed: 1);
        Assert.Equal(nodes, topology.Nodes);
        Assert.Equal(links, topology.Edges.Count);
        Assert.Equal(nodes, Reached(topology));
        Assert.All(topology.Edges, e => Assert.InRange(e.QualityForward, 0.000_001, 1));
    }

    [Theory]
    [InlineData("line:50", 49)]
    [InlineData("grid:49", 84)]
    [InlineData("tree:50", 49)]
    [InlineData("geometric:50/150", 150)]
    [InlineData("geometric:400", 1200)]
    public void Generated_graphs_have_their_links_and_hang_together(string text, int links)
    {
        Topology topology = Topology.Parse(text, seed: 1);
        Assert.Equal(topology.Nodes, Reached(topology));
        Assert.InRange(topology.Edges.Count, links, links + 12);
        Assert.Equal(topology.Edges.Count, topology.Edges.Select(e => (Math.Min(e.A, e.B), Math.Max(e.A, e.B)))
            .Distinct().Count());
        Assert.Equal(topology.Edges, Topology.Parse(text, seed: 1).Edges);
    }

    [Fact]
    public void Half_of_the_roofs_of_a_made_up_city_see_each_other_badly_and_tunnels_lose_nothing()
    {
        Topology city = Topology.Parse("city:200", seed: 1);
        Edge[] roofs = [.. city.Edges.Where(e => e.Type == "wifi")];
        double lossy = roofs.Count(e => Math.Min(e.QualityForward, e.QualityBackward) < 0.95) / (double)roofs.Length;
        Assert.InRange(lossy, 0.4, 0.9);
        Assert.InRange(city.Edges.Count(e => e.Type == "vpn"), 15, 20);
        Assert.All(city.Edges.Where(e => e.Type == "vpn"),
            e => Assert.Equal((1, 1), (e.QualityForward, e.QualityBackward)));
    }

    [Theory]
    [InlineData("line:x")]
    [InlineData("grid:1")]
    [InlineData("tree:50/3")]
    [InlineData("geometric:50/10")]
    [InlineData("no-such-file.json")]
    public void What_is_no_topology_is_refused_with_a_reason(string text) =>
        Assert.NotEmpty(Assert.Throws<UsageException>(() => Topology.Parse(text, seed: 1)).Message);

    [Fact]
    public void Files_may_name_nodes_with_numbers_or_text_and_unknown_quality_counts_as_good()
    {
        Topology topology = TopologyFile.Read("t", Encoding.UTF8.GetBytes(
            """{"links":[{"source":7,"target":"x","source_tq":0.5,"target_tq":0},{"source":"x","target":7},{"source":"x","target":"x"}]}"""));
        Assert.Equal(["7", "x"], topology.Names);
        Assert.Equal(new Edge(0, 1, 0.5, 1, "other"), Assert.Single(topology.Edges));
    }

    [Fact]
    public void Nodes_that_move_stay_in_their_field()
    {
        var field = new Field(50, new Random(1));
        for (int i = 0; i < 200; i++)
            field.Move(60, new Random(i));
        Assert.All(field.Places, p => Assert.True(p.X is >= 0 and <= 1000 && p.Y is >= 0 and <= 1000));
        Assert.Equal(150, field.ShortestPairs(150).Distinct().Count());
    }

    [Theory]
    [InlineData("line:300", 299)]
    [InlineData("grid:49", 12)]
    public void The_long_way_of_a_graph_is_found(string text, int hops) =>
        Assert.Equal(hops, Topology.Parse(text, seed: 1).LongWay());

    private static int Reached(Topology topology)
    {
        var near = topology.Edges.SelectMany(e => new[] { (e.A, e.B), (e.B, e.A) })
            .ToLookup(e => e.Item1, e => e.Item2);
        var seen = new HashSet<int> { 0 };
        var queue = new Queue<int>(seen);
        while (queue.TryDequeue(out int at))
        {
            foreach (int next in near[at])
            {
                if (seen.Add(next))
                    queue.Enqueue(next);
            }
        }

        return seen.Count;
    }
}
