using System.Buffers.Binary;

namespace QuicProChat.Mesh.Messaging.Content;

// state(8) leaf(2) number(4)

/// <summary>
/// Where a message stands in a conversation whose keys move: the state that it was written in, the leaf of its author
/// and the author's number in that state. Keys make it unique: nobody else can write at that place.
/// </summary>
/// <param name="State">The first 8 bytes of the state's confirmed transcript hash.</param>
/// <param name="Leaf">The author's leaf.</param>
/// <param name="Number">The author's number in that state.</param>
public readonly record struct MessagePlace(ulong State, ushort Leaf, uint Number)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = sizeof(ulong) + sizeof(ushort) + sizeof(uint);

    /// <summary>Reads <see cref="Size"/> bytes.</summary>
    public static MessagePlace Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[10..]));

    /// <summary>Writes <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, State);
        BinaryPrimitives.WriteUInt16BigEndian(destination[8..], Leaf);
        BinaryPrimitives.WriteUInt32BigEndian(destination[10..], Number);
    }

    /// <summary>Its bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }
}
