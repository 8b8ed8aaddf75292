using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Content;

// What the store keeps, sealed, of a change whose message is not there yet:
//
//  version 01(1) isProven(1) author(16) at(8) content(..)          at: Unix milliseconds

/// <summary>A change that waits for its message, as bytes.</summary>
public static class EarlyChange
{
    private const byte Version = 1;
    private const int FixedSize = 1 + 1 + NodeAddress.Size + sizeof(long);

    /// <summary>The bytes of a change of somebody else.</summary>
    public static byte[] Write(ContentChange change)
    {
        byte[] bytes = new byte[FixedSize + change.Content.Size];
        bytes[0] = Version;
        bytes[1] = change.IsProven ? (byte)1 : (byte)0;
        change.Author.Write(bytes.AsSpan(2));
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(2 + NodeAddress.Size), change.At.ToUnixTimeMilliseconds());
        change.Content.Write(bytes.AsSpan(FixedSize));
        return bytes;
    }

    /// <summary>Who made the change; nobody if the bytes are none.</summary>
    public static NodeAddress AuthorOf(ReadOnlySpan<byte> bytes) =>
        bytes.Length > FixedSize && bytes[0] == Version ? NodeAddress.Read(bytes[2..]) : default;

    /// <summary>Reads one; false if it makes no sense.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> bytes, ConversationId conversation, ContentReference target,
        [NotNullWhen(true)] out ContentChange? change)
    {
        change = null;
        if (bytes.Length <= FixedSize || bytes[0] != Version || bytes[1] > 1)
            return false;
        long at = BinaryPrimitives.ReadInt64BigEndian(bytes[(2 + NodeAddress.Size)..]);
        if (at < 0 || at > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            || !MessageContent.TryRead(bytes[FixedSize..], out MessageContent? content))
            return false;
        change = new ContentChange(
            conversation, target, NodeAddress.Read(bytes[2..]), IsOwn: false, content, bytes[1] == 1,
            DateTimeOffset.FromUnixTimeMilliseconds(at));
        return true;
    }
}
