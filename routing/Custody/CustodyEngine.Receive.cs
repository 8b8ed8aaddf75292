using System.Runtime.CompilerServices;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>An envelope arrives.</content>
internal sealed partial class CustodyEngine
{
    /// <summary>Takes or refuses an envelope; false if the frame does not parse.</summary>
    [SkipLocalsInit]
    public bool ReceiveEnvelope(Instant now, LinkId link, ReadOnlySpan<byte> frame)
    {
        _now = now;
        LinkState state = _links[link.Value]!;
        _counters.Add(RouterCounter.EnvelopesReceived);
        _counters.Add(RouterCounter.EnvelopeBytesReceived, frame.Length);
        if (!Envelope.TryRead(frame[1..], out Envelope envelope))
        {
            _counters.Add(RouterCounter.DropMalformed);
            return false;
        }

        EnvelopeHeader header = envelope.Header;
        EnvelopeId id = envelope.ComputeId();
        var arrival = new Arrival(link, Generation.NameOf(id, header.Attempt, header.HopsLeft));
        if (!state.Rate.TryTake(now, 1))
        {
            Refuse(arrival, CustodyCode.TooFast, RouterCounter.DropTooFast);
            return true;
        }

        if (envelope.Bytes.Length > _options.MaxEnvelopeSize)
        {
            Refuse(arrival, CustodyCode.TooLarge, RouterCounter.DropTooLarge);
            return true;
        }

        int hops = Math.Min(header.HopsLeft, _hopLimit);
        Generation generation = Generation.Of(header.Attempt, hops);
        int seen = _seen.Find(id);
        bool known = seen >= 0 && !_seen.IsVoid(seen);
        LinkId tried = LinkId.None;
        if (known && generation.Attempt > _seen.GenerationOf(seen).Attempt)
        {
            // The sender got no receipt: the way taken for the attempt before is in doubt.
            tried = _seen.SentTo(seen);
            if (tried != LinkId.None && tried != link && LinkOf(tried) is not null)
                _routes.Penalise(now, header.Destination, tried);
        }

        bool isForUs = header.Destination == _self;
        var facts = new EnvelopeFacts(
            known && generation.Value <= _seen.GenerationOf(seen).Value, isForUs, header.LifetimeUnits, hops, link, tried);
        Span<Candidate> candidates = stackalloc Candidate[MaxNextHops];
        int count = facts.IsRepeat || isForUs ? 0 : FindCandidates(header.Destination, envelope.Bytes.Length, candidates);
        Decision decision = ForwardingDecision.Decide(facts, candidates[..count]);
        if (decision.Verdict is Verdict.Forward or Verdict.Hold && !Carries(anyRoute: count > 0))
            decision = Decision.Drop(DropReason.NoWayOn);
        if (decision.Verdict == Verdict.Drop)
        {
            Drop(arrival, id, decision.Reason);
            return true;
        }

        header = header with { HopsLeft = (ushort)Math.Max(0, hops - 1) };
        if (decision.Verdict == Verdict.Deliver)
            AcceptForUs(arrival, envelope, header, id, seen, generation);
        else
            AcceptTransit(arrival, envelope, header, id, seen, generation, decision, tried, ObstacleOf(candidates[..count]));
        return true;
    }

    /// <summary>Whether the operator lets this node take envelopes of others at all, and those that would wait for a route.</summary>
    private bool Carries(bool anyRoute) => _options.Relays && (anyRoute || _options.HoldsForOthers);

