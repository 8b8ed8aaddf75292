using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>A node that says on all its links what a test tells it to, again and again.</summary>
public sealed class HostileGossiper(Node node, TimeSpan every, Action<HostileGossiper> act) : INodeProgram
{
    private readonly Stack<int> _free = new();
    private int _links;

    /// <summary>Sees what comes in and may answer.</summary>
    public Action<HostileGossiper, LinkId, byte[]>? Heard { get; init; }

    /// <summary>Links that are up.</summary>
    public List<LinkId> Links { get; } = [];

    /// <inheritdoc/>
    public Instant NextDue { get; private set; } = Instant.Never;

    /// <summary>Bytes that were queued.</summary>
    public long Sent { get; private set; }

    /// <summary>Sends a frame on a link.</summary>
    public bool Send(LinkId link, FrameKind kind, ReadOnlySpan<byte> body)
    {
        byte[] frame = [(byte)kind, .. body];
        if (!node.Send(link, FrameClass.Low, frame))
            return false;
        Sent += frame.Length;
        return true;
    }

    /// <inheritdoc/>
    public LinkId LinkUp(Instant now, Node peer, LinkProperties properties, bool outbound)
    {
        var id = new LinkId(_free.TryPop(out int free) ? free : _links++);
        Links.Add(id);
        NextDue = now + every;
        return id;
    }

    /// <inheritdoc/>
    public void LinkDown(Instant now, LinkId link)
    {
        Links.Remove(link);
        _free.Push(link.Value);
    }

    /// <inheritdoc/>
    public void LinkWritable(Instant now, LinkId link)
    {
    }

    /// <inheritdoc/>
    public void Receive(Instant now, LinkId link, ReadOnlySpan<byte> frame) =>
        Heard?.Invoke(this, link, frame.ToArray());

    /// <inheritdoc/>
    public void EndOfBatch(Instant now)
    {
    }

    /// <inheritdoc/>
    public void Tick(Instant now)
    {
        NextDue = now + every;
        act(this);
    }

    /// <inheritdoc/>
    public void Host(Instant now, int what, long token)
    {
    }

    /// <inheritdoc/>
    public void Stopped(Instant now, bool inOrder)
    {
    }
}
