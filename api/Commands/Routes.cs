namespace QuicProChat.Mesh.Api;

/// <summary>What <c>routes</c> takes.</summary>
public sealed record RoutesRequest
{
    /// <summary>Go on behind this: what the reply before said as <c>more</c>.</summary>
    public string? From { get; set; }
}

/// <content><c>routes</c>.</content>
public static partial class Commands
{
    /// <summary><c>routes</c>: known destinations and how they are reached.</summary>
    public static CommandSpec<RoutesRequest, IReadOnlyList<PathInfo>> Routes { get; } = new(
        "routes", CommandGroup.Links, "Known destinations and how they are reached.",
        json => json.IReadOnlyListPathInfo,
        new ArgumentList<RoutesRequest>().From(r => r.From, (r, v) => r.From = v))
    {
        Paging = Paging.Forward,
        Console = [new("/mesh route", "", "known destinations") { Also = ["/mesh routes"] }],
        Rendering = (screen, routes) => screen.Table(
            routes, "no routes", ("name", r => r.Name), ("destination", r => r.Destination),
            ("nextHop", r => r.NextHop), ("metric", r => r.Metric), ("hops", r => r.Hops)),
    };
}
