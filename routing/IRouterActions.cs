using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>
/// What the router wants done. It calls these while it handles an event; they return at once and never call back into
/// the router. Results of I/O come back later as events of their own. Spans are valid only during the call.
/// </summary>
public interface IRouterActions
{
    /// <summary>
    /// Sends a frame (kind and body). False: the link has no room; <c>Router.LinkWritable</c> follows.
    /// </summary>
    bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame);

    /// <summary>As <see cref="Send"/>, to every neighbour on the link's medium.</summary>
    bool Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame);

    /// <summary>Ends a link; <c>Router.LinkDown</c> follows.</summary>
    void CloseLink(LinkId link, LinkEnd reason);

    /// <summary>
    /// A frame does not parse: for whoever looks for the fault. A neighbour is disconnected after a few.
    /// </summary>
    void Malformed(LinkId link, ReadOnlySpan<byte> frame)
    {
    }

    /// <summary>
    /// Writes an envelope that this node holds to disk. <c>Router.Persisted</c> or <c>Router.PersistFailed</c> follows
    /// with the same token.
    /// </summary>
    void PersistEnvelope(long token, in EnvelopeId id, in HeldEnvelope held, ReadOnlySpan<byte> envelope);

    /// <summary>Forgets a persisted envelope.</summary>
    void ForgetEnvelope(in EnvelopeId id);

    /// <summary>
    /// Asks for the bytes of a persisted envelope that is no longer in memory; <c>Router.EnvelopeLoaded</c> follows.
    /// </summary>
    void LoadEnvelope(in EnvelopeId id);

    /// <summary>Remembers ids for duplicate detection across restarts; may be written lazily.</summary>
    void PersistSeen(in EnvelopeId id, byte generation);

    /// <summary>Remembers a verified announce across restarts, replacing an older one.</summary>
    void PersistAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce);

    /// <summary>Forgets an announce that expired.</summary>
    void ForgetAnnounce(in NodeAddress address);

    /// <summary>Remembers this node's own announce sequence; must be on disk before the next restart uses it.</summary>
    void PersistSequence(uint sequence);

    /// <summary>
    /// An envelope for this node. The host opens it and stores the message; <c>Router.DeliveryDone</c> follows with the
    /// same token, which decides the custody answer and, for a new or repeated message that wants one, the receipt.
    /// </summary>
    void Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload);

    /// <summary>A bulk frame for this node; nothing answers it.</summary>
    /// <param name="sourceGroup">Where the link comes from that brought it:
    /// <see cref="LinkDescription.SourceGroup"/>.</param>
    /// <param name="overRadio">It may cross radios, and so may what answers it.</param>
    /// <param name="payload">What it carries; anything may be in it.</param>
    void DeliverBulk(ulong sourceGroup, bool overRadio, ReadOnlySpan<byte> payload)
    {
    }

    /// <summary>
    /// A way leads over a link for the first time since it came up, be it the one to the neighbour itself. A link that
    /// ends without that was of no use.
    /// </summary>
    void LinkUsed(LinkId link)
    {
    }

    /// <summary>
    /// What the transport of a link has sent again so far because it seemed lost, in either direction; null where
    /// nobody can tell. An answer that was late without any was held up at the neighbour, and not on the way.
    /// </summary>
    uint? Repeats(LinkId link) => null;

    /// <summary>What is proven about an envelope that this node originated has changed.</summary>
    void StateChanged(in EnvelopeId id, MessageState state, StateReason reason, int hops);

    /// <summary>
    /// A destination became reachable, unreachable, or its best route changed; for events and counters only.
    /// </summary>
    void RouteChanged(in NodeAddress destination);
}
