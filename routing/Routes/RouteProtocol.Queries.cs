using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

/// <content>What people ask.</content>
internal sealed partial class RouteProtocol : IRouteQueries
{
    /// <inheritdoc/>
    public int RouteCount
    {
        get
        {
            int count = 0;
            for (int index = Self + 1; index < _destinations.End; index++)
                count += _destinations[index] is { InUse: true, Announce: not null, Selected: not Destination.NoLink } ? 1 : 0;
            return count;
        }
    }

    /// <inheritdoc/>
    public int CopyRoutes(Span<RouteSummary> into)
    {
        int count = 0;
        for (int index = Self + 1; index < _destinations.End; index++)
        {
            if (!_destinations[index].InUse || _destinations[index].Announce is not { } announce)
                continue;
            if (count < into.Length)
                into[count] = Summarise(index, announce.Address);
            count++;
        }

        return count;
    }

    /// <inheritdoc/>
    public RouteSummary FindRoute(in NodeAddress destination)
    {
        int index = FindNode(destination);
        return index > Self ? Summarise(index, destination) : new RouteSummary(destination, null, Metric.Infinite);
    }

    /// <inheritdoc/>
    public bool TryGetLink(LinkId link, out LinkSummary summary)
    {
        summary = Find(link) is { } neighbour ? new LinkSummary(neighbour.RoundTrip, neighbour.Cost) : default;
        return Find(link) is not null;
    }

    private RouteSummary Summarise(int index, in NodeAddress address) =>
        _destinations[index].Selected != Destination.NoLink && Find(new LinkId(_destinations[index].Selected)) is { } via
            ? new RouteSummary(address, via.Peer, via.Heard(index).Metric + via.Cost)
            : new RouteSummary(address, null, Metric.Infinite);
}
