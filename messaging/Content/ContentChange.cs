using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Content;

/// <summary>What a content does to another message.</summary>
/// <param name="Conversation">Where both are; a reference counts nowhere else.</param>
/// <param name="Target">The other message.</param>
/// <param name="Author">Whose content it is.</param>
/// <param name="IsOwn">It is this node's.</param>
/// <param name="Content">A reaction, an edit, a deletion, or that it was read.</param>
/// <param name="IsProven">Nobody else can have written it.</param>
/// <param name="At">When it came.</param>
public sealed record ContentChange(
    Wire.ConversationId Conversation, ContentReference Target, NodeAddress Author, bool IsOwn, MessageContent Content,
    bool IsProven, DateTimeOffset At)
{
    /// <summary>
    /// The id of what brought it from somebody else; default for an own one, and for one that waited.
    /// </summary>
    public Wire.EnvelopeId Carrier { get; init; }
}

/// <summary>What became of a change.</summary>
public enum ChangeOutcome
{
    /// <summary>The message is changed.</summary>
    Changed,

    /// <summary>There was nothing to do: it has been done, or something later has.</summary>
    NothingNew,

    /// <summary>Its author may not do that, or to that message nobody can.</summary>
    NotAllowed,

    /// <summary>The message is not there yet; the change waits for it.</summary>
    Early,

    /// <summary>The message is not there, and the change is not kept.</summary>
    NotKept,
}

/// <summary>A change that is to be written, and what became of it.</summary>
/// <param name="change">The change.</param>
public sealed class PlannedChange(ContentChange change)
{
    /// <summary>The change.</summary>
    public ContentChange Change { get; } = change;

    /// <summary>What became of it; set while the transaction is written.</summary>
    public ChangeOutcome Outcome { get; set; }

    /// <summary>Its author is known to the owner; set with the outcome.</summary>
    public bool IsFromKnown { get; set; }

    /// <summary>The message as it is after it; null where there is none.</summary>
    public Message? Message { get; set; }
}
