using System.Buffers.Binary;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>The id of a group: 16 random bytes, which are its MLS group id too.</summary>
public readonly record struct MeshGroupId(ulong High, ulong Low)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 16;

    /// <summary>Reads 16 bytes; the rest is ignored.</summary>
    public static MeshGroupId Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>The id in an MLS group id; false if that is none of ours.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out MeshGroupId id)
    {
        id = bytes.Length == Size ? Read(bytes) : default;
        return bytes.Length == Size;
    }

    /// <summary>Writes 16 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    /// <summary>The 16 bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <summary>The group's conversation.</summary>
    public ConversationId Conversation => new(EnvelopeKind.Mls, ToArray());

    /// <inheritdoc/>
    public override string ToString() => $"{High:x16}{Low:x16}";
}
