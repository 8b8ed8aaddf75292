using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>Writing to disk and reading back.</content>
internal sealed partial class CustodyEngine
{
    private static readonly TimeSpan WriteAgain = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan PayAgain = TimeSpan.FromSeconds(1);

    /// <summary>What a row costs beside the envelope, about.</summary>
    private const int RowOverhead = 256;

    private bool IsShortLived(ushort lifetimeUnits) =>
        EnvelopeHeader.LifetimeUnit * lifetimeUnits < _options.LeastPersisted;

    /// <summary>
    /// Whether an envelope that has to be held at once, and so written, is more than its source may cause.
    /// </summary>
    private bool ExceedsDiskRate(Source source, int size, ushort lifetimeUnits) =>
        _options.KeepsOnDisk && !IsShortLived(lifetimeUnits)
        && !source.Disk.Has(_now, size + RowOverhead);

    /// <summary>Writes it if its source may cause that now; otherwise a little later.</summary>
    private void WriteOrWait(int index)
    {
        ref HeldEntry entry = ref _entries[index];
        if (entry.Share < 0 || _shares[entry.Share].Source.Disk.TryTake(_now, entry.Size + RowOverhead))
            Write(index);
        else
            entry.PersistAt = _now + PayAgain;
    }

    private bool NeedsWriting(in HeldEntry entry) =>
        _options.KeepsOnDisk && entry.Frame is not null && !entry.IsShortLived
        && (entry.Disk == OnDisk.Nothing || (entry.Disk == OnDisk.Stored && entry.Rewrite));

    /// <summary>
    /// To be written unless it is passed on within the delay: in the good case a relay writes nothing.
    /// </summary>
    private void SecureLater(ref HeldEntry entry)
    {
        if (NeedsWriting(entry) && entry.PersistAt == Instant.Never)
            entry.PersistAt = Later(_now, entry.Arrived + _options.PersistDelay);
    }

    private static Instant Later(Instant a, Instant b) => a < b ? b : a;

    private void Write(int index)
    {
        ref HeldEntry entry = ref _entries[index];
        NewSerial(ref entry);
        entry.Disk = OnDisk.BeingWritten;
        entry.PersistAt = Instant.Never;
        Span<byte> envelope = entry.Frame.AsSpan(1, entry.Size);
        EnvelopeHeader.Restamp(envelope, entry.Attempt, entry.HopsLeft, entry.LifetimeUnits);
        var held = new HeldEnvelope(
            entry.Upstream, entry.Originated, entry.Deadline - _now,
            entry.HasProof ? ((ReadOnlySpan<byte>)entry.Proof).ToArray() : default(ReadOnlyMemory<byte>));
        _counters.Add(RouterCounter.EnvelopesPersisted);
        _actions.PersistEnvelope(TokenOf(index, entry), entry.Id, held, envelope);
    }

    public void Persisted(Instant now, long token)
    {
        _now = now;
        if (!TryResolve(token, out int index) || _entries[index].Disk != OnDisk.BeingWritten)
            return;
        ref HeldEntry entry = ref _entries[index];
        entry.Disk = OnDisk.Stored;
        Saved(ref entry);
        entry.Rewrite = false;
        _answers.AnswerOwed(ref _entries[index], CustodyCode.Taken);
        if (entry.Place == Place.Waiting)
            SpareMemory(ref entry);
    }

    public void PersistFailed(Instant now, long token)
    {
        _now = now;
        if (!TryResolve(token, out int index) || _entries[index].Disk != OnDisk.BeingWritten)
            return;
        ref HeldEntry entry = ref _entries[index];
        entry.Disk = entry.Rewrite ? OnDisk.Stored : OnDisk.Nothing;
        if (entry.OwedCount > 0 && entry.Place != Place.InFlight && !entry.Originated && !entry.Rewrite)
        {
            Refuse(index, CustodyCode.NoSpace, RouterCounter.DropPersistFailed);
            return;
        }

        // In flight the next hop may yet take it; otherwise it stays in memory, and the disk may recover.
        entry.PersistAt = now + WriteAgain;
        Schedule(index);
    }

