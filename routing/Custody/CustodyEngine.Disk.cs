using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>Writing to disk and reading back.</content>
internal sealed partial class CustodyEngine
{
    private static readonly TimeSpan WriteAgain = TimeSpan.FromSeconds(30);

    private bool NeedsWriting(in HeldEntry entry) =>
        _options.Durability == CustodyDurability.Disk && entry.Frame is not null
        && (entry.Disk == OnDisk.Nothing || (entry.Disk == OnDisk.Stored && entry.Rewrite));

    /// <summary>To be written unless it is passed on within the delay: in the good case a relay writes nothing.</summary>
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
            _accounts[entry.Account].Owner, entry.Originated, entry.Deadline - _now,
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
        entry.Rewrite = false;
        AnswerOwed(index, CustodyCode.Taken);
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

    /// <summary>What waits and is on disk leaves memory when that is short: half of it is for what moves.</summary>
    private void SpareMemory(ref HeldEntry entry)
    {
        if (entry.Disk != OnDisk.Stored || entry.Rewrite || entry.Frame is null)
            return;
        bool waitsForRoute = entry.Place == Place.AwaitingReceipt
            || (entry.Flow >= 0 && _flows[entry.Flow].Link == NoLink);
        if (_memoryBytes > (waitsForRoute ? _options.MemoryBudget / 2 : _options.MemoryBudget))
            DropFrame(ref entry);
    }

    private void Load(int index, LinkId link, LinkState state)
    {
        ref HeldEntry entry = ref _entries[index];
        entry.Place = Place.Loading;
        entry.Link = link.Value;
        entry.LinkEpoch = state.Epoch;
        state.Loading++;
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
            AnswerOwed(index, CustodyCode.NoSpace);
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

    public void RestoreSeen(in EnvelopeId id, byte generation) =>
        _seen.Accept(id, Generation.FromCoarse(generation), _seen.Find(id));

    public bool RestoreEnvelope(in EnvelopeId id, in HeldEnvelope held, in EnvelopeHeader header, int size)
    {
        if (Find(id) >= 0 || size < EnvelopeHeader.Size || size > Limits.MaxEnvelope
            || _heldCount >= _options.MaxHeldCount || _heldBytes + size > _maxHeldBytes)
            return false;
        int index = Add(id, header, size, held.Originated ? _self : held.Upstream);
        ref HeldEntry entry = ref _entries[index];
        entry.Disk = OnDisk.Stored;
        entry.Arrived = _now - (EnvelopeHeader.LifetimeUnit * header.LifetimeUnits - held.LifetimeLeft);
        if (held.Originated)
            Adopt(index, held.ReceiptProof.Span);
        var accepted = Generation.Of(header.Attempt, header.HopsLeft + (held.Originated ? 0 : 1));
        int seen = _seen.Find(id);
        if (seen < 0 || _seen.GenerationOf(seen).Value < accepted.Value)
            _seen.Accept(id, accepted, seen);
        EnterFlow(index, NoLink, front: false);
        Schedule(index);
        Stir(entry.Destination);
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
