using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// What binds a sealed value to its place:
//
//  message text     'm' id(16) outgoing(1) peer(16), and in a conversation with an id: id(n) protection(1) [kind(1)]
//  message extras   'x', and what follows the 'm' of its text
//  early change     'c' target, conversation id(n) kind(1)
//  envelope payload 'e' id(16) header(21)
//  receipt proof    'p' id(16)
//  value            'v' name
//  saved file       'f' id(16)
//  conversation     'g' id(n) [kind(1)]
//  piece of one     'q' id(n) kind(1) slot(4)
//
// The kind is left out where it is 4, MLS-Lite: rows of that kind are older than the kind.
//
/// <summary>Writes the associated data of sealed columns into a buffer and returns the part that was used.</summary>
internal static class AssociatedData
{
    internal const int MaxSize = 64;

    private static ReadOnlySpan<byte> Text(Span<byte> buffer, in EnvelopeId id, bool outgoing, in NodeAddress peer)
    {
        buffer[0] = (byte)'m';
        id.Write(buffer[1..]);
        buffer[1 + EnvelopeId.Size] = outgoing ? (byte)1 : (byte)0;
        peer.Write(buffer[(2 + EnvelopeId.Size)..]);
        return buffer[..(2 + EnvelopeId.Size + NodeAddress.Size)];
    }

    internal static ReadOnlySpan<byte> Text(Span<byte> buffer, StoredMessage message)
    {
        int size = Text(buffer, message.Id, message.Outgoing, message.Peer).Length;
        if (message.Conversation is not { } id)
            return buffer[..size];
        id.Write(buffer[size..]);
        buffer[size + id.Size] = message.Protection;
        return buffer[..(size + id.Size + 1 + Kind(buffer[(size + id.Size + 1)..], id))];
    }

    internal static ReadOnlySpan<byte> Extras(Span<byte> buffer, StoredMessage message)
    {
        int size = Text(buffer, message).Length;
        buffer[0] = (byte)'x';
        return buffer[..size];
    }

    internal static ReadOnlySpan<byte> Early(Span<byte> buffer, ConversationId id, ReadOnlySpan<byte> target)
    {
        buffer[0] = (byte)'c';
        target.CopyTo(buffer[1..]);
        id.Write(buffer[(1 + target.Length)..]);
        buffer[1 + target.Length + id.Size] = (byte)id.Kind;
        return buffer[..(2 + target.Length + id.Size)];
    }

    internal static ReadOnlySpan<byte> Conversation(Span<byte> buffer, ConversationId id)
    {
        buffer[0] = (byte)'g';
        id.Write(buffer[1..]);
        return buffer[..(1 + id.Size + Kind(buffer[(1 + id.Size)..], id))];
    }

    internal static ReadOnlySpan<byte> Piece(Span<byte> buffer, ConversationId id, int slot)
    {
        buffer[0] = (byte)'q';
        id.Write(buffer[1..]);
        buffer[1 + id.Size] = (byte)id.Kind;
        BinaryPrimitives.WriteInt32BigEndian(buffer[(2 + id.Size)..], slot);
        return buffer[..(2 + id.Size + sizeof(int))];
    }

    private static int Kind(Span<byte> buffer, ConversationId id)
    {
        buffer[0] = (byte)id.Kind;
        return id.Kind == EnvelopeKind.MlsLite ? 0 : 1;
    }

    internal static ReadOnlySpan<byte> Payload(Span<byte> buffer, in EnvelopeId id, ReadOnlySpan<byte> header)
    {
        buffer[0] = (byte)'e';
        id.Write(buffer[1..]);
        header.CopyTo(buffer[(1 + EnvelopeId.Size)..]);
        return buffer[..(1 + EnvelopeId.Size + header.Length)];
    }

    internal static ReadOnlySpan<byte> Proof(Span<byte> buffer, in EnvelopeId id)
    {
        buffer[0] = (byte)'p';
        id.Write(buffer[1..]);
        return buffer[..(1 + EnvelopeId.Size)];
    }

    internal static ReadOnlySpan<byte> SavedFile(Span<byte> buffer, in EnvelopeId message)
    {
        buffer[0] = (byte)'f';
        message.Write(buffer[1..]);
        return buffer[..(1 + EnvelopeId.Size)];
    }

    internal static ReadOnlySpan<byte> Value(Span<byte> buffer, ReadOnlySpan<byte> name)
    {
        buffer[0] = (byte)'v';
        name.CopyTo(buffer[1..]);
        return buffer[..(1 + name.Length)];
    }
}
