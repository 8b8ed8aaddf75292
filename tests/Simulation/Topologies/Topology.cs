namespace QuicProChat.Mesh.Simulation;

/// <summary>A place, in metres.</summary>
public readonly record struct Place(double X, double Y)
{
    /// <summary>Distance in metres.</summary>
    public double To(Place other) => Math.Sqrt((X - other.X) * (X - other.X) + (Y - other.Y) * (Y - other.Y));
}

/// <summary>A connection between two nodes.</summary>
/// <param name="A">One node.</param>
/// <param name="B">The other.</param>
/// <param name="QualityForward">Share of what A sends that reaches B.</param>
/// <param name="QualityBackward">Share of what B sends that reaches A.</param>
/// <param name="Type">wifi, vpn or other.</param>
public readonly record struct Edge(
    int A, int B, double QualityForward = 1, double QualityBackward = 1, string Type = "other");

/// <summary>A graph, with places where they mean something.</summary>
/// <param name="Name">What the user called it.</param>
/// <param name="Names">One for each node.</param>
/// <param name="Edges">No two join the same nodes, none joins a node to itself.</param>
/// <param name="Places">One for each node, or none at all.</param>
public sealed record Topology(
    string Name, IReadOnlyList<string> Names, IReadOnlyList<Edge> Edges, IReadOnlyList<Place>? Places = null)
{
    /// <summary>How many nodes there are.</summary>
    public int Nodes => Names.Count;

    /// <summary>Names for nodes that have none.</summary>
    public static IReadOnlyList<string> Numbered(int count) => [.. Enumerable.Range(0, count).Select(i => $"n{i}")];

    /// <summary>
    /// Hops of a long shortest path: from the node that is farthest from the first to the one farthest from it. In
    /// lines and trees it is the longest of all.
    /// </summary>
    public int LongWay()
    {
        ILookup<int, int> near = Edges.SelectMany(e => new[] { (From: e.A, To: e.B), (From: e.B, To: e.A) })
            .ToLookup(e => e.From, e => e.To);
        (int Node, int Hops) Farthest(int start)
        {
            var hops = new Dictionary<int, int> { [start] = 0 };
            var queue = new Queue<int>([start]);
            int last = start;
            while (queue.TryDequeue(out last))
            {
                foreach (int next in near[last])
                {
                    if (hops.TryAdd(next, hops[last] + 1))
                        queue.Enqueue(next);
                }

                if (queue.Count == 0)
                    return (last, hops[last]);
            }

            return (start, 0);
        }

        return Farthest(Farthest(0).Node).Hops;
    }

    /// <summary>
    /// Reads what a user asks for: <c>line:50</c>, <c>grid:49</c>, <c>tree:1000</c>, <c>geometric:50</c>,
    /// <c>geometric:50/150</c>, <c>city:100</c>, <c>city:100/250</c>, or a file.
    /// </summary>
    /// <exception cref="UsageException">It is none of these; the message says what would be.</exception>
    public static Topology Parse(string text, int seed)
    {
        int colon = text.IndexOf(':');
        string kind = colon < 0 ? "" : text[..colon];
        if (kind is not ("line" or "grid" or "tree" or "geometric" or "city"))
            return TopologyFile.Load(text);
        string[] sizes = text[(colon + 1)..].Split('/');
        if (!int.TryParse(sizes[0], out int count) || count < 2 || count > 100_000
            || sizes.Length > (kind is "geometric" or "city" ? 2 : 1))
            throw new UsageException($"'{text}' needs a number of nodes from 2 to 100000, as in {kind}:50");
        int links = kind == "city" ? 5 * count / 2 : 3 * count;
        if (sizes.Length == 2
            && (!int.TryParse(sizes[1], out links) || links < count - 1 || links > (long)count * (count - 1) / 2))
            throw new UsageException(
                $"'{text}' needs a number of links of at least {count - 1}, as in {kind}:{count}/{3 * count}");
        return kind switch
        {
            "line" => Generators.Line(count),
            "grid" => Generators.Grid(count),
            "tree" => Generators.Tree(count, new Random(seed)),
            "city" => Generators.City(count, links, new Random(seed)),
            _ => Generators.Geometric(count, links, new Random(seed)),
        };
    }
}

/// <summary>What the user asked for cannot be done; the message says why and what could.</summary>
public sealed class UsageException(string message) : Exception(message);
