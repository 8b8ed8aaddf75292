namespace QuicProChat.Mesh.Api;

/// <summary>A destination became reachable or unreachable, or another route is the best.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Route">The route.</param>
public sealed record RouteEvent(DateTimeOffset At, PathInfo Route) : EventInfo(At)
{
    internal override EventSpec Spec => Events.Route;
}

/// <content>A route changed.</content>
public static partial class Events
{
    /// <summary>A route changed.</summary>
    public static EventSpec<RouteEvent> Route { get; } = new("route", json => json.RouteEvent);
}
