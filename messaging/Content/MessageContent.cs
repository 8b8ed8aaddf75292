using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace QuicProChat.Mesh.Messaging.Content;

// docs/reference/content.md, section 2:
//
//  text:    UTF-8(1..)                  its first byte is none of 80 to BF
//  others:  10 | type(6 bits)  body(0..)

/// <summary>
/// What a message says, the same in conversations of every kind. Writing one gives the same bytes always; reading
/// foreign ones throws nothing and keeps no more than they have.
/// </summary>
public abstract record MessageContent
{
    /// <summary>Longest content in bytes: what one envelope carries.</summary>
    public const int MaxSize = 32 << 10;

    private const byte TypeFlag = 0x80;
    private const byte FlagMask = 0xC0;
    private const byte TypeMask = 0x3F;

    /// <summary>What it is.</summary>
    public abstract MessageContentType Type { get; }

    /// <summary>Bytes of the body.</summary>
    protected abstract int BodySize { get; }

    /// <summary>Bytes in all.</summary>
    public int Size => (Type == MessageContentType.Text ? 0 : 1) + BodySize;

    /// <summary>It is a message of its own, which people see in the conversation.</summary>
    public virtual bool IsShown => true;

    /// <summary>What people read of it as text; empty where there is nothing to read.</summary>
    public virtual string Text => "";

    /// <summary>How long it may stay; null for as long as anything.</summary>
    public virtual DisappearAfter After => DisappearAfter.Never;

    /// <summary>Without what makes it disappear.</summary>
    public virtual MessageContent Plain => this;

    /// <summary>Writes it; returns the bytes written, which are <see cref="Size"/>.</summary>
    public int Write(Span<byte> destination)
    {
        if (Type == MessageContentType.Text)
            return WriteBody(destination);
        destination[0] = (byte)(TypeFlag | (byte)Type);
        return 1 + WriteBody(destination[1..]);
    }

    /// <summary>Its bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <summary>
    /// Reads a content that came from somebody else; false if it is none. A type of a later version is one: it is kept
    /// as it is.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out MessageContent? content) =>
        TryRead(bytes, isOwn: false, out content);

    /// <summary>Reads a content that this node stored: local ones are among them.</summary>
    public static bool TryReadStored(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out MessageContent? content) =>
        TryRead(bytes, isOwn: true, out content);

    /// <summary>Writes the body; returns its bytes.</summary>
    protected abstract int WriteBody(Span<byte> destination);

    private static bool TryRead(ReadOnlySpan<byte> bytes, bool isOwn, [NotNullWhen(true)] out MessageContent? content)
    {
        content = null;
        if (bytes.Length is 0 or > MaxSize)
            return false;
        if ((bytes[0] & FlagMask) != TypeFlag)
        {
            content = Utf8.IsValid(bytes) ? new TextContent(Encoding.UTF8.GetString(bytes)) : null;
            return content is not null;
        }

        var type = (MessageContentType)(bytes[0] & TypeMask);
        ReadOnlySpan<byte> body = bytes[1..];
        if (type == MessageContentType.Text || (type >= MessageContentType.FirstLocal && !isOwn))
            return false;
        content = type switch
        {
            MessageContentType.Timed => TimedContent.Read(body),
            MessageContentType.Reply => ReplyContent.Read(body),
            MessageContentType.Reaction => ReactionContent.Read(body),
            MessageContentType.Edit => EditContent.Read(body),
            MessageContentType.Delete => DeleteContent.Read(body),
            MessageContentType.Read => ReadContent.Read(body),
            MessageContentType.Typing => TypingContent.Read(body),
            MessageContentType.Timer => TimerContent.Read(body),
            MessageContentType.FileOffer => FileOfferContent.Read(body),
            MessageContentType.ContactCard => CardContent.Read(body),
            MessageContentType.Location => LocationContent.Read(body),
            MessageContentType.Joined or MessageContentType.Left => MemberNotice.Read(type, body),
            MessageContentType.Renamed => RenamedNotice.Read(body),
            MessageContentType.Epoch => EpochNotice.Read(body),
            MessageContentType.Deleted => DeletedContent.Read(body),
            _ => new UnsupportedContent((byte)type, body.ToArray()),
        };
        return content is not null;
    }
}
