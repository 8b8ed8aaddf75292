using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire;

/// <summary>
/// One link: an authenticated connection to one neighbour, past its Hello. Members are called by the one loop that
/// owns the router; the link's own loops do the I/O.
/// </summary>
public interface ILink
{
    /// <summary>The neighbour's proven address.</summary>
    NodeAddress Peer { get; }

    /// <summary>The neighbour's Ed25519 public key, 32 bytes.</summary>
    ReadOnlyMemory<byte> PeerPublicKey { get; }

    /// <summary>The neighbour's name as its Hello gave it; not authenticated by anyone else.</summary>
    string PeerName { get; }

    /// <summary>The neighbour's boot id from its Hello.</summary>
    ulong PeerBootId { get; }

    /// <summary>What kind of transport carries it: <c>tcp</c>, <c>quic</c>, <c>lora</c>.</summary>
    string Transport { get; }

    /// <summary>Where the neighbour is, for people: the URI dialled, or the remote end point.</summary>
    string Uri { get; }

    /// <summary>True if this node dialled.</summary>
    bool Outbound { get; }

    /// <summary>
    /// Where the link comes from, as far as that is dear to change: an opaque number that links from the same IPv4 /24,
    /// the same IPv6 /48 or the same radio share, and all links from this machine. 0 where that is not known.
    /// </summary>
    ulong SourceGroup { get; }

    /// <summary>
    /// The operator wanted the link: this node dials the peer because somebody named it, or its address is pinned.
    /// </summary>
    bool Chosen { get; }

    /// <summary>
    /// Some way led over it since it came up (<see cref="MarkUsed"/>). One of which that is false when it ends was of
    /// no use, and its peer is worth dialling more seldom.
    /// </summary>
    bool WasUsed => true;

    /// <summary>What the router has to know of it.</summary>
    LinkProperties Properties { get; }

    /// <summary>Bytes received and sent so far, framing of the transport's own layer included.</summary>
    (long Received, long Sent) Traffic { get; }

    /// <summary>
    /// What the transport below has sent again so far because it seemed lost, counted in its own units; null where it
    /// does not tell. It changes with losses in either direction: a lost acknowledgement makes a sender repeat too.
    /// </summary>
    uint? Repeats => null;

    /// <summary>
    /// Queues a frame (kind and body). The bytes are copied. False if the class's queue is full: nothing was queued,
    /// and <see cref="ILinkEvents.Writable"/> follows when there is room again.
    /// </summary>
    bool TrySend(FrameClass frameClass, ReadOnlySpan<byte> frame);

    /// <summary>As <see cref="TrySend"/>, to every neighbour of the same medium; on other links, to this one.</summary>
    bool TryBroadcast(FrameClass frameClass, ReadOnlySpan<byte> frame);

    /// <summary>Wakes the sender: called once after a batch of <see cref="TrySend"/>.</summary>
    void Flush();

    /// <summary>A way leads over it.</summary>
    void MarkUsed()
    {
    }

    /// <summary>
    /// Ends the link. What is queued in classes up to Control is still sent if that takes little time.
    /// </summary>
    void Close(LinkEnd reason);
}
