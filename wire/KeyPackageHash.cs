using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

/// <summary>
/// The first 8 bytes of a KeyPackage's hash: how an announce names it (docs/reference/protocol.md, section 5.1).
/// </summary>
public readonly record struct KeyPackageHash(ulong Value)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 8;

    /// <summary>Reads 8 bytes; the rest is ignored.</summary>
    public static KeyPackageHash Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes));

    /// <summary>Writes 8 bytes.</summary>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt64BigEndian(destination, Value);
}
