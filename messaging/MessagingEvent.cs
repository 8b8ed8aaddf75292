namespace QuicProChat.Mesh.Messaging;

/// <summary>Something that happened in conversations.</summary>
/// <param name="At">When.</param>
public abstract record MessagingEvent(DateTimeOffset At);

/// <summary>A message came in and is on disk.</summary>
public sealed record MessageReceived(Message Message, DateTimeOffset At) : MessagingEvent(At);

/// <summary>What is proven about a message of this node has changed.</summary>
public sealed record MessageChanged(Message Message, DateTimeOffset At) : MessagingEvent(At);

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
