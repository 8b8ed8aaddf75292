using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Node.Loop;

/// <content>What the router knows, as the control socket shows it.</content>
internal sealed partial class RouterHost
{
    internal int CountRoutes() => _router.RouteCount;

    internal IReadOnlyList<RouteInfo> DescribeRoutes()
    {
        var routes = new RouteSummary[_router.CopyRoutes([])];
        int count = Math.Min(routes.Length, _router.CopyRoutes(routes));
        return [.. routes.Take(count).Select(Describe)];
    }

    /// <summary>The name that a node announced; empty if it has none or is not known.</summary>
    internal string NameOf(in NodeAddress address) =>
        _router.FindAnnounce(address) is { } announce ? Encoding.UTF8.GetString(announce.Name) : "";

    private RouteInfo DescribeRoute(in NodeAddress destination) => Describe(_router.FindRoute(destination));

    private RouteInfo Describe(RouteSummary route) => new(
        route.Destination.ToString(), NameOf(route.Destination), route.NextHop?.ToString(),
        route.Metric.IsInfinite ? null : route.Metric.Units / 10.0, null);

    private double? RoundTrip(LinkId link) =>
        _router.TryGetLink(link, out LinkSummary summary) && summary.RoundTrip is { } time ? Math.Round(time.TotalMilliseconds, 3) : null;
}
