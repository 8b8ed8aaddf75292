using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire;

/// <summary>
/// The id of a gossip record: BLAKE2b with a digest of 16 bytes over all its bytes (docs/reference/protocol.md, section
/// 8.1). Ordered as a number of 128 bits: reconciliation cuts the order into ranges.
/// </summary>
public readonly record struct GossipId(ulong High, ulong Low) : IComparable<GossipId>
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 16;

    /// <summary>Computes the id of a record (header and payload).</summary>
    public static GossipId Of(ReadOnlySpan<byte> record)
    {
        Span<byte> digest = stackalloc byte[Size];
        Blake2b.Hash(record, digest);
        return Read(digest);
    }

    /// <summary>Reads 16 bytes.</summary>
    public static GossipId Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes 16 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    /// <inheritdoc/>
    public int CompareTo(GossipId other) => High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);

    /// <summary>Earlier in the order.</summary>
    public static bool operator <(GossipId a, GossipId b) => a.CompareTo(b) < 0;

    /// <summary>Later in the order.</summary>
    public static bool operator >(GossipId a, GossipId b) => a.CompareTo(b) > 0;

    /// <summary>Not later in the order.</summary>
    public static bool operator <=(GossipId a, GossipId b) => a.CompareTo(b) <= 0;

    /// <summary>Not earlier in the order.</summary>
    public static bool operator >=(GossipId a, GossipId b) => a.CompareTo(b) >= 0;

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{High:x16}{Low:x16}";
}
