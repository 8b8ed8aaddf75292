namespace QuicProChat.Mesh.Simulation;

/// <summary>Graphs that are made, not measured.</summary>
public static class Generators
{
    /// <summary>One after another.</summary>
    public static Topology Line(int count) =>
        new($"line:{count}", Topology.Numbered(count), [.. Enumerable.Range(1, count - 1).Select(i => new Edge(i - 1, i))],
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
        new($"tree:{count}", Topology.Numbered(count), [.. Enumerable.Range(1, count - 1).Select(i => new Edge(random.Next(i), i))]);

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
}
