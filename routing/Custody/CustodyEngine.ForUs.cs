using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

// Arrivals for this node: handed to the host, answered when it has them.
internal sealed partial class CustodyEngine
{
    private void ReceiveForUs(in Arrival arrival, in Envelope envelope, in EnvelopeId id, in Copy copy, LinkState state)
    {
        if (copy.LifetimeUnits == 0)
        {
            Refuse(arrival, CustodyCode.Expired, RouterCounter.DropExpired);
            return;
        }

        EnvelopeHeader header = envelope.Header;
        if (header.Kind == EnvelopeKind.Receipt)
        {
            ReceiveReceipt(envelope.Payload, header with { HopsLeft = (ushort)Math.Max(0, copy.HopsLeft - 1) });
            _answers.Answer(arrival.Link, CustodyCode.Taken, arrival.Name);
            return;
        }

        int seen = _seen.Find(id);
        int held = Find(id);
        if (held >= 0 || _seen.IsRecent(seen, copy.Attempt, _now))
        {
            // While the host works on another copy one answer goes for both.
            Repeated(arrival, held);
            return;
        }

        if (state.Source.Openings.Available(_now) <= 0)
        {
            Refuse(arrival, CustodyCode.TooFast, RouterCounter.DropOpeningRate);
            return;
        }

        if (_options.KeepsOnDisk && state.Source.Disk.Available(_now) <= 0)
        {
            Refuse(arrival, CustodyCode.TooFast, RouterCounter.DropDiskRate);
            return;
        }

        int size = envelope.Bytes.Length;
        if (!TryAdmitArrival(arrival, state.Source, size, out Admitted admitted))
            return;
        int index = Add(id, header, size, state.Peer, admitted, FindDestination(header.Destination));
        ref HeldEntry entry = ref _entries[index];
        _seen.Note(id, seen, Novelty.New, copy, _now, out _);
        entry.Place = Place.Delivering;
        _answers.Owe(ref _entries[index], arrival.Link, arrival.Name);
        _actions.Deliver(TokenOf(index, entry), id, header, envelope.Payload);
    }

    /// <summary>The host has dealt with an envelope for this node.</summary>
    public void DeliveryDone(
        Instant now, long token, DeliveryOutcome outcome, in NodeAddress sender, ReadOnlySpan<byte> receiptProof)
    {
        _now = now;
        if (!TryResolve(token, out int index) || _entries[index].Place != Place.Delivering)
            return;
        ref HeldEntry entry = ref _entries[index];
        if (entry.Share >= 0)
            ChargeDelivery(now, _shares[entry.Share].Source, entry.Size, outcome);
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
                _actions.PersistSeen(entry.Id, Generation.Of(entry.Attempt, entry.HopsLeft).ToCoarse());
                Finish(ref entry, MessageState.Delivered, StateReason.None);
                break;
        }

        bool receipt = outcome is DeliveryOutcome.Accepted or DeliveryOutcome.AcceptedFromStranger
            or DeliveryOutcome.AlreadyHave
            && entry.WantsReceipt && !entry.Originated && receiptProof.Length == Receipt.ProofSize;
        int attempt = entry.Attempt;
        Priority priority = entry.Priority;
        _answers.AnswerOwed(ref _entries[index], CustodyCode.Taken);
        Remove(index);
        if (receipt)
            SendReceipt(sender, receiptProof, attempt, priority);
    }

    // It is known only now what it was. The price of what strangers write is paid afterwards: until then nothing more
    // is opened.
    private void ChargeDelivery(Instant now, Source source, int size, DeliveryOutcome outcome)
    {
        double written = _options.KeepsOnDisk ? size + RowOverhead : 0;
        switch (outcome)
        {
            case DeliveryOutcome.Accepted:
                source.Disk.Owe(now, written / FactorOfKnown);
                break;
            case DeliveryOutcome.AcceptedFromStranger:
                source.Disk.Owe(now, written);
                source.Openings.Owe(now, 1);
                break;
            case DeliveryOutcome.AlreadyHave or DeliveryOutcome.Rejected:
                source.Openings.Owe(now, 1);
                break;
            case DeliveryOutcome.StoreFull:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "No outcome of a delivery.");
        }
    }

    /// <summary>Those whom the owner knows may have so many times as much written here.</summary>
    private const int FactorOfKnown = 8;
}
