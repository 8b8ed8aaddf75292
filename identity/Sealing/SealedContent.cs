using System.Buffers.Binary;

namespace QuicProChat.Mesh.Identity;

/// <summary>What the body of a sealed message is: bits 0 to 5 of its first byte.</summary>
public enum ContentType : byte
{
    /// <summary>UTF-8 text.</summary>
    Text = 1,
}

/// <summary>
/// The content of a sealed payload (docs/protocol.md, section 4.1):
/// <code>
/// type(1) time(4) body
/// type: bits 0-5 the content type, bit 6 zero, bit 7 the sign bit of the sender's Ed25519 key
/// time: seconds since 2020-01-01T00:00Z, 0 without a clock
/// </code>
/// </summary>
internal static class SealedContent
{
    internal const int HeaderSize = 5;

    private const byte TypeMask = 0x3F;
    private const byte ReservedBit = 0x40;
    private const byte SignBit = 0x80;

    internal static void WriteHeader(Span<byte> content, ContentType type, uint time, bool negative)
    {
        content[0] = (byte)((byte)type & TypeMask | (negative ? SignBit : 0));
        BinaryPrimitives.WriteUInt32BigEndian(content[1..], time);
    }

    internal static bool TryReadHeader(ReadOnlySpan<byte> content, out ContentType type, out uint time, out bool negative)
    {
        type = default;
        time = 0;
        negative = false;
        if (content.Length < HeaderSize || (content[0] & ReservedBit) != 0)
            return false;
        type = (ContentType)(content[0] & TypeMask);
        time = BinaryPrimitives.ReadUInt32BigEndian(content[1..]);
        negative = (content[0] & SignBit) != 0;
        return true;
    }
}

/// <summary>The calendar of sealed messages: seconds since 2020 in 32 bits, enough until 2156.</summary>
public static class SealedTime
{
    private const long UnixSecondsOf2020 = 1_577_836_800;

    /// <summary>The time to send; 0 (no clock) for a time before 2020 or after 2156.</summary>
    public static uint From(DateTimeOffset time)
    {
        long seconds = time.ToUnixTimeSeconds() - UnixSecondsOf2020;
        return seconds is > 0 and <= uint.MaxValue ? (uint)seconds : 0;
    }

    /// <summary>The time that was sent; null for a sender without a clock.</summary>
    public static DateTimeOffset? ToTime(uint time) =>
        time == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(UnixSecondsOf2020 + time);
}
