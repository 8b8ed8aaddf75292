namespace QuicProChat.Mesh.Simulation;

/// <summary>Graphs that are made, not measured.</summary>
public static class Generators
{
    private const int Gateways = 2;
    private const int RoofsPerTunnel = 10;

    /// <summary>One after another.</summary>
    public static Topology Line(int count) =>
        new($"line:{count}", Topology.Numbered(count),
            [.. Enumerable.Range(1, count - 1).Select(i => new Edge(i - 1, i))],
            [.. Enumerable.Range(0, count).Select(i => new Place(i * 100, 0))]);

    /// <summary>Rows of a square; the last row may be shorter.</summary>
    public static Topology Grid(int count)
    {
        int width = (int)Math.Ceiling(Math.Sqrt(count));
        var edges = new List<Edge>();
        for (int i = 0; i < count; i++)
        {
            if (i % width != 0)
                edges.Add(new Edge(i - 1, i));
            if (i >= width)
                edges.Add(new Edge(i - width, i));
        }

        return new($"grid:{count}", Topology.Numbered(count), edges,
            [.. Enumerable.Range(0, count).Select(i => new Place(i % width * 100, i / width * 100))]);
    }

    /// <summary>Each node hangs on one that was there before, any of them as likely.</summary>
    public static Topology Tree(int count, Random random) =>
        new($"tree:{count}", Topology.Numbered(count),
            [.. Enumerable.Range(1, count - 1).Select(i => new Edge(random.Next(i), i))]);

    /// <summary>
    /// Nodes at random places in a square, 20,000 m2 for each, joined where they are closest; islands are joined to the
    /// rest by their shortest bridge, as an operator would.
    /// </summary>
    public static Topology Geometric(int count, int links, Random random)
    {
        var field = new Field(count, random);
        List<(int A, int B)> pairs = field.ShortestPairs(links);
        pairs.AddRange(field.Bridges(pairs));
        return new($"geometric:{count}/{links}", Topology.Numbered(count),
            [.. pairs.Select(p => new Edge(p.A, p.B, Type: "wifi"))], [.. field.Places]);
    }

    /// <summary>
    /// Roofs that see each other badly, as in community networks: the shortest pairs of <see cref="Geometric"/>, each
    /// direction with a quality of its own that falls with distance (half of the links lose packets), and a tunnel
    /// without loss from every tenth roof to one of two gateways.
    /// </summary>
    public static Topology City(int count, int links, Random random)
    {
        var field = new Field(count, random);
        List<(int A, int B)> pairs = field.ShortestPairs(links);
        pairs.AddRange(field.Bridges(pairs));
        double longest = pairs.Max(p => field.Places[p.A].To(field.Places[p.B]));
        double Quality((int A, int B) pair)
        {
            double distance = field.Places[pair.A].To(field.Places[pair.B]) / longest;
            return Math.Clamp(1.6 - distance * 0.8 - random.NextDouble() * 0.5, 0.3, 1);
        }

        List<Edge> edges = [.. pairs.Select(p => new Edge(p.A, p.B, Quality(p), Quality(p), "wifi"))];
        var joined = pairs.Select(p => (Math.Min(p.A, p.B), Math.Max(p.A, p.B))).ToHashSet();
        for (int roof = Gateways; roof < count; roof += RoofsPerTunnel)
        {
            int gateway = random.Next(Gateways);
            if (joined.Add((gateway, roof)))
                edges.Add(new Edge(gateway, roof, Type: "vpn"));
        }

        return new($"city:{count}/{links}", Topology.Numbered(count), edges, [.. field.Places]);
    }
}
