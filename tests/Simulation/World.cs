using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>Everything of a run: the network, its routers, their disks, the messages and the oracles.</summary>
public sealed class World : IRouteView
{
    /// <summary>How long a message may take.</summary>
    public static readonly TimeSpan MessageLifetime = TimeSpan.FromHours(2);

    /// <summary>Largest frame that the adaptation layer of a radio takes.</summary>
    private const int RadioMtu = 1024;

    // Eight symbols and a quarter of spreading factor 7 at 125 kHz, and the slot a little longer than that.
    private static readonly TimeSpan RadioPreamble = TimeSpan.FromMilliseconds(12.5);
    private static readonly TimeSpan RadioSlot = TimeSpan.FromMilliseconds(15);

    /// <summary>
    /// IEEE 802.11 repeats a unicast frame seven times (dot11ShortRetryLimit). The qualities of community networks
    /// count broadcast frames, which are not repeated.
    /// </summary>
    private const int WifiRepeats = 7;

    private readonly Dictionary<(ulong, ulong), int> _numbers = [];
    private readonly Dictionary<EnvelopeId, Message> _byId = [];
    private readonly Dictionary<LinkEndCode, int> _closed = [];
    private readonly HashSet<int> _liars = [];
    private readonly RouterHost?[] _hosts;
    private readonly NodeStore[] _stores;

    /// <summary>Builds a network; all its nodes are off.</summary>
    public World(Options options, Topology topology)
    {
        Options = options;
        Topology = topology;
        Network = options.Radio
            ? new Network(options.Seed)
            {
                Boot = Boot,
                RadioModel = new RadioModel(options.Rate, RadioPreamble, RadioSlot, Collisions: true),
                Properties = new LinkProperties(RadioMtu, options.Rate, Reliable: false, PushRoutes: false, Medium: 1),
                QueueLimit = 16 * RadioMtu,
            }
            : new Network(options.Seed)
            {
                Boot = Boot,
                Properties = LinkProperties.Stream with { PushRoutes = !options.AskRoutes },
                ThinStreams = !options.PlainTcp,
                LongestTimeout = options.CappedTcp ? TimeSpan.FromSeconds(1) : TimeSpan.MaxValue,
            };
        Identities = [.. Enumerable.Range(0, topology.Nodes).Select(i => new NodeIdentity(options.Seed, i))];
        _hosts = new RouterHost?[topology.Nodes];
        _stores = [.. Enumerable.Range(0, topology.Nodes).Select(_ => new NodeStore(options.Churn > 0))];
        for (int i = 0; i < topology.Nodes; i++)
        {
            Network.AddNode();
            _numbers[(Identities[i].Address.High, Identities[i].Address.Low)] = i;
        }

        foreach (Edge edge in topology.Edges)
            Network.AddLink(edge.A, edge.B, ModelOf(edge));
        foreach (Node node in Network.Nodes.OrderByDescending(n => n.Channels.Count).ThenBy(n => n.Index)
            .Take(options.Liars))
            _liars.Add(node.Index);
        Oracle = new LoopOracle(Network, this, NumberOf);
        Network.Observer = Oracle;
        RouterOptions = new RouterOptions
        {
            HopLimit = (ushort)Math.Clamp(topology.LongWay()
            * 5 / 4, Limits.MaxHops, Limits.LargestHops)
        };
    }

    /// <summary>What the user asked for.</summary>
    public Options Options { get; }

    /// <summary>The graph at the start.</summary>
    public Topology Topology { get; }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Every node's keys.</summary>
    public IReadOnlyList<NodeIdentity> Identities { get; }

    /// <summary>
    /// How routers are set: as they come, but for the hop limit where the graph has longer paths than that.
    /// </summary>
    public RouterOptions RouterOptions { get; }

    /// <summary>Verified records, shared by all routers.</summary>
    public SharedAnnounces Announces { get; } = new();

