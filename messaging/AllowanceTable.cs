namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// An <see cref="Allowance"/> for each of many nodes or sources, as far as there is room; the others share one.
/// </summary>
/// <param name="room">How many are counted one by one.</param>
/// <param name="full">The most that one has.</param>
/// <param name="refill">How long it takes to come back from nothing.</param>
internal sealed class AllowanceTable<TKey>(int room, double full, TimeSpan refill)
    where TKey : struct, IEquatable<TKey>
{
    private readonly Dictionary<TKey, Allowance> _nodes = [];
    private readonly Allowance _others = new(full, refill);

    /// <summary>Those that are counted one by one.</summary>
    internal int Count => _nodes.Count;

    /// <summary>What one node has; null where it has all of it, for all that is known.</summary>
    internal Allowance? Find(TKey node) => _nodes.GetValueOrDefault(node) ?? (_nodes.Count < room ? null : _others);

    /// <summary>
    /// What one node has. Identities cost nothing: new ones never make an old one's account empty again.
    /// </summary>
    internal Allowance Of(TimeSpan at, TKey node)
    {
        if (_nodes.TryGetValue(node, out Allowance? known))
            return known;
        if (_nodes.Count >= room)
        {
            // Whoever has all of it back is as good as new.
            foreach ((TKey idle, Allowance allowance) in _nodes)
            {
                if (allowance.Has(at, full))
                    _nodes.Remove(idle);
            }
        }

        return _nodes.Count < room ? _nodes[node] = new Allowance(full, refill) : _others;
    }
}
