namespace QuicProChat.Mesh.Api;

/// <summary>What is written in a conversation with one node is protected in another way from now on.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Conversation">Which.</param>
/// <param name="Security">How: <c>mls</c> or <c>sealed</c>.</param>
public sealed record SecurityEvent(DateTimeOffset At, string Conversation, string Security) : EventInfo(At)
{
    internal override EventSpec Spec => Events.Security;
}

/// <content>What is written in a conversation is protected in another way.</content>
public static partial class Events
{
    /// <summary>What is written in a conversation with one node is protected in another way from now on.</summary>
    public static EventSpec<SecurityEvent> Security { get; } = new(
        "security", json => json.SecurityEvent,
        (_, e) => e.Security == "mls"
            ? $"{Screen.Printable(e.Conversation)}: what you write goes under MLS now, with keys that change"
            : $"{Screen.Printable(e.Conversation)}: what you write is sealed again, message by message");
}
