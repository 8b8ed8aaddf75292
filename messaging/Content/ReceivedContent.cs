using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Content;

/// <summary>A content that came from somebody else, opened and parsed.</summary>
/// <param name="Id">The id that it has as a message.</param>
/// <param name="Conversation">Where it belongs.</param>
/// <param name="Author">Who wrote it, as far as its protection proves that.</param>
/// <param name="Content">What it says.</param>
/// <param name="Protection">How it was protected on its way.</param>
/// <param name="Hops">Hops that it took.</param>
/// <param name="Priority">How urgent its author called it.</param>
/// <param name="At">When it came.</param>
public sealed record ReceivedContent(
    EnvelopeId Id, ConversationId Conversation, NodeAddress Author, MessageContent Content, Protection Protection,
    int Hops, Priority Priority, DateTimeOffset At)
{
    /// <summary>When its author says that it was written; null where that is not said.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>It came after the lifetime that was sealed with it.</summary>
    public bool IsLate { get; init; }

    /// <summary>Where it stands; null where keys of its conversation do not move.</summary>
    public MessagePlace? Place { get; init; }
}
