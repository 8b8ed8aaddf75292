using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>
/// A network under simulated time. One thread, one seed: the same run gives the same events in the same order.
/// <code>
/// program --Send--> queue of its class --Write--> wire (delay, rate, loss) --WriteArrives--> far program.Receive
///                                          \-- cut wire --> Stalled --> arrives late, or the connection ends
/// </code>
/// </summary>
public sealed partial class Network(int seed)
{
    private readonly List<Node> _nodes = [];
    private readonly List<Link> _links = [];
    private readonly List<Channel> _channels = [];

    /// <summary>The simulated time.</summary>
    public Instant Now { get; private set; }

    /// <summary>What will happen.</summary>
    public EventQueue Events { get; } = new();

    /// <summary>Frames queued and under way.</summary>
    public FramePool Frames { get; } = new();

    /// <summary>The network's own chance: loss and times of dials. Nodes draw from their own.</summary>
    public Random Random { get; } = new(seed);

    /// <summary>All nodes.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>All links that ever were.</summary>
    public IReadOnlyList<Link> Links => _links;

    /// <summary>Both directions of each link, at twice its number.</summary>
    public IReadOnlyList<Channel> Channels => _channels;

    /// <summary>Bytes sent by all nodes so far.</summary>
    public TrafficCounter Total;

    /// <summary>
    /// Bytes of the frames that streams wrote, with their lengths and without framing below, by
    /// <see cref="FrameKind"/>.
    /// </summary>
    public long[] SentByKind { get; } = new long[1 + byte.MaxValue];

    /// <summary>Events handled so far.</summary>
    public long Handled { get; private set; }

    /// <summary>All frames that arrived, as one number.</summary>
    public FrameTrace Trace { get; } = new();

    /// <summary>Sees every frame that arrives.</summary>
    public INetworkObserver? Observer { get; set; }

    /// <summary>Called for <see cref="EventKind.Scenario"/>.</summary>
    public Action<int, long>? Scenario { get; set; }

    /// <summary>Makes the program of a node that is switched on.</summary>
    public Func<Node, INodeProgram>? Boot { get; set; }

    /// <summary>What routers are told about their links.</summary>
    public LinkProperties Properties { get; init; } = LinkProperties.Stream;

    /// <summary>Adds a node; it is off.</summary>
    public Node AddNode()
    {
        var node = new Node(this, _nodes.Count);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Adds a link with its wire up; it connects once both nodes are on.</summary>
    public Link AddLink(int a, int b, LinkModel model)
    {
        var link = new Link(_links.Count, a, b, model);
        _links.Add(link);
        for (int end = 0; end < 2; end++)
        {
            var channel = new Channel(_channels.Count);
            _channels.Add(channel);
            _nodes[link.NodeAt(end)].Channels.Add(channel);
        }

        return link;
    }

    /// <summary>Handles events up to a time, or until the condition holds. Returns false if time came first.</summary>
    public bool Run(Instant until, Func<bool>? stop = null)
    {
        while (Events.NextAt <= until)
        {
            Event next = Events.Take();
            Now = next.At;
            Handled++;
            Handle(in next);
            if (stop is not null && stop())
                return true;
        }

        Now = until;
        return false;
    }

    /// <summary>Calls <see cref="INodeProgram.Host"/> later, unless the node stops before.</summary>
    public void ScheduleHost(Node node, TimeSpan delay, byte what, long token) =>
        Events.Add(Now + delay, EventKind.Host, node.Index, node.Life << 8 | what, token);

    /// <summary>Switches a node on.</summary>
    public void StartNode(int node, Instant at) => Events.Add(at, EventKind.NodeStart, node);

    /// <summary>Stops a node in good order, or by cutting its power.</summary>
    public void StopNode(int node, Instant at, bool inOrder) =>
        Events.Add(at, EventKind.NodeStop, node, inOrder ? 1 : 0);

    /// <summary>Runs something on a node now, as if its user had asked.</summary>
    public void Call(Node node, Action<INodeProgram> action)
    {
        action(node.Program ?? throw new InvalidOperationException($"node {node.Index} is off"));
        node.Settle();
    }

    /// <summary>The node that a channel leads to.</summary>
    public Node Receiver(Channel channel) => _nodes[_links[channel.Index / 2].NodeAt(1 - channel.Index % 2)];

    /// <summary>The node that sends on a channel.</summary>
    public Node Sender(Channel channel) => _nodes[_links[channel.Index / 2].NodeAt(channel.Index % 2)];

    private void Handle(in Event next)
    {
        switch (next.Kind)
        {
            case EventKind.Tick:
                _nodes[next.A].Tick(Now);
                break;
            case EventKind.WriteArrives:
                Arrive(_channels[next.A], next.B, next.C);
                break;
            case EventKind.ChannelFree:
                Write(_channels[next.A]);
                break;
            case EventKind.Writable:
                Writable(_channels[next.A], next.C);
                break;
            case EventKind.Dial:
                Dial(_links[next.A], next.B);
                break;
            case EventKind.Handshake:
                Handshake(_links[next.A], next.B == 1);
                break;
            case EventKind.EndDown:
                EndDown(_links[next.A], next.B, next.C);
                break;
            case EventKind.Stalled:
                GiveUp(_channels[next.A], next.C);
                break;
            case EventKind.RadioSent:
                RadioSent(_nodes[next.A], next.B == Retry);
                break;
            case EventKind.Host:
                Node node = _nodes[next.A];
                if (node.Program is { } program && node.Life == next.B >> 8)
                {
                    program.Host(Now, next.B & 0xFF, next.C);
                    node.Settle();
                }

                break;
            case EventKind.NodeStart:
                Start(_nodes[next.A]);
                break;
            case EventKind.NodeStop:
                Stop(_nodes[next.A], next.B == 1);
                break;
            case EventKind.Scenario:
                Scenario?.Invoke(next.A, next.C);
                break;
            default:
                throw new InvalidOperationException($"nobody handles {next.Kind}");
        }
    }
}