    /// <summary>What is on disk leaves memory when that is short, and first what waits for a route.</summary>
    private void SpareMemory(ref HeldEntry entry)
    {
        if (entry.Disk != OnDisk.Stored || entry.Rewrite || entry.Frame is null || entry.IsGathered)
            return;
        bool waitsForRoute = entry.Place == Place.AwaitingReceipt
            || _flows.IsHeld(entry);
        if (_memoryBytes > (waitsForRoute ? _options.MemoryBudget / 4 : _options.MemoryBudget))
            DropFrame(ref entry);
    }

    private void Load(int index, LinkId link, LinkState state)
    {
        ref HeldEntry entry = ref _entries[index];
        entry.Place = Place.Loading;
        entry.Link = link.Value;
        entry.LinkEpoch = state.Epoch;
        state.Loading.Add(entry.Size);
        _loadingBytes += entry.Size;
        _actions.LoadEnvelope(entry.Id);
    }

    public void EnvelopeLoaded(Instant now, in EnvelopeId id, ReadOnlySpan<byte> bytes)
    {
        _now = now;
        int index = Find(id);
        if (index < 0 || _entries[index].Place != Place.Loading)
            return;
        var link = new LinkId(_entries[index].Link);
        LeavePlace(index);
        ref HeldEntry entry = ref _entries[index];
        if (bytes.Length != entry.Size || !Envelope.TryRead(bytes, out Envelope envelope) || envelope.ComputeId() != id)
        {
            _counters.Add(RouterCounter.LostUnreadable);
            _answers.AnswerOwed(ref _entries[index], CustodyCode.NoSpace);
            Finish(ref entry, MessageState.Failed, StateReason.StoreFull);
            Remove(index);
            return;
        }

        KeepFrame(ref entry, envelope);
        if (NeedsWriting(entry))
            Write(index);
        Dispatch(index, front: true);
        Pump(link);
    }

    public void RestoreSeen(in EnvelopeId id) => _seen.Restore(id);

    public bool RestoreEnvelope(in EnvelopeId id, in HeldEnvelope held, in EnvelopeHeader header, int size)
    {
        if (Find(id) >= 0 || size < EnvelopeHeader.Size || size > Limits.MaxEnvelope)
            return false;
        bool isOwn = held.Originated || held.Upstream == _self;
        if (!(isOwn ? _quotas.HasRoomForOwn(size) : _quotas.HasRoomForRestored(size)))
        {
            _counters.Add(RouterCounter.LostEvicted);
            return false;
        }

        var admitted = isOwn
            ? Admitted.Own
            : new Admitted(_sources.Of(held.Upstream, group: 0, _now), Room.Usual, IsChosen: true);
        int index = Add(id, header, size, isOwn ? _self : held.Upstream, admitted, FindDestination(header.Destination));
        ref HeldEntry entry = ref _entries[index];
        entry.Disk = OnDisk.Stored;
        Saved(ref entry);
        entry.Arrived = _now - (EnvelopeHeader.LifetimeUnit * header.LifetimeUnits - held.LifetimeLeft);
        if (held.Originated)
            Adopt(index, held.ReceiptProof.Span);
        var copy = new Copy(
            header.Attempt, header.HopsLeft + (isOwn ? 0 : 1), Lifetimes.ToUnits(held.LifetimeLeft), LinkId.None);
        _seen.Note(id, _seen.Find(id), Novelty.New, copy, _now, out _);
        _flows.Enter(index, FlowScheduler.NoLink, front: false);
        Schedule(index);
        _flows.Stir(entry.Destination);
        return true;
    }

    private void KeepFrame(ref HeldEntry entry, in Envelope envelope)
    {
        entry.Frame = _buffers.Rent(1 + entry.Size);
        entry.Frame[0] = (byte)FrameKind.Envelope;
        envelope.Bytes.CopyTo(entry.Frame.AsSpan(1));
        _memoryBytes += entry.Frame.Length;
    }
}
