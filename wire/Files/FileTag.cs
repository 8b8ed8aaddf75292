using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire.Files;

/// <summary>A file, among those who have its key: a keyed hash that tells others nothing.</summary>
public readonly record struct FileTag(ulong High, ulong Low)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 16;

    /// <summary>Reads 16 bytes.</summary>
    public static FileTag Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes 16 bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
    }
}
