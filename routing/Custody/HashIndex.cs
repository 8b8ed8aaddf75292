using System.Numerics;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// Hashes keys that strangers choose: multiply-add with odd secret factors of this router (Dietzfelbinger's
/// multiply-shift), so that nobody can aim at one chain of a table.
/// </summary>
internal readonly struct HashSecret(Random random)
{
    private readonly ulong _a = (ulong)random.NextInt64() << 1 | 1;
    private readonly ulong _b = (ulong)random.NextInt64() << 1 | 1;
    private readonly ulong _c = (ulong)random.NextInt64();

    /// <summary>A hash of two words; every bit depends on both.</summary>
    public uint Hash(ulong high, ulong low)
    {
        ulong x = (high ^ _c) * _a;
        ulong y = (BitOperations.RotateLeft(x, 32) ^ low) * _b;
        return (uint)(y >> 32);
    }
}

/// <summary>
/// Open addressing from hashes to item numbers: 8 bytes a slot, grown on demand, no tombstones (a removal moves later
/// items of the chain back). The items live elsewhere; whoever looks one up compares keys itself.
/// </summary>
internal struct HashIndex
{
    private const int InitialSlots = 16;

    private Slot[]? _slots;
    private int _count;

    /// <summary>Items in it.</summary>
    public readonly int Count => _count;

    /// <summary>Starts a walk over the items with a hash.</summary>
    public readonly int Start(uint hash) => _slots is null ? 0 : (int)(hash & (uint)(_slots.Length - 1));

    /// <summary>The next item with the hash; false after the last.</summary>
    public readonly bool Next(uint hash, ref int cursor, out int item)
    {
        if (_slots is { } slots)
        {
            int mask = slots.Length - 1;
            for (ref readonly Slot slot = ref slots[cursor & mask]; slot.ItemPlusOne
                != 0; slot = ref slots[cursor & mask])
            {
                cursor++;
                if (slot.Hash != hash)
                    continue;
                item = slot.ItemPlusOne - 1;
                return true;
            }
        }

        item = -1;
        return false;
    }

    /// <summary>Adds an item; the same hash may have several.</summary>
    public void Add(uint hash, int item)
    {
        _slots ??= new Slot[InitialSlots];
        // At most 4/5 full: probe sequences stay short, and 100,000 ids fit 2^17 slots.
        if ((_count + 1) * 5L > _slots.Length * 4L)
            Grow();
        Insert(_slots, new Slot { Hash = hash, ItemPlusOne = item + 1 });
        _count++;
    }

    /// <summary>Removes an item that was added with the hash.</summary>
    public void Remove(uint hash, int item)
    {
        if (_slots is not { } slots)
            return;
        int mask = slots.Length - 1;
        int hole = (int)hash & mask;
        while (slots[hole].ItemPlusOne != item + 1)
        {
            if (slots[hole].ItemPlusOne == 0)
                return;
            hole = (hole + 1) & mask;
        }

        _count--;
        for (int at = (hole + 1) & mask; slots[at].ItemPlusOne != 0; at = (at + 1) & mask)
        {
            int home = (int)slots[at].Hash & mask;
            // Movable unless its home lies cyclically behind the hole.
            if (((at - home) & mask) < ((at - hole) & mask))
                continue;
            slots[hole] = slots[at];
            hole = at;
        }

        slots[hole] = default;
    }

    private void Grow()
    {
        var larger = new Slot[_slots!.Length * 2];
        foreach (Slot slot in _slots)
        {
            if (slot.ItemPlusOne != 0)
                Insert(larger, slot);
        }

        _slots = larger;
    }

    private static void Insert(Slot[] slots, Slot slot)
    {
        int mask = slots.Length - 1;
        int at = (int)slot.Hash & mask;
        while (slots[at].ItemPlusOne != 0)
            at = (at + 1) & mask;
        slots[at] = slot;
    }

    private struct Slot
    {
        public uint Hash;
        public int ItemPlusOne;
    }
}
