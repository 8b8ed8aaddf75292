using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>What runs on a node: the router with its host, or in tests of the engine something smaller.</summary>
public interface INodeProgram
{
    /// <summary>When it wants <see cref="Tick"/>.</summary>
    Instant NextDue { get; }

    /// <summary>A connection to a neighbour is up; returns the number under which the program knows it.</summary>
    LinkId LinkUp(Instant now, Node peer, LinkProperties properties, bool outbound);

    /// <summary>A connection is gone.</summary>
    void LinkDown(Instant now, LinkId link);

    /// <summary>A queue that refused a frame has room.</summary>
    void LinkWritable(Instant now, LinkId link);

    /// <summary>A frame arrived.</summary>
    void Receive(Instant now, LinkId link, ReadOnlySpan<byte> frame);

    /// <summary>Every event of this moment was handed over, such as all frames of a write.</summary>
    void EndOfBatch(Instant now);

    /// <summary>Time has passed.</summary>
    void Tick(Instant now);

    /// <summary>Something that the program scheduled with <see cref="Network.ScheduleHost"/> is due.</summary>
    void Host(Instant now, int what, long token);

    /// <summary>The node stops; nothing is called any more.</summary>
    void Stopped(Instant now, bool inOrder);
}

/// <summary>Watches the network without taking part.</summary>
public interface INetworkObserver
{
    /// <summary>A frame reached a node, which has not seen it yet.</summary>
    void Arriving(Node from, Node to, ReadOnlySpan<byte> frame);
}
