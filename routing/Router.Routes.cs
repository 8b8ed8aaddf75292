using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Routes;

namespace QuicProChat.Mesh.Routing;

/// <content>What people ask about routes and links.</content>
public sealed partial class Router
{
    /// <summary>Known nodes that have a route.</summary>
    public int RouteCount => Queries.RouteCount;

    private IRouteQueries Queries => (IRouteQueries)_routes;

    /// <summary>All known nodes but this one; returns how many there are, which may be more than fit.</summary>
    public int CopyRoutes(Span<RouteSummary> into) => Queries.CopyRoutes(into);

    /// <summary>How one node is reached.</summary>
    public RouteSummary FindRoute(in NodeAddress destination) => Queries.FindRoute(destination);

    /// <summary>What was measured of a link; false if it is not up.</summary>
    public bool TryGetLink(LinkId link, out LinkSummary summary) => Queries.TryGetLink(link, out summary);
}
