namespace QuicProChat.Mesh.Api;

/// <summary>A message came in.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Message">The message.</param>
public sealed record MessageEvent(DateTimeOffset At, MessageInfo Message) : EventInfo(At)
{
    internal override EventSpec Spec => Events.Message;
}

/// <content>A message came in.</content>
public static partial class Events
{
    /// <summary>A message came in.</summary>
    public static EventSpec<MessageEvent> Message { get; } = new(
        "message", json => json.MessageEvent,
        (screen, e) => MessageLines.Describe(screen, e.Message)
            + (e.Message.Request ? "  [/accept or /refuse, with the address]" : ""));
}
