using System.Buffers.Binary;
using System.Globalization;

namespace QuicProChat.Mesh.MlsLite;

/// <summary>The id of an MLS-Lite group, 8 bytes.</summary>
public readonly record struct LiteGroupId(ulong Value)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = sizeof(ulong);

    /// <summary>Reads 8 bytes.</summary>
    public static LiteGroupId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes));

    /// <summary>Writes 8 bytes.</summary>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt64BigEndian(destination, Value);

    /// <summary>16 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);
}