    /// <summary>Sees each step of each envelope.</summary>
    public LoopOracle Oracle { get; }

    /// <summary>All messages sent.</summary>
    public List<Message> Messages { get; } = [];

    /// <summary>Messages that arrived.</summary>
    public int Arrived { get; private set; }

    /// <summary>Envelopes that relays wrote to disk.</summary>
    public long DiskWrites { get; set; }

    /// <summary>Changes of best routes.</summary>
    public long RouteChanges { get; set; }

    /// <summary>Connections that routers ended, by reason.</summary>
    public IReadOnlyDictionary<LinkEndCode, int> ClosedLinks => _closed;

    /// <summary>The router of a node; null while it is off.</summary>
    public RouterHost? HostOf(int node) => Network.Nodes[node].Running ? _hosts[node] : null;

    /// <summary>The node lies about its metrics.</summary>
    public bool IsLiar(int node) => _liars.Contains(node);

    /// <summary>What a link of the graph is made of in this run.</summary>
    public LinkModel ModelOf(Edge edge) => new(
        Options.Delay, Options.Rate,
        Options.LossByQuality ? 1 - edge.QualityForward : Options.Loss,
        Options.LossByQuality ? 1 - edge.QualityBackward : Options.Loss,
        Options.Carrier ?? Options.Mobility == 0,
        Options.LossByQuality && !Options.RawLoss && edge.Type == "wifi" ? WifiRepeats : 0);

    /// <inheritdoc/>
    public int NextHops(int node, int destination, Span<int> next)
    {
        RouterHost host = _hosts[node]!;
        Span<NextHop> hops = stackalloc NextHop[next.Length];
        int count = host.Router.FindNextHops(Network.Now, Identities[destination].Address, hops);
        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            if (host.PeerOf(hops[i].Link) is { } peer)
                next[kept++] = peer.Index;
        }

        return kept;
    }

    /// <inheritdoc/>
    public bool Knows(int node, int destination) =>
        _hosts[node]!.Router.TryGetPublicKey(Identities[destination].Address, out _);

    /// <summary>Sends a message now.</summary>
    public Message Send(int source, int destination, bool pathExists)
    {
        var message = new Message(Messages.Count, source, destination, Network.Now, pathExists);
        Messages.Add(message);
        SendStatus status = SendStatus.Invalid;
        Network.Call(Network.Nodes[source], _ => status = _hosts[source]!.SendMessage(message));
        if (status != SendStatus.Queued)
            throw new InvalidOperationException($"the router of node {source} refused a message: {status}");
        return message;
    }

    /// <summary>Sums a counter of all running routers.</summary>
    public IEnumerable<RouterCounters> Counters() => _hosts.OfType<RouterHost>().Select(h => h.Router.Counters);

    internal void Sent(in EnvelopeId id, Message message) => _byId[id] = message;

    internal void Offered(int number, int node, bool shown)
    {
        Message message = Messages[number];
        if (message.Destination != node)
            throw new InvalidOperationException(
                $"message {number} for node {message.Destination} was delivered to node {node}");
        message.Offered++;
        if (shown && ++message.Shown == 1)
        {
            message.ArrivedAt = Network.Now;
            Arrived++;
        }
    }

    internal void StateChanged(in EnvelopeId id, MessageState state)
    {
        if (!_byId.TryGetValue(id, out Message? message))
            return;
        message.State = state;
        if (state == MessageState.Delivered)
            message.ProvenAt = Network.Now;
    }

    internal void Closed(LinkEndCode code) => _closed[code] = _closed.GetValueOrDefault(code) + 1;

    private INodeProgram Boot(Node node) =>
        _hosts[node.Index] =
            new RouterHost(this, node, Identities[node.Index], _stores[node.Index], IsLiar(node.Index));

    private int NumberOf(ulong high, ulong low) => _numbers.GetValueOrDefault((high, low), -1);
}
