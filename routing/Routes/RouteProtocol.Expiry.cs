namespace QuicProChat.Mesh.Routing.Routes;

// Timers, and what becomes of nodes that are gone.
internal sealed partial class RouteProtocol
{
    private static readonly TimeSpan _expiryInterval = TimeSpan.FromMinutes(5);

    private readonly RouteTimers _timers;
    private Instant _expiryDue = Instant.Never;
    private int _signed;

    private void RunTimers()
    {
        while (_timers.TryTake(_now, out RouteTimer timer))
        {
            switch (timer.Kind)
            {
                case RouteTimerKind.Starving:
                    RequestSequence(timer.Number);
                    break;
                case RouteTimerKind.Forwarded:
                    _forwarded.Remove(timer.Number);
                    break;
                case RouteTimerKind.Want:
                    SendWant(timer.Name);
                    break;
                case RouteTimerKind.Requester:
                    ForgetRequester(timer.Name);
                    break;
                case RouteTimerKind.Penalty:
                    PenaltyEnded(timer.Number, timer.Link);
                    break;
                case RouteTimerKind.Linger:
                    LingerEnded(timer.Number);
                    break;
                case RouteTimerKind.Refill:
                    Refill(_byLink[timer.Number]!);
                    break;
                case RouteTimerKind.Ask:
                    AskWaiting(_byLink[timer.Number]!);
                    break;
                case RouteTimerKind.Held:
                    HoldEnded(new LinkId(timer.Number));
                    break;
            }
        }
    }

    private void ScheduleExpiry()
    {
        if (_expiryDue == Instant.Never)
            _expiryDue = _now + _expiryInterval;
    }

    /// <summary>Forgets distances and, much later, announces of nodes that nobody can reach.</summary>
    private void Expire()
    {
        _expiryDue = Instant.Never;
        for (int index = 1; index < _destinations.End; index++)
        {
            ref Destination destination = ref _destinations[index];
            if (!destination.InUse || destination.Selected != Destination.NoLink || _fetches.ContainsKey(index))
                continue;
            ScheduleExpiry();
            if (IsHeard(index))
                continue;
            int seconds = Seconds(_now) - destination.UnreachableSince;
            if (seconds >= _options.ForgetDistanceAfter.TotalSeconds)
                destination.Feasible = Distance.None;
            if (seconds >= _options.ForgetNodeAfter.TotalSeconds || destination.Announce is null)
                RemoveNode(index);
        }
    }

    private bool IsHeard(int index)
    {
        foreach (Neighbour neighbour in _neighbours)
        {
            if (!neighbour.Heard(index).IsNone)
                return true;
        }

        return false;
    }

    private void RemoveNode(int index)
    {
        ref Destination destination = ref _destinations[index];
        if (destination.Announce is { } announce)
        {
            _actions.ForgetAnnounce(announce.Address);
            _signed--;
        }

        if (_destinations.ClaimOf(index).Owner is { } owner)
        {
            owner.Names--;
            owner.Unsigned -= destination.Announce is null ? 1 : 0;
        }

        foreach (Neighbour neighbour in _neighbours)
        {
            neighbour.SetHeard(index, Distance.None);
            neighbour.SetTold(index, Distance.None);
            neighbour.Interest?.Remove(index);
            _trust.Remove(neighbour, index);
        }

        StopStarving(index);
        StopLingering(index);
        ForgetForwarded(index);
        _destinations.Remove(index);
    }
}
