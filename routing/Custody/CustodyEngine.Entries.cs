using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>The table of what is held.</content>
internal sealed partial class CustodyEngine
{
    private readonly Slab<HeldEntry> _entries = new();
    private readonly Slab<Share> _shares = new();
    private readonly Slab<HeldDestination> _destinations = new();
    private HashIndex _byId;
    private HashIndex _byDestination;
    private DueHeap _entryTimers;
    private DueHeap _destinationTimers;
    private uint _serials;
    private long _memoryBytes;
    private long _loadingBytes;
    private int _inFlight;
    private int _awaitingReceipt;

    public int SeenCount => _seen.Count;

    public HeldTotals Totals
    {
        get
        {
            Tally total = _quotas.Total;
            return new HeldTotals(total.Count, total.Bytes, _memoryBytes, _inFlight, _awaitingReceipt);
        }
    }

    public bool Holds(in EnvelopeId id) => Find(id) >= 0;

    public int CopyHeld(Span<HeldSummary> into)
    {
        int count = 0;
        for (int i = 0; i < _destinations.Limit; i++)
        {
            ref HeldDestination destination = ref _destinations[i];
            if (destination.Held.Count == 0)
                continue;
            if (count < into.Length)
                into[count] = new HeldSummary(destination.Address, destination.Held.Count, destination.Held.Bytes);
            count++;
        }

        return count;
    }

    private uint HashOf(in EnvelopeId id) => _secret.Hash(id.High, id.Low);

    private uint HashOf(in NodeAddress address) => _secret.Hash(address.High, address.Low);

    private int Find(in EnvelopeId id)
    {
        uint hash = HashOf(id);
        int cursor = _byId.Start(hash);
        while (_byId.Next(hash, ref cursor, out int index))
        {
            if (_entries[index].Id == id)
                return index;
        }

        return -1;
    }

    /// <summary>
    /// Makes an entry; it is in no list yet, has no bytes and owes no answer. The number of its destination is -1 if
    /// that is none yet.
    /// </summary>
    private int Add(
        in EnvelopeId id, in EnvelopeHeader header, int size, in NodeAddress upstream, in Admitted admitted,
        int destination)
    {
        int index = _entries.Allocate();
        ref HeldEntry entry = ref _entries[index];
        entry.Used = true;
        entry.Id = id;
        entry.Size = size;
        entry.Kind = header.Kind;
        entry.Priority = header.Priority;
        entry.WantsReceipt = header.WantsReceipt;
        entry.Attempts = header.Attempt;
        entry.FewerHops = -1;
        entry.HopsLeft = header.HopsLeft;
        entry.Arrived = _now;
        entry.LifetimeUnits = header.LifetimeUnits;
        entry.Class = ClassOf(header, size);
        entry.Flow = -1;
        entry.Link = -1;
        entry.PersistAt = Instant.Never;
        entry.RetryAt = Instant.Never;
        entry.Destination = destination >= 0 ? destination : NewDestination(header.Destination);
        entry.Upstream = upstream;
        entry.Own = admitted.Source is null;
        entry.Room = admitted.Room;
        entry.IsStranger = !admitted.IsChosen;
        entry.IsShortLived = !entry.Own && IsShortLived(header.LifetimeUnits);
        NewSerial(ref entry);
        _destinations[entry.Destination].Held.Add(size);
        Charge(ref entry, admitted.Source);
        _byId.Add(HashOf(id), index);
        return index;
    }

    /// <summary>
    /// Takes an entry out of every list and forgets it, on disk too. What it owes must have been answered.
    /// </summary>
    private void Remove(int index)
    {
        ref HeldEntry entry = ref _entries[index];
        LeavePlace(index);
        DropFrame(ref entry);
        if (entry.HasProof)
            _byProof.Remove(HashOfProof(entry.Proof), index);
        if (entry.Disk != OnDisk.Nothing)
            _actions.ForgetEnvelope(entry.Id);
        _entryTimers.Set(index, Instant.Never);
        _byId.Remove(HashOf(entry.Id), index);
        Discharge(ref entry);
        ref HeldDestination destination = ref _destinations[entry.Destination];
        destination.Held.Subtract(entry.Size);
        if (destination.Held.Count == 0)
            ForgetDestination(entry.Destination);
        _entries.Free(index);
    }

