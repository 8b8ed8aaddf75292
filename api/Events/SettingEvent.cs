namespace QuicProChat.Mesh.Api;

/// <summary>What is set for a conversation has changed.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Conversation">Which.</param>
/// <param name="Disappear">After what time its messages disappear; <c>off</c>: they stay.</param>
/// <param name="Muted">The owner is not to be disturbed by it.</param>
public sealed record SettingEvent(DateTimeOffset At, string Conversation, string Disappear, bool Muted) : EventInfo(At)
{
    internal override EventSpec Spec => Events.Setting;
}

/// <content>What is set for a conversation has changed.</content>
public static partial class Events
{
    /// <summary>What is set for a conversation has changed.</summary>
    public static EventSpec<SettingEvent> Setting { get; } = new(
        "setting", json => json.SettingEvent,
        (_, e) => $"{Screen.Printable(e.Conversation)}: messages disappear: {e.Disappear}{(e.Muted ? ", muted" : "")}");
}
