namespace QuicProChat.Mesh.Routing.Routes;

// Copies for people.
internal sealed partial class RouteProtocol
{
    /// <summary>The nodes that are known by their announce, reachable or not; a copy.</summary>
    public IReadOnlyList<RouteInfo> ListRoutes()
    {
        var routes = new List<RouteInfo>(_signed);
        Span<NextHop> hops = stackalloc NextHop[16];
        for (int index = 1; index < _destinations.End; index++)
        {
            ref Destination destination = ref _destinations[index];
            if (destination.Announce is { } announce)
            {
                int count = FindNextHops(_now, announce.Address, hops);
                routes.Add(new RouteInfo(
                    announce.Address, announce, count > 0 ? hops[0].Link : LinkId.None, destination.Advertised.Metric, count));
            }
        }

        return routes;
    }

    /// <summary>The links as routing sees them; a copy.</summary>
    public IReadOnlyList<NeighbourInfo> ListNeighbours() => _neighbours.ConvertAll(neighbour => new NeighbourInfo(
        neighbour.Link, neighbour.Peer, neighbour.Cost, neighbour.RoundTrip, neighbour.Arrival, neighbour.IsSuspect,
        neighbour.DistrustedUntil > _now));
}
