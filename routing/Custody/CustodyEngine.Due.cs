using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>What time brings.</content>
internal sealed partial class CustodyEngine
{
    /// <summary>Times a frame is repeated on a lossy link before other next hops are tried.</summary>
    private const int MostRepeats = 4;

    private static readonly TimeSpan LeastToAnswerPing = TimeSpan.FromSeconds(2);

    private void EntriesDue(Instant now)
    {
        while (_entryTimers.TryTake(now, out int index))
        {
            ref HeldEntry entry = ref _entries[index];
            if (entry.Deadline <= now && entry.Place != Place.Delivering)
            {
                Expire(index);
                continue;
            }

            if (entry.PersistAt <= now)
            {
                entry.PersistAt = Instant.Never;
                if (NeedsWriting(entry))
                    WriteOrWait(index);
                if (entry.PersistAt != Instant.Never && entry.OwedCount > 0 && entry.Place == Place.Waiting)
                {
                    // Whoever handed it over still has it.
                    Refuse(index, CustodyCode.TooFast, RouterCounter.DropDiskRate);
                    continue;
                }
            }

            if (entry.RetryAt <= now)
            {
                entry.RetryAt = Instant.Never;
                if (entry.Place == Place.InFlight)
                    Overdue(index);
                else if (entry.Place == Place.AwaitingReceipt)
                    ReceiptOverdue(index);
            }

            if (entry.Used && entry.Place != Place.Delivering)
                Schedule(index);
        }
    }

    private void Expire(int index)
    {
        ref HeldEntry entry = ref _entries[index];
        if (entry.Place != Place.AwaitingReceipt)
            _counters.Add(RouterCounter.LostExpired);
        _answers.AnswerOwed(ref _entries[index], CustodyCode.Expired);
        Finish(ref entry, MessageState.Expired, StateReason.LifetimeOver);
        Remove(index);
    }

    /// <summary>The next hop has not answered in time.</summary>
    private void Overdue(int index)
    {
        ref HeldEntry entry = ref _entries[index];
        var link = new LinkId(entry.Link);
        LinkState state = _links[entry.Link]!;
        if (state.Properties.Reliable)
        {
            if (!entry.PatienceLost)
            {
                entry.PatienceLost = true;
                SetReason(ref entry, StateReason.NextHopSilent);
                // A link that stalls often is silent for longer, and breaks if it is for good.
                TimeSpan patience = _routes.PaceOf(link) > TimeSpan.Zero ? _options.StallPatience
                    : _options.AckPatience;
                entry.RetryAt = Later(entry.SentAt + patience, _now + LeastToAnswerPing);
                _routes.Unanswered(_now, link);
                return;
            }
        }
        else
        {
            _routes.Sample(_now, link, arrived: false);
            if (entry.Repeats < MostRepeats && entry.Frame is not null)
            {
                state.Window.Cut(_now);
                if (!state.Blocked && SendFrame(index, link, state))
                {
                    entry.Repeats++;
                    _counters.Add(RouterCounter.Retransmissions);
                }

                entry.RetryAt = _now + state.Window.Patience(entry.Size, entry.Repeats);
                return;
            }

            _routes.Unanswered(_now, link);
        }

        _counters.Add(RouterCounter.NextHopSilent);
        _routes.Penalise(_now, _destinations[entry.Destination].Address, link);
        LeaveFlight(index, state);
        Refused(index, link, state, Refusal.Silent);
        Dispatch(index, front: true);
    }
}
