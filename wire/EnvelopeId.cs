using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

/// <summary>
/// The id of an envelope: BLAKE2b-128 over its immutable fields (docs/reference/protocol.md, section 4). Computed by
/// everyone, never sent, so nobody can choose one.
/// </summary>
public readonly record struct EnvelopeId(ulong High, ulong Low)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 16;

    /// <summary>The first 8 bytes: the start of how custody answers name it on one link.</summary>
    public ulong Prefix => High;

    /// <summary>Reads 16 bytes.</summary>
    public static EnvelopeId Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes 16 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{High:x16}{Low:x16}";
}
