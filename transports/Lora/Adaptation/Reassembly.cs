namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// Items that came in pieces from one neighbour: at most four at a time, each at most 256 pieces and
/// <paramref name="maxSize"/> bytes. The oldest gives way.
/// </summary>
internal sealed class Reassembly(int maxSize)
{
    /// <summary>Arbitrary: the neighbour sends one at a time in each class.</summary>
    private const int MaxItems = 4;

    private readonly List<Partial> _partials = [];

    private sealed class Partial(byte tag)
    {
        internal byte Tag { get; } = tag;

        internal SortedList<byte, byte[]> Pieces { get; } = [];

        internal int Size { get; set; }

        internal int Count { get; set; } = -1;
    }

    /// <summary>Items given up because others or their own size displaced them.</summary>
    internal int Abandoned { get; private set; }

    /// <summary>Adds a piece; the whole item when it was the last that lacked.</summary>
    internal byte[]? Add(byte tag, byte index, bool final, ReadOnlySpan<byte> piece)
    {
        Partial? partial = _partials.Find(p => p.Tag == tag);
        // A tag comes round after 256 items: piece 0 again, or a second end, belongs to a new one.
        if (partial is not null && (partial.Pieces.ContainsKey(index) || (final && partial.Count >= 0)))
        {
            Drop(partial);
            partial = null;
        }
        if (partial is null)
        {
            if (_partials.Count == MaxItems)
                Drop(_partials[0]);
            partial = new Partial(tag);
            _partials.Add(partial);
        }
        partial.Size += piece.Length;
        if (partial.Size > maxSize || piece.IsEmpty)
        {
            Drop(partial);
            return null;
        }
        partial.Pieces.Add(index, piece.ToArray());
        if (final)
            partial.Count = index + 1;
        if (partial.Pieces.Count != partial.Count)
            return null;
        _partials.Remove(partial);
        return partial.Pieces.Keys[^1] == partial.Count - 1 ? [.. partial.Pieces.Values.SelectMany(p => p)] : null;
    }

    private void Drop(Partial partial)
    {
        _partials.Remove(partial);
        Abandoned++;
    }
}
