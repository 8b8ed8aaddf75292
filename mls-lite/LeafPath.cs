namespace QuicProChat.Mesh.MlsLite;

// docs/reference/mls-lite.md, section 2: the path of a message key in the tree of its epoch, from the root, high bit
// first
//
//  sender 8 | slot 13 | signed 1 | counter 10

/// <summary>Where in an epoch's tree the key of a message is.</summary>
/// <param name="Leaf">The path's bits as a number; also the number of the leaf from the left.</param>
internal readonly record struct LeafPath(uint Leaf)
{
    internal const int CounterBits = 10;
    internal const int SlotBits = 13;
    internal const int SenderBits = 8;

    /// <summary>Levels below the root of what one sender writes under one slot with signature, or without.</summary>
    internal const int ClassHeight = CounterBits;

    /// <summary>Height of the subtree of one slot.</summary>
    internal const int SlotHeight = ClassHeight + 1;

    /// <summary>Height of the subtree of one sender.</summary>
    internal const int SenderHeight = SlotHeight + SlotBits;

    /// <summary>Height of the whole tree.</summary>
    internal const int TreeHeight = SenderHeight + SenderBits;

    internal int Sender => (int)(Leaf >> SenderHeight);

    internal int Slot => (int)(Leaf >> SlotHeight) & LiteStream.MaxSlot;

    internal bool IsSigned => (Leaf >> ClassHeight & 1) != 0;

    internal static LeafPath Of(int sender, int slot, bool signed, int counter) =>
        new((uint)sender << SenderHeight | (uint)slot << SlotHeight | (signed ? 1u : 0) << ClassHeight | (uint)counter);

    /// <summary>The first leaf of a slot.</summary>
    internal static uint FirstOfSlot(int sender, int slot) => Of(sender, slot, signed: false, 0).Leaf;
}
