using QuicProChat.Mesh.Routing.Custody;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>A record that neighbours have and that is not here.</summary>
internal sealed class AnnouncedRecord(in GossipId id, GossipSource source, int number)
{
    /// <summary>Neighbours that are remembered for it; arbitrary.</summary>
    private const int MaxAnnouncers = 4;

    private readonly List<LinkId> _announcers = [];

    public GossipId Id { get; } = id;

    /// <summary>Whose share of the table it takes.</summary>
    public GossipSource Source { get; } = source;

    /// <summary>Its place among the timers.</summary>
    public int Number { get; } = number;

    /// <summary>Who has it and was not asked yet, the first first.</summary>
    public IReadOnlyList<LinkId> Announcers => _announcers;

    /// <summary>Who was asked.</summary>
    public LinkId Asked { get; set; } = LinkId.None;

    /// <summary>It is no news: nobody will push it.</summary>
    public bool IsOld { get; set; }

    /// <summary>It waits in the queue of <see cref="Asked"/>.</summary>
    public bool IsQueued { get; set; }

    public bool WasAnnouncedBy(LinkId link) => Asked == link || _announcers.Contains(link);

    public void AddAnnouncer(LinkId link)
    {
        if (_announcers.Count < MaxAnnouncers && !WasAnnouncedBy(link))
            _announcers.Add(link);
    }

    public void RemoveAnnouncer(LinkId link) => _announcers.Remove(link);
}

/// <summary>
/// Records that were announced and are not here. One timer each; as many of a source as leave room for others.
/// </summary>
internal sealed class AnnouncedRecords(int capacity)
{
    private readonly Dictionary<GossipId, AnnouncedRecord> _byId = [];
    private readonly List<AnnouncedRecord?> _byNumber = [];
    private readonly Stack<int> _free = [];
    private DueHeap _due;
    private int _ofStrangers;

    public int Count => _byId.Count;

    public Instant NextDue => _due.Next;

    public AnnouncedRecord? Find(in GossipId id) => _byId.GetValueOrDefault(id);

    /// <summary>A new entry; null if its source has its share.</summary>
    public AnnouncedRecord? TryAdd(in GossipId id, GossipSource source)
    {
        int free = capacity - _byId.Count;
        if (!source.IsChosen)
            free = Math.Min(free, capacity / 2 - _ofStrangers);
        if (source.Announced + 1 > free - 1)
            return null;
        if (!_free.TryPop(out int number))
        {
            number = _byNumber.Count;
            _byNumber.Add(null);
        }

        var added = new AnnouncedRecord(id, source, number);
        _byNumber[number] = added;
        _byId.Add(id, added);
        source.Announced++;
        _ofStrangers += source.IsChosen ? 0 : 1;
        return added;
    }

    public void SetDue(AnnouncedRecord record, Instant due) => _due.Set(record.Number, due);

    public void Remove(AnnouncedRecord record)
    {
        _due.Set(record.Number, Instant.Never);
        _byNumber[record.Number] = null;
        _free.Push(record.Number);
        _byId.Remove(record.Id);
        record.Source.Announced--;
        _ofStrangers -= record.Source.IsChosen ? 0 : 1;
    }

    /// <summary>The next one that is due; it has no timer then.</summary>
    public AnnouncedRecord? TakeDue(Instant now) => _due.TryTake(now, out int number) ? _byNumber[number] : null;

    /// <summary>Those that a link has to do with; a copy.</summary>
    public IReadOnlyList<AnnouncedRecord> Of(LinkId link) => [.. _byId.Values.Where(r => r.WasAnnouncedBy(link))];
}
