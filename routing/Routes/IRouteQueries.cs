using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>What people ask of the route half; nothing in the router depends on it.</summary>
internal interface IRouteQueries
{
    /// <summary>Known nodes that have a route.</summary>
    int RouteCount { get; }

    /// <summary>All known nodes but this one; returns how many there are, which may be more than fit.</summary>
    int CopyRoutes(Span<RouteSummary> into);

    /// <summary>How one node is reached.</summary>
    RouteSummary FindRoute(in NodeAddress destination);

    /// <summary>What was measured of a link; false if it is not up.</summary>
    bool TryGetLink(LinkId link, out LinkSummary summary);
}
