using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

/// <summary>What a gossip record is about: 16 bytes that mean something to its readers only.</summary>
public readonly record struct GossipTopic(ulong High, ulong Low)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 16;

    /// <summary>The first 8 bytes, by which topics are asked for on radios.</summary>
    public ulong Tag => High;

    /// <summary>Reads 16 bytes.</summary>
    public static GossipTopic Read(ReadOnlySpan<byte> bytes) =>
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
