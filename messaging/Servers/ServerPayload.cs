using System.Buffers.Binary;
using System.Text;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

// docs/reference/server-conversations.md, section 3:
//
//  version 1 = 1 | 01 | id 16 | size 2 | text        a plain text
//  version 1 = 1 | 28 | id 16 | content              any other content (docs/reference/content.md); ours
//  version 1 = 1 | 09 | anything                     cover traffic: dropped
//  version 1 = 1 | 2A | head 112                     a head of the server's log of keys that the author was shown
//  version 1 = 1 | 2B | { message 16 }               messages that were read on another device, 1 to 64
//
/// <summary>What the application data of an MLS message on a server says.</summary>
/// <param name="Id">The author's name for it: 16 bytes.</param>
/// <param name="Content">What it says.</param>
internal sealed record ServerPayload(EnvelopeId Id, MessageContent Content)
{
    private const byte Version = 1;
    private const byte Chat = 1;
    private const byte Dummy = 9;
    private const byte Other = 40;
    private const byte Head = 42;
    private const byte Marks = 43;

    /// <summary>Messages that one tells to be read, at most. Arbitrary.</summary>
    internal const int MaxMarks = 64;

    /// <summary>Size of a head of a log of keys in bytes (docs/reference/client-server.md).</summary>
    private const int TreeHeadSize = 112;
    private const int HeadSize = 2 + EnvelopeId.Size;

    /// <summary>What came of reading one.</summary>
    internal enum Kind
    {
        /// <summary>It says something.</summary>
        Content,

        /// <summary>It says nothing, and is meant to.</summary>
        Dummy,

        /// <summary>It tells a head of the server's log of keys.</summary>
        Head,

        /// <summary>It tells which messages were read on another device of its author.</summary>
        Marks,

        /// <summary>It is none, or none that this version knows.</summary>
        Unknown,
    }

    /// <summary>Its bytes.</summary>
    internal byte[] ToBytes()
    {
        bool isChat = Content is TextContent;
        byte[] bytes = new byte[HeadSize + (isChat ? sizeof(ushort) : 0) + Content.Size];
        bytes[0] = Version;
        bytes[1] = isChat ? Chat : Other;
        Id.Write(bytes.AsSpan(2));
        int at = HeadSize;
        if (isChat)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), (ushort)Content.Size);
            at += sizeof(ushort);
        }

        Content.Write(bytes.AsSpan(at));
        return bytes;
    }

    /// <summary>The bytes that tell a head of the server's log of keys.</summary>
    internal static byte[] OfHead(ReadOnlySpan<byte> head) => [Version, Head, .. head];

    /// <summary>The head in what was read as <see cref="Kind.Head"/>.</summary>
    internal static ReadOnlySpan<byte> HeadIn(ReadOnlySpan<byte> bytes) => bytes[2..];

    /// <summary>The bytes that tell which messages were read.</summary>
    /// <param name="messages">1 to <see cref="MaxMarks"/>.</param>
    internal static byte[] OfMarks(IReadOnlyList<EnvelopeId> messages)
    {
        byte[] bytes = new byte[2 + (messages.Count * EnvelopeId.Size)];
        (bytes[0], bytes[1]) = (Version, Marks);
        for (int i = 0; i < messages.Count; i++)
            messages[i].Write(bytes.AsSpan(2 + (i * EnvelopeId.Size)));
        return bytes;
    }

    /// <summary>The messages in what was read as <see cref="Kind.Marks"/>.</summary>
    internal static List<EnvelopeId> MarksIn(ReadOnlySpan<byte> bytes)
    {
        List<EnvelopeId> messages = [];
        for (int at = 2; at < bytes.Length; at += EnvelopeId.Size)
            messages.Add(EnvelopeId.Read(bytes[at..]));
        return messages;
    }

    /// <summary>Reads one that came from somebody else.</summary>
    internal static Kind Read(ReadOnlySpan<byte> bytes, out ServerPayload? payload)
    {
        payload = null;
        if (bytes.Length < 2 || bytes[0] != Version)
            return Kind.Unknown;
        if (bytes[1] == Dummy)
            return Kind.Dummy;
        if (bytes[1] == Head)
            return bytes.Length == 2 + TreeHeadSize ? Kind.Head : Kind.Unknown;
        if (bytes[1] == Marks)
            return bytes.Length is > 2 and <= 2 + (MaxMarks * EnvelopeId.Size)
                && (bytes.Length - 2) % EnvelopeId.Size == 0 ? Kind.Marks : Kind.Unknown;
        if (bytes.Length < HeadSize || bytes[1] is not (Chat or Other))
            return Kind.Unknown;
        var id = EnvelopeId.Read(bytes[2..]);
        ReadOnlySpan<byte> body = bytes[HeadSize..];
        if (bytes[1] == Chat)
        {
            if (body.Length < sizeof(ushort) || BinaryPrimitives.ReadUInt16BigEndian(body) != body.Length - sizeof(
                ushort))
                return Kind.Unknown;
            body = body[sizeof(ushort)..];
            if (body.Length is 0 or > MessageContent.MaxSize || !System.Text.Unicode.Utf8.IsValid(body))
                return Kind.Unknown;
            payload = new ServerPayload(id, new TextContent(Encoding.UTF8.GetString(body)));
            return Kind.Content;
        }

        if (!MessageContent.TryRead(body, out MessageContent? content))
            return Kind.Unknown;
        payload = new ServerPayload(id, content);
        return Kind.Content;
    }
}
