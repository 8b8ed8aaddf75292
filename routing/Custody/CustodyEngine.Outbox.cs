using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>What started here, its receipts, and receipts for others (docs/reference/protocol.md, sections 4.2 and
/// 4.4).</content>
internal sealed partial class CustodyEngine
{
    // A receipt may take as long again as the slowest of its destination, and then some, before the message is
    // repeated.
    private const int PatienceFactor = 4;

    private const int MaxDoublings = 16;

    // A next hop's metric is its own claim; the first repetition waits no longer for it.
    private static readonly TimeSpan LongestFirst = TimeSpan.FromHours(1);

    // What a path needs for 256 bytes says how slow it is; the receipt's own way may first have to be found.
    private const int MetricPatience = 20;

    // On streams a metric of that sort is the mean of waits that differ by a factor of a hundred.
    private const int MetricPatienceOfStreams = 200;
    private const long TicksPerUnit = 100 * TimeSpan.TicksPerMicrosecond;

    private HashIndex _byProof;

    /// <summary>Takes an envelope that starts here.</summary>
    public SendResult Originate(Instant now, in OutgoingEnvelope outgoing)
    {
        _now = now;
        EnvelopeHeader header = outgoing.Header(_hopLimit);
        bool proofFits = outgoing.WantsReceipt
            ? outgoing.ReceiptProof.Length == Receipt.ProofSize
            : outgoing.ReceiptProof.IsEmpty;
        if (header.LifetimeUnits == 0 || header.Kind == EnvelopeKind.Receipt || !proofFits)
            return new SendResult(SendStatus.Invalid, default);
        int size = Envelope.SizeOf(outgoing.Payload.Length);
        if (size > Math.Min(_options.MaxEnvelopeSize, Limits.MaxEnvelope))
            return new SendResult(SendStatus.TooLarge, default);

        byte[] frame = MakeFrame(header, outgoing.Payload, out EnvelopeId id);
        SendStatus status = SendStatus.Queued;
        if (Find(id) >= 0)
            status = SendStatus.Duplicate;
        else if (!_quotas.HasRoomForOwn(size))
            status = SendStatus.NoSpace;
        if (status != SendStatus.Queued)
        {
            _buffers.Return(frame);
            return new SendResult(status, id);
        }

        _counters.Add(RouterCounter.EnvelopesOriginated);
        int index = AddOwn(id, header, frame, size);
        ref HeldEntry entry = ref _entries[index];
        if (outgoing.AlreadyPersisted)
            entry.Disk = OnDisk.Stored;
        Adopt(index, outgoing.ReceiptProof);
        if (outgoing.Destination == _self)
        {
            entry.Place = Place.Delivering;
            _actions.Deliver(TokenOf(index, entry), id, header, outgoing.Payload);
            DropFrame(ref entry);
        }
        else
        {
            Dispatch(index, front: false);
        }

        return new SendResult(SendStatus.Queued, id);
    }

    public bool Cancel(Instant now, in EnvelopeId id)
    {
        _now = now;
        int index = Find(id);
        if (index < 0 || !_entries[index].Originated || _entries[index].Place == Place.Delivering)
            return false;
        _answers.AnswerOwed(ref _entries[index], CustodyCode.Taken);
        Close(index, MessageState.Failed, StateReason.Cancelled);
        return true;
    }

    public bool TryGetOutbox(Instant now, in EnvelopeId id, out OutboxEntry outbox)
    {
        outbox = default;
        int index = Find(id);
        if (index < 0 || !_entries[index].Originated)
            return false;
        ref HeldEntry entry = ref _entries[index];
        outbox = new OutboxEntry(entry.State, entry.Reason, entry.Attempts, entry.Deadline - now);
        return true;
    }

    private byte[] MakeFrame(in EnvelopeHeader header, ReadOnlySpan<byte> payload, out EnvelopeId id)
    {
        byte[] frame = _buffers.Rent(1 + Envelope.SizeOf(payload.Length));
        frame[0] = (byte)FrameKind.Envelope;
        int size = Envelope.Write(frame.AsSpan(1), header, payload);
        id = Envelope.TryRead(frame.AsSpan(1, size), out Envelope envelope)
            ? envelope.ComputeId()
            : throw new ArgumentException("The header does not fit the protocol.", nameof(header));
        return frame;
    }

    private int AddOwn(in EnvelopeId id, in EnvelopeHeader header, byte[] frame, int size)
    {
        int index = Add(id, header, size, _self, Admitted.Own, FindDestination(header.Destination));
        ref HeldEntry entry = ref _entries[index];
        entry.Frame = frame;
        _memoryBytes += frame.Length;
        NoteOwn(entry);
        return index;
    }

    // What comes back of it is judged like what comes back of others.
    private void NoteOwn(in HeldEntry entry) => _seen.Note(
        entry.Id, _seen.Find(entry.Id), Novelty.New, new Copy(entry.Attempts, entry.HopsLeft,
            Lifetimes.Left(entry.LifetimeUnits, _now - entry.Arrived), LinkId.None),
        _now, out _);

    private void Adopt(int index, ReadOnlySpan<byte> proof)
    {
        ref HeldEntry entry = ref _entries[index];
        entry.Originated = true;
        entry.State = MessageState.Queued;
        if (proof.Length != Receipt.ProofSize)
            return;
        entry.HasProof = true;
        proof.CopyTo(entry.Proof);
        _byProof.Add(HashOfProof(proof), index);
    }

    // A look-up by the first 8 of 24 bytes; the comparison of all is in constant time.
    private uint HashOfProof(ReadOnlySpan<byte> proof) =>
        _secret.Hash(BinaryPrimitives.ReadUInt64LittleEndian(proof), 0);

    private void SetReason(ref HeldEntry entry, StateReason reason)
    {
        if (!entry.Originated || entry.State != MessageState.Queued || entry.Reason == reason)
            return;
        entry.Reason = reason;
        _actions.StateChanged(entry.Id, MessageState.Queued, reason, hops: 0);
    }

    private void Finish(ref HeldEntry entry, MessageState state, StateReason reason, int hops = 0)
    {
        if (!entry.Originated || (state == MessageState.Forwarded && entry.State == state && entry.Reason == reason))
            return;
        entry.State = state;
        entry.Reason = reason;
        _actions.StateChanged(entry.Id, state, reason, hops);
    }

    /// <summary>Ends an envelope that started here; copies of it that still go round are taken and dropped.</summary>
    private void Close(int index, MessageState state, StateReason reason, int hops = 0)
    {
        ref HeldEntry entry = ref _entries[index];
        _seen.End(entry.Id);
        Finish(ref entry, state, reason, hops);
        Remove(index);
    }

    /// <summary>A next hop took it: only the receipt is missing.</summary>
    private void AwaitReceipt(int index)
    {
        ref HeldEntry entry = ref _entries[index];
        Finish(ref entry, MessageState.Forwarded, ReasonOfPassing(entry));
        // How long the receiver stays away says nothing about how long receipts take.
        if (entry.Lodged)
            entry.FirstSent = default;
        entry.Place = Place.AwaitingReceipt;
        _awaitingReceipt++;
        entry.RetryAt = _now + ReceiptPatience(entry, entry.Attempts);
        SecureLater(ref entry);
        SpareMemory(ref entry);
        Schedule(index);
    }

    /// <summary>
    /// How long to wait for the receipt of an attempt: ever longer, but never until the message is given up.
    /// </summary>
    private TimeSpan ReceiptPatience(in HeldEntry entry, int attempts)
    {
        Span<NextHop> best = stackalloc NextHop[1];
        NodeAddress destination = _destinations[entry.Destination].Address;
        long slow = 0;
        if (_routes.FindNextHops(_now, destination, best) > 0)
        {
            // Distrust adds to a metric without that anything takes longer.
            bool isStream = LinkOf(best[0].Link) is { Properties.PushRoutes: true }
                && best[0].Metric < _options.Routes.DistrustCost;
            slow = (isStream ? MetricPatienceOfStreams : MetricPatience) * best[0].Metric.Units * TicksPerUnit;
        }

        slow = Math.Min(Math.Max(slow, PatienceFactor * _receiptTimes.Of(destination).Ticks), LongestFirst.Ticks);
        long first = Math.Max(_options.RepeatAfter.Ticks, slow);
        long wait = Math.Min(first << Math.Min(attempts, MaxDoublings), Math.Max(first, _options.LongestRepeat.Ticks));
        return new TimeSpan(wait + _random.NextInt64(wait / 8 + 1));
    }

    /// <summary>No receipt in time: the next attempt, by another next hop if there is one.</summary>
    private void ReceiptOverdue(int index)
    {
        ref HeldEntry entry = ref _entries[index];
        NodeAddress destination = _destinations[entry.Destination].Address;
        if (!AnyWayOn(entry.Destination))
        {
            // Nothing is gained by an attempt that cannot leave; look again soon.
            entry.RetryAt = _now + ReceiptPatience(entry, attempts: 0);
            LodgeElsewhere(index);
            return;
        }

        if (entry.Lodged)
        {
            // The keeper has a way again as well, most likely, and is trusted to use it before another copy goes.
            entry.Lodged = false;
            entry.TriedPlusOne = 0;
            entry.RetryAt = _now + ReceiptPatience(entry, entry.Attempts);
            return;
        }

        if (entry.Tried != LinkId.None && LinkOf(entry.Tried) is not null)
            _routes.Penalise(_now, destination, entry.Tried);
        _counters.Add(RouterCounter.Repetitions);
        Renew(index);
    }

    /// <summary>Starts the next attempt: all hops again, and another next hop if there is one.</summary>
    private void Renew(int index)
    {
        ref HeldEntry entry = ref _entries[index];
        LeavePlace(index);
        entry.Attempts++;
        entry.HopsLeft = _hopLimit;
        entry.AvoidTried = entry.Tried != LinkId.None;
        entry.Skip = (byte)(entry.Attempts % MaxNextHops);
        entry.CameBack = false;
        entry.FirstSent = default;
        NoteOwn(entry);
        Dispatch(index, front: false);
    }

    private void ReceiveReceipt(ReadOnlySpan<byte> payload, in EnvelopeHeader header)
    {
        if (!Receipt.TryRead(payload, out ReadOnlySpan<byte> proof))
        {
            _counters.Add(RouterCounter.ReceiptMalformed);
            return;
        }

        uint hash = HashOfProof(proof);
        int cursor = _byProof.Start(hash);
        while (_byProof.Next(hash, ref cursor, out int index))
        {
            ref HeldEntry entry = ref _entries[index];
            if (!Receipt.Matches(entry.Proof, proof))
                continue;
            _counters.Add(RouterCounter.ReceiptsVerified);
            if (entry.Tried != LinkId.None && LinkOf(entry.Tried) is not null)
                _routes.Trust(_now, _destinations[entry.Destination].Address, entry.Tried);
            if (entry.FirstSent != default)
                _receiptTimes.Note(_destinations[entry.Destination].Address, _now - entry.FirstSent);
            int hops = Math.Max(1, _hopLimit - header.HopsLeft);
            _routes.NoteHops(_destinations[entry.Destination].Address, hops);
            _answers.AnswerOwed(ref _entries[index], CustodyCode.Taken);
            Close(index, MessageState.Delivered, StateReason.None, hops);
            return;
        }

        _counters.Add(RouterCounter.ReceiptUnknown);
    }

    /// <summary>Sends a receipt; it is carried like any envelope, but brings none itself.</summary>
    private void SendReceipt(in NodeAddress sender, ReadOnlySpan<byte> proof, int attempt, Priority priority)
    {
        var header = new EnvelopeHeader(
            EnvelopeKind.Receipt, priority, WantsReceipt: false, (byte)attempt, _hopLimit,
            Lifetimes.ToUnits(_options.ReceiptLifetime), sender);
        byte[] frame = MakeFrame(header, proof, out EnvelopeId id);
        // One that is on its way says all; and neither are there more receipts than honest repetitions of the message.
        bool sentBefore = _seen.IsRecent(_seen.Find(id), attempt: -1, _now);
        if (sender == _self || sentBefore || Find(id) >= 0 || !_quotas.HasRoomForReceipt(Receipt.EnvelopeSize))
        {
            _buffers.Return(frame);
            return;
        }

        _counters.Add(RouterCounter.ReceiptsOriginated);
        int index = AddOwn(id, header, frame, Receipt.EnvelopeSize);
        Dispatch(index, front: false);
    }
}
