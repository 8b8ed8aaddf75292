using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Route updates that go out.
internal sealed partial class RouteProtocol
{
    private const int MaxAckAttempts = 6;

    /// <summary>
    /// Updates sent at a time where writes keep a distance. Of a stream with fewer than four segments under way the
    /// first six time-outs do not double (Linux, tcp(7), TCP_THIN_LINEAR_TIMEOUTS).
    /// </summary>
    private const int PacedFrames = 2;

    /// <summary>
    /// What a neighbour should believe: never a way that leads through itself, or through a node that does not relay.
    /// </summary>
    private Distance Expected(Neighbour neighbour, int index)
    {
        if (index != Self && !_options.Relays)
            return Distance.None;
        ref Destination destination = ref _destinations[index];
        return destination.Selected == neighbour.Link.Value ? Distance.None : destination.Advertised;
    }

    /// <summary>
    /// Where routes are asked for, bytes are dear: of the destinations that such a neighbour asked for it learns what
    /// is reachable and what became very different. Distances it does not know are never better than those it does.
    /// </summary>
    private bool IsWorthTelling(Neighbour neighbour, int index)
    {
        Distance told = neighbour.Told(index);
        Distance expected = Expected(neighbour, index);
        if (expected == told)
            return false;
        return neighbour.Interest is null || index == Self || told.IsNone || expected.IsNone
            || IsFarFrom(told.Metric, expected.Metric);
    }

    private void MarkDirty(Neighbour neighbour, int index, Urgency urgency)
    {
        if (!neighbour.IsInterestedIn(index) || !IsWorthTelling(neighbour, index))
            return;
        neighbour.Updates.Dirty.Add(index);
        TimeSpan hold = urgency switch
        {
            Urgency.Now => TimeSpan.Zero,
            Urgency.Soon => Jittered(_now - neighbour.Updates.LastFlush > _options.BurstGap ? _options.FirstHold
                : _options.BurstHold),
            _ => Jittered(_options.MetricHold),
        };
        // Where each segment may hold up what follows, few and full ones are better.
        TimeSpan pace = neighbour.Quality.Pace;
        Instant at = _now + hold;
        if (pace > TimeSpan.Zero)
        {
            Instant since = neighbour.Quality.IsHopeless ? neighbour.UpAt : neighbour.Updates.LastFlush;
            Instant next = (since > neighbour.Updates.LastFlush ? since : neighbour.Updates.LastFlush) + pace;
            at = next > at ? next : at;
        }

        // The first to wait sets the time: later news do not put it off.
        if (at < neighbour.Updates.FlushAt)
        {
            neighbour.Updates.FlushAt = at;
            Schedule(at);
        }
    }

    /// <summary>Sends what a neighbour has to know, nearest first, as far as link and budget allow.</summary>
    private void Flush(Neighbour neighbour)
    {
        neighbour.Updates.FlushAt = Instant.Never;
        if (neighbour.IsBlocked || neighbour.IsStalled || neighbour.Cost.IsInfinite
            || neighbour.Updates.AckDue != Instant.Never)
            return;
        if (neighbour.Updates.Retracted.Count > 0)
            FlushRetracted(neighbour);
        if (neighbour.Updates.Dirty.Count > 0 && neighbour.Updates.Retracted.Count == 0)
            FlushUpdates(neighbour);
        if (!neighbour.IsBlocked)
            PumpAnnounces(neighbour);
    }

    /// <summary>
    /// Says that there is no way any more to what has no place in the table, before anything else is said of it.
    /// </summary>
    private void FlushRetracted(Neighbour neighbour)
    {
        List<Abbreviation> names = neighbour.Updates.Retracted;
        int perFrame = Math.Min(neighbour.Properties.Mtu - 1, MaxBody) / RouteEntry.Size - 1;
        while (names.Count > 0)
        {
            int count = Math.Min(perFrame, names.Count);
            var writer = new RouteUpdate.Writer(
                Body[..RouteUpdate.SizeOf(count)], (ushort)(neighbour.Updates.Number + 1), RouteUpdateFlags.None);
            foreach (Abbreviation name in names[^count..])
                writer.TryAdd(new RouteEntry(name, 0, Metric.Infinite));
            if (!SendFrame(neighbour, FrameKind.RouteUpdate, FrameClass.Routing, writer.Length))
                return;
            neighbour.Updates.Number++;
            neighbour.Budget?.Owe(_now, 1 + writer.Length);
            names.RemoveRange(names.Count - count, count);
            Counters.Add(RouteCounter.UpdatesSent);
            Counters.Add(RouteCounter.EntriesSent, count);
        }

        names.Capacity = 0;
    }

