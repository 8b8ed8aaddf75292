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
    private const uint FreeSlot = 0;
    private const int IndexBits = 24;
    private const uint IndexMask = (1u << IndexBits) - 1;

    private readonly ulong _hashKey;
    private readonly int _limit;
    private readonly Stack<int> _free = new();
    private Destination[] _destinations = new Destination[MinCapacity];

    // 8 bits of the hash, then index + 1: a probe looks at the destination, far away in memory, only where these agree.
    private uint[] _slots;
    private int _shift;

    /// <summary>An empty table.</summary>
    /// <param name="limit">How many nodes it may hold.</param>
    /// <param name="random">Keys the hash.</param>
    public DestinationTable(int limit, Random random)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, (int)IndexMask - 1);
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
        uint[] slots = _slots;
        int mask = slots.Length - 1;
        ulong hash = Hash(name);
        uint tag = Tag(hash);
        for (int slot = Home(hash); slots[slot] is var entry and not FreeSlot; slot = (slot + 1) & mask)
        {
            if ((entry & ~IndexMask) == tag && _destinations[IndexOf(entry)].Name == name)
                return IndexOf(entry);
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
        int hole = Home(Hash(_destinations[index].Name));
        while (IndexOf(_slots[hole]) != index)
            hole = (hole + 1) & mask;

        // Backward-shift deletion: whoever probed past the hole moves into it.
        for (int next = (hole + 1) & mask; _slots[next] != FreeSlot; next = (next + 1) & mask)
        {
            int home = Home(Hash(_destinations[IndexOf(_slots[next])].Name));
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

    private static int IndexOf(uint entry) => (int)(entry & IndexMask) - 1;

    // Bits of the product that choose no slot, and not the lowest, which are mixed worst.
    private static uint Tag(ulong hash) => (uint)(hash >> 32) << IndexBits;

    private ulong Hash(Abbreviation name) => name.Value * _hashKey;

    private int Home(ulong hash) => (int)(hash >> _shift);

    private void Insert(int index)
    {
        int mask = _slots.Length - 1;
        ulong hash = Hash(_destinations[index].Name);
        int slot = Home(hash);
        while (_slots[slot] != FreeSlot)
            slot = (slot + 1) & mask;
        _slots[slot] = Tag(hash) | (uint)(index + 1);
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

    private uint[] NewSlots(int length)
    {
        _shift = 64 - BitOperations.Log2((uint)length);
        return new uint[length];
    }
}
