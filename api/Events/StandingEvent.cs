namespace QuicProChat.Mesh.Api;

/// <summary>What a node is to the owner changed.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Address">The node.</param>
/// <param name="Standing">What it is now: <c>known</c> or <c>refused</c>.</param>
public sealed record StandingEvent(DateTimeOffset At, string Address, string Standing) : EventInfo(At)
{
    internal override EventSpec Spec => Events.Standing;
}

/// <content>What a node is to the owner changed.</content>
public static partial class Events
{
    /// <summary>What a node is to the owner changed.</summary>
    public static EventSpec<StandingEvent> Standing { get; } = new("standing", json => json.StandingEvent);
}
