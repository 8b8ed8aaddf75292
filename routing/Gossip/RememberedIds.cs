using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>Why a record is not here any more, or never was.</summary>
internal enum Gone : byte
{
    /// <summary>For good: it ended, was replaced, or is not what it should be.</summary>
    ForGood,

    /// <summary>There was no room for it: whoever begins to read its topic takes it after all.</summary>
    NotKept,
}

/// <summary>
/// Ids of records that are not kept and must not be taken for new: a node without a clock counts a lifetime from the
/// first sight. Bounded; the source that has most of them loses its oldest.
/// </summary>
internal sealed class RememberedIds(int capacity)
{
    private readonly Dictionary<GossipId, Entry> _entries = [];
    private readonly Dictionary<ulong, Queue<GossipId>> _bySource = [];

    private readonly record struct Entry(Instant Until, Gone Why);

    /// <summary>How many there are.</summary>
    public int Count => _entries.Count;

    public bool Contains(in GossipId id) => _entries.ContainsKey(id);

    /// <summary>Remembers an id.</summary>
    /// <param name="id">The id.</param>
    /// <param name="source">Whose it is; 0 for this node's own.</param>
    /// <param name="until">Until when.</param>
    /// <param name="why">Why it is not here.</param>
    /// <param name="forgotten">An id that made room; null if none had to.</param>
    /// <returns>False if it is remembered already.</returns>
    public bool Add(in GossipId id, ulong source, Instant until, Gone why, out GossipId? forgotten)
    {
        forgotten = null;
        if (!_entries.TryAdd(id, new Entry(until, why)))
            return false;
        if (!_bySource.TryGetValue(source, out Queue<GossipId>? queue))
            _bySource.Add(source, queue = []);
        queue.Enqueue(id);
        if (_entries.Count > capacity)
            forgotten = ForgetOne();
        return true;
    }

    /// <summary>Forgets up to so many ids whose time is over.</summary>
    public void Prune(Instant now, int most, Action<GossipId> forgotten)
    {
        List<ulong>? empty = null;
        foreach ((ulong source, Queue<GossipId> queue) in _bySource)
        {
            while (most > 0 && queue.TryPeek(out GossipId id)
                && (!_entries.TryGetValue(id, out Entry entry) || entry.Until <= now))
            {
                queue.Dequeue();
                if (!_entries.Remove(id))
                    continue;
                forgotten(id);
                most--;
            }

            if (queue.Count == 0)
                (empty ??= []).Add(source);
        }

        foreach (ulong source in empty ?? [])
            _bySource.Remove(source);
    }

    /// <summary>Forgets one id for which there was no room; false if it is not remembered as that.</summary>
    public bool ForgetNotKept(in GossipId id) =>
        _entries.TryGetValue(id, out Entry entry) && entry.Why == Gone.NotKept && _entries.Remove(id);

    /// <summary>Whoever begins to read a topic wants what there was no room for.</summary>
    public void ForgetNotKept(Action<GossipId> forgotten)
    {
        foreach ((GossipId id, Entry entry) in _entries)
        {
            if (entry.Why != Gone.NotKept)
                continue;
            _entries.Remove(id);
            forgotten(id);
        }

        foreach (ulong source in _bySource.Keys.ToArray())
            _bySource[source] = new Queue<GossipId>(_bySource[source].Where(_entries.ContainsKey));
    }

    private GossipId? ForgetOne()
    {
        ulong most = 0;
        Queue<GossipId>? longest = null;
        foreach ((ulong source, Queue<GossipId> queue) in _bySource)
        {
            if (longest is null || queue.Count > longest.Count)
                (most, longest) = (source, queue);
        }

        while (longest is not null && longest.TryDequeue(out GossipId id))
        {
            if (longest.Count == 0)
                _bySource.Remove(most);
            if (_entries.Remove(id))
                return id;
        }

        return null;
    }
}
