using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

/// <summary>One direction of a link: the end that sends.</summary>
internal sealed class TestLinkEnd(TestLink link, TestNode node, LinkId id)
{
    public TestLink Link { get; } = link;

    public TestNode Node { get; } = node;

    public LinkId Id { get; } = id;

    public TestLinkEnd Far { get; set; } = null!;
}

/// <summary>A link between two nodes.</summary>
internal sealed class TestLink
{
    public required LinkProperties Properties { get; init; }

    public required TimeSpan Delay { get; set; }

    public double Loss { get; set; }

    public bool IsUp { get; set; }

    /// <summary>Swallows everything without a sign, as a pulled antenna does.</summary>
    public bool IsSilent { get; set; }

    public TestLinkEnd A { get; set; } = null!;

    public TestLinkEnd B { get; set; } = null!;
}

/// <summary>Checks each signature once, however many routers hear it.</summary>
internal sealed class SharedVerifier : IAnnounceVerifier
{
    private readonly Dictionary<string, Announce?> _known = [];

    public Announce? Verify(ReadOnlySpan<byte> body)
    {
        string key = Convert.ToBase64String(body);
        if (!_known.TryGetValue(key, out Announce? announce))
            _known.Add(key, announce = AnnounceVerifier.Instance.Verify(body));
        return announce;
    }
}

/// <summary>
/// Nodes and links under simulated time. Frames on a link keep their order. After every event that changed a route, the
/// oracle looks whether the next hops to that destination make a loop.
/// </summary>
internal sealed class TestNetwork(int seed)
{
    private readonly PriorityQueue<Action, (long, long)> _events = new();
    private readonly Random _random = new(seed);
    private readonly HashSet<NodeAddress> _changed = [];
    private readonly Dictionary<NodeAddress, TestNode> _byAddress = [];
    private long _order;
    private long _changes;

    public RouteOptions Options { get; set; } = new();

    public IAnnounceVerifier Verifier { get; set; } = new SharedVerifier();

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerHour);

    public List<TestNode> Nodes { get; } = [];

    public List<TestLink> Links { get; } = [];

    /// <summary>The oracle looks at one of so many changes; a city has hundreds of thousands.</summary>
    public int OracleEvery { get; set; } = 1;

    /// <summary>Its next hops make no promise: what it says is not what it does.</summary>
    public TestNode? Liar { get; set; }

    /// <summary>Loops that the oracle saw.</summary>
    public int Loops { get; private set; }

    public long Frames { get; private set; }

    /// <summary>Changes a frame on its way; the seam for liars.</summary>
    public Func<TestLinkEnd, byte[], byte[]>? Tamper { get; set; }

    public TestNode AddNode()
    {
        var node = new TestNode(this, Nodes.Count);
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

    public TestLink Connect(TestNode a, TestNode b, double delayMs = 1, LinkProperties? properties = null)
    {
        var link = new TestLink
        {
            Properties = properties
            ?? LinkProperties.Stream,
            Delay = TimeSpan.FromMilliseconds(delayMs)
        };
        Links.Add(link);
        link.A = new TestLinkEnd(link, a, FreeId(a));
        a.Links.Add(link.A.Id, link.A);
        link.B = new TestLinkEnd(link, b, FreeId(b));
        b.Links.Add(link.B.Id, link.B);
        (link.A.Far, link.B.Far) = (link.B, link.A);
        Up(link);
        return link;
    }

    public void Up(TestLink link)
    {
        link.IsUp = true;
        foreach (TestLinkEnd end in (TestLinkEnd[])[link.A, link.B])
        {
            TestNode peer = end.Far.Node;
            end.Node.Routes.LinkUp(
                Now, end.Id, new LinkDescription(peer.Address, peer.PublicKey, link.Properties, (ulong)peer.Number, end
                    == link.A));
        }

        After(link.A.Node);
        After(link.B.Node);
    }

    public void Down(TestLink link)
    {
        if (!link.IsUp)
            return;
        link.IsUp = false;
        link.A.Node.Routes.LinkDown(Now, link.A.Id);
        link.B.Node.Routes.LinkDown(Now, link.B.Id);
        After(link.A.Node);
        After(link.B.Node);
    }

    public void CloseSoon(TestLink link) => At(Now, () => Down(link));

    /// <summary>Takes a node down with its links; it comes back with what it had saved.</summary>
    public void Restart(TestNode node, Instant backAt)
    {
        List<TestLink> links = Links.Where(link => link.IsUp && (link.A.Node == node || link.B.Node == node)).ToList();
        links.ForEach(Down);
        At(backAt, () =>
        {
            node.Start(Now, _random.Next());
            links.ForEach(Up);
        });
    }

    public bool Send(TestLinkEnd from, ReadOnlySpan<byte> frame)
    {
        if (!from.Link.IsUp)
            return false;
        Frames++;
        if (from.Link.IsSilent || (from.Link.Loss > 0 && _random.NextDouble() < from.Link.Loss))
            return true;
        byte[] bytes = frame.ToArray();
        if (Tamper is { } tamper)
            bytes = tamper(from, bytes);
        TestLinkEnd to = from.Far;
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
    public void After(TestNode node)
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

    private static LinkId FreeId(TestNode node)
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
    public bool HasLoop(TestNode destination)
    {
        int[] state = new int[Nodes.Count];
        foreach (TestNode node in Nodes)
        {
            if (state[node.Number] == 0 && Visit(node))
                return true;
        }

        return false;

        bool Visit(TestNode node)
        {
            state[node.Number] = 1;
            if (node != destination && node != Liar)
            {
                foreach (NextHop hop in node.NextHops(destination))
                {
                    TestNode next = node.PeerOf(hop.Link);
                    if (state[next.Number] == 1 || (state[next.Number] == 0 && Visit(next)))
                        return true;
                }
            }

            state[node.Number] = 2;
            return false;
        }
    }

    /// <summary>Follows the selected next hops; the number of hops, -1 if it ends before the destination.</summary>
    public int Walk(TestNode from, TestNode to)
    {
        int hops = 0;
        for (TestNode at = from; at != to; hops++)
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
        foreach (TestNode from in Nodes)
        {
            foreach (TestNode to in Nodes)
                arrived += from != to && Walk(from, to) >= 0 ? 1 : 0;
        }

        return arrived / (double)(Nodes.Count * (Nodes.Count - 1));
    }

    /// <summary>Shortest hop counts from one node over the links that are up; -1 where there is no path.</summary>
    public int[] HopsFrom(TestNode source, TestNode? without = null)
    {
        int[] hops = Enumerable.Repeat(-1, Nodes.Count).ToArray();
        var queue = new Queue<TestNode>([source]);
        hops[source.Number] = 0;
        while (queue.TryDequeue(out TestNode? node))
        {
            foreach (TestLinkEnd end in node.Links.Values)
            {
                TestNode next = end.Far.Node;
                if (!end.Link.IsUp || hops[next.Number] >= 0 || next == without)
                    continue;
                hops[next.Number] = hops[node.Number] + 1;
                queue.Enqueue(next);
            }
        }

        return hops;
    }
}
