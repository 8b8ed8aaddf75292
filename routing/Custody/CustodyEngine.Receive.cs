using System.Runtime.CompilerServices;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>An envelope arrives.</content>
internal sealed partial class CustodyEngine
{
    /// <summary>Takes or refuses an envelope; false if the frame does not parse.</summary>
    public bool ReceiveEnvelope(Instant now, LinkId link, ReadOnlySpan<byte> frame)
    {
        _now = now;
        _counters.Add(RouterCounter.EnvelopesReceived);
        _counters.Add(RouterCounter.EnvelopeBytesReceived, frame.Length);
        if (!Envelope.TryRead(frame[1..], out Envelope envelope))
        {
            _counters.Add(RouterCounter.DropMalformed);
            return false;
        }

        LinkState state = _links[link.Value]!;
        Receive(link, state, envelope, isTooFast: !state.Source.Rate.TryTake(now, 1));
        return true;
    }

    /// <summary>An envelope that is paid for, unless it came too fast.</summary>
    [SkipLocalsInit]
    private void Receive(LinkId link, LinkState state, in Envelope envelope, bool isTooFast)
    {
        EnvelopeHeader header = envelope.Header;
        EnvelopeId id = envelope.ComputeId();
        var arrival = new Arrival(link, Generation.NameOf(id, header.Attempt, header.HopsLeft));
        if (isTooFast)
        {
            Refuse(arrival, CustodyCode.TooFast, RouterCounter.DropTooFast);
            return;
        }

        if (envelope.Bytes.Length > _options.MaxEnvelopeSize)
        {
            Refuse(arrival, CustodyCode.TooLarge, RouterCounter.DropTooLarge);
            return;
        }

        var copy = new Copy(
            header.Attempt, Math.Min(header.HopsLeft, _hopLimit),
            Math.Min(header.LifetimeUnits, _maxLifetimeUnits), link)
        {
            Group = state.Source.Group,
        };
        if (header.Destination == _self)
            ReceiveForUs(arrival, envelope, id, copy, state);
        else
            ReceiveTransit(arrival, envelope, id, copy, state);
    }

    [SkipLocalsInit]
    private void ReceiveTransit(in Arrival arrival, in Envelope envelope, in EnvelopeId id, Copy copy, LinkState state)
    {
        int seen = _seen.Find(id);
        int held = Find(id);
        if (held >= 0 && _entries[held].Own)
        {
            TakeBack(held, arrival, copy);
            return;
        }

        copy = copy with { LifetimeUnits = _seen.LifetimeOf(seen, copy, _now, out bool isCut) };
        Novelty novelty = held >= 0 ? JudgeHeld(_entries[held], copy) : _seen.Judge(seen, copy, _now);
        if (held >= 0 && novelty == Novelty.CameRound)
        {
            // Two copies with one name must not become one here: both are in somebody's hands until this one is gone.
            NoteReturn(_entries[held], arrival.Link);
            Refuse(arrival, CustodyCode.NoWayOn, RouterCounter.DropCameRound);
            return;
        }

        (LinkId tried, int skip) = novelty switch
        {
            Novelty.New when held < 0 => WayOfRepeat(seen, envelope.Header.Destination, arrival.Link, state),
            Novelty.CameRound => (WayOfReturn(seen, envelope.Header.Destination, arrival.Link), 0),
            _ => (LinkId.None, 0),
        };
        var facts = new EnvelopeFacts(
            novelty == Novelty.Repeat, IsForUs: false, copy.LifetimeUnits, copy.HopsLeft, arrival.Link, tried, skip);
        Span<Candidate> candidates = stackalloc Candidate[MaxNextHops];
        int destination = FindDestination(envelope.Header.Destination);
        int count = facts.IsRepeat ? 0
            : FindCandidates(envelope.Header.Destination, destination, envelope.Bytes.Length, candidates);
        Decision decision = DecideArrival(facts, envelope.Header.Destination, candidates[..count]);
        // What this node will not hold as long as it is asked to it does not say that it took.
        if (isCut && (decision.Verdict == Verdict.Hold || decision.Reason == DropReason.Repeat))
            decision = Decision.Drop(DropReason.Expired);
        if (decision.Verdict == Verdict.Drop)
        {
            Drop(arrival, held, decision.Reason);
            return;
        }

        StateReason obstacle = ObstacleOf(candidates[..count]);
        EnvelopeHeader header = envelope.Header with
        { HopsLeft = (ushort)(copy.HopsLeft - 1), LifetimeUnits = copy.LifetimeUnits };
        if (held >= 0)
            Improve(held, arrival, envelope, header, decision, obstacle);
        else
            Accept(arrival, envelope, header, id, seen, novelty, copy, decision, facts, obstacle, destination);
    }

