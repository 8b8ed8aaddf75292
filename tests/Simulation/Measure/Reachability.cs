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
public readonly record struct ReachabilityResult(long Pairs, long Reached, long Loops, double StretchMean, double StretchP99)
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

    private readonly int[] _hops = new int[network.Nodes.Count];
    private readonly int[] _path = new int[network.Nodes.Count + 1];
    private readonly byte[] _colour = new byte[network.Nodes.Count];
    private readonly Stack<(int Node, int Next)> _stack = new();
    private readonly ShortestPaths _shortest = new(network);
    private readonly Dictionary<int, long> _stretch = [];

    /// <summary>Looks at the given destinations.</summary>
    public ReachabilityResult Measure(IReadOnlyList<int> destinations)
    {
        long pairs = 0, reached = 0, loops = 0;
        _stretch.Clear();
        foreach (int destination in destinations)
        {
            if (!network.Nodes[destination].Running)
                continue;
            ReadOnlySpan<int> shortest = _shortest.From(destination);
            loops += Walk(destination) + CirclesAmongAll(destination);
            for (int node = 0; node < _hops.Length; node++)
            {
                if (node == destination || shortest[node] <= 0)
                    continue;
                pairs++;
                if (_hops[node] <= 0 || !view.Knows(node, destination))
                    continue;
                reached++;
                int stretch = _hops[node] * 1000 / shortest[node];
                _stretch[stretch] = _stretch.GetValueOrDefault(stretch) + 1;
            }
        }

        return new ReachabilityResult(pairs, reached, loops, reached == 0 ? 0 : _stretch.Sum(s => (double)s.Key * s.Value) / reached / 1000, Percentile(reached * 99 / 100));
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

    /// <summary>Follows the selected next hops; each node is visited once, whatever the number of sources.</summary>
    private int Walk(int destination)
    {
        Span<int> next = stackalloc int[1];
        Array.Fill(_hops, Unknown);
        _hops[destination] = 0;
        int loops = 0;
        for (int start = 0; start < _hops.Length; start++)
        {
            int length = 0;
            int at = start;
            while (_hops[at] == Unknown)
            {
                _hops[at] = OnPath;
                _path[length++] = at;
                if (!network.Nodes[at].Running || view.NextHops(at, destination, next) == 0)
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

    private int CirclesAmongAll(int destination)
    {
        Span<int> next = stackalloc int[MostNextHops];
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
                int count = top.Node == destination || !network.Nodes[top.Node].Running ? 0 : view.NextHops(top.Node, destination, next);
                if (top.Next >= count)
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
