using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>
/// Ids of conversations on servers and their messages (docs/reference/server-conversations.md, section 5): beginnings
/// of
/// SHA-256, so that nobody can choose one that belongs to something of others.
/// </summary>
internal static class ServerIds
{
    /// <summary>The conversation with one user of a server, or of another one that it reaches.</summary>
    internal static ConversationId Direct(string server, string domain, ReadOnlySpan<byte> peerKey) =>
        Conversation("qpc-server direct"u8, domain.Length == 0 ? server : $"{server} {domain}", peerKey);

    /// <summary>The conversation of a group on a server.</summary>
    internal static ConversationId Group(string server, ReadOnlySpan<byte> group) =>
        Conversation("qpc-server group"u8, server, group);

    /// <summary>The account on a server, among the states of conversations.</summary>
    internal static ConversationId Account(string server) => Conversation("qpc-server account"u8, server, []);

    /// <summary>A message: the same for all members of its group.</summary>
    internal static EnvelopeId Message(ReadOnlySpan<byte> group, ReadOnlySpan<byte> authorKey, in EnvelopeId named)
    {
        Span<byte> id = stackalloc byte[EnvelopeId.Size];
        named.Write(id);
        return EnvelopeId.Read(Hash("qpc-server message"u8, group, authorKey, id));
    }

    /// <summary>The copy of a message for one of several receivers.</summary>
    internal static EnvelopeId Copy(in EnvelopeId message, ReadOnlySpan<byte> receiverKey)
    {
        Span<byte> id = stackalloc byte[EnvelopeId.Size];
        message.Write(id);
        return EnvelopeId.Read(Hash("qpc-server copy"u8, id, receiverKey, []));
    }

    /// <summary>
    /// What something is called to the server: a UUID of version 7, whose chance is a hash of what only this node knows
    /// and of the
    /// receiver. So what is sent again is called as before, and nobody can take the name for something else.
    /// </summary>
    /// <param name="at">When it was made.</param>
    /// <param name="secret">Drawn for it, 16 bytes.</param>
    /// <param name="receiverKey">Who gets it.</param>
    /// <param name="part">Tells what one receiver gets of it apart.</param>
    internal static EnvelopeId Uuid(DateTimeOffset at, in EnvelopeId secret, ReadOnlySpan<byte> receiverKey, byte part)
    {
        Span<byte> drawn = stackalloc byte[EnvelopeId.Size];
        secret.Write(drawn);
        Span<byte> uuid = stackalloc byte[sizeof(ulong) + EnvelopeId.Size];
        BinaryPrimitives.WriteInt64BigEndian(uuid, Math.Max(0, at.ToUnixTimeMilliseconds()) << 16);
        Hash("qpc-server uuid"u8, drawn, receiverKey, [part]).AsSpan(0, 10).CopyTo(uuid[6..]);
        uuid[6] = (byte)((uuid[6] & 0x0F) | 0x70);
        uuid[8] = (byte)((uuid[8] & 0x3F) | 0x80);
        return EnvelopeId.Read(uuid);
    }

    private static ConversationId Conversation(ReadOnlySpan<byte> label, string server, ReadOnlySpan<byte> what) =>
        new(EnvelopeKind.Server, Hash(label, Encoding.UTF8.GetBytes(server), what, []).AsSpan(0,
            ConversationId.MaxSize));

    // label, and each part behind its length of 4 bytes
    private static byte[] Hash(
        ReadOnlySpan<byte> label, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(label);
        Add(hash, first);
        Add(hash, second);
        Add(hash, third);
        return hash.GetHashAndReset();
    }

    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> part)
    {
        Span<byte> size = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(size, part.Length);
        hash.AppendData(size);
        hash.AppendData(part);
    }
}
