using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

/// <summary>A message as it is kept.</summary>
/// <param name="Id">Its envelope's id.</param>
/// <param name="Outgoing">This node wrote it.</param>
/// <param name="Peer">Its receiver, or its proven sender.</param>
/// <param name="Text">What it says, where that is plain text; else empty.</param>
/// <param name="State">What is proven.</param>
/// <param name="Reason">Why, as the router numbers it; 0: nothing to add.</param>
/// <param name="Hops">Hops that it or its receipt took; 0 where unknown.</param>
/// <param name="Priority">How urgent.</param>
/// <param name="CreatedAt">When it was written or accepted here, to the millisecond.</param>
/// <param name="UpdatedAt">When the state last changed, to the millisecond.</param>
public sealed record StoredMessage(
    EnvelopeId Id, bool Outgoing, NodeAddress Peer, string Text, MessageState State, byte Reason, int Hops,
    Priority Priority, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>What it says, where that is no plain text: bytes that messaging understands; else empty.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>What was done with it since, in bytes that messaging understands; sealed like the text.</summary>
    public ReadOnlyMemory<byte> Extras { get; init; }

    /// <summary>Minutes after which it disappears, once it was read or sent; 0: it stays.</summary>
    public ushort Timer { get; init; }

    /// <summary>Running time until it disappears; null: it stays. Set by the store.</summary>
    public TimeSpan? ExpiresIn { get; init; }

    /// <summary>The owner has not read it.</summary>
    public bool IsUnread { get; init; }

    /// <summary>
    /// Where it stands in its conversation, in bytes that messaging understands; empty where it has no place.
    /// </summary>
    public ReadOnlyMemory<byte> Place { get; init; }

    /// <summary>The conversation it belongs to, where that has an id of its own; null for one with the peer.</summary>
    public ConversationId? Conversation { get; init; }

    /// <summary>How it was protected on its way, as messaging numbers it; bound to the text by its seal.</summary>
    public byte Protection { get; init; }

    /// <summary>
    /// The envelope that it travels in, where that has another id and there is but one; null otherwise. Set, not read
    /// back: <see cref="StoreReader.CopiesUnderWay"/> tells.
    /// </summary>
    public EnvelopeId? Envelope { get; init; }

    /// <summary>Copies of it, where it has several; else 0.</summary>
    public int Recipients { get; init; }

    /// <summary>Those of them whose receipt came.</summary>
    public int DeliveredTo { get; init; }

    /// <summary>It is a request: its sender is not known to the owner.</summary>
    public bool IsRequest { get; init; }

    /// <summary>
    /// When its sender says that it was written, sealed with the text; null where the sender has no clock.
    /// </summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>It came after the lifetime that was sealed with it, by this node's clock.</summary>
    public bool IsLate { get; init; }

    /// <summary>Its text could not be read: the row was altered, or the disk is worn.</summary>
    public bool IsDamaged { get; init; }
}

/// <summary>A conversation with what is in it, requests not counted.</summary>
/// <param name="Id">The conversation.</param>
/// <param name="Count">Its messages.</param>
/// <param name="Unread">Those that the owner has not read.</param>
/// <param name="Newest">The newest of them.</param>
public sealed record StoredSummary(ConversationId Id, int Count, int Unread, StoredMessage Newest);

/// <summary>What is set for a conversation.</summary>
/// <param name="Id">The conversation.</param>
/// <param name="Timer">Minutes after which its messages disappear; 0: they stay.</param>
/// <param name="Revision">The number of the change that set the timer.</param>
/// <param name="IsMuted">The owner is not to be disturbed.</param>
public readonly record struct StoredSetting(ConversationId Id, ushort Timer, ushort Revision, bool IsMuted);

/// <summary>What is kept beside the bytes of a held envelope.</summary>
/// <param name="Upstream">The neighbour that handed it over; this node itself for what originated here.</param>
/// <param name="Originated">It started here.</param>
/// <param name="LifetimeLeft">Lifetime left; whole seconds are kept, rounded up.</param>
/// <param name="ReceiptProof">What its receipt must carry; empty where none is expected.</param>
public readonly record struct Holding(
    NodeAddress Upstream, bool Originated, TimeSpan LifetimeLeft, ReadOnlyMemory<byte> ReceiptProof);

/// <summary>A held envelope as it is found after a restart; its payload stays on disk.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Holding">What was kept beside it; the lifetime is what is left now.</param>
/// <param name="Header">Its header.</param>
/// <param name="Size">Size of header and payload in bytes.</param>
public readonly record struct StoredEnvelope(EnvelopeId Id, Holding Holding, EnvelopeHeader Header, int Size);

/// <summary>A seen envelope.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Generation">The generation accepted last, as the router encodes it.</param>
public readonly record struct SeenEnvelope(EnvelopeId Id, byte Generation);
