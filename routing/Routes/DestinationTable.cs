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
    private const int PageBits = 7;
    private const int PageSize = 1 << PageBits;
    private const uint FreeSlot = 0;
    private const int IndexBits = 24;
    private const uint IndexMask = (1u << IndexBits) - 1;

    private readonly ulong _hashKey;
    private readonly int _limit;
    private readonly Stack<int> _free = new();
    private Destination[]?[] _pages = [];
    private Claim[]?[] _claims = [];

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

    /// <summary>Odd, and not known to others.</summary>
    public ulong HashKey => _hashKey;

    /// <summary>How many nodes are known.</summary>
    public int Count { get; private set; }

    /// <summary>All indices are below this.</summary>
    public int End { get; private set; }

    /// <summary>True if there is no room for one more.</summary>
    public bool IsFull => Count >= _limit;

    /// <summary>The node at an index. Places are in pages, which never move.</summary>
    public ref Destination this[int index] => ref _pages[index >> PageBits]![index & (PageSize - 1)];

    /// <summary>Why the node at an index has its place; apart, because no route depends on it.</summary>
    public ref Claim ClaimOf(int index) => ref _claims[index >> PageBits]![index & (PageSize - 1)];

    /// <summary>The index of a node; -1 if it is not known.</summary>
    public int Find(Abbreviation name)
    {
        uint[] slots = _slots;
        int mask = slots.Length - 1;
        ulong hash = Hash(name);
        uint tag = Tag(hash);
        for (int slot = Home(hash); slots[slot] is var entry and not FreeSlot; slot = (slot + 1) & mask)
        {
            if ((entry & ~IndexMask) == tag && this[IndexOf(entry)].Name == name)
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
            if (index >> PageBits == _pages.Length)
            {
                Array.Resize(ref _pages, _pages.Length + 1 + _pages.Length / 4);
                Array.Resize(ref _claims, _pages.Length);
            }

            _pages[index >> PageBits] ??= new Destination[PageSize];
            _claims[index >> PageBits] ??= new Claim[PageSize];
        }

        this[index] = new Destination { Name = name, Selected = Destination.NoLink };
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
        int hole = Home(Hash(this[index].Name));
        while (IndexOf(_slots[hole]) != index)
            hole = (hole + 1) & mask;

        // Backward-shift deletion: whoever probed past the hole moves into it.
        for (int next = (hole + 1) & mask; _slots[next] != FreeSlot; next = (next + 1) & mask)
        {
            int home = Home(Hash(this[IndexOf(_slots[next])].Name));
            if (((next - home) & mask) >= ((next - hole) & mask))
            {
                _slots[hole] = _slots[next];
                hole = next;
            }
        }

        _slots[hole] = FreeSlot;
        this[index] = default;
        ClaimOf(index) = default;
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
        ulong hash = Hash(this[index].Name);
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
            if (this[index].InUse)
                Insert(index);
        }
    }

    private uint[] NewSlots(int length)
    {
        _shift = 64 - BitOperations.Log2((uint)length);
        return new uint[length];
    }
}
