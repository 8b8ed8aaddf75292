using QuicProChat.Mesh.Routing.Custody;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>
/// The records that are kept: by their ids, in the order of their ids (what reconciliation compares), by the time that
/// they end, and, in classes with rules, by their places.
/// </summary>
internal sealed class RecordStore
{
    private readonly Dictionary<GossipId, StoredRecord> _byId = [];
    private readonly Dictionary<GossipPlace, StoredRecord> _byPlace = [];
    private readonly List<GossipId> _ordered = [];
    private readonly List<StoredRecord?> _byNumber = [];
    private readonly Stack<int> _free = [];
    private DueHeap _ends;

    /// <summary>How many there are.</summary>
    public int Count => _byId.Count;

    /// <summary>When the first one ends.</summary>
    public Instant NextEnd => _ends.Next;

    /// <summary>The ids, ascending; valid until a record is added or removed.</summary>
    public ReadOnlySpan<GossipId> Ids => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ordered);

    /// <summary>All records, in no order.</summary>
    public Dictionary<GossipId, StoredRecord>.ValueCollection All => _byId.Values;

    public StoredRecord? Find(in GossipId id) => _byId.GetValueOrDefault(id);

    /// <summary>The record that is kept for a place.</summary>
    public StoredRecord? Find(in GossipPlace place) => _byPlace.GetValueOrDefault(place);

    /// <summary>Adds a record that is not there, and whose place is free.</summary>
    public void Add(StoredRecord record)
    {
        _byId.Add(record.Id, record);
        if (record.Place is { } place)
            _byPlace.Add(place, record);
        int at = _ordered.BinarySearch(record.Id);
        _ordered.Insert(~at, record.Id);
        if (_free.TryPop(out int number))
        {
            _byNumber[number] = record;
        }
        else
        {
            number = _byNumber.Count;
            _byNumber.Add(record);
        }

        record.Number = number;
        _ends.Set(number, record.ExpiresAt);
    }

    public void Remove(StoredRecord record)
    {
        _byId.Remove(record.Id);
        if (record.Place is { } place)
            _byPlace.Remove(place);
        int at = _ordered.BinarySearch(record.Id);
        _ordered.RemoveAt(at);
        _ends.Set(record.Number, Instant.Never);
        _byNumber[record.Number] = null;
        _free.Push(record.Number);
    }

    /// <summary>A record that was found to have ended ends later.</summary>
    public void Prolong(StoredRecord record, Instant end)
    {
        record.ExpiresAt = end;
        _ends.Set(record.Number, end);
    }

    /// <summary>A record whose lifetime is over; it stays until it is removed.</summary>
    public bool TryFindEnded(Instant now, out StoredRecord? record)
    {
        record = null;
        if (_ends.Next > now || !_ends.TryTake(now, out int number))
            return false;
        record = _byNumber[number];
        return record is not null;
    }
}
