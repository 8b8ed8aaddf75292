using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// What survives a power cut, as messaging sees it: the only port to the disk. All members are called on the loop. What
/// cannot be read is as if it were not there.
/// </summary>
public interface IMessageStore
{
    /// <summary>
    /// Writes a transaction with this batch; <see cref="MessageTransaction.Done"/> tells how that went.
    /// </summary>
    void Commit(MessageTransaction transaction);

    /// <summary>Writes what is proven about a message, when there is time.</summary>
    void SetState(Instant now, in EnvelopeId message, in StateChange change);

    /// <summary>Writes what is proven about one copy of a message, when there is time.</summary>
    void SetCopyState(Instant now, in EnvelopeId copy, MessageState state);

    /// <summary>Forgets an envelope that need not be sent any more, when there is time.</summary>
    void Forget(Instant now, in EnvelopeId envelope);

    /// <summary>The message with an id; null if there is none.</summary>
    Message? FindMessage(in EnvelopeId id);

    /// <summary>The owner knows a node: wrote to it, named it or accepted it.</summary>
    bool IsKnown(in NodeAddress address);

    /// <summary>The owner wants to hear nothing of a node.</summary>
    bool IsBlocked(in NodeAddress address);

    /// <summary>A message came from a node that was blocked then, and was dropped.</summary>
    bool IsDropped(in EnvelopeId id);

    /// <summary>What is set for conversations.</summary>
    IReadOnlyList<KeyValuePair<ConversationId, ConversationSetting>> Settings();

    /// <summary>
    /// Marks some of what is unread in a conversation as read, and tells what that was: none is left where there is
    /// none, null where the disk failed.
    /// </summary>
    void MarkRead(ConversationId conversation, Action<Instant, IReadOnlyList<Message>?> read);

    /// <summary>
    /// Marks messages as read that the owner read elsewhere, and tells which of them were unread; null where the disk
    /// failed.
    /// </summary>
    void MarkRead(IReadOnlyList<EnvelopeId> messages, Action<Instant, IReadOnlyList<Message>?> read);

    /// <summary>How long this node has run in all, restarts taken together; to the second.</summary>
    TimeSpan Running { get; }

    /// <summary>Running time until the first message disappears; null: none will.</summary>
    TimeSpan? UntilNextExpiry { get; }

    /// <summary>Erases some messages whose time is over, and tells which those were.</summary>
    void EraseExpired(Action<Instant, IReadOnlyList<EnvelopeId>> erased);

    /// <summary>Who sent an envelope that was opened before; null if it was not, or too long ago.</summary>
    NodeAddress? FindOpened(EnvelopeKind kind, in EnvelopeId id);

    /// <summary>The states of all conversations of a kind. Secret: whoever takes them zeroes them.</summary>
    IReadOnlyList<SavedConversation> Conversations(EnvelopeKind kind);

    /// <summary>The copies of messages about which not everything is proven yet.</summary>
    IReadOnlyList<MessageCopy> CopiesUnderWay();

    /// <summary>The envelopes of a kind that could not be opened yet, oldest first.</summary>
    IReadOnlyList<WaitingEnvelope> Waiting(EnvelopeKind kind);

    /// <summary>A state that was read makes no sense to its kind.</summary>
    void Damaged(string what);
}

/// <summary>A message's state, and since when.</summary>
/// <param name="State">What is proven.</param>
/// <param name="Reason">Why.</param>
/// <param name="Hops">Hops that the message or its receipt took; 0 where unknown.</param>
/// <param name="At">When it changed.</param>
public readonly record struct StateChange(MessageState State, StateReason Reason, int Hops, DateTimeOffset At);

/// <summary>One of the envelopes that carry a message.</summary>
/// <param name="Id">The envelope's id.</param>
/// <param name="Message">The message's id.</param>
/// <param name="State">What is proven about this envelope.</param>
public readonly record struct MessageCopy(EnvelopeId Id, EnvelopeId Message, MessageState State);

/// <summary>A conversation's state as it was saved.</summary>
/// <param name="Id">The conversation.</param>
/// <param name="State">What <see cref="ConversationState.Save"/> made. Secret.</param>
public readonly record struct SavedConversation(ConversationId Id, byte[] State)
{
    /// <summary>The pieces beside it, without order. Secret.</summary>
    public IReadOnlyList<SavedPiece> Pieces { get; init; } = [];
}

/// <summary>An envelope that cannot be opened yet.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Conversation">The conversation that it seems to belong to; null if none fits.</param>
/// <param name="LifetimeLeft">How long it is kept; whole seconds, rounded up.</param>
/// <param name="Envelope">Header and payload.</param>
/// <param name="Source">Whose share of a room it counts to; 0 after a restart.</param>
public readonly record struct WaitingEnvelope(
    EnvelopeId Id, ConversationId? Conversation, TimeSpan LifetimeLeft, ReadOnlyMemory<byte> Envelope,
    ulong Source = 0);