    private Decision DecideArrival(
        in EnvelopeFacts facts, in NodeAddress destination, ReadOnlySpan<Candidate> candidates)
    {
        Decision decision = ForwardingDecision.Decide(facts, candidates);
        if (decision.Verdict is not (Verdict.Forward or Verdict.Hold))
            return decision;
        if (!Carries(anyRoute: candidates.Length > 0))
            return Decision.Drop(DropReason.NoWayOn);
        // With the last hop it can only be handed to its destination; whoever brings it may know a shorter way.
        return facts.HopsLeft == 1 && !LeadsTo(destination, candidates) ? Decision.Drop(DropReason.HopLimit) : decision;
    }

    private bool LeadsTo(in NodeAddress peer, ReadOnlySpan<Candidate> candidates)
    {
        foreach (ref readonly Candidate candidate in candidates)
        {
            if (_links[candidate.Hop.Link.Value]!.Peer == peer)
                return true;
        }

        return false;
    }

    /// <summary>
    /// Whether the operator lets this node take envelopes of others at all, and those that would wait for a route.
    /// </summary>
    private bool Carries(bool anyRoute) => _options.Relays && (anyRoute || _options.HoldsForOthers);

    /// <summary>
    /// The copy before was passed on a while ago, and here is the next: it goes another way. Whoever says so is
    /// believed as far as the same neighbour brought both; the next hop of the first is blamed, but each source can
    /// have few blamed in a time.
    /// </summary>
    private (LinkId Tried, int Skip) WayOfRepeat(int seen, in NodeAddress destination, LinkId link, LinkState state)
    {
        if (seen < 0 || _seen.IsVoid(seen))
            return (LinkId.None, 0);
        (LinkId from, LinkId sentTo, Instant at, int tries) = _seen.LastWay(seen);
        // Numbers of links are used again.
        bool isSame = from == link && state.UpAt <= at + OneSecond;
        if (!isSame)
            return (LinkId.None, _random.Next(MaxNextHops));
        if (sentTo == link || LinkOf(sentTo) is not { } tried || tried.UpAt > at + OneSecond)
            return (LinkId.None, tries + 1);
        if (state.Source.Accusations.Has(_now, 1) && _accusations.TryTake(_now, 1)
            && state.Source.Accusations.TryTake(_now, 1))
            _routes.Penalise(_now, destination, sentTo);
        return (sentTo, tries + 1);
    }

    /// <summary>
    /// A copy came round: it does not go the same way again. A next hop that brings it back itself has proved that it
    /// had no other way than this node; feasible next hops never point at each other.
    /// </summary>
    private LinkId WayOfReturn(int seen, in NodeAddress destination, LinkId link)
    {
        (_, LinkId sentTo, Instant at, _) = _seen.LastWay(seen);
        if (LinkOf(sentTo) is not { } tried || tried.UpAt > at + OneSecond)
            return LinkId.None;
        if (sentTo == link)
            _routes.Penalise(_now, destination, link);
        return sentTo;
    }

    /// <summary>The same, while the next hop has not said what becomes of the copy that it was given.</summary>
    private void NoteReturn(in HeldEntry entry, LinkId link)
    {
        bool isNextHop = entry.Place == Place.InFlight ? entry.Link == link.Value : entry.Tried == link;
        if (isNextHop && entry.Place is Place.InFlight or Place.AwaitingReceipt && !entry.Lodged)
            _routes.Penalise(_now, _destinations[entry.Destination].Address, link);
    }

    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    /// <summary>
    /// As <see cref="SeenSet.Judge"/>, against what is held: that neither grows old nor is forgotten.
    /// </summary>
    private Novelty JudgeHeld(in HeldEntry entry, in Copy copy)
    {
        int fewest = entry.FewerHops >= 0 ? entry.FewerHops : entry.HopsLeft;
        if (copy.HopsLeft - 1 < fewest)
            return Novelty.CameRound;
        TimeSpan more = EnvelopeHeader.LifetimeUnit * copy.LifetimeUnits - (entry.Deadline - _now);
        bool isLonger = more > OneMinute + (entry.Deadline - _now) / 8;
        return isLonger || copy.HopsLeft - 1 > entry.HopsLeft + SeenSet.HopSlack ? Novelty.Better : Novelty.Repeat;
    }

    private static readonly TimeSpan OneMinute = TimeSpan.FromMinutes(1);