    private void Drop(in Arrival arrival, in EnvelopeId id, DropReason reason)
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
            default:
                _counters.Add(RouterCounter.DropRepeat);
                int held = Find(id);
                if (held < 0 || IsSecure(_entries[held]))
                    Answer(arrival.Link, CustodyCode.Taken, arrival.Name);
                else
                    Owe(held, arrival);
                break;
        }
    }

    private void AcceptTransit(
        in Arrival arrival, in Envelope envelope, in EnvelopeHeader header, in EnvelopeId id, int seen, Generation generation,
        in Decision decision, LinkId tried, StateReason obstacle)
    {
        int size = envelope.Bytes.Length;
        int index = Find(id);
        if (index >= 0)
        {
            Merge(index, arrival, envelope, header, generation);
        }
        else
        {
            NodeAddress owner = _links[arrival.Link.Value]!.Peer;
            if (!Admit(owner, header.Destination, size, header.Priority, out RouterCounter refused))
            {
                CustodyCode code = refused == RouterCounter.DropDiskBehind ? CustodyCode.TooFast : CustodyCode.NoSpace;
                Refuse(arrival, code, refused);
                return;
            }

            index = Add(id, header, size, owner);
            ref HeldEntry made = ref _entries[index];
            NoteAccepted(ref made, id, seen, generation);
            KeepFrame(ref made, envelope);
            if (IsSecure(made))
                Answer(arrival.Link, CustodyCode.Taken, arrival.Name);
            else
                Owe(index, arrival);
        }

        ref HeldEntry entry = ref _entries[index];
        entry.TriedPlusOne = tried.Value + 1;
        entry.AvoidTried = tried != LinkId.None;
        entry.Lodged = false;
        if (decision.Verdict == Verdict.Forward)
            GoOrWait(index, decision.Link, front: false);
        else
            Hold(index, front: false, obstacle);
    }

    /// <summary>
    /// A copy that went round came back while this node still holds an earlier one: they become one, with the hops and
    /// the attempt of the later. An answer to the earlier frame does not name the later one, so it cannot end custody.
    /// </summary>
    private void Merge(
        int index, in Arrival arrival, in Envelope envelope, in EnvelopeHeader header, Generation generation)
    {
        ref HeldEntry entry = ref _entries[index];
        NoteLater(ref entry, IsSecure(entry), generation);
        LeavePlace(index);
        entry.HopsLeft = header.HopsLeft;
        entry.Attempt = header.Attempt;
        entry.Repeats = 0;
        Instant deadline = _now + EnvelopeHeader.LifetimeUnit * header.LifetimeUnits;
        if (deadline > entry.Deadline && !entry.Originated)
        {
            entry.Arrived = _now;
            entry.LifetimeUnits = header.LifetimeUnits;
        }

        if (entry.Frame is null)
            KeepFrame(ref entry, envelope);
        // What is on disk would come back after a restart as the earlier copy.
        entry.Rewrite = entry.Disk != OnDisk.Nothing;
        if (IsSecure(entry))
            Answer(arrival.Link, CustodyCode.Taken, arrival.Name);
        else
            Owe(index, arrival);
        if (entry.Rewrite)
            Write(index);
    }

    /// <summary>Notes the generation of a new entry, and the one to go back to if custody must be refused after all.</summary>
    private void NoteAccepted(ref HeldEntry entry, in EnvelopeId id, int seen, Generation generation)
    {
        entry.HasAcceptedBefore = seen >= 0 && !_seen.IsVoid(seen);
        if (entry.HasAcceptedBefore)
            entry.AcceptedBefore = _seen.GenerationOf(seen);
        entry.Accepted = generation;
        _seen.Accept(id, generation, seen);
    }

    /// <summary>As <see cref="NoteAccepted"/> for a later copy of a held entry: what was never promised is nothing to go back to.</summary>
    private void NoteLater(ref HeldEntry entry, bool promised, Generation generation)
    {
        if (promised)
        {
            entry.HasAcceptedBefore = true;
            entry.AcceptedBefore = entry.Accepted;
        }

        entry.Accepted = generation;
        _seen.Accept(entry.Id, generation, _seen.Find(entry.Id));
    }

    private void AcceptForUs(
        in Arrival arrival, in Envelope envelope, in EnvelopeHeader header, in EnvelopeId id, int seen, Generation generation)
    {
        if (header.Kind == EnvelopeKind.Receipt)
        {
            _seen.Accept(id, generation, seen);
            ReceiveReceipt(envelope.Payload, header);
            Answer(arrival.Link, CustodyCode.Taken, arrival.Name);
            return;
        }

        int index = Find(id);
        if (index >= 0)
        {
            // Another copy came while the host works on the first: one answer goes for both.
            ref HeldEntry earlier = ref _entries[index];
            NoteLater(ref earlier, promised: false, generation);
            earlier.Attempt = header.Attempt;
            Owe(index, arrival);
            return;
        }

        NodeAddress owner = _links[arrival.Link.Value]!.Peer;
        int size = envelope.Bytes.Length;
        if (!Admit(owner, header.Destination, size, header.Priority, out RouterCounter refused))
        {
            Refuse(arrival, CustodyCode.TooFast, refused);
            return;
        }

        index = Add(id, header, size, owner);
        ref HeldEntry entry = ref _entries[index];
        NoteAccepted(ref entry, id, seen, generation);
        entry.Place = Place.Delivering;
        Owe(index, arrival);
        _actions.Deliver(TokenOf(index, entry), id, envelope.Header, envelope.Payload);
    }

    /// <summary>The host has dealt with an envelope for this node.</summary>
    public void DeliveryDone(
        Instant now, long token, DeliveryOutcome outcome, in NodeAddress sender, ReadOnlySpan<byte> receiptProof)
    {
        _now = now;
        if (!TryResolve(token, out int index) || _entries[index].Place != Place.Delivering)
            return;
        ref HeldEntry entry = ref _entries[index];
        switch (outcome)
        {
            case DeliveryOutcome.StoreFull:
                Refuse(index, CustodyCode.NoSpace, RouterCounter.DropHostFull);
                return;
            case DeliveryOutcome.Rejected:
                _counters.Add(RouterCounter.DropRejected);
                Finish(ref entry, MessageState.Failed, StateReason.None);
                break;
            default:
                _counters.Add(RouterCounter.EnvelopesDelivered);
                _actions.PersistSeen(entry.Id, entry.Accepted.ToCoarse());
                Finish(ref entry, MessageState.Delivered, StateReason.None);
                break;
        }

        bool receipt = outcome is DeliveryOutcome.Accepted or DeliveryOutcome.AlreadyHave
            && entry.WantsReceipt && !entry.Originated && receiptProof.Length == Receipt.ProofSize;
        int attempt = entry.Attempt;
        Priority priority = entry.Priority;
        AnswerOwed(index, CustodyCode.Taken);
        Remove(index);
        if (receipt)
            SendReceipt(sender, receiptProof, attempt, priority);
    }

    /// <summary>A frame that waits for its answer.</summary>
    private readonly record struct Arrival(LinkId Link, ulong Name);
}
