using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>
/// Who passes requests on: drawn anew each time, neither a neighbour nor the practice (docs/reference/fapp.md, section
/// 3.4).
/// </summary>
internal static class Forwarders
{
    /// <summary>Draws one; null if there is none in reach.</summary>
    internal static Announce? Draw(
        Router router, in NodeAddress own, NodeAddress? practice, bool anyKnown, RandomFill random)
    {
        Announce[] fit = Find(router, own, practice, anyKnown);
        return fit.Length == 0 ? null : fit[Chance.Below(random, fit.Length)];
    }

    /// <summary>
    /// All who may be drawn. Where only radios reach, also those to whom no way is known: it is asked for when it is
    /// needed.
    /// </summary>
    internal static Announce[] Find(Router router, in NodeAddress own, NodeAddress? practice, bool anyKnown)
    {
        HashSet<NodeAddress> excluded = [own, .. router.ListNeighbours().Select(static n => n.Peer)];
        if (practice is { } to)
            excluded.Add(to);
        return [.. router.ListRoutes().Where(r =>
                (r.NextHops > 0 || anyKnown) && r.Announce.Capabilities.HasFlag(Capabilities.FappRelay)
                    && !excluded.Contains(r.Address))
            .Select(static r => r.Announce)];
    }

    /// <summary>The practice is this node's only neighbour: what leaves here it would see.</summary>
    internal static bool IsOnlyNeighbour(Router router, NodeAddress practice)
    {
        IReadOnlyList<NeighbourInfo> neighbours = router.ListNeighbours();
        return neighbours.Count > 0 && neighbours.All(n => n.Peer == practice);
    }
}