    private void Drop(in Arrival arrival, int held, DropReason reason)
    {
        switch (reason)
        {
            case DropReason.Expired:
                Refuse(arrival, CustodyCode.Expired, RouterCounter.DropExpired);
                break;
            case DropReason.HopLimit:
                Refuse(arrival, CustodyCode.NoWayOn, RouterCounter.DropHopLimit);
                break;
            case DropReason.NoWayOn:
                Refuse(arrival, CustodyCode.NoWayOn, RouterCounter.DropNoWayOn);
                break;
            case DropReason.TooLarge:
                Refuse(arrival, CustodyCode.TooLarge, RouterCounter.DropTooLarge);
                break;
            case DropReason.Repeat:
                Repeated(arrival, held);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(reason), reason, "A reason without an answer.");
        }
    }

    /// <summary>
    /// Answered like the copy that is here, as soon as that may be; or at once, where it was passed on.
    /// </summary>
    private void Repeated(in Arrival arrival, int held)
    {
        _counters.Add(RouterCounter.DropRepeat);
        if (held < 0 || IsSecure(_entries[held]))
            _answers.Answer(arrival.Link, CustodyCode.Taken, arrival.Name);
        else
            _answers.Owe(ref _entries[held], arrival.Link, arrival.Name);
    }

    private void Accept(
        in Arrival arrival, in Envelope envelope, in EnvelopeHeader header, in EnvelopeId id, int seen, Novelty novelty,
        in Copy copy, in Decision decision, in EnvelopeFacts facts, StateReason obstacle, int destination)
    {
        int size = envelope.Bytes.Length;
        LinkState link = _links[arrival.Link.Value]!;
        if (decision.Verdict == Verdict.Hold && ExceedsDiskRate(link.Source, size, header.LifetimeUnits))
        {
            Refuse(arrival, CustodyCode.TooFast, RouterCounter.DropDiskRate);
            return;
        }

        bool forwards = decision.Verdict == Verdict.Forward;
        if (!TryAdmit(arrival, destination, size, header.Priority, forwards, out Admitted admitted))
            return;
        int index = Add(id, header, size, link.Peer, admitted, destination);
        ref HeldEntry entry = ref _entries[index];
        int number = _seen.Note(id, seen, novelty, copy, _now, out bool counts);
        entry.SeenPlusOne = counts ? number + 1 : 0;
        KeepFrame(ref entry, envelope);
        entry.TriedPlusOne = facts.Tried.Value + 1;
        entry.AvoidTried = facts.Tried != LinkId.None;
        entry.Skip = (byte)facts.Skip;
        if (IsSecure(entry))
            _answers.Answer(arrival.Link, CustodyCode.Taken, arrival.Name);
        else
            _answers.Owe(ref _entries[index], arrival.Link, arrival.Name);
        if (forwards)
            GoOrWait(index, decision.Link, front: false);
        else
            Hold(index, front: false, obstacle);
    }

    /// <summary>
    /// The copy that is held can go less far, or lives less long, than the one that comes now: both are carried on as
    /// one, the better first.
    /// </summary>
    private void Improve(
        int index, in Arrival arrival, in Envelope envelope, in EnvelopeHeader header, in Decision decision,
        StateReason obstacle)
    {
        LeavePlace(index);
        ref HeldEntry entry = ref _entries[index];
        int fewer = Math.Min(entry.HopsLeft, header.HopsLeft);
        entry.FewerHops = entry.FewerHops >= 0 ? Math.Min(entry.FewerHops, fewer) : fewer;
        entry.HopsLeft = Math.Max(entry.HopsLeft, header.HopsLeft);
        entry.Attempts = header.Attempt;
        if (_now + EnvelopeHeader.LifetimeUnit * header.LifetimeUnits > entry.Deadline)
        {
            entry.Arrived = _now;
            entry.LifetimeUnits = header.LifetimeUnits;
            entry.IsShortLived = IsShortLived(header.LifetimeUnits);
        }

        if (entry.Frame is null)
            KeepFrame(ref entry, envelope);
        entry.Rewrite = entry.Disk != OnDisk.Nothing;
        if (IsSecure(entry))
            _answers.Answer(arrival.Link, CustodyCode.Taken, arrival.Name);
        else
            _answers.Owe(ref _entries[index], arrival.Link, arrival.Name);
        if (decision.Verdict == Verdict.Forward)
            GoOrWait(index, decision.Link, front: false);
        else
            Hold(index, front: false, obstacle);
    }

    /// <summary>A copy of what started here, and is still in this node's hands.</summary>
    private void TakeBack(int index, in Arrival arrival, in Copy copy)
    {
        ref HeldEntry entry = ref _entries[index];
        if (entry.Place != Place.AwaitingReceipt)
        {
            if (copy.HopsLeft >= entry.HopsLeft)
            {
                Repeated(arrival, index);
                return;
            }

            NoteReturn(entry, arrival.Link);
            Refuse(arrival, CustodyCode.NoWayOn, RouterCounter.DropCameRound);
            return;
        }

        // It is repeated until its receipt comes or its lifetime ends, so taking it back promises nothing new.
        Repeated(arrival, index);
        if (entry.CameBack)
            return;
        // Whoever had it has no way on: once in each attempt it goes elsewhere at once.
        NoteReturn(entry, arrival.Link);
        LeavePlace(index);
        entry.CameBack = true;
        entry.TriedPlusOne = arrival.Link.Value + 1;
        entry.AvoidTried = true;
        Dispatch(index, front: false);
    }

    /// <summary>A frame that waits for its answer.</summary>
    private readonly record struct Arrival(LinkId Link, ulong Name);
}
