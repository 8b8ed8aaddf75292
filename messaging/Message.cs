using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>A message of any conversation.</summary>
/// <param name="Id">Its id: for a direct message that of its envelope.</param>
/// <param name="Conversation">Where it belongs.</param>
/// <param name="Outgoing">This node wrote it.</param>
/// <param name="Peer">Its proven sender, or its receiver; for this node's own in a group the group.</param>
/// <param name="Text">What people read of it; empty where its content is nothing to read.</param>
/// <param name="State">What is proven.</param>
/// <param name="Reason">Why.</param>
/// <param name="Hops">Hops that it or its receipt took; 0 where unknown.</param>
/// <param name="Priority">How urgent.</param>
/// <param name="CreatedAt">When it was written or accepted here.</param>
/// <param name="UpdatedAt">When the state last changed.</param>
public sealed record Message(
    EnvelopeId Id, ConversationId Conversation, bool Outgoing, NodeAddress Peer, string Text, MessageState State,
    StateReason Reason, int Hops, Priority Priority, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>What it says.</summary>
    public MessageContent Content { get; init; } = new TextContent(Text);

    /// <summary>What others have done with it since.</summary>
    public MessageExtras Extras { get; init; } = MessageExtras.None;

    /// <summary>Where it stands in its conversation; null where keys of that do not move.</summary>
    public MessagePlace? Place { get; init; }

    /// <summary>The owner has not read it.</summary>
    public bool IsUnread { get; init; }

    /// <summary>Running time until it disappears; null: it stays.</summary>
    public TimeSpan? ExpiresIn { get; init; }

    /// <summary>How it was protected on its way.</summary>
    public Protection Protection { get; init; }

    /// <summary>
    /// The envelope that it leaves in, where that has another id and there is but one; null otherwise, and where it was
    /// read back.
    /// </summary>
    public EnvelopeId? Envelope { get; init; }

    /// <summary>Copies that this node sent, where there are several; else 0.</summary>
    public int Recipients { get; init; }

    /// <summary>Those of them whose receipt came.</summary>
    public int DeliveredTo { get; init; }

    /// <summary>It is a request: its sender is not known to the owner.</summary>
    public bool IsRequest { get; init; }

    /// <summary>When its sender says that it was written, sealed with the text; null where that is not said.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>It came after the lifetime that was sealed with it, by this node's clock.</summary>
    public bool IsLate { get; init; }

    /// <summary>Its text could not be read: the row was altered, or the disk is worn.</summary>
    public bool IsDamaged { get; init; }
}

/// <summary>A message that is to be stored, and what became of it.</summary>
/// <param name="message">The message.</param>
public sealed class InsertedMessage(Message message)
{
    /// <summary>The message; with what came before it, once it is written.</summary>
    public Message Message { get; set; } = message;

    /// <summary>What became of it; set while the transaction is written.</summary>
    public Insertion Outcome { get; set; }

    /// <summary>Its sender is known to the owner; set with the outcome.</summary>
    public bool IsFromKnown { get; set; }
}

/// <summary>What became of a message that was to be stored.</summary>
public enum Insertion
{
    /// <summary>It is among the messages.</summary>
    Added,

    /// <summary>It is among the requests: its sender is not known.</summary>
    AddedAsRequest,

    /// <summary>It was there already, or was and has been erased.</summary>
    AlreadyThere,

    /// <summary>
    /// It was not kept: its sender was refused or blocked, or is a stranger and it is larger than one may send.
    /// </summary>
    NotKept,

    /// <summary>There is no room for what others send.</summary>
    NoRoom,
}
