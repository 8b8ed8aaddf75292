using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation.Tests;

/// <summary>A program that writes down what happens to it and sends what a test tells it to.</summary>
internal sealed class RecordingProgram(Node node) : INodeProgram
{
    private readonly Stack<int> _free = new();
    private int _next;

    public List<(Instant At, byte[] Frame)> Received { get; } = [];

    public List<(Instant At, string What)> Log { get; } = [];

    public List<LinkId> Links { get; } = [];

    public Instant NextDue { get; set; } = Instant.Never;

    public LinkId LinkUp(Instant now, Node peer, LinkProperties properties, bool outbound)
    {
        var id = new LinkId(_free.TryPop(out int free) ? free : _next++);
        Links.Add(id);
        Log.Add((now, $"up {peer.Index}"));
        return id;
    }

    public void LinkDown(Instant now, LinkId link)
    {
        Links.Remove(link);
        _free.Push(link.Value);
        Log.Add((now, "down"));
    }

    public void LinkWritable(Instant now, LinkId link) => Log.Add((now, "writable"));

    public void Receive(Instant now, LinkId link, ReadOnlySpan<byte> frame) => Received.Add((now, frame.ToArray()));

    public void EndOfBatch(Instant now)
    {
    }

    public void Tick(Instant now)
    {
        Log.Add((now, "tick"));
        NextDue = Instant.Never;
    }

    public void Host(Instant now, int what, long token) => Log.Add((now, $"host {what} {token}"));

    public void Stopped(Instant now, bool inOrder) => Log.Add((now, inOrder ? "stopped" : "cut"));

    public bool Send(FrameKind kind, int size, FrameClass frameClass = FrameClass.Normal)
    {
        byte[] frame = new byte[size];
        frame[0] = (byte)kind;
        bool sent = true;
        node.Network.Call(node, _ => sent = node.Send(Links[0], frameClass, frame));
        return sent;
    }
}

/// <summary>Two nodes and a link, switched on and connected.</summary>
internal sealed class Pair
{
    public Pair(LinkModel model, int seed = 1)
    {
        Network = new Network(seed) { Boot = node => Programs[node.Index] = new RecordingProgram(node) };
        Network.AddNode();
        Network.AddNode();
        Link = Network.AddLink(0, 1, model);
        Network.StartNode(0, new Instant(0));
        Network.StartNode(1, new Instant(0));
        Run(1);
    }

    public Network Network { get; }

    public Link Link { get; }

    public RecordingProgram[] Programs { get; } = new RecordingProgram[2];

    public RecordingProgram A => Programs[0];

    public RecordingProgram B => Programs[1];

    public void Run(double seconds) => Network.Run(Network.Now + TimeSpan.FromSeconds(seconds));
}
