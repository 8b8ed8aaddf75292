using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>Where there is room for an envelope, or why there is none.</summary>
internal enum Room : byte
{
    /// <summary>There is.</summary>
    Usual,

    /// <summary>In the reserve, because it is an emergency.</summary>
    Reserve,

    /// <summary>It is for this node, and there only until the host has stored it.</summary>
    Arriving,

    /// <summary>All that may be held is.</summary>
    NoneInAll,

    /// <summary>What its source may have held is.</summary>
    NoneForSource,

    /// <summary>What may be held for its destination, in all or of this source, is.</summary>
    NoneForDestination,

    /// <summary>Too much waits for the disk.</summary>
    NoneInMemory,
}

/// <summary>
/// How much may be held, and whose. What was taken is kept: nothing ever makes room for something else, so quotas
/// refuse first.
/// <code>
///  quota: |------------------------ usual ------------------------|- reserve -|   + a quarter for this node's own
///         |--- any source ---------|--- chosen links only --------| emergencies
/// </code>
/// A source, a destination, and a source's envelopes for one destination may fill what is free in proportion to their
/// share: with 50 % the first gets half, two get a third each, and there is always room left for the next.
/// </summary>
internal sealed class Quotas
{
    /// <summary>The part of the quota that emergencies have for themselves: one of so many. Arbitrary.</summary>
    private const int ReserveParts = 16;

    /// <summary>The part beyond the quota that is for what starts here: one of so many. Arbitrary.</summary>
    private const int OwnParts = 4;

    /// <summary>
    /// The part of the quota's number that may be with the host at a time: one of so many. Arbitrary.
    /// </summary>
    private const int ArrivingParts = 4;

    private readonly RouterOptions _options;
    private readonly bool _hasDisk;
    private readonly Tally _quota;
    private readonly long _maxUnsaved;
    private Tally _usual;
    private Tally _strangers;
    private Tally _reserve;
    private Tally _strangersInReserve;
    private Tally _own;
    private Tally _receipts;
    private Tally _arriving;
    private long _unsaved;

    public Quotas(RouterOptions options)
    {
        _options = options;
        _hasDisk = options.KeepsOnDisk;
        _maxUnsaved = options.MemoryBudget / 2;
        _quota = new Tally
        {
            // Without a disk behind it, everything held is in memory.
            Bytes = _hasDisk ? options.MaxHeldBytes : Math.Min(options.MaxHeldBytes, options.MemoryBudget),
            Count = options.MaxHeldCount,
        };
    }

    /// <summary>Held in all.</summary>
    public Tally Total => new()
    {
        Count = _usual.Count + _reserve.Count + _own.Count + _arriving.Count,
        Bytes = _usual.Bytes + _reserve.Bytes + _own.Bytes + _arriving.Bytes,
    };

    /// <summary>Held of what started here.</summary>
    public Tally Own => _own;

    /// <summary>Bytes of others that are in memory only.</summary>
    public long Unsaved => _unsaved;

    /// <summary>Room for an envelope to this node, whatever is held for others.</summary>
    public Room FindForArrival(Source source, int size)
    {
        int free = _quota.Count / ArrivingParts - _arriving.Count;
        return IsRoomInMemory(source, size) && free > 0
            && IsShare(source.Arriving.Count, 1, free, _options.NeighbourSharePercent)
            ? Room.Arriving
            : Room.NoneInMemory;
    }

    /// <summary>Room for an envelope of others.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="isChosen">By a link that this node wanted.</param>
    /// <param name="destination">What is held for its destination.</param>
    /// <param name="pair">What of that is of this source.</param>
    /// <param name="size">Header and payload.</param>
    /// <param name="priority">How urgent it is.</param>
    public Room Find(Source source, bool isChosen, in Tally destination, in Tally pair, int size, Priority priority)
    {
        if (_hasDisk && !IsRoomInMemory(source, size))
            return Room.NoneInMemory;
        Room room = FindUsual(source, isChosen, destination, pair, size);
        return room != Room.Usual && priority == Priority.Emergency && IsRoomInReserve(source, isChosen, size)
            ? Room.Reserve : room;
    }

    /// <summary>Room for an envelope of this node's own: whatever strangers do, there is the part for it.</summary>
    public bool HasRoomForOwn(int size) =>
        _own.Bytes + size <= _quota.Bytes / OwnParts + Math.Max(0, UsualQuota.Bytes - _usual.Bytes)
        && _own.Count < _quota.Count / OwnParts + Math.Max(0, UsualQuota.Count - _usual.Count);

    /// <summary>
    /// Room for a receipt: half of the part for this node's own at most. Anybody can cause one, and who makes up
    /// senders that cannot be reached causes many that stay; this node's messages have the other half.
    /// </summary>
    public bool HasRoomForReceipt(int size) =>
        _receipts.Bytes + size <= _quota.Bytes / OwnParts / 2 && _receipts.Count < _quota.Count / OwnParts / 2
            && HasRoomForOwn(size);

