using QuicProChat.Mesh.Routing.Custody;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>The links that are up, with one timer each.</summary>
internal sealed class GossipLinks
{
    private readonly List<GossipLink?> _byNumber = [];
    private readonly List<GossipLink> _all = [];
    private readonly HashSet<GossipLink> _touched = [];
    private DueHeap _due;

    public IReadOnlyList<GossipLink> All => _all;

    public Instant NextDue => _touched.Count > 0 ? default : _due.Next;

    public GossipLink? Find(LinkId id) => (uint)id.Value < (uint)_byNumber.Count ? _byNumber[id.Value] : null;

    /// <summary>A link is part of the tree.</summary>
    public bool HasEager => _all.Exists(static l => l.IsEager);

    public void Add(GossipLink link)
    {
        while (_byNumber.Count <= link.Id.Value)
            _byNumber.Add(null);
        _byNumber[link.Id.Value] = link;
        _all.Add(link);
    }

    public void Remove(GossipLink link)
    {
        _byNumber[link.Id.Value] = null;
        _all.Remove(link);
        _touched.Remove(link);
        _due.Set(link.Id.Value, Instant.Never);
    }

    /// <summary>Something is to be said on it, or its timer has changed.</summary>
    public void Touch(GossipLink link) => _touched.Add(link);

    /// <summary>
    /// The links on which something is to be said; their timers are set again when they were seen to.
    /// </summary>
    public bool TryTakeTouched(out GossipLink[] links)
    {
        links = [.. _touched];
        _touched.Clear();
        return links.Length > 0;
    }

    public void SetTimer(GossipLink link) => _due.Set(link.Id.Value, link.NextDue);

    public GossipLink? TakeDue(Instant now) => _due.TryTake(now, out int number) ? _byNumber[number] : null;
}
