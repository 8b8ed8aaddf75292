using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// One kind of conversation: what its envelopes mean, and how its texts become envelopes. There is one for each
/// <see cref="EnvelopeKind"/> that people write with; <see cref="Conversations"/> looks it up.
/// </summary>
public interface IConversationKind : IStateOwner
{
    /// <summary>
    /// True where sealing and opening need no state: they are done off the loop, and each message has a transaction of
    /// its
    /// own. False where keys move with each message: then one transaction is under way at a time.
    /// </summary>
    bool IsStateless { get; }

    /// <summary>What people write before a name of this kind and a colon; null: its names have no prefix.</summary>
    string? Prefix => null;

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    Instant NextDue { get; }

    /// <summary>Takes back what survived the last run; called once, before the loop starts.</summary>
    void Restore(Instant now, IReadOnlyList<SavedConversation> states);

    /// <summary>Copies an envelope out of the router's memory.</summary>
    Arrival Take(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload);

    /// <summary>Stores what an envelope says, and answers it when that is on disk.</summary>
    void Received(Instant now, Arrival arrival, MessageTransaction transaction);

    /// <summary>Checks a text on its caller's thread, and seals it there if that needs no state.</summary>
    /// <returns>What <see cref="Send"/> takes; null if that has to be waited for.</returns>
    /// <exception cref="MessagingException">It cannot be sent.</exception>
    ValueTask<Outgoing?> PrepareAsync(SendRequest request, ICaller caller);

    /// <summary>The same, waiting for what is missing.</summary>
    /// <exception cref="MessagingException">It cannot be sent.</exception>
    Task<Outgoing> PrepareLaterAsync(SendRequest request, ICaller caller);

    /// <summary>Stores a text with its envelopes; they leave when that is on disk.</summary>
    void Send(Instant now, Outgoing outgoing, MessageTransaction transaction);

    /// <summary>Does what is due.</summary>
    void Tick(Instant now, MessageTransaction transaction);

    /// <summary>The announce of a node came in: there may be a way to it again. On the loop.</summary>
    void Heard(in NodeAddress address)
    {
    }

    /// <summary>A message is not wanted any more: what is kept of it, to be sent again, goes. On the loop.</summary>
    void Withdrawn(in EnvelopeId message)
    {
    }

    /// <summary>A conversation as it can be shown; null if there is none with that id. On the loop.</summary>
    Conversation? Describe(ConversationId id);

    /// <summary>
    /// The others in a conversation, to whom its files may go; none where it is not there or they are not known. On the
    /// loop.
    /// </summary>
    IReadOnlyList<NodeAddress> MembersOf(ConversationId id) => [];

    /// <summary>
    /// What the owner calls a conversation; null for those without a name of their own. From any thread.
    /// </summary>
    string? NameOf(ConversationId id);

    /// <summary>The conversation that the owner calls so, if there is one. From any thread.</summary>
    ConversationId? Find(string name);
}

/// <summary>Whoever's states a transaction changes.</summary>
public interface IStateOwner
{
    /// <summary>The envelopes that belong to it.</summary>
    EnvelopeKind Kind { get; }

    /// <summary>
    /// A state's change did not reach the disk, or it was left and that did not: it is as it was stored.
    /// </summary>
    void GoBack(ConversationState state);

    /// <summary>A fault of this program cost a piece of work, or one of the things that follow a transaction.</summary>
    void Faulted(Exception fault);
}
