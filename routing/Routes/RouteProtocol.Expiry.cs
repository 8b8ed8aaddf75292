using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Timers, and what becomes of nodes that are gone.
internal sealed partial class RouteProtocol
{
    private static readonly TimeSpan _expiryInterval = TimeSpan.FromMinutes(5);

    private readonly PriorityQueue<Timer, long> _timers = new();
    private Instant _expiryDue = Instant.Never;
    private int _signed;

    private enum TimerKind : byte
    {
        Starving,
        Forwarded,
        Want,
        Requesters,
        Penalty,
        Held,
        Linger,
    }

    /// <summary>Says what to look after; whether it still needs looking after is seen then.</summary>
    private readonly record struct Timer(TimerKind Kind, int Index = 0, Abbreviation Name = default, LinkId Link = default);

    private void RunTimers()
    {
        while (_timers.TryPeek(out Timer timer, out long ticks) && ticks <= _now.Ticks)
        {
            _timers.Dequeue();
            switch (timer.Kind)
            {
                case TimerKind.Starving:
                    RequestSequence(timer.Index);
                    break;
                case TimerKind.Forwarded:
                    ForgetForwarded(timer.Index);
                    break;
                case TimerKind.Want:
                    SendWant(timer.Name);
                    break;
                case TimerKind.Requesters:
                    ForgetRequester(timer.Name);
                    break;
                case TimerKind.Penalty:
                    PenaltyEnded(timer.Index, timer.Link);
                    break;
                case TimerKind.Linger:
                    LingerEnded(timer.Index);
                    break;
                case TimerKind.Held:
                    HoldEnded(new LinkId(timer.Index));
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

    /// <summary>A place for a node that a neighbour names for the first time; -1 if there is none.</summary>
    private int TryAddNode(Neighbour neighbour, Abbreviation name)
    {
        if (_fetches.Count >= _options.MaxUnsigned)
        {
            Counters.Add(RouteCounter.DropTooManyUnsigned);
            return -1;
        }

        if (_destinations.IsFull)
        {
            Counters.Add(RouteCounter.DropTableFull);
            return -1;
        }

        int index = _destinations.Add(name);
        _destinations[index].UnreachableSince = Seconds(_now);
        return index;
    }

    /// <summary>Makes room for one more announce by forgetting whoever was out of reach longest; false if all are in reach.</summary>
    private bool MakeRoomForSigned()
    {
        if (_signed < _options.MaxNodes)
            return true;
        int oldest = -1;
        for (int index = 1; index < _destinations.End; index++)
        {
            ref Destination destination = ref _destinations[index];
            if (destination.InUse && destination.Announce is not null && destination.Selected == Destination.NoLink && !IsHeard(index)
                && !_fetches.ContainsKey(index)
                && (oldest < 0 || destination.UnreachableSince < _destinations[oldest].UnreachableSince))
                oldest = index;
        }

        if (oldest < 0)
            return false;
        RemoveNode(oldest);
        return true;
    }

    private void RemoveNode(int index)
    {
        ref Destination destination = ref _destinations[index];
        if (destination.Announce is { } announce)
        {
            _actions.ForgetAnnounce(announce.Address);
            _signed--;
        }

        foreach (Neighbour neighbour in _neighbours)
        {
            neighbour.SetHeard(index, Distance.None);
            neighbour.SetTold(index, Distance.None);
            neighbour.Interest?.Remove(index);
            if (neighbour.PenaltyCount > 0 && _penalties.Remove((index, neighbour.Link)))
                neighbour.PenaltyCount--;
        }

        _starving.Remove(index);
        _forwarded.Remove(index);
        _lingering.Remove(index);
        _destinations.Remove(index);
    }
}
