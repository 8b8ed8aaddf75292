namespace QuicProChat.Mesh.Api;

/// <summary>Somebody edited, deleted, read or put a sign on a message.</summary>
/// <param name="At">When it happened.</param>
/// <param name="What"><c>edit</c>, <c>delete</c>, <c>read</c> or <c>reaction</c>.</param>
/// <param name="By">Who did it: an address.</param>
/// <param name="Message">The message as it is now.</param>
public sealed record ChangedEvent(DateTimeOffset At, string What, string By, MessageInfo Message) : EventInfo(At)
{
    internal override EventSpec Spec => Events.Changed;
}

/// <content>Somebody edited, deleted, read or put a sign on a message.</content>
public static partial class Events
{
    /// <summary>Somebody edited, deleted, read or put a sign on a message.</summary>
    public static EventSpec<ChangedEvent> Changed { get; } = new(
        "changed", json => json.ChangedEvent,
        (screen, e) => $"{e.What}: {MessageLines.Describe(screen, e.Message)}");
}
