using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Routing;

/// <content>What people ask about routes and links.</content>
public sealed partial class Router
{
    /// <summary>Known nodes that have a route.</summary>
    public int RouteCount => _protocol?.RouteCount ?? 0;

    /// <summary>The nodes that are known by their announce, reachable or not; a copy.</summary>
    public IReadOnlyList<RouteInfo> ListRoutes() => _protocol?.ListRoutes() ?? [];

    /// <summary>How one node is reached; null if its announce is not known.</summary>
    public RouteInfo? FindRoute(in NodeAddress destination) => _protocol?.FindRoute(destination);

    /// <summary>The links as routing sees them; a copy.</summary>
    public IReadOnlyList<NeighbourInfo> ListNeighbours() => _protocol?.ListNeighbours() ?? [];
}
