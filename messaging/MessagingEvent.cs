using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>Something that happened in conversations.</summary>
/// <param name="At">When.</param>
public abstract record MessagingEvent(DateTimeOffset At);

/// <summary>A message came in and is on disk.</summary>
public sealed record MessageReceived(Message Message, DateTimeOffset At) : MessagingEvent(At);

/// <summary>What is proven about a message of this node has changed.</summary>
public sealed record MessageChanged(Message Message, DateTimeOffset At) : MessagingEvent(At);

/// <summary>Somebody edited, deleted, read or put a sign on a message.</summary>
/// <param name="Message">The message as it is now.</param>
/// <param name="What">What was done: a reaction, an edit, a deletion or that it was read.</param>
/// <param name="By">Who did it.</param>
/// <param name="At">When.</param>
public sealed record MessageAmended(Message Message, MessageContentType What, NodeAddress By, DateTimeOffset At)
    : MessagingEvent(At);

/// <summary>Somebody is writing, or is not any more. Nothing of it is stored.</summary>
public sealed record SomebodyTypes(ConversationId Conversation, NodeAddress By, bool IsTyping, DateTimeOffset At)
    : MessagingEvent(At);

/// <summary>What is set for a conversation has changed.</summary>
public sealed record SettingChanged(ConversationId Conversation, ConversationSetting Setting, DateTimeOffset At)
    : MessagingEvent(At);

/// <summary>What is written in a conversation with one node is protected in another way from now on.</summary>
public sealed record ProtectionChanged(ConversationId Conversation, Protection Protection, DateTimeOffset At)
    : MessagingEvent(At);

/// <summary>The owner read what was unread in a conversation.</summary>
public sealed record ConversationRead(ConversationId Conversation, int Count, DateTimeOffset At) : MessagingEvent(At);

/// <summary>The time of messages was over: they are erased.</summary>
public sealed record MessagesDisappeared(IReadOnlyList<EnvelopeId> Messages, DateTimeOffset At) : MessagingEvent(At);

/// <summary>Members, keys or name of a conversation have changed.</summary>
public sealed record ConversationChanged(Conversation Conversation, DateTimeOffset At) : MessagingEvent(At);

/// <summary>Where events go.</summary>
public interface IEventSink
{
    /// <summary>Somebody listens: worth building an event.</summary>
    bool HasListeners { get; }

    /// <summary>Tells whoever listens; on the loop.</summary>
    void Publish(MessagingEvent happened);
}
