using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>Custody said to this node; what it says itself is in <see cref="AnswerBook"/>.</content>
internal sealed partial class CustodyEngine
{
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(50);
    private const int MostPauseDoublings = 6;

    /// <summary>Refusals of an envelope in a row, each after a longer pause: routes that settle explain one.</summary>
    private const int RefusalsToBlame = 2;

    private HashIndex _byName;

    private uint HashOfName(int link, ulong name) => _secret.Hash((ulong)link, name);

    /// <summary>Custody answers from a neighbour; false if the frame does not parse.</summary>
    public bool ReceiveAck(Instant now, LinkId link, ReadOnlySpan<byte> body)
    {
        _now = now;
        if (!CustodyAck.TryRead(body, out CustodyAck ack))
        {
            _counters.Add(RouterCounter.AckMalformed);
            return false;
        }

        LinkState state = _links[link.Value]!;
        foreach (CustodyAnswer answer in ack)
        {
            int index = FindInFlight(link.Value, answer.Name);
            if (index < 0)
                _counters.Add(RouterCounter.AckUnknown);
            else
                Answered(index, link, state, answer.Code);
        }

        Pump(link);
        return true;
    }

    private int FindInFlight(int link, ulong name)
    {
        uint hash = HashOfName(link, name);
        int cursor = _byName.Start(hash);
        while (_byName.Next(hash, ref cursor, out int index))
        {
            ref HeldEntry entry = ref _entries[index];
            if (entry.Link == link && entry.Name == name)
                return index;
        }

        return -1;
    }

    private void Answered(int index, LinkId link, LinkState state, CustodyCode code)
    {
        ref HeldEntry entry = ref _entries[index];
        if (!state.Properties.Reliable)
            _routes.Sample(_now, link, arrived: true);
        state.Window.Acknowledged(_now - entry.SentAt, entry.Repeats == 0 && !entry.PatienceLost);
        LeaveFlight(index, state);
        if (code == CustodyCode.Taken)
        {
            state.Pauses = 0;
            Passed(index, link);
            return;
        }

        (RouterCounter counter, Refusal refusal) = code switch
        {
            CustodyCode.NoSpace => (RouterCounter.RefusedFull, Refusal.NoSpace),
            CustodyCode.TooLarge => (RouterCounter.RefusedTooLarge, Refusal.TooLarge),
            CustodyCode.Expired => (RouterCounter.RefusedExpired, Refusal.Expired),
            CustodyCode.TooFast => (RouterCounter.RefusedTooFast, Refusal.TooFast),
            CustodyCode.NoWayOn => (RouterCounter.RefusedNoWayOn, Refusal.NoWayOn),
            _ => (RouterCounter.RefusedUnknown, Refusal.Unknown),
        };
        _counters.Add(counter);
        if (refusal == Refusal.TooFast)
        {
            state.Window.Cut(_now);
            Pause(link, state);
        }

        Refused(index, link, state, refusal);
        NoteContradiction(entry, link, refusal);
        Dispatch(index, front: true);
    }

    /// <summary>
    /// A next hop that says again and again that it has no way but this node, after it told a distance, has proved its
    /// own word wrong. Only one that has hops to spend can say so.
    /// </summary>
    private void NoteContradiction(in HeldEntry entry, LinkId link, Refusal refusal)
    {
        if (refusal == Refusal.NoWayOn && entry.HopsLeft > 1
            && _backoffs.FailuresOf(entry.Destination, link) >= RefusalsToBlame)
            _routes.Penalise(_now, _destinations[entry.Destination].Address, link);
    }

    /// <summary>The next hop did not take it: what waits there for the same destination goes other ways too.</summary>
    private void Refused(int index, LinkId link, LinkState state, Refusal refusal)
    {
        ref HeldEntry entry = ref _entries[index];
        if (_backoffs.Note(entry.Destination, link, state.Epoch, refusal, entry.Size, state.Pauses, _now))
            _flows.Release(entry.Destination, link, state);
    }

    /// <summary>The next hop answers for it now.</summary>
    private void Passed(int index, LinkId link)
    {
        ref HeldEntry entry = ref _entries[index];
        _counters.Add(RouterCounter.EnvelopesForwarded);
        // What waits because of a refusal may move.
        if (_backoffs.Forget(entry.Destination, link, entry.Size))
            _flows.Stir(entry.Destination);
        if (entry.FewerHops >= 0)
        {
            entry.HopsLeft = (ushort)entry.FewerHops;
            entry.FewerHops = -1;
            entry.SeenPlusOne = 0;
            Dispatch(index, front: false);
            return;
        }

        _answers.AnswerOwed(ref entry, CustodyCode.Taken);
        if (entry.Originated && entry.WantsReceipt)
        {
            AwaitReceipt(index);
            return;
        }

        Finish(ref entry, MessageState.Forwarded, ReasonOfPassing(entry));
        Remove(index);
    }

    private void Pause(LinkId link, LinkState state)
    {
        TimeSpan pause = ShortPause * (1 << Math.Min(state.Pauses, MostPauseDoublings));
        if (state.PausedUntil == default)
            state.Pauses++;
        state.PausedUntil = _now + pause;
        _linkTimers.Set(link.Value, state.OpensAt);
    }

    /// <summary>Custody is certain: on disk, or as certain as the operator wants it.</summary>
    private bool IsSecure(in HeldEntry entry) =>
        entry.Place != Place.Delivering
        && (!_options.KeepsOnDisk || entry.IsShortLived || (entry.Disk == OnDisk.Stored && !entry.Rewrite)
            || entry.Place == Place.AwaitingReceipt);

    /// <summary>
    /// Gives an accepted envelope back to the neighbours that wait for an answer: they still have it.
    /// </summary>
    private void Refuse(int index, CustodyCode code, RouterCounter counter)
    {
        ref HeldEntry entry = ref _entries[index];
        _counters.Add(counter);
        _seen.Void(entry.Id);
        _answers.AnswerOwed(ref entry, code);
        Finish(ref entry, MessageState.Failed, StateReason.StoreFull);
        Remove(index);
    }

    private void Refuse(in Arrival arrival, CustodyCode code, RouterCounter counter)
    {
        _counters.Add(counter);
        _answers.Answer(arrival.Link, code, arrival.Name);
    }
}
