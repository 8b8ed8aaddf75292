using System.Globalization;

namespace QuicProChat.Mesh.Api;

/// <summary>Events were dropped because the reader was too slow.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Count">How many.</param>
public sealed record LostEvent(DateTimeOffset At, long Count) : EventInfo(At)
{
    internal override EventSpec Spec => Events.Lost;
}

/// <content>Events were dropped because the reader was too slow.</content>
public static partial class Events
{
    /// <summary>Events were dropped because the reader was too slow.</summary>
    public static EventSpec<LostEvent> Lost { get; } = new(
        "lost", json => json.LostEvent,
        (_, e) => string.Create(CultureInfo.InvariantCulture, $"* {e.Count} events were lost"));
}
