using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// What binds a sealed value to its place:
//
//  message text     'm' id(16) outgoing(1) peer(16), and in a group: group(8) security(1)
//  envelope payload 'e' id(16) header(21)
//  receipt proof    'p' id(16)
//  value            'v' name
//  MLS-Lite group   'g' id(8)
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
        if (message.Group is not { } group)
            return buffer[..size];
        group.Write(buffer[size..]);
        buffer[size + LiteGroupId.Size] = (byte)message.Security;
        return buffer[..(size + LiteGroupId.Size + 1)];
    }

    internal static ReadOnlySpan<byte> LiteGroup(Span<byte> buffer, LiteGroupId id)
    {
        buffer[0] = (byte)'g';
        id.Write(buffer[1..]);
        return buffer[..(1 + LiteGroupId.Size)];
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

    internal static ReadOnlySpan<byte> Value(Span<byte> buffer, ReadOnlySpan<byte> name)
    {
        buffer[0] = (byte)'v';
        name.CopyTo(buffer[1..]);
        return buffer[..(1 + name.Length)];
    }
}
