namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// Items that came in pieces, from all neighbours together: of one neighbour at most four, each at most 256 pieces and
/// <see cref="RadioTuning.Mtu"/> bytes; in all a number of bytes, of which newcomers have half. What was left alone the
/// longest gives way, newcomers' first.
/// </summary>
/// <param name="maxBytes">Bytes in all, what a piece costs by itself included.</param>
internal sealed class ReassemblyPool(int maxBytes)
{
    /// <summary>Arbitrary: the neighbour sends one at a time in each class.</summary>
    internal const int MaxItems = 4;

    /// <summary>What a piece costs beside its bytes: two objects and a place in a list.</summary>
    internal const int PieceCost = 64;

    private readonly LinkedList<Partial> _partials = new();
    private int _newcomers;

    private sealed class Partial(RadioSession owner, byte tag)
    {
        internal RadioSession Owner { get; } = owner;

        internal byte Tag { get; } = tag;

        internal SortedList<byte, byte[]> Pieces { get; } = [];

        internal bool IsSenior { get; init; }

        internal int Size { get; set; }

        internal int Cost { get; set; }

        internal int Count { get; set; } = -1;
    }

    /// <summary>Bytes in use.</summary>
    internal int Bytes { get; private set; }

    /// <summary>Items that lack a piece.</summary>
    internal int Count => _partials.Count;

    /// <summary>Items given up because others or their own size displaced them.</summary>
    internal int Abandoned { get; private set; }

    /// <summary>Adds a piece; the whole item when it was the last that lacked.</summary>
    /// <param name="owner">From whom.</param>
    /// <param name="senior">The neighbour has been one for a while.</param>
    /// <param name="tag">Which item.</param>
    /// <param name="index">Which piece.</param>
    /// <param name="final">It is the last one.</param>
    /// <param name="piece">Its bytes.</param>
    internal byte[]? Add(RadioSession owner, bool senior, byte tag, byte index, bool final, ReadOnlySpan<byte> piece)
    {
        Partial? partial = Find(owner, tag);
        // A tag comes round after 256 items: piece 0 again, or a second end, belongs to a new one.
        if (partial is not null && (partial.Pieces.ContainsKey(index) || (final && partial.Count >= 0)))
        {
            Abandon(partial);
            partial = null;
        }
        if (partial is null)
        {
            if (_partials.Count(p => p.Owner == owner) == MaxItems)
                Abandon(_partials.First(p => p.Owner == owner));
            partial = new Partial(owner, tag) { IsSenior = senior };
        }
        else
        {
            _partials.Remove(partial);
        }
        _partials.AddLast(partial);
        int cost = piece.Length + PieceCost;
        if (piece.IsEmpty || partial.Size + piece.Length > RadioTuning.Mtu || !TryMakeRoom(partial, cost))
        {
            Abandon(partial);
            return null;
        }
        partial.Size += piece.Length;
        Charge(partial, cost);
        partial.Pieces.Add(index, piece.ToArray());
        if (final)
            partial.Count = index + 1;
        if (partial.Pieces.Count != partial.Count)
            return null;
        Remove(partial);
        return partial.Pieces.Keys[^1] == partial.Count - 1 ? [.. partial.Pieces.Values.SelectMany(p => p)] : null;
    }

    /// <summary>A session is over, and with it what it began.</summary>
    internal void Forget(RadioSession owner)
    {
        while (_partials.FirstOrDefault(p => p.Owner == owner) is { } partial)
            Remove(partial);
    }

    private Partial? Find(RadioSession owner, byte tag)
    {
        foreach (Partial partial in _partials)
        {
            if (partial.Owner == owner && partial.Tag == tag)
                return partial;
        }
        return null;
    }

    private bool TryMakeRoom(Partial partial, int cost)
    {
        while (!partial.IsSenior && _newcomers + cost > maxBytes / 2)
        {
            if (!TryDisplace(p => p != partial && !p.IsSenior))
                return false;
        }
        while (Bytes + cost > maxBytes)
        {
            if (!TryDisplace(p => p != partial && !p.IsSenior) && !(partial.IsSenior && TryDisplace(p => p != partial)))
                return false;
        }
        return true;
    }

    private bool TryDisplace(Func<Partial, bool> which)
    {
        if (_partials.FirstOrDefault(which) is not { } victim)
            return false;
        Abandon(victim);
        return true;
    }

    private void Charge(Partial partial, int cost)
    {
        partial.Cost += cost;
        Bytes += cost;
        _newcomers += partial.IsSenior ? 0 : cost;
    }

    private void Abandon(Partial partial)
    {
        Remove(partial);
        Abandoned++;
    }

    private void Remove(Partial partial)
    {
        _partials.Remove(partial);
        Charge(partial, -partial.Cost);
    }
}
