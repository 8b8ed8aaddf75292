using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

/// <summary>One direction of a link: the end that sends.</summary>
internal sealed class RouteLinkEnd(RouteLink link, RouteNode node, LinkId id)
{
    public RouteLink Link { get; } = link;

    public RouteNode Node { get; } = node;

    public LinkId Id { get; } = id;

    public RouteLinkEnd Far { get; set; } = null!;
}

/// <summary>A link between two nodes.</summary>
internal sealed class RouteLink
{
    public required LinkProperties Properties { get; init; }

    public required TimeSpan Delay { get; set; }

    public double Loss { get; set; }

    /// <summary>What its transport has sent again; null: it does not tell.</summary>
    public uint? Repeats { get; set; }

    public bool IsUp { get; set; }

    /// <summary>Swallows everything without a sign, as a pulled antenna does.</summary>
    public bool IsSilent { get; set; }

    public RouteLinkEnd A { get; set; } = null!;

    public RouteLinkEnd B { get; set; } = null!;
}

/// <summary>
/// Nodes and links under simulated time. Frames on a link keep their order. After every event that changed a route, the
/// oracle looks whether the next hops to that destination make a loop.
/// </summary>
internal sealed class RouteNetwork(int seed)
{
    private readonly PriorityQueue<Action, (long, long)> _events = new();
    private readonly Random _random = new(seed);
    private readonly HashSet<NodeAddress> _changed = [];
    private readonly Dictionary<NodeAddress, RouteNode> _byAddress = [];
    private long _order;
    private long _changes;

    public RouteOptions Options { get; set; } = new();

