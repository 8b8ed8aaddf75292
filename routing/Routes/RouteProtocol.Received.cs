using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Route updates that come in, and their acknowledgements.
internal sealed partial class RouteProtocol
{
    // Weighing an entry takes a microsecond or some, on a router ten; it may cost everybody further on a few bytes.
    private const double EntriesPerSecondInAll = 4_096;
    private const double EntryBurstInAll = 262_144;
    private const int PutOffAtOnce = 128;
    private static readonly TimeSpan _putOffPause = TimeSpan.FromMilliseconds(100);

    private readonly IndexQueue _putOff = new();
    private Instant _putOffDue = Instant.Never;

    private static readonly LinkEnd _missedUpdate =
        new(LinkEndCode.ProtocolViolation, Detail: "a route update is missing");

    private bool ReceiveAck(Neighbour neighbour, ReadOnlySpan<byte> body)
    {
        if (!ControlAck.TryRead(body, out ControlAck ack))
            return Malformed();
        if (neighbour.Properties.Reliable && IsWaitedFor(neighbour, ack.Number))
        {
            neighbour.Updates.Acknowledged = ack.Number;
            return true;
        }

        if (neighbour.Updates.AckDue == Instant.Never || ack.Number != neighbour.Updates.Number)
        {
            Counters.Add(RouteCounter.DropUnknownAck);
            return true;
        }

        neighbour.Updates.AckDue = Instant.Never;
        neighbour.Updates.AckAttempts = 0;
        neighbour.Updates.Unacknowledged.Clear();
        neighbour.Measured.Arrival += (1 - neighbour.Measured.Arrival) / 16.0;
        Flush(neighbour);
        return true;
    }

    private static bool IsWaitedFor(Neighbour neighbour, ushort number) =>
        Distance.IsNewer(number, neighbour.Updates.Acknowledged)
        && !Distance.IsNewer(number, neighbour.Updates.Retraction);

    private bool ReceiveUpdate(Neighbour neighbour, ReadOnlySpan<byte> body)
    {
        if (!RouteUpdate.TryRead(body, out RouteUpdate update))
            return Malformed();
        Counters.Add(RouteCounter.EntriesReceived, update.Count);
        bool wantsAck = (update.Flags & RouteUpdateFlags.Acknowledge) != 0;
        if (neighbour.Updates.LastHeard is { } last)
        {
            if (!neighbour.Properties.Reliable && !Distance.IsNewer(update.Number, last))
            {
                Counters.Add(RouteCounter.DropOldUpdate);
                if (update.Number == last && wantsAck)
                    Acknowledge(neighbour, update.Number);
                return true;
            }

            // Only differences are sent, so a lost update on a link that loses nothing would never be made good.
            if (neighbour.Properties.Reliable && update.Number != (ushort)(last + 1))
            {
                Counters.Add(RouteCounter.UpdatesMissed);
                _actions.CloseLink(neighbour.Link, _missedUpdate);
                return true;
            }
        }

        neighbour.Updates.LastHeard = update.Number;
        if ((update.Flags & RouteUpdateFlags.FirstOfTable) != 0)
        {
            // That costs the whole table's length, and nobody needs it often.
            if (!neighbour.Updates.TableRate.TryTake(_now, 1))
            {
                Counters.Add(RouteCounter.DropTableRate);
                return false;
            }

            ForgetTable(neighbour);
        }

        foreach (RouteEntry entry in update)
            Apply(neighbour, entry);
        SendAnnounceRequests(neighbour);
        if (wantsAck)
            Acknowledge(neighbour, update.Number);
        return true;
    }

    private void Acknowledge(Neighbour neighbour, ushort number)
    {
        new ControlAck(number).Write(Body);
        if (SendFrame(neighbour, FrameKind.ControlAck, FrameClass.Control, ControlAck.Size))
            neighbour.Budget?.Owe(_now, 1 + ControlAck.Size);
    }

