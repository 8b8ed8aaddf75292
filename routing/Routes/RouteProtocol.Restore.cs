using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// What was known before a restart, and this node's own place among the destinations.
internal sealed partial class RouteProtocol
{
    private Announce OwnAnnounce => _own.Announce(_now);

    /// <inheritdoc/>
    public void RestoreAnnounce(Announce announce)
    {
        if (announce.Address == _self)
        {
            _own.Restore(announce);
            return;
        }

        Abbreviation name = Abbreviation.Of(announce.Address);
        if (_destinations.Find(name) >= 0 || _signed >= MaxSigned || _destinations.Count >= MaxNames)
            return;
        int index = _destinations.Add(name);
        _destinations[index].Announce = announce;
        _destinations[index].UnreachableSince = Seconds(_now);
        _destinations.ClaimOf(index).IsUseful = _kept.Contains(name);
        _signed++;
        ScheduleExpiry();
    }

    /// <inheritdoc/>
    public void Reannounce(Instant now)
    {
        _now = now;
        _own.Renew(now);
    }

    private void OwnPublished() =>
        SetAdvertised(Self, ref _destinations[Self], new Distance(_own.Low, Metric.Zero), Urgency.Now);

    /// <summary>An announce of this node that others have.</summary>
    private void OwnAnnounceHeard(Announce announce)
    {
        if (_fetches.TryGetValue(Self, out Fetch fetch))
            EndFetch(Self, fetch);
        _own.Heard(_now, announce);
    }
}
