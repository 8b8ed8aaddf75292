using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Loop;

/// <summary>A link that is up.</summary>
internal sealed record LiveLink(LinkId Id, ILink Link, DateTimeOffset Since);

/// <summary>Which link stands behind which of the router's numbers, and which have to be flushed.</summary>
internal sealed class LinkTable
{
    private readonly Dictionary<ILink, LinkId> _ids = [];
    private readonly List<ILink> _dirty = [];
    private LiveLink?[] _links = new LiveLink?[8];

    internal int Count => _ids.Count;

    internal IEnumerable<LiveLink> All => _links.OfType<LiveLink>();

    internal void Add(LinkId id, ILink link, DateTimeOffset since)
    {
        if (id.Value >= _links.Length)
            Array.Resize(ref _links, Math.Max(id.Value + 1, _links.Length * 2));
        _links[id.Value] = new LiveLink(id, link, since);
        _ids[link] = id;
    }

    /// <summary>Takes a link out; null if it never was in.</summary>
    internal LiveLink? Remove(ILink link)
    {
        if (!_ids.Remove(link, out LinkId id))
            return null;
        LiveLink? gone = _links[id.Value];
        _links[id.Value] = null;
        return gone;
    }

    internal bool TryGetId(ILink link, out LinkId id) => _ids.TryGetValue(link, out id);

    internal ILink? Find(LinkId id) => (uint)id.Value < (uint)_links.Length ? _links[id.Value]?.Link : null;

    /// <summary>Something was queued on the link: <see cref="Flush"/> will wake its sender.</summary>
    internal void Touch(ILink link)
    {
        // A batch touches few links, mostly the one touched last.
        if ((_dirty.Count > 0 && ReferenceEquals(_dirty[^1], link)) || _dirty.Contains(link))
            return;
        _dirty.Add(link);
    }

    /// <summary>Wakes the senders of all links that got something.</summary>
    /// <param name="faults">Where a test may throw.</param>
    /// <param name="failed">Called for a link that throws; the others go on.</param>
    internal void Flush(Faults faults, Action<ILink, Exception> failed)
    {
        // What a failed link leads to may touch others.
        for (int i = 0; i < _dirty.Count; i++)
        {
            try
            {
                faults.At(FaultPlace.FlushLink);
                _dirty[i].Flush();
            }
            catch (Exception e)
            {
                failed(_dirty[i], e);
            }
        }

        _dirty.Clear();
    }
}
