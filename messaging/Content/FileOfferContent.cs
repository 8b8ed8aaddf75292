using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Messaging.Content;

// 89 size(8) root(32) key(32) nameSize(1) name(1..255) typeSize(1) type(0..127) thumbnail(0..2048)

/// <summary>A file that somebody offers. This version shows it, and cannot fetch it. The key is secret.</summary>
/// <param name="FileSize">Bytes of the file.</param>
/// <param name="Root">The root of the hashes of its chunks, 32 bytes.</param>
/// <param name="Key">Its key, 32 bytes.</param>
/// <param name="Name">What its sender calls it: not a path, and cleaned again before it becomes one.</param>
/// <param name="MediaType">Its MIME type as its content shows it; empty where nothing is known.</param>
/// <param name="Thumbnail">A small picture, at most <see cref="MaxThumbnailSize"/> bytes; empty for none.</param>
public sealed record FileOfferContent(
    ulong FileSize, ReadOnlyMemory<byte> Root, ReadOnlyMemory<byte> Key, string Name, string MediaType,
    ReadOnlyMemory<byte> Thumbnail) : MessageContent
{
    /// <summary>Bytes of root and key.</summary>
    public const int HashSize = 32;

    /// <summary>Largest thumbnail in bytes.</summary>
    public const int MaxThumbnailSize = 2048;

    /// <summary>Longest name in bytes of UTF-8: what file systems take.</summary>
    public const int MaxNameSize = 255;

    /// <summary>Longest MIME type in bytes (RFC 6838, section 4.2).</summary>
    public const int MaxMediaTypeSize = 127;

    private const int FixedSize = sizeof(ulong) + 2 * HashSize;

    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.FileOffer;

    /// <inheritdoc/>
    public override string Text => Name;

    /// <inheritdoc/>
    protected override int BodySize =>
        FixedSize + ContentText.ShortSize(Name) + ContentText.ShortSize(MediaType) + Thumbnail.Length;

    internal static FileOfferContent? Read(ReadOnlySpan<byte> body)
    {
        if (body.Length < FixedSize)
            return null;
        ulong size = BinaryPrimitives.ReadUInt64BigEndian(body);
        byte[] root = body.Slice(sizeof(ulong), HashSize).ToArray();
        byte[] key = body.Slice(sizeof(ulong) + HashSize, HashSize).ToArray();
        body = body[FixedSize..];
        return size <= long.MaxValue && ContentText.ReadShort(ref body, MaxNameSize) is { Length: > 0 } name
            && ContentText.ReadShort(ref body, MaxMediaTypeSize) is { } type && body.Length <= MaxThumbnailSize
            ? new FileOfferContent(size, root, key, name, type, body.ToArray()) : null;
    }

    /// <inheritdoc/>
    public bool Equals(FileOfferContent? other) =>
        other is not null && FileSize == other.FileSize && Name == other.Name && MediaType == other.MediaType
        && Root.Span.SequenceEqual(other.Root.Span) && Thumbnail.Span.SequenceEqual(other.Thumbnail.Span)
        && CryptographicOperations.FixedTimeEquals(Key.Span, other.Key.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(FileSize, Name);

    /// <summary>Without the key, which no log may show.</summary>
    public override string ToString() => $"FileOffer {Name}, {FileSize} bytes";

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, FileSize);
        Root.Span.CopyTo(destination[sizeof(ulong)..]);
        Key.Span.CopyTo(destination[(sizeof(ulong) + HashSize)..]);
        int written = FixedSize;
        written += ContentText.WriteShort(Name, destination[written..]);
        written += ContentText.WriteShort(MediaType, destination[written..]);
        Thumbnail.Span.CopyTo(destination[written..]);
        return written + Thumbnail.Length;
    }
}
