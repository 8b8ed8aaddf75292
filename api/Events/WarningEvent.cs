namespace QuicProChat.Mesh.Api;

/// <summary>Something is wrong that the owner should know: one of the warnings of <c>status</c>.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Reason">What: one sentence.</param>
public sealed record WarningEvent(DateTimeOffset At, string Reason) : EventInfo(At)
{
    internal override EventSpec Spec => Events.Warning;
}

/// <content>Something is wrong that the owner should know.</content>
public static partial class Events
{
    /// <summary>Something is wrong that the owner should know.</summary>
    public static EventSpec<WarningEvent> Warning { get; } = new(
        "warning", json => json.WarningEvent, (_, e) => $"! {Screen.Printable(e.Reason)}");
}
