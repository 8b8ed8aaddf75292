using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire.Files;

/// <summary>A chunk on its way: a keyed hash of its number, the same for nobody who lacks the file's key.</summary>
public readonly record struct ChunkId(ulong High, ulong Low)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 16;

    /// <summary>Reads 16 bytes.</summary>
    public static ChunkId Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes 16 bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
    }
}
