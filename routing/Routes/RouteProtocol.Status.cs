using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Copies for people.
internal sealed partial class RouteProtocol
{
    /// <summary>Known nodes that have a route.</summary>
    public int RouteCount
    {
        get
        {
            int count = 0;
            for (int index = Self + 1; index < _destinations.End; index++)
                count += _destinations[index] is { Announce: not null, Selected: not Destination.NoLink } ? 1 : 0;
            return count;
        }
    }

    /// <summary>The nodes that are known by their announce, reachable or not; a copy.</summary>
    public IReadOnlyList<RouteInfo> ListRoutes()
    {
        var routes = new List<RouteInfo>(_signed);
        for (int index = Self + 1; index < _destinations.End; index++)
        {
            if (Describe(index) is { } route)
                routes.Add(route);
        }

        return routes;
    }

    /// <summary>How one node is reached; null if its announce is not known.</summary>
    public RouteInfo? FindRoute(in NodeAddress destination)
    {
        int index = FindNode(destination);
        return index > Self ? Describe(index) : null;
    }

    /// <summary>The links as routing sees them; a copy.</summary>
    public IReadOnlyList<NeighbourInfo> ListNeighbours() => _neighbours.ConvertAll(neighbour => new NeighbourInfo(
        neighbour.Link, neighbour.Peer, neighbour.Cost, neighbour.Measured.RoundTrip, neighbour.Measured.Arrival,
        neighbour.IsSuspect, neighbour.Trust.DistrustedUntil > _now));

    /// <inheritdoc/>
    public void NoteHops(in NodeAddress destination, int hops)
    {
        int index = FindNode(destination);
        if (index > Self)
            _destinations[index].Prove((ushort)Math.Min(hops, Limits.LargestHops));
    }

    /// <inheritdoc/>
    public Instant UnreachableSince(in NodeAddress destination, out LinkId lastNextHop)
    {
        int index = FindNode(destination);
        lastNextHop = index > Self && _destinations[index].LastSelected is { } last ? new LinkId(last) : LinkId.None;
        return index > Self ? _start + TimeSpan.FromSeconds(_destinations[index].UnreachableSince) : _start;
    }

    private RouteInfo? Describe(int index)
    {
        if (_destinations[index].Announce is not { } announce)
            return null;
        Span<NextHop> hops = stackalloc NextHop[16];
        int count = FindNextHops(_now, announce.Address, hops);
        LinkId first = count > 0 ? hops[0].Link : LinkId.None;
        int known = first == LinkId.None ? 0 : Find(first)!.Peer == announce.Address ? 1
            : _destinations[index].ProvenHops;
        return new RouteInfo(
            announce.Address, announce, first, _destinations[index].Advertised.Metric, count, known > 0 ? known : null);
    }
}
