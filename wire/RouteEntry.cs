using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 5.2:
//
//  abbreviation(8) sequence(2) metric(2)

/// <summary>One route of an update.</summary>
/// <param name="Destination">Where it leads.</param>
/// <param name="Sequence">Low 16 bits of the origin's sequence, compared modulo 2^16.</param>
/// <param name="Metric">Cost from the sender of the update; infinite: no route.</param>
public readonly record struct RouteEntry(Abbreviation Destination, ushort Sequence, Metric Metric)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = Abbreviation.Size + 2 * sizeof(ushort);

    private const int SequenceOffset = Abbreviation.Size;
    private const int MetricOffset = SequenceOffset + sizeof(ushort);

    /// <summary>Reads 12 bytes; every value is a valid entry.</summary>
    public static RouteEntry Read(ReadOnlySpan<byte> bytes) => new(
        Abbreviation.Read(bytes),
        BinaryPrimitives.ReadUInt16BigEndian(bytes[SequenceOffset..]),
        new Metric(BinaryPrimitives.ReadUInt16BigEndian(bytes[MetricOffset..])));

    /// <summary>Writes 12 bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        Destination.Write(bytes);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[SequenceOffset..], Sequence);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[MetricOffset..], Metric.Code);
    }
}
