namespace QuicProChat.Mesh.Api;

/// <summary>The owner read what was unread in a conversation.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Conversation">Which.</param>
/// <param name="Count">How many messages that were.</param>
public sealed record ReadEvent(DateTimeOffset At, string Conversation, int Count) : EventInfo(At)
{
    internal override EventSpec Spec => Events.Read;
}

/// <content>The owner read what was unread in a conversation.</content>
public static partial class Events
{
    /// <summary>The owner read what was unread in a conversation.</summary>
    public static EventSpec<ReadEvent> Read { get; } = new(
        "read", json => json.ReadEvent);
}
