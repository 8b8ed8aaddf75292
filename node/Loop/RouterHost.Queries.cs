using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Node.Loop;

/// <content>What the router knows.</content>
internal sealed partial class RouterHost
{
    /// <summary>
    /// Routes described at once; a description has more than a hundred bytes, so that a reply holds fewer.
    /// </summary>
    private const int MaxRoutes = 8192;

    /// <summary>Known nodes behind an address, in the order of their addresses.</summary>
    internal IReadOnlyList<PathStatus> DescribeRoutes(string? from)
    {
        var known = new List<(string Address, RouteInfo Route)>();
        foreach (RouteInfo route in _router.ListRoutes())
        {
            string address = route.Address.ToString();
            if (from is null || string.CompareOrdinal(address, from) > 0)
                known.Add((address, route));
        }

        known.Sort(static (a, b) => string.CompareOrdinal(a.Address, b.Address));
        return [.. known.Take(MaxRoutes).Select(k => Describe(k.Route))];
    }

    /// <summary>The links that are up, with what the router measured of them.</summary>
    internal IReadOnlyList<PeerStatus> DescribePeers()
    {
        var measured = new Dictionary<LinkId, TimeSpan?>();
        foreach (NeighbourInfo neighbour in _router.ListNeighbours())
            measured.Add(neighbour.Link, neighbour.RoundTrip);
        return [.. Links.All.Select(live => Describe(live, measured.GetValueOrDefault(live.Id)))];
    }

    /// <summary>The name that a node announced; empty if it has none or is not known.</summary>
    internal string NameOf(in NodeAddress address) =>
        _router.FindAnnounce(address) is { } announce ? Encoding.UTF8.GetString(announce.Name) : "";

    // A radio neighbour says no name when it is met; its announce does.
    private PeerStatus Describe(LiveLink live, TimeSpan? roundTrip) => new(
        live.Link, live.Link.PeerName is { Length: > 0 } name ? name : NameOf(live.Link.Peer), roundTrip, live.Since);

    private PathStatus Describe(RouteInfo route) => new(
        route.Address, Encoding.UTF8.GetString(route.Announce.Name),
        route.NextHop == LinkId.None ? null : Links.Find(route.NextHop)?.Peer,
        route.Metric.IsInfinite ? null : route.Metric.Units / 10.0, route.Hops);
}
