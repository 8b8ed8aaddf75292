using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>A set of destination indices in the order in which they were added.</summary>
internal sealed class IndexSet
{
    private readonly List<int> _members = [];
    private ulong[] _bits = [];

    /// <summary>How many there are.</summary>
    public int Count => _members.Count;

    /// <summary>The members; valid until the next change.</summary>
    public ReadOnlySpan<int> Members => CollectionsMarshal.AsSpan(_members);

    /// <summary>True if the index is a member.</summary>
    public bool Contains(int index) => index >> 6 < _bits.Length && (_bits[index >> 6] >> index & 1) != 0;

    /// <summary>Adds an index, once.</summary>
    public void Add(int index)
    {
        if (Contains(index))
            return;
        if (index >> 6 >= _bits.Length)
            Array.Resize(ref _bits, (index >> 6) + 1 + _bits.Length / 2);
        _bits[index >> 6] |= 1ul << index;
        _members.Add(index);
    }

    /// <summary>Removes all; moves them to a list first if one is given.</summary>
    public void MoveTo(List<int> destination)
    {
        destination.AddRange(Members);
        Clear();
    }

    /// <summary>Removes one index; takes time in proportion to the members.</summary>
    public void Remove(int index)
    {
        if (!Contains(index))
            return;
        _bits[index >> 6] &= ~(1ul << index);
        _members.Remove(index);
    }

    /// <summary>Removes all. Memory that a burst left behind is given back.</summary>
    public void Clear()
    {
        const int KeptCapacity = 64;
        foreach (int index in _members)
            _bits[index >> 6] = 0;
        _members.Clear();
        if (_members.Capacity > KeptCapacity)
            _members.Capacity = 0;
    }
}
