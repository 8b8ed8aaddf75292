namespace QuicProChat.Mesh.Api;

/// <summary>Somebody is writing, or is not any more.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Conversation">Where.</param>
/// <param name="By">Who: an address.</param>
/// <param name="Typing">False: not any more.</param>
public sealed record TypingEvent(DateTimeOffset At, string Conversation, string By, bool Typing) : EventInfo(At)
{
    internal override EventSpec Spec => Events.Typing;
}

/// <content>Somebody is writing, or is not any more.</content>
public static partial class Events
{
    /// <summary>Somebody is writing, or is not any more.</summary>
    public static EventSpec<TypingEvent> Typing { get; } = new(
        "typing", json => json.TypingEvent);
}
