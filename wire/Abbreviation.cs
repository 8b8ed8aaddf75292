using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire;

/// <summary>
/// The first 8 bytes of an address: how route updates and requests name a destination (docs/reference/protocol.md,
/// section 1).
/// </summary>
public readonly record struct Abbreviation(ulong Value) : IComparable<Abbreviation>
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 8;

    /// <summary>The abbreviation of an address.</summary>
    public static Abbreviation Of(in NodeAddress address) => new(address.High);

    /// <summary>Reads 8 bytes; the rest is ignored.</summary>
    public static Abbreviation Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes));

    /// <summary>Writes 8 bytes.</summary>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt64BigEndian(destination, Value);

    /// <inheritdoc/>
    public int CompareTo(Abbreviation other) => Value.CompareTo(other.Value);

    /// <summary>16 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{Value:x16}";
}
