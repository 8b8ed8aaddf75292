using System.Buffers.Binary;

namespace QuicProChat.Mesh.MlsLite;

// slot 2 | salt 16

/// <summary>
/// What one run of a sender's program writes: a slot of the sender's in the tree of every epoch, and a random salt that
/// goes into each key. A program that begins from an old state, or a second one with the same keys, draws another salt,
/// so that no two of them ever use one key; and most likely another slot, so that the others still have its keys.
/// </summary>
/// <param name="Slot">Which of the 8,192 subtrees of the sender.</param>
/// <param name="Salt">16 random bytes.</param>
internal readonly record struct LiteStream(int Slot, UInt128 Salt)
{
    internal const int SaltSize = 16;

    internal const int Size = sizeof(ushort) + SaltSize;

    internal const int MaxSlot = (1 << LeafPath.SlotBits) - 1;

    /// <summary>Reads 18 bytes; false if there is no such slot.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out LiteStream stream)
    {
        stream = new LiteStream(
            BinaryPrimitives.ReadUInt16BigEndian(bytes),
            BinaryPrimitives.ReadUInt128BigEndian(bytes[sizeof(ushort)..]));
        return stream.Slot <= MaxSlot;
    }

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)Slot);
        WriteSalt(bytes[sizeof(ushort)..]);
    }

    internal void WriteSalt(Span<byte> bytes) => BinaryPrimitives.WriteUInt128BigEndian(bytes, Salt);
}
