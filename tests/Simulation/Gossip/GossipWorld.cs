using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>A network of nodes that only gossip, and what became of the records that were published in it.</summary>
public sealed class GossipWorld
{
    /// <summary>The day on which a run begins: 2026-11-29.</summary>
    private const long Start = 20_786L * 86_400;

    private readonly Dictionary<int, Dictionary<GossipId, DiskRecord>> _disks = [];
    private readonly Dictionary<GossipId, Instant> _published = [];
    private readonly Dictionary<GossipId, Dictionary<int, Instant>> _arrivals = [];
    private readonly Random _random;
    private int _numbers;

    /// <summary>Builds a network; all its nodes are off.</summary>
    /// <param name="topology">Nodes and links.</param>
    /// <param name="seed">All chance comes from it.</param>
    /// <param name="model">What links are made of.</param>
    /// <param name="options">How gossip is set.</param>
    public GossipWorld(Topology topology, int seed, LinkModel? model = null, GossipOptions? options = null)
    {
        Topology = topology;
        Options = options ?? new GossipOptions();
        _random = new Random(seed);
        Network = new Network(seed) { Boot = node => Boot(node) };
        Identities = [.. Enumerable.Range(0, topology.Nodes).Select(i => new NodeIdentity(seed, i))];
        foreach (string _ in topology.Names)
            Network.AddNode();
        foreach (Edge edge in topology.Edges)
            Network.AddLink(edge.A, edge.B, model ?? new LinkModel(TimeSpan.FromMilliseconds(2)));
    }

    /// <summary>The graph.</summary>
    public Topology Topology { get; }

    /// <summary>How gossip is set.</summary>
    public GossipOptions Options { get; }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Every node's keys.</summary>
    public IReadOnlyList<NodeIdentity> Identities { get; }

    /// <summary>Makes the program of a node that is not honest.</summary>
    public Func<Node, INodeProgram?>? Hostile { get; set; }

    /// <summary>What nodes say to a record; all read everything where this is null.</summary>
    public Func<int, GossipTopic, bool>? Reads { get; set; }

    /// <summary>Nodes have a clock.</summary>
    public bool HasClock { get; set; } = true;

    /// <summary>The calendar's time, for those that have a clock.</summary>
    public long? UnixSeconds => HasClock ? Start + Network.Now.Ticks / TimeSpan.TicksPerSecond : null;

    /// <summary>Frames with a record that were queued.</summary>
    public long Transmissions { get; set; }

    /// <summary>Frames that did not parse.</summary>
    public int Malformed { get; set; }

    /// <summary>Records published so far.</summary>
    public int Published => _published.Count;

    /// <summary>Gossip of a node that is on.</summary>
    public GossipProtocol At(int node) =>
        HostOf(node)?.Protocol ?? throw new InvalidOperationException($"node {node} is off");

    /// <summary>The program of a node, if it is on and honest.</summary>
    public GossipHost? HostOf(int node) => Network.Nodes[node].Program as GossipHost;

    /// <summary>Switches all nodes on and waits until their links are up.</summary>
    public void StartAll()
    {
        for (int i = 0; i < Topology.Nodes; i++)
            Network.StartNode(i, Network.Now);
        Run(TimeSpan.FromSeconds(3));
    }

    /// <summary>Lets time pass.</summary>
    public void Run(TimeSpan time) => Network.Run(Network.Now + time);

    /// <summary>Publishes a record at a node now.</summary>
    public GossipId Publish(int node, int size = 300, GossipTopic topic = default, byte hours = 24)
    {
        byte[] record = MakeRecord(size, topic, hours);
        GossipId id = GossipId.Of(record);
        _published[id] = Network.Now;
        bool taken = false;
        Network.Call(Network.Nodes[node],
            program => taken = ((GossipHost)program).Protocol.Publish(Network.Now, record));
        if (!taken)
            throw new InvalidOperationException("gossip refused a record of its own node");
        Arrived(node, id, Network.Now);
        return id;
    }

    /// <summary>A record that nobody has yet.</summary>
    public byte[] MakeRecord(int size, GossipTopic topic = default, byte hours = 24)
    {
        byte[] payload = new byte[size - GossipRecord.HeaderSize];
        _random.NextBytes(payload);
        BitConverter.TryWriteBytes(payload, ++_numbers);
        byte[] record = new byte[size];
        GossipRecord.Write(record, GossipClass.Channel, (ushort)((UnixSeconds ?? 0) / 86_400), hours, topic, payload);
        return record;
    }

    /// <summary>
    /// How long each record took to each of the nodes that are on; the longest of all, null if one did not arrive.
    /// </summary>
    /// <param name="nodes">Those that should have it.</param>
    public TimeSpan? LongestDelay(IReadOnlyCollection<int> nodes)
    {
        TimeSpan longest = TimeSpan.Zero;
        foreach ((GossipId id, Instant at) in _published)
        {
            foreach (int node in nodes)
            {
                if (!_arrivals[id].TryGetValue(node, out Instant arrived))
                    return null;
                longest = arrived - at > longest ? arrived - at : longest;
            }
        }

        return longest;
    }

    /// <summary>How many of the pairs of record and node are missing.</summary>
    public int Missing(IReadOnlyCollection<int> nodes) =>
        _published.Keys.Sum(id => nodes.Count(node => !_arrivals[id].ContainsKey(node)));

    /// <summary>Sums a counter of all honest nodes that are on.</summary>
    public long Count(GossipCounter counter) =>
        Enumerable.Range(0, Topology.Nodes).Sum(i => HostOf(i)?.Protocol.Counters[counter] ?? 0);

    internal void Arrived(int node, in GossipId id, Instant now)
    {
        if (_published.ContainsKey(id))
            (_arrivals.TryGetValue(id, out Dictionary<int, Instant>? at) ? at : _arrivals[id] = []).TryAdd(node, now);
    }

    internal GossipVerdict Judge(int node, in GossipRecord record) =>
        Reads is null || Reads(node, record.Topic) ? GossipVerdict.Mine : GossipVerdict.NotMine;

    private INodeProgram Boot(Node node)
    {
        if (Hostile?.Invoke(node) is { } hostile)
            return hostile;
        if (!_disks.TryGetValue(node.Index, out Dictionary<GossipId, DiskRecord>? disk))
            _disks.Add(node.Index, disk = []);
        return new GossipHost(this, node, disk);
    }
}
