namespace QuicProChat.Mesh.Simulation;

/// <summary>What the routers think, as an oracle may ask: next hops as node numbers, best first.</summary>
public interface IRouteView
{
    /// <summary>The next hops of a node towards another, best first, by node number; 0 if it knows none.</summary>
    int NextHops(int node, int destination, Span<int> next);

    /// <summary>The node can seal a message for the destination: it has its verified record.</summary>
    bool Knows(int node, int destination);
}

/// <summary>What walking all next hops showed.</summary>
/// <param name="Pairs">Pairs of running nodes that some path joins.</param>
/// <param name="Reached">Those whose next hops lead there, and whose source knows the destination's record.</param>
/// <param name="Loops">Nodes from which next hops lead in a circle.</param>
/// <param name="StretchMean">Hops by next hops over shortest hops, mean of the pairs reached.</param>
/// <param name="StretchP99">Its 99th percentile.</param>
public readonly record struct ReachabilityResult(
    long Pairs, long Reached, long Loops, double StretchMean, double StretchP99)
{
    /// <summary>Share in percent.</summary>
    public double Percent => Pairs == 0 ? 0 : 100.0 * Reached / Pairs;
}

/// <summary>
/// Walks the next hops of every node to every destination (or to a sample of destinations) as they are at this moment.
/// Besides the selected next hops, the graph of all next hops that a router would use is searched for circles.
/// </summary>
public sealed class Reachability(Network network, IRouteView view)
{
    private const int MostNextHops = 16;
    private const int Unknown = -2;
    private const int OnPath = -3;

    // Each router is asked about so many destinations at a time, while its tables are in the cache.
    private const int AtOnce = 32;

    private readonly int[] _hops = new int[network.Nodes.Count];
    private readonly int[] _path = new int[network.Nodes.Count + 1];
    private readonly byte[] _colour = new byte[network.Nodes.Count];
    private readonly Stack<(int Node, int Next)> _stack = new();
    private readonly ShortestPaths _shortest = new(network);
    private readonly NextHopGraph[] _graphs =
        [.. Enumerable.Range(0, AtOnce).Select(_ => new NextHopGraph(network.Nodes.Count))];
    private readonly Dictionary<int, long> _stretch = [];

    // Destinations that not all nodes reached at the last look.
    private readonly List<int> _missed = [];
    private int[] _suspects = [];

    /// <summary>
    /// Looks whether all nodes reach all of the given destinations, and no further than to the first few that somebody
    /// does not. Those are looked at first the next time: while one of them is still missed the others need not be
    /// asked about.
    /// </summary>
    /// <param name="destinations">Node numbers.</param>
    /// <param name="loops">Circles seen on the way.</param>
    public bool AllReach(IReadOnlyList<int> destinations, out long loops)
    {
        loops = 0;
        foreach (IReadOnlyList<int> part in (IReadOnlyList<int>[])[_suspects, destinations])
        {
            ReachabilityResult look = Measure(part, stopAtMiss: true);
            loops += look.Loops;
            if (look.Reached == look.Pairs)
                continue;
            _suspects = [.. _missed];
            return false;
        }

        _suspects = [];
        return true;
    }

    /// <summary>Looks at the given destinations.</summary>
    public ReachabilityResult Measure(IReadOnlyList<int> destinations) => Measure(destinations, stopAtMiss: false);

