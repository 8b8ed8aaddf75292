using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody.Network;

/// <summary>Routers joined by simulated links under simulated time; everything follows from the seed.</summary>
internal sealed class TestNetwork(int seed, bool realRoutes = false)
{
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly IncrementalHash _trace = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _order;

    public Random Random { get; } = new(seed);

    /// <summary>The nodes run the real route half; otherwise tests set routes by hand.</summary>
    public bool RealRoutes => realRoutes;

    public CachingVerifier Verifier { get; } = new();

    /// <summary>Sees every frame: from, to, bytes.</summary>
    public Action<TestNode, TestNode, byte[]>? Observe { get; set; }

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerDay);

    public List<TestNode> Nodes { get; } = [];

    /// <summary>
    /// Records of the nodes that keep envelopes for others; known to all, where routes are set by hand.
    /// </summary>
    public Dictionary<NodeAddress, Announce> Announces { get; } = [];

    public TestNode Add(RouterOptions? options = null, bool keeps = false)
    {
        var node = new TestNode(this, Nodes.Count, options ?? new RouterOptions(), keeps);
        Nodes.Add(node);
        return node;
    }

    /// <summary>Adds nodes in a line, each with routes to all others.</summary>
    public TestNode[] Line(int count, RouterOptions? options = null, TestLinkKind? kind = null)
    {
        TestNode[] nodes = [.. Enumerable.Range(0, count).Select(_ => Add(options))];
        for (int i = 1; i < count; i++)
            Join(nodes[i - 1], nodes[i], kind ?? TestLinkKind.Stream);
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
            {
                if (i != j)
                    nodes[i].RouteVia(nodes[j], nodes[j > i ? i + 1 : i - 1]);
            }
        }

        return nodes;
    }

    public TestLink Join(TestNode a, TestNode b, TestLinkKind kind) => new(this, a, b, kind);

    public void At(TimeSpan delay, Action action) => _events.Enqueue(action, ((Now + delay).Ticks, _order++));

    /// <summary>Runs what is due until a span has passed.</summary>
    public void Run(TimeSpan span)
    {
        Instant end = Now + span;
        while (true)
        {
            TestNode? next = null;
            Instant due = Instant.Never;
            foreach (TestNode node in Nodes)
            {
                if (node.Up && node.Due < due)
                {
                    next = node;
                    due = node.Due;
                }
            }

            bool hasEvent = _events.TryPeek(out _, out (long At, long Order) priority);
            Instant at = hasEvent ? Instant.Min(due, new Instant(priority.At)) : due;
            if (at > end)
                break;
            Now = at > Now ? at : Now;
            if (hasEvent && priority.At <= Now.Ticks)
            {
                _events.Dequeue()();
            }
            else
            {
                next!.Router.Tick(Now);
                next.Settle();
            }
        }

        Now = end;
    }

    /// <summary>Adds to the trace that must be the same on every run.</summary>
    public void Trace(ReadOnlySpan<byte> bytes)
    {
        _trace.AppendData(BitConverter.GetBytes(Now.Ticks));
        _trace.AppendData(bytes);
    }

    public string TraceHash() => Convert.ToHexString(_trace.GetCurrentHash());

    /// <summary>Checks each signed record once for all nodes.</summary>
    internal sealed class CachingVerifier : IAnnounceVerifier
    {
        private readonly Dictionary<string, Announce?> _known = [];

        public Announce? Verify(ReadOnlySpan<byte> body)
        {
            string key = Convert.ToHexString(body);
            if (!_known.TryGetValue(key, out Announce? announce))
                _known[key] = announce = AnnounceVerifier.Instance.Verify(body);
            return announce;
        }
    }
}