    /// <summary>Room for an envelope that was taken before a restart, whose source is not known any more.</summary>
    public bool HasRoomForRestored(int size) =>
        _usual.Bytes + _reserve.Bytes + size <= _quota.Bytes && _usual.Count + _reserve.Count < _quota.Count;

    public void TakeOwn(int size, bool isReceipt)
    {
        _own.Add(size);
        if (isReceipt)
            _receipts.Add(size);
    }

    public void GiveBackOwn(int size, bool isReceipt)
    {
        _own.Subtract(size);
        if (isReceipt)
            _receipts.Subtract(size);
    }

    public void Take(Source source, Room room, bool isStranger, int size)
    {
        if (room == Room.Arriving)
        {
            _arriving.Add(size);
            source.Arriving.Add(size);
            return;
        }

        if (room == Room.Reserve)
        {
            _reserve.Add(size);
            source.InReserve.Add(size);
            if (isStranger)
                _strangersInReserve.Add(size);
            return;
        }

        _usual.Add(size);
        source.Held.Add(size);
        if (isStranger)
            _strangers.Add(size);
    }

    public void GiveBack(Source source, Room room, bool isStranger, int size)
    {
        if (room == Room.Arriving)
        {
            _arriving.Subtract(size);
            source.Arriving.Subtract(size);
            return;
        }

        if (room == Room.Reserve)
        {
            _reserve.Subtract(size);
            source.InReserve.Subtract(size);
            if (isStranger)
                _strangersInReserve.Subtract(size);
            return;
        }

        _usual.Subtract(size);
        source.Held.Subtract(size);
        if (isStranger)
            _strangers.Subtract(size);
    }

    /// <summary>
    /// Whether an envelope takes of the memory for what is not on disk. Without a disk the others are bounded by the
    /// quota.
    /// </summary>
    public bool CountsAsUnsaved(Room room) => _hasDisk || room == Room.Arriving;

    /// <summary>An envelope is in memory only.</summary>
    public void AddUnsaved(Source source, int size)
    {
        _unsaved += size;
        source.Unsaved += size;
    }

    /// <summary>It is on disk, or gone.</summary>
    public void SubtractUnsaved(Source source, int size)
    {
        _unsaved -= size;
        source.Unsaved -= size;
    }

    private bool IsRoomInMemory(Source source, int size)
    {
        long free = _maxUnsaved - _unsaved;
        return size <= free && IsShare(source.Unsaved, size, free, _options.NeighbourSharePercent);
    }

    private Tally UsualQuota => new()
    {
        Bytes = _quota.Bytes - _quota.Bytes / ReserveParts,
        Count = _quota.Count - _quota.Count / ReserveParts,
    };

    private Room FindUsual(Source source, bool isChosen, in Tally destination, in Tally pair, int size)
    {
        Tally usual = UsualQuota;
        Tally free = usual;
        free.Bytes -= _usual.Bytes + Math.Max(0, _own.Bytes - _quota.Bytes / OwnParts);
        free.Count -= _usual.Count + Math.Max(0, _own.Count - _quota.Count / OwnParts);
        Tally pool = free;
        if (!isChosen)
        {
            pool.Bytes = Math.Min(free.Bytes, usual.Bytes / 2 - _strangers.Bytes);
            pool.Count = Math.Min(free.Count, usual.Count / 2 - _strangers.Count);
        }

        if (pool.Bytes < size || pool.Count < 1)
            return Room.NoneInAll;
        if (!IsShare(source.Held, size, pool, _options.NeighbourSharePercent))
            return Room.NoneForSource;
        int share = _options.DestinationSharePercent;
        if (!IsShare(destination, size, free, share))
            return Room.NoneForDestination;
        // What the destination may still fill is divided among the sources in the same way.
        Tally left = free;
        if (share < 100)
        {
            left.Bytes = (destination.Bytes + free.Bytes) * share / 100 - destination.Bytes;
            left.Count = (int)((destination.Count + (long)free.Count) * share / 100) - destination.Count;
        }

        return IsShare(pair, size, left, _options.NeighbourSharePercent) ? Room.Usual : Room.NoneForDestination;
    }

    private bool IsRoomInReserve(Source source, bool isChosen, int size)
    {
        var free = new Tally
        {
            Bytes = _quota.Bytes / ReserveParts - _reserve.Bytes,
            Count = _quota.Count / ReserveParts - _reserve.Count,
        };
        if (!isChosen)
        {
            free.Bytes = Math.Min(free.Bytes, _quota.Bytes / ReserveParts / 2 - _strangersInReserve.Bytes);
            free.Count = Math.Min(free.Count, _quota.Count / ReserveParts / 2 - _strangersInReserve.Count);
        }

        return free.Bytes >= size && free.Count >= 1
            && IsShare(source.InReserve, size, free, _options.NeighbourSharePercent);
    }

    private static bool IsShare(in Tally held, int size, in Tally free, int percent) =>
        IsShare(held.Bytes, size, free.Bytes, percent) && IsShare(held.Count, 1, free.Count, percent);

    // What it would hold <= what would be free * share / (1 - share).
    private static bool IsShare(long held, int more, long free, int percent) =>
        percent >= 100 || (held + more) * (100 - percent) <= (free - more) * percent;
}