    private ReachabilityResult Measure(IReadOnlyList<int> destinations, bool stopAtMiss)
    {
        long pairs = 0, reached = 0, loops = 0;
        _stretch.Clear();
        _missed.Clear();
        _shortest.Look();
        for (int from = 0; from < destinations.Count && !(stopAtMiss && _missed.Count > 0); from += AtOnce)
        {
            foreach (NextHopGraph graph in Read(destinations, from))
            {
                ReadOnlySpan<int> shortest = _shortest.From(graph.Destination);
                loops += Walk(graph) + CirclesAmongAll(graph);
                long missed = pairs - reached;
                for (int node = 0; node < _hops.Length; node++)
                {
                    if (node == graph.Destination || shortest[node] <= 0)
                        continue;
                    pairs++;
                    if (_hops[node] <= 0 || !graph.Knows(node))
                        continue;
                    reached++;
                    int stretch = _hops[node] * 1000 / shortest[node];
                    _stretch[stretch] = _stretch.GetValueOrDefault(stretch) + 1;
                }

                if (pairs - reached > missed)
                    _missed.Add(graph.Destination);
            }
        }

        return new ReachabilityResult(pairs, reached, loops, reached == 0 ? 0
            : _stretch.Sum(s => (double)s.Key * s.Value) / reached / 1000, Percentile(reached * 99 / 100));
    }

    private double Percentile(long rank)
    {
        long seen = 0;
        foreach ((int stretch, long count) in _stretch.OrderBy(s => s.Key))
        {
            seen += count;
            if (seen > rank)
                return stretch / 1000.0;
        }

        return 0;
    }

    /// <summary>
    /// Asks all routers for their next hops towards the next few destinations that are on, each router once.
    /// </summary>
    private ArraySegment<NextHopGraph> Read(IReadOnlyList<int> destinations, int from)
    {
        int count = 0;
        for (int i = from; i < Math.Min(from + AtOnce, destinations.Count); i++)
        {
            if (network.Nodes[destinations[i]].Running)
                _graphs[count++].Clear(destinations[i]);
        }

        Span<int> next = stackalloc int[MostNextHops];
        for (int node = 0; node < _hops.Length; node++)
        {
            bool running = network.Nodes[node].Running;
            for (int i = 0; i < count; i++)
            {
                int destination = _graphs[i].Destination;
                int hops = running && node != destination ? view.NextHops(node, destination, next) : 0;
                _graphs[i].Add(next[..hops], hops > 0 && view.Knows(node, destination));
            }
        }

        return new ArraySegment<NextHopGraph>(_graphs, 0, count);
    }

    /// <summary>Follows the selected next hops; each node is visited once, whatever the number of sources.</summary>
    private int Walk(NextHopGraph graph)
    {
        Array.Fill(_hops, Unknown);
        _hops[graph.Destination] = 0;
        int loops = 0;
        for (int start = 0; start < _hops.Length; start++)
        {
            int length = 0;
            int at = start;
            while (_hops[at] == Unknown)
            {
                _hops[at] = OnPath;
                _path[length++] = at;
                ReadOnlySpan<int> next = graph.Of(at);
                if (next.IsEmpty)
                    break;
                at = next[0];
            }

            bool circle = _hops[at] == OnPath && (length == 0 || at != _path[length - 1]);
            if (circle)
                loops++;
            int hops = _hops[at] >= 0 ? _hops[at] : ShortestPaths.Unreachable;
            while (length > 0)
            {
                hops = hops == ShortestPaths.Unreachable ? hops : hops + 1;
                _hops[_path[--length]] = hops;
            }
        }

        return loops;
    }

    private int CirclesAmongAll(NextHopGraph graph)
    {
        Array.Clear(_colour);
        int circles = 0;
        for (int start = 0; start < _colour.Length; start++)
        {
            if (_colour[start] != 0)
                continue;
            _colour[start] = 1;
            _stack.Push((start, 0));
            while (_stack.TryPop(out (int Node, int Next) top))
            {
                ReadOnlySpan<int> next = graph.Of(top.Node);
                if (top.Next >= next.Length)
                {
                    _colour[top.Node] = 2;
                    continue;
                }

                _stack.Push((top.Node, top.Next + 1));
                int to = next[top.Next];
                if (_colour[to] == 1)
                    circles++;
                if (_colour[to] != 0)
                    continue;
                _colour[to] = 1;
                _stack.Push((to, 0));
            }
        }

        return circles;
    }
}
