namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>Destination indices in the order in which they were added, each once.</summary>
internal sealed class IndexQueue
{
    private const int KeptCapacity = 64;

    private readonly Queue<int> _members = new();
    private ulong[] _bits = [];

    /// <summary>How many there are.</summary>
    public int Count => _members.Count;

    /// <summary>True if the index is a member.</summary>
    public bool Contains(int index) => index >> 6 < _bits.Length && (_bits[index >> 6] >> index & 1) != 0;

    /// <summary>Adds an index at the end unless it is a member.</summary>
    public void Enqueue(int index)
    {
        if (Contains(index))
            return;
        if (index >> 6 >= _bits.Length)
            Array.Resize(ref _bits, (index >> 6) + 1 + _bits.Length / 2);
        _bits[index >> 6] |= 1ul << index;
        _members.Enqueue(index);
    }

    /// <summary>Takes the first one; false if there is none. Memory that a burst left behind is given back.</summary>
    public bool TryDequeue(out int index)
    {
        if (!_members.TryDequeue(out index))
            return false;
        _bits[index >> 6] &= ~(1ul << index);
        if (_members.Count == 0 && _members.Capacity > KeptCapacity)
        {
            _members.TrimExcess();
            _bits = [];
        }

        return true;
    }
}
