using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>
/// What started here and has no way on is lodged with one neighbour, so that the sender may leave
/// (docs/reference/protocol.md, section 4.5). Nobody but the origin does so: whoever takes it holds it until there is a
/// route.
/// </content>
internal sealed partial class CustodyEngine
{
    private readonly List<int> _lodging = [];

    /// <summary>
    /// The neighbour that an envelope of this node is lodged with: the one through which the destination was last in
    /// reach, else one on a reliable link, else the one that has been there longest. It must say that it keeps
    /// envelopes.
    /// </summary>
    /// <param name="destination">A destination without any next hop.</param>
    /// <param name="size">Header and payload.</param>
    /// <param name="when">If there is none yet: when there may be; never if that depends on other things than
    /// time.</param>
    private LinkId FindKeeper(int destination, int size, out Instant when)
    {
        when = Instant.Never;
        Instant since = _routes.UnreachableSince(_destinations[destination].Address, out LinkId last);
        LinkId best = LinkId.None;
        for (int i = 0; i < _links.Count; i++)
        {
            var link = new LinkId(i);
            if (_links[i] is not { } state || size >= state.Properties.Mtu
                || state.Peer == _destinations[destination].Address
                || (best != LinkId.None && !IsBetterKeeper(link, best, last)))
                continue;
            Instant ready = Later(since, state.UpAt) + _options.LodgeAfter;
            // Where routes are asked for, everybody has none until somebody wants one.
            if (!state.Properties.PushRoutes)
                ready = Later(ready, _destinations[destination].Since + _options.LodgeAfterAsking);
            if (ready > _now)
                when = Instant.Min(when, ready);
            else if (!_backoffs.IsLeftAlone(destination, link, state.Epoch, size, _now, out _) && Keeps(link, state))
                best = link;
        }

        return best;
    }

    private bool IsBetterKeeper(LinkId link, LinkId than, LinkId last)
    {
        if (link == last || than == last)
            return link == last;
        (LinkState a, LinkState b) = (_links[link.Value]!, _links[than.Value]!);
        return a.Properties.Reliable == b.Properties.Reliable ? a.Epoch < b.Epoch : a.Properties.Reliable;
    }

    // Its own record says so, and it is in reach over this very link.
    private bool Keeps(LinkId link, LinkState state)
    {
        Span<NextHop> first = stackalloc NextHop[1];
        return _routes.FindAnnounce(state.Peer) is { } announce
            && (announce.Capabilities & Capabilities.StoreAndForward) != 0
            && _routes.FindNextHops(_now, state.Peer, first) > 0 && first[0].Link == link;
    }

    /// <summary>Lodges what is held here for a destination without a route, as far as it started here.</summary>
    private void LodgeHeld(int destination, ref int budget)
    {
        if (!_flows.HoldsOwn(destination))
            return;
        if (FindKeeper(destination, size: 0, out Instant when) == LinkId.None)
        {
            LookAgain(destination, when);
            return;
        }

        _lodging.Clear();
        bool all = _flows.CollectOwn(destination, budget, _lodging);
        budget -= _lodging.Count;
        bool moved = false;
        foreach (int index in _lodging)
        {
            _flows.Leave(index);
            moved |= Dispatch(index, front: false) == Verdict.Forward;
        }

        if (!all && moved)
            _flows.Stir(destination);
    }

    /// <summary>
    /// The neighbour that holds an envelope has left: the same copy goes to another one as well. Should both come to
    /// the destination, the second is a repeat there.
    /// </summary>
    private void LodgeElsewhere(int index)
    {
        ref HeldEntry entry = ref _entries[index];
        if (!entry.Lodged || LinkOf(entry.Tried)?.Epoch == entry.LinkEpoch
            || FindKeeper(entry.Destination, entry.Size, out _) == LinkId.None)
            return;
        LeavePlace(index);
        Dispatch(index, front: false);
    }

    private static StateReason ReasonOfPassing(in HeldEntry entry) =>
        entry.Lodged ? StateReason.HeldByNeighbour : StateReason.None;

    private void LookForKeeper(int destination)
    {
        _ = FindKeeper(destination, size: 0, out Instant when);
        LookAgain(destination, when);
    }

    /// <summary>A link is new: it may be one to a keeper, once it has stood for a while.</summary>
    private void LookForKeepersAfter(Instant when)
    {
        if (_quotas.Own.Count == 0)
            return;
        for (int i = 0; i < _destinations.Limit; i++)
        {
            if (_destinations[i].Held.Count > 0 && _flows.HoldsOwn(i))
                LookAgain(i, when);
        }
    }

    /// <summary>What is held for a destination is looked at then, or earlier if that was intended.</summary>
    private void LookAgain(int destination, Instant at) =>
        _destinationTimers.Set(destination, Instant.Min(at, _destinationTimers.DueOf(destination)));
}
