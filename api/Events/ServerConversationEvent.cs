namespace QuicProChat.Mesh.Api;

/// <summary>A conversation on a server has begun, or its members, keys or standing changed.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Conversation">The conversation.</param>
public sealed record ServerConversationEvent(DateTimeOffset At, ServerConversationInfo Conversation) : EventInfo(At)
{
    internal override EventSpec Spec => Events.ServerConversation;
}

/// <content>A conversation on a server has begun, or changed.</content>
public static partial class Events
{
    /// <summary>A conversation on a server has begun, or its members, keys or standing changed.</summary>
    public static EventSpec<ServerConversationEvent> ServerConversation { get; } = new(
        "server-conversation", json => json.ServerConversationEvent, (_, e) => "* " + e.Conversation.Describe());
}
