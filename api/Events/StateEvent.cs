namespace QuicProChat.Mesh.Api;

/// <summary>The state of a message of this node changed.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Message">The message.</param>
public sealed record StateEvent(DateTimeOffset At, MessageInfo Message) : EventInfo(At)
{
    internal override EventSpec Spec => Events.State;
}

/// <content>The state of a message of this node changed.</content>
public static partial class Events
{
    /// <summary>The state of a message of this node changed.</summary>
    public static EventSpec<StateEvent> State { get; } = new(
        "state", json => json.StateEvent,
        (screen, e) => e.Message.State is "delivered" or "expired" or "failed"
            ? MessageLines.Describe(screen, e.Message) : null);
}