    private void ForgetTable(Neighbour neighbour)
    {
        for (int index = 1; index < _destinations.End; index++)
        {
            if (neighbour.Heard(index).IsNone)
                continue;
            neighbour.SetHeard(index, Distance.None);
            Evaluate(index);
        }
    }

    /// <summary>Takes in one entry.</summary>
    private void Apply(Neighbour neighbour, in RouteEntry entry)
    {
        int index = _destinations.Find(entry.Destination);
        if (index == Self)
        {
            if (!entry.Metric.IsInfinite && Distance.IsNewer(entry.Sequence, _own.Low))
                Ask(neighbour, Self);
            return;
        }

        bool isPeer = entry.Destination == neighbour.PeerName;
        Metric metric = entry.Metric;
        if (metric < _options.MinLinkCost && !(isPeer && metric == Metric.Zero))
        {
            // No honest node says so. Cutting it off would cut off those who have no other way, so it is their last
            // resort.
            Counters.Add(RouteCounter.FalseMetric);
            metric = _options.MinLinkCost;
            CaughtLying(neighbour);
        }

        var distance = new Distance(entry.Sequence, metric);
        if (index < 0)
        {
            if (distance.IsNone)
                return;
            if (!neighbour.Share.Entries.TryTake(_now, 1))
            {
                Counters.Add(RouteCounter.DropEntryRate);
                AskAgainLater(neighbour);
                return;
            }

            if ((index = TryAddNode(neighbour, entry.Destination)) < 0)
                return;
        }

        if (neighbour.Heard(index) == distance)
            return;
        neighbour.SetHeard(index, distance);
        ref Destination destination = ref _destinations[index];
        if (!distance.IsNone && !destination.IsSigned(distance.Sequence))
            Ask(neighbour, index);
        else if (isPeer && !distance.IsNone && Distance.IsNewer(destination.SignedSequence, distance.Sequence))
            ReturnAnnounce(neighbour, index);
        if (!distance.IsNone && IsJump(ref destination, distance.Sequence, isPeer))
            Ask(neighbour, index);
        Reconsider(neighbour.Share, index);
    }

    /// <summary>
    /// Weighs the ways to a destination on account of a source: at once within its share. Links that come and go, fall
    /// silent and wake, cost everybody further on as much as entries that swing.
    /// </summary>
    private void Reconsider(SourceShare share, int index)
    {
        if (share.Entries.TryTake(_now, 1) && _entriesInAll.TryTake(_now, 1))
            Evaluate(index);
        else
            PutOff(index);
    }

    /// <summary>
    /// A sequence that seems older than the proven one by so much that it may be a jump ahead, past half of the circle:
    /// the announce, whose sequence has 32 bits, tells which. Sequences go up by one at a time, so nobody honest lags
    /// that far.
    /// </summary>
    private static bool IsJump(ref Destination destination, ushort sequence, bool isPeer)
    {
        const ushort Lag = 4096;
        return destination.Announce is not null && (isPeer
            ? sequence != destination.SignedSequence
            : (ushort)(destination.SignedSequence - sequence) is > Lag and <= ushort.MaxValue / 2 + 1);
    }

    /// <summary>
    /// A source said more than its share: what it said is noted, and what follows from it is looked at when there is
    /// time. A distance that is not weighed yet is used only if it is feasible, so this makes no loop.
    /// </summary>
    private void PutOff(int index)
    {
        Counters.Add(RouteCounter.EntriesPutOff);
        _putOff.Enqueue(index);
        _putOffDue = Instant.Min(_putOffDue, _now + _putOffPause);
    }

    private void WeighPutOff()
    {
        _putOffDue = Instant.Never;
        for (int i = 0; i < PutOffAtOnce && _putOff.TryDequeue(out int index); i++)
        {
            if (_destinations[index].InUse)
                Evaluate(index);
        }

        if (_putOff.Count > 0)
            _putOffDue = _now + _putOffPause;
    }
}