    private void FlushUpdates(Neighbour neighbour)
    {
        _scratch.Clear();
        foreach (int index in neighbour.Updates.Dirty.Members)
        {
            if (IsWorthTelling(neighbour, index))
                _scratch.Add(index);
        }

        neighbour.Updates.Dirty.Clear();
        int perFrame = Math.Min(Math.Min(neighbour.Properties.Mtu - 1, MaxBody) - RouteUpdate.HeaderSize,
            MaxBody) / RouteEntry.Size;
        if (_scratch.Count > perFrame)
            _scratch.Sort((a, b) => Nearness(a).CompareTo(Nearness(b)));
        int sent = 0;
        try
        {
            while (sent < _scratch.Count)
            {
                int count = Math.Min(perFrame, _scratch.Count - sent);
                if (!TrySendUpdate(neighbour, sent, ref count))
                    break;
                sent += count;
                if (!neighbour.Properties.Reliable)
                    break;
                if (neighbour.Quality.Pace == TimeSpan.Zero || sent < PacedFrames * perFrame || sent == _scratch.Count)
                    continue;
                FlushLater(neighbour, _now + neighbour.Quality.Pace);
                break;
            }
        }
        finally
        {
            // Whatever happens to this link, what was not said has still to be said.
            if (sent > 0)
                neighbour.Updates.LastFlush = _now;
            for (int i = sent; i < _scratch.Count; i++)
                neighbour.Updates.Dirty.Add(_scratch[i]);
        }
    }

    private bool TrySendUpdate(Neighbour neighbour, int from, ref int count)
    {
        if (neighbour.Budget is { } budget)
        {
            // A few entries at least: a frame has its own cost.
            const int FewEntries = 4;
            int affordable = (int)(budget.Available(_now) - 1 - RouteUpdate.HeaderSize) / RouteEntry.Size;
            count = Math.Min(count, affordable);
            if (count < Math.Min(FewEntries, _scratch.Count - from))
            {
                FlushLater(neighbour, budget.WhenAvailable(_now, 1 + RouteUpdate.SizeOf(FewEntries)));
                return false;
            }
        }

        bool reliable = neighbour.Properties.Reliable;
        bool retracts = false;
        for (int i = from; reliable && i < from + count && !retracts; i++)
            retracts = Expected(neighbour, _scratch[i]).IsNone;
        var writer = new RouteUpdate.Writer(
            Body[..RouteUpdate.SizeOf(count)], (ushort)(neighbour.Updates.Number + 1),
            reliable && !retracts ? RouteUpdateFlags.None : RouteUpdateFlags.Acknowledge);
        for (int i = from; i < from + count; i++)
        {
            Distance distance = Expected(neighbour, _scratch[i]);
            writer.TryAdd(new RouteEntry(_destinations[_scratch[i]].Name, distance.Sequence, distance.Metric));
        }

        if (!SendFrame(neighbour, FrameKind.RouteUpdate, FrameClass.Routing, writer.Length))
            return false;
        neighbour.Updates.Number++;
        if (retracts)
            neighbour.Updates.Retraction = neighbour.Updates.Number;
        neighbour.Budget?.Owe(_now, 1 + writer.Length);
        for (int i = from; i < from + count; i++)
        {
            int index = _scratch[i];
            neighbour.SetTold(index, Expected(neighbour, index));
            SendAlong(neighbour, index);
            if (!reliable)
                neighbour.Updates.Unacknowledged.Add(index);
            if (neighbour.Interest is { } interest && index != Self && neighbour.Told(index).IsNone)
                interest.Remove(index);
        }

        if (!reliable)
        {
            neighbour.Updates.AckDue = _now
                + Jittered(AckTimeout(neighbour) * Math.Pow(2, Math.Min(neighbour.Updates.AckAttempts, 5)));
            Schedule(neighbour.Updates.AckDue);
        }

        Counters.Add(RouteCounter.UpdatesSent);
        Counters.Add(RouteCounter.EntriesSent, count);
        return true;
    }

    /// <summary>What the neighbour is told of a destination is of no use to it without the announce.</summary>
    private static void SendAlong(Neighbour neighbour, int index)
    {
        if (!neighbour.Announces.Along.Contains(index) || neighbour.Told(index).IsNone)
            return;
        neighbour.Announces.Along.Remove(index);
        if (!neighbour.Announces.Owed.Contains(index))
            neighbour.Announces.Owed.Enqueue(index);
    }

    private void FlushLater(Neighbour neighbour, Instant at)
    {
        neighbour.Updates.FlushAt = Instant.Min(neighbour.Updates.FlushAt, at);
        Schedule(neighbour.Updates.FlushAt);
    }

    /// <summary>Retractions first, then the nearest destinations.</summary>
    private int Nearness(int index)
    {
        Distance advertised = _destinations[index].Advertised;
        return advertised.IsNone ? -1 : advertised.Metric.Code;
    }

    /// <summary>An update was not acknowledged: what it said is said again, as it is by now.</summary>
    private void RepeatUpdate(Neighbour neighbour)
    {
        neighbour.Updates.AckDue = Instant.Never;
        neighbour.Updates.AckAttempts = Math.Min(neighbour.Updates.AckAttempts + 1, MaxAckAttempts);
        neighbour.Measured.Arrival -= neighbour.Measured.Arrival / 16.0;
        Measured(neighbour);
        foreach (int index in neighbour.Updates.Unacknowledged)
        {
            neighbour.SetTold(index, Distance.Unknown);
            neighbour.Interest?.Add(index);
            MarkDirty(neighbour, index, Urgency.Now);
        }

        neighbour.Updates.Unacknowledged.Clear();
    }
}