    public IAnnounceVerifier Verifier { get; set; } = new RememberingVerifier();

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerHour);

    public List<RouteNode> Nodes { get; } = [];

    public List<RouteLink> Links { get; } = [];

    /// <summary>The oracle looks at one of so many changes; a city has hundreds of thousands.</summary>
    public int OracleEvery { get; set; } = 1;

    /// <summary>Its next hops make no promise: what it says is not what it does.</summary>
    public RouteNode? Liar { get; set; }

    /// <summary>Loops that the oracle saw.</summary>
    public int Loops { get; private set; }

    public long Frames { get; private set; }

    /// <summary>Changes a frame on its way; the seam for liars.</summary>
    public Func<RouteLinkEnd, byte[], byte[]>? Tamper { get; set; }

    public RouteNode AddNode()
    {
        var node = new RouteNode(this, Nodes.Count);
        node.Start(Now, _random.Next());
        Nodes.Add(node);
        _byAddress.Add(node.Address, node);
        return node;
    }

    public void AddNodes(int count)
    {
        for (int i = 0; i < count; i++)
            AddNode();
    }

    public RouteLink Connect(RouteNode a, RouteNode b, double delayMs = 1, LinkProperties? properties = null)
    {
        var link = new RouteLink
        {
            Properties = properties
            ?? LinkProperties.Stream,
            Delay = TimeSpan.FromMilliseconds(delayMs)
        };
        Links.Add(link);
        link.A = new RouteLinkEnd(link, a, FreeId(a));
        a.Links.Add(link.A.Id, link.A);
        link.B = new RouteLinkEnd(link, b, FreeId(b));
        b.Links.Add(link.B.Id, link.B);
        (link.A.Far, link.B.Far) = (link.B, link.A);
        Up(link);
        return link;
    }

    public void Up(RouteLink link)
    {
        link.IsUp = true;
        foreach (RouteLinkEnd end in (RouteLinkEnd[])[link.A, link.B])
        {
            RouteNode peer = end.Far.Node;
            end.Node.Routes.LinkUp(
                Now, end.Id, new LinkDescription(peer.Address, peer.PublicKey, link.Properties, (ulong)peer.Number, end
                    == link.A));
        }

        After(link.A.Node);
        After(link.B.Node);
    }

    public void Down(RouteLink link)
    {
        if (!link.IsUp)
            return;
        link.IsUp = false;
        link.A.Node.Routes.LinkDown(Now, link.A.Id);
        link.B.Node.Routes.LinkDown(Now, link.B.Id);
        After(link.A.Node);
        After(link.B.Node);
    }

    public void CloseSoon(RouteLink link) => At(Now, () => Down(link));

    /// <summary>Takes a node down with its links; it comes back with what it had saved.</summary>
    public void Restart(RouteNode node, Instant backAt)
    {
        List<RouteLink> links = Links.Where(link => link.IsUp && (link.A.Node == node || link.B.Node == node)).ToList();
        links.ForEach(Down);
        At(backAt, () =>
        {
            node.Start(Now, _random.Next());
            links.ForEach(Up);
        });
    }

    public bool Send(RouteLinkEnd from, ReadOnlySpan<byte> frame)
    {
        if (!from.Link.IsUp)
            return false;
        Frames++;
        if (from.Link.IsSilent || (from.Link.Loss > 0 && _random.NextDouble() < from.Link.Loss))
            return true;
        byte[] bytes = frame.ToArray();
        if (Tamper is { } tamper)
            bytes = tamper(from, bytes);
        RouteLinkEnd to = from.Far;
        RouteProtocol receiver = to.Node.Routes;
        At(Now + from.Link.Delay, () =>
        {
            if (!from.Link.IsUp || to.Node.Routes != receiver)
                return;
            to.Node.Routes.Receive(Now, to.Id, (FrameKind)bytes[0], bytes.AsSpan(1));
            After(to.Node);
        });
        return true;
    }

    public void RouteChanged(in NodeAddress destination) => _changed.Add(destination);

    /// <summary>Runs for a span of simulated time.</summary>
    public void Run(double seconds) => RunUntil(() => false, seconds);

    /// <summary>
    /// Runs until a condition holds, looked at every 10 ms; returns the seconds it took, NaN if it did not.
    /// </summary>
    public double RunUntil(Func<bool> condition, double seconds)
    {
        Instant start = Now;
        Instant end = Now + TimeSpan.FromSeconds(seconds);
        Instant look = Now;
        while (_events.TryPeek(out _, out (long Ticks, long) at) && at.Ticks <= end.Ticks)
        {
            while (look.Ticks <= at.Ticks)
            {
                if (condition())
                    return (look - start).TotalSeconds;
                look += TimeSpan.FromMilliseconds(10);
            }

            Action action = _events.Dequeue();
            Now = new Instant(at.Ticks);
            action();
            LookForLoops();
        }

        if (condition())
            return (look - start).TotalSeconds;
        Now = end;
        return double.NaN;
    }

    public void At(Instant at, Action action) => _events.Enqueue(action, (at.Ticks, _order++));

    /// <summary>Lets a node send what it collected, and wakes it when it wants to be.</summary>
    public void After(RouteNode node)
    {
        node.Routes.EndOfBatch(Now);
        Instant due = node.Routes.NextDue;
        if (due == Instant.Never)
            return;
        RouteProtocol routes = node.Routes;
        At(due <= Now ? Now : due, () =>
        {
            if (node.Routes != routes || routes.NextDue > Now)
                return;
            routes.Tick(Now);
            After(node);
        });
    }

    private static LinkId FreeId(RouteNode node)
    {
        int id = 0;
        while (node.Links.ContainsKey(new LinkId(id)))
            id++;
        return new LinkId(id);
    }

    private void LookForLoops()
    {
        foreach (NodeAddress address in _changed)
        {
            if (++_changes % OracleEvery == 0 && HasLoop(_byAddress[address]))
                Loops++;
        }

        _changed.Clear();
    }

    /// <summary>True if following next hops, any of the feasible ones, can come back to where it was.</summary>
    public bool HasLoop(RouteNode destination)
    {
        int[] state = new int[Nodes.Count];
        foreach (RouteNode node in Nodes)
        {
            if (state[node.Number] == 0 && Visit(node))
                return true;
        }

        return false;

        bool Visit(RouteNode node)
        {
            state[node.Number] = 1;
            if (node != destination && node != Liar)
            {
                foreach (NextHop hop in node.NextHops(destination))
                {
                    RouteNode next = node.PeerOf(hop.Link);
                    if (state[next.Number] == 1 || (state[next.Number] == 0 && Visit(next)))
                        return true;
                }
            }

            state[node.Number] = 2;
            return false;
        }
    }

    /// <summary>Follows the selected next hops; the number of hops, -1 if it ends before the destination.</summary>
    public int Walk(RouteNode from, RouteNode to)
    {
        int hops = 0;
        for (RouteNode at = from; at != to; hops++)
        {
            NextHop[] next = at.NextHops(to);
            if (next.Length == 0 || hops > Nodes.Count || !at.Links[next[0].Link].Link.IsUp
                || at.Links[next[0].Link].Link.IsSilent)
                return -1;
            at = at.PeerOf(next[0].Link);
        }

        return hops;
    }

    /// <summary>The share of ordered pairs that can send to each other.</summary>
    public double Arrival()
    {
        int arrived = 0;
        foreach (RouteNode from in Nodes)
        {
            foreach (RouteNode to in Nodes)
                arrived += from != to && Walk(from, to) >= 0 ? 1 : 0;
        }

        return arrived / (double)(Nodes.Count * (Nodes.Count - 1));
    }

    /// <summary>Shortest hop counts from one node over the links that are up; -1 where there is no path.</summary>
    public int[] HopsFrom(RouteNode source, RouteNode? without = null)
    {
        int[] hops = Enumerable.Repeat(-1, Nodes.Count).ToArray();
        var queue = new Queue<RouteNode>([source]);
        hops[source.Number] = 0;
        while (queue.TryDequeue(out RouteNode? node))
        {
            foreach (RouteLinkEnd end in node.Links.Values)
            {
                RouteNode next = end.Far.Node;
                if (!end.Link.IsUp || hops[next.Number] >= 0 || next == without)
                    continue;
                hops[next.Number] = hops[node.Number] + 1;
                queue.Enqueue(next);
            }
        }

        return hops;
    }
}
