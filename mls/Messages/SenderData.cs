using System.Buffers.Binary;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     uint32 leaf_index;
//     uint32 generation;
//     opaque reuse_guard[4];
// } SenderData;                                       RFC 9420, section 6.3.2
internal readonly record struct SenderData(uint LeafIndex, uint Generation, uint ReuseGuard)
{
    internal const int Size = 12;

    internal static bool TryRead(ReadOnlySpan<byte> source, out SenderData value)
    {
        bool ok = source.Length == Size;
        value = ok
            ? new SenderData(
                BinaryPrimitives.ReadUInt32BigEndian(source),
                BinaryPrimitives.ReadUInt32BigEndian(source[4..]),
                BinaryPrimitives.ReadUInt32BigEndian(source[8..]))
            : default;
        return ok;
    }

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, LeafIndex);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Generation);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], ReuseGuard);
    }

    /// <summary>XORs the reuse guard into the first four bytes of a nonce (section 6.3.1).</summary>
    internal void Guard(Span<byte> nonce) =>
        BinaryPrimitives.WriteUInt32BigEndian(nonce, BinaryPrimitives.ReadUInt32BigEndian(nonce) ^ ReuseGuard);
}
