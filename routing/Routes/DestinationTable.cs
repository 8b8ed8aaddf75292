using System.Numerics;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>
/// Known nodes under dense indices, found by abbreviation. Open addressing with linear probing; the hash is keyed,
/// because anybody can make up abbreviations. Indices of removed nodes are used again.
/// </summary>
internal sealed class DestinationTable
{
    private const int MinCapacity = 8;
    private const int FreeSlot = -1;

    private readonly ulong _hashKey;
    private readonly int _limit;
    private readonly Stack<int> _free = new();
    private Destination[] _destinations = new Destination[MinCapacity];
    private int[] _slots;
    private int _shift;

    /// <summary>An empty table.</summary>
    /// <param name="limit">How many nodes it may hold.</param>
    /// <param name="random">Keys the hash.</param>
    public DestinationTable(int limit, Random random)
    {
        _limit = limit;
        _hashKey = (ulong)random.NextInt64() | 1;
        _slots = NewSlots(MinCapacity * 2);
    }

    /// <summary>How many nodes are known.</summary>
    public int Count { get; private set; }

    /// <summary>All indices are below this.</summary>
    public int End { get; private set; }

    /// <summary>True if there is no room for one more.</summary>
    public bool IsFull => Count >= _limit;

    /// <summary>The node at an index; the reference is valid until the next <see cref="Add"/>.</summary>
    public ref Destination this[int index] => ref _destinations[index];

    /// <summary>The index of a node; -1 if it is not known.</summary>
    public int Find(Abbreviation name)
    {
        int mask = _slots.Length - 1;
        for (int slot = Home(name); _slots[slot] != FreeSlot; slot = (slot + 1) & mask)
        {
            if (_destinations[_slots[slot]].Name == name)
                return _slots[slot];
        }

        return -1;
    }

    /// <summary>Adds a node that is not known yet. The table must not be full.</summary>
    public int Add(Abbreviation name)
    {
        if (IsFull)
            throw new InvalidOperationException("The table is full.");
        if (!_free.TryPop(out int index))
        {
            index = End++;
            if (index == _destinations.Length)
                Array.Resize(ref _destinations, _destinations.Length + Math.Max(MinCapacity, _destinations.Length / 2));
        }

        _destinations[index] = new Destination { Name = name, Selected = Destination.NoLink, InUse = true };
        Count++;
        if (Count * 4 > _slots.Length * 3)
            Rehash();
        else
            Insert(index);
        return index;
    }

    /// <summary>Forgets the node at an index.</summary>
    public void Remove(int index)
    {
        int mask = _slots.Length - 1;
        int hole = Home(_destinations[index].Name);
        while (_slots[hole] != index)
            hole = (hole + 1) & mask;

        // Backward-shift deletion: whoever probed past the hole moves into it.
        for (int next = (hole + 1) & mask; _slots[next] != FreeSlot; next = (next + 1) & mask)
        {
            int home = Home(_destinations[_slots[next]].Name);
            if (((next - home) & mask) >= ((next - hole) & mask))
            {
                _slots[hole] = _slots[next];
                hole = next;
            }
        }

        _slots[hole] = FreeSlot;
        _destinations[index] = default;
        _free.Push(index);
        Count--;
    }

    private int Home(Abbreviation name) => (int)(name.Value * _hashKey >> _shift);

    private void Insert(int index)
    {
        int mask = _slots.Length - 1;
        int slot = Home(_destinations[index].Name);
        while (_slots[slot] != FreeSlot)
            slot = (slot + 1) & mask;
        _slots[slot] = index;
    }

    private void Rehash()
    {
        _slots = NewSlots(_slots.Length * 2);
        for (int index = 0; index < End; index++)
        {
            if (_destinations[index].InUse)
                Insert(index);
        }
    }

    private int[] NewSlots(int length)
    {
        _shift = 64 - BitOperations.Log2((uint)length);
        int[] slots = new int[length];
        Array.Fill(slots, FreeSlot);
        return slots;
    }
}