    /// <summary>Out of the flow, the flight list or the loading state that it is in.</summary>
    private void LeavePlace(int index)
    {
        ref HeldEntry entry = ref _entries[index];
        switch (entry.Place)
        {
            case Place.Waiting when entry.Flow >= 0:
                _flows.Leave(index);
                break;
            case Place.Loading:
                if (LinkOf(new LinkId(entry.Link)) is { } loading && loading.Epoch == entry.LinkEpoch)
                    loading.Loading.Subtract(entry.Size);
                _loadingBytes -= entry.Size;
                entry.Link = -1;
                break;
            case Place.InFlight:
                LeaveFlight(index, _links[entry.Link]!);
                break;
            case Place.AwaitingReceipt:
                _awaitingReceipt--;
                break;
        }

        entry.RetryAt = Instant.Never;
        entry.Place = Place.Waiting;
    }

    private void KeepFrame(ref HeldEntry entry, ReadOnlySpan<byte> frame)
    {
        entry.Frame = _buffers.Rent(frame.Length);
        frame.CopyTo(entry.Frame);
        _memoryBytes += entry.Frame.Length;
    }

    private void DropFrame(ref HeldEntry entry)
    {
        if (entry.Frame is not { } frame)
            return;
        _memoryBytes -= frame.Length;
        _buffers.Return(frame);
        entry.Frame = null;
    }

    private void Schedule(int index) => _entryTimers.Set(index, _entries[index].Due);

    private void NewSerial(ref HeldEntry entry) => entry.Serial = _serials = (_serials + 1) & int.MaxValue;

    private static long TokenOf(int index, in HeldEntry entry) => (long)entry.Serial << 32 | (uint)index;

    private bool TryResolve(long token, out int index)
    {
        index = (int)token;
        return (uint)index < (uint)_entries.Limit && _entries[index].Used
            && _entries[index].Serial == (uint)(token >> 32);
    }

    /// <summary>
    /// Where an envelope came from which the host has been given; 0 if that is over, or it is this node's own.
    /// </summary>
    internal ulong SourceOf(long token) =>
        TryResolve(token, out int index) && _entries[index].Share is >= 0 and int share
            ? _shares[share].Source.Group : 0;

    private int FindDestination(in NodeAddress address)
    {
        uint hash = HashOf(address);
        int cursor = _byDestination.Start(hash);
        while (_byDestination.Next(hash, ref cursor, out int index))
        {
            if (_destinations[index].Address == address)
                return index;
        }

        return -1;
    }

    private int NewDestination(in NodeAddress address)
    {
        int index = _destinations.Allocate();
        _destinations[index].Address = address;
        _destinations[index].Since = _now;
        _byDestination.Add(HashOf(address), index);
        return index;
    }

    private void ForgetDestination(int index)
    {
        ref HeldDestination destination = ref _destinations[index];
        _backoffs.Clear(index);
        _destinationTimers.Set(index, Instant.Never);
        _byDestination.Remove(HashOf(destination.Address), index);
        _destinations.Free(index);
    }

    private static FrameClass ClassOf(in EnvelopeHeader header, int size) => header.Priority switch
    {
        _ when header.Kind == EnvelopeKind.Receipt && size == Receipt.EnvelopeSize => FrameClass.Control,
        Priority.Emergency => FrameClass.Emergency,
        Priority.High => FrameClass.High,
        Priority.Normal => FrameClass.Normal,
        _ => FrameClass.Low,
    };
}
