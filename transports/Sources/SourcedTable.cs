using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// What this node remembers of addresses, in bounded memory. When it is full, the group of sources with most entries
/// forgets the one that was unused for longest: who makes up addresses pushes out his own. Not safe for threads.
/// </summary>
/// <param name="capacity">Most entries; an entry takes some 150 bytes beside its value.</param>
internal sealed class SourcedTable<TValue>(int capacity)
    where TValue : class, new()
{
    private readonly Dictionary<NodeAddress, LinkedListNode<Entry>> _entries = [];
    private readonly SourceCounts _sources = new();
    private readonly LinkedList<Entry> _byUse = new();

    internal int Count => _entries.Count;

    internal TValue? Find(in NodeAddress address) =>
        _entries.TryGetValue(address, out LinkedListNode<Entry>? node) ? node.Value.Value : null;

    /// <summary>The entry of an address, made if there is none; it counts as used, and for the source given.</summary>
    internal TValue Use(in NodeAddress address, in LinkSource source)
    {
        if (_entries.TryGetValue(address, out LinkedListNode<Entry>? node))
        {
            Remove(node);
        }
        else
        {
            if (_entries.Count >= capacity)
                Remove(LeastMissed());
            node = new LinkedListNode<Entry>(new Entry(address, new TValue()));
        }

        node.Value.Source = source;
        _entries.Add(address, node);
        _byUse.AddLast(node);
        _sources.Add(source);
        return node.Value.Value;
    }

    private LinkedListNode<Entry> LeastMissed()
    {
        int most = _sources.MostOfAGroup;
        LinkedListNode<Entry> node = _byUse.First!;
        while (_sources.OfGroup(node.Value.Source) != most)
            node = node.Next!;
        return node;
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _byUse.Remove(node);
        _entries.Remove(node.Value.Address);
        _sources.Remove(node.Value.Source);
    }

    private sealed class Entry(NodeAddress address, TValue value)
    {
        internal NodeAddress Address { get; } = address;

        internal TValue Value { get; } = value;

        internal LinkSource Source { get; set; }
    }
}
