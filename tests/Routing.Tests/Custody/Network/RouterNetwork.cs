using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody.Network;

/// <summary>Routers joined by simulated links under simulated time; everything follows from the seed.</summary>
internal sealed class RouterNetwork(int seed, bool realRoutes = false)
{
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly IncrementalHash _trace = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _order;

    public Random Random { get; } = new(seed);

    /// <summary>The nodes run the real route half; otherwise tests set routes by hand.</summary>
    public bool RealRoutes => realRoutes;

    public RememberingVerifier Verifier { get; } = new();

    /// <summary>Sees every frame: from, to, bytes.</summary>
    public Action<RouterNode, RouterNode, byte[]>? Observe { get; set; }

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerDay);

    public List<RouterNode> Nodes { get; } = [];

    /// <summary>
    /// Records of the nodes that keep envelopes for others; known to all, where routes are set by hand.
    /// </summary>
    public Dictionary<NodeAddress, Announce> Announces { get; } = [];

    public RouterNode Add(RouterOptions? options = null, bool keeps = false)
    {
        var node = new RouterNode(this, Nodes.Count, options ?? new RouterOptions(), keeps);
        Nodes.Add(node);
        return node;
    }

    /// <summary>Adds nodes in a line, each with routes to all others.</summary>
    public RouterNode[] Line(int count, RouterOptions? options = null, RouterLinkKind? kind = null)
    {
        RouterNode[] nodes = [.. Enumerable.Range(0, count).Select(_ => Add(options))];
        for (int i = 1; i < count; i++)
            Join(nodes[i - 1], nodes[i], kind ?? RouterLinkKind.Stream);
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

    public RouterLink Join(RouterNode a, RouterNode b, RouterLinkKind kind) => new(this, a, b, kind);

    public void At(TimeSpan delay, Action action) => _events.Enqueue(action, ((Now + delay).Ticks, _order++));

    /// <summary>Runs what is due until a span has passed.</summary>
    public void Run(TimeSpan span)
    {
        Instant end = Now + span;
        while (true)
        {
            RouterNode? next = null;
            Instant due = Instant.Never;
            foreach (RouterNode node in Nodes)
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
}
