using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>A node: a place, its links, and the program that runs on it while it is on.</summary>
public sealed class Node(Network network, int index)
{
    private readonly List<Channel> _dirty = [];
    private Channel?[] _byLink = [];
    private Channel? _comingUp;

    /// <summary>Number of the node.</summary>
    public int Index { get; } = index;

    /// <summary>The network it is part of.</summary>
    public Network Network { get; } = network;

    /// <summary>What runs on it; null while it is off.</summary>
    public INodeProgram? Program { get; private set; }

    /// <summary>True while it is on.</summary>
    public bool Running => Program is not null;

    /// <summary>Starts so far: events of an earlier life do not reach a later one.</summary>
    public int Life { get; private set; }

    /// <summary>Drawn at each start.</summary>
    public ulong BootId { get; private set; }

    /// <summary>The channels on which it sends.</summary>
    public List<Channel> Channels { get; } = [];

    /// <summary>When the router is called next.</summary>
    internal Instant TickAt { get; private set; } = Instant.Never;

    /// <summary>The node at the far end of one of its program's links; null if the link is down.</summary>
    public Node? PeerOf(LinkId link) => Find(link) is { } channel ? Network.Receiver(channel) : null;

    /// <summary>
    /// Queues a frame, on a radio for everyone if so wanted; false if the queue of its class is full.
    /// </summary>
    public bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame, bool everyone = false)
    {
        Channel channel = Find(link)
            ?? throw new InvalidOperationException($"node {Index} sends on link {link.Value}, which is down");
        if (!channel.Dirty)
        {
            channel.Dirty = true;
            _dirty.Add(channel);
        }

        return Network.Queue(channel, frameClass, frame, everyone);
    }

    /// <summary>Ends a connection soon.</summary>
    public void Close(LinkId link)
    {
        if (Find(link) is { } channel)
            Network.EndConnection(channel.Index / 2, channel.Index % 2, TimeSpan.Zero);
    }

    /// <summary>A connection is good for something. What the dialling node thinks of it counts.</summary>
    public void MarkUsed(LinkId link)
    {
        if (Find(link) is { } channel && channel.Index % 2 == 0)
            Network.Links[channel.Index / 2].WasUsed = true;
    }

    /// <summary>What a connection has sent again so far; the last repetition counts when its time has come.</summary>
    public uint RepeatsOf(LinkId link) => Find(link) is { } channel
        ? channel.Repeats + (Network.Now < channel.LastRepeat ? 0u : 1u) : 0;

    internal void Start(INodeProgram program, ulong bootId)
    {
        Program = program;
        BootId = bootId;
        Life++;
        TickAt = Instant.Never;
        Settle();
    }

    internal void Stop(Instant now, bool inOrder)
    {
        Program!.Stopped(now, inOrder);
        Program = null;
        Array.Clear(_byLink);
        _dirty.Clear();
    }

    internal LinkId Up(Channel channel, Node peer, bool outbound)
    {
        _comingUp = channel;
        LinkId id = Program!.LinkUp(Network.Now, peer, Network.Properties, outbound);
        _comingUp = null;
        if (id.Value >= _byLink.Length)
            Array.Resize(ref _byLink, Math.Max(4, (id.Value + 1) * 2));
        if (_byLink[id.Value] is not null)
            throw new InvalidOperationException($"node {Index} uses link {id.Value} twice");
        _byLink[id.Value] = channel;
        return id;
    }

    internal void Down(LinkId link)
    {
        _byLink[link.Value] = null;
        Program!.LinkDown(Network.Now, link);
    }

    /// <summary>
    /// After the program was called: writes what it queued, and notes when it wants to be called again.
    /// </summary>
    internal void Settle()
    {
        Program!.EndOfBatch(Network.Now);
        foreach (Channel channel in _dirty)
        {
            channel.Dirty = false;
            Network.Write(channel);
        }

        _dirty.Clear();
        Instant due = Program.NextDue;
        if (due < TickAt)
        {
            TickAt = due < Network.Now ? Network.Now : due;
            Network.Events.Add(TickAt, EventKind.Tick, Index);
        }
    }

    internal void Tick(Instant now)
    {
        if (Program is null || now != TickAt)
            return;
        TickAt = Instant.Never;
        if (Program.NextDue <= now)
            Program.Tick(now);
        Settle();
    }

    // The router may send on a link while it learns of it, before it has told its number.
    private Channel? Find(LinkId link) =>
        (uint)link.Value < (uint)_byLink.Length && _byLink[link.Value] is { } channel ? channel : _comingUp;
}
