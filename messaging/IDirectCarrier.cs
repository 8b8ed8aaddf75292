using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// Whoever may carry the texts of conversations with one node, so that they are not sealed one by one. The conversation
/// stays the same: only how its texts are protected changes.
/// </summary>
public interface IDirectCarrier
{
    /// <summary>Texts to a node go this way now, as far as is known. From any thread.</summary>
    bool Carries(NodeAddress peer);

    /// <summary>A text for a node; whether it can be carried is decided in its turn.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="caller">Who asked.</param>
    /// <param name="to">For whom.</param>
    /// <param name="at">When it was written.</param>
    Outgoing Carry(SendRequest request, ICaller caller, NodeAddress to, DateTimeOffset at);

    /// <summary>A sealed message of a conversation with one node was stored. On the loop.</summary>
    /// <param name="now">When.</param>
    /// <param name="peer">That node.</param>
    /// <param name="isFromPeer">It came from there: that node is in reach.</param>
    void Spoke(Instant now, NodeAddress peer, bool isFromPeer);
}

/// <summary>Seals a text that cannot be carried after all, within the transaction of whoever would have.</summary>
public interface IDirectSealing
{
    /// <summary>Seals and stores it; it leaves when that is on disk.</summary>
    /// <exception cref="MessagingException">The receiver's key is not known, or cannot be used.</exception>
    void SendSealed(
        Instant now, Outgoing outgoing, NodeAddress to, DateTimeOffset at, MessageTransaction transaction);
}
