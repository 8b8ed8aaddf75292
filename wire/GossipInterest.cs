using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 8.4:
//
//  count x tag(8)        tag: first 8 bytes of a topic     count 0..64

/// <summary>A view of the body of a request for topics, on links that do not carry them all.</summary>
public readonly ref struct GossipInterest
{
    /// <summary>Most topics in one frame; arbitrary.</summary>
    public const int MaxTags = 64;

    private readonly ReadOnlySpan<byte> _body;

    private GossipInterest(ReadOnlySpan<byte> body) => _body = body;

    /// <summary>How many there are; none: the neighbour wants nothing any more.</summary>
    public int Count => _body.Length / sizeof(ulong);

    /// <summary>The tag at an index from 0 to <see cref="Count"/> - 1.</summary>
    public ulong this[int index] => BinaryPrimitives.ReadUInt64BigEndian(_body[SizeOf(index)..]);

    /// <summary>Size in bytes of a body with a number of tags.</summary>
    public static int SizeOf(int count) => count * sizeof(ulong);

    /// <summary>Reads a body; false if it is cut or has too many.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out GossipInterest interest)
    {
        interest = default;
        if (body.Length % sizeof(ulong) != 0 || body.Length > SizeOf(MaxTags))
            return false;
        interest = new GossipInterest(body);
        return true;
    }

    /// <summary>Writes a body; returns the bytes written.</summary>
    /// <param name="body">Room for <see cref="SizeOf"/> bytes.</param>
    /// <param name="tags">At most <see cref="MaxTags"/>.</param>
    public static int Write(Span<byte> body, ReadOnlySpan<ulong> tags)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tags.Length, MaxTags);
        for (int i = 0; i < tags.Length; i++)
            BinaryPrimitives.WriteUInt64BigEndian(body[SizeOf(i)..], tags[i]);
        return SizeOf(tags.Length);
    }
}
