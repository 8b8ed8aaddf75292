using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 4.1:
//
//  type(1) time(4) [lifetime(2)] body(0..)        type: key-sign(1) lifetime(1) content(6)

/// <summary>What a sealed message says: the low six bits of its first byte.</summary>
public enum ContentType : byte
{
    /// <summary>What a person wrote: text, or another content of docs/reference/content.md.</summary>
    Content = 1,

    /// <summary>The same, with padding behind it: <see cref="ContentPadding"/>.</summary>
    Padded = 2,
}

/// <summary>A view of a sealed payload's plaintext.</summary>
public readonly ref struct SealedContent
{
    /// <summary>Size in bytes of what precedes the body, without a lifetime.</summary>
    public const int HeaderSize = 1 + sizeof(uint);

    private const byte KeySignFlag = 0x80;
    private const byte LifetimeFlag = 0x40;
    private const byte TypeMask = 0x3F;

    private SealedContent(ReadOnlySpan<byte> bytes)
    {
        Type = (ContentType)(bytes[0] & TypeMask);
        KeySign = (bytes[0] & KeySignFlag) != 0;
        Time = BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]);
        if ((bytes[0] & LifetimeFlag) != 0)
            LifetimeUnits = BinaryPrimitives.ReadUInt16BigEndian(bytes[HeaderSize..]);
        Body = bytes[SizeOf(0, LifetimeUnits)..];
    }

    /// <summary>Second 0 of <see cref="Time"/>.</summary>
    public static DateTimeOffset Epoch { get; } = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What the body is; a type of a later version is a number without a name.</summary>
    public ContentType Type { get; }

    /// <summary>The sign bit of the sender's Ed25519 public key (bit 255), which its X25519 image lacks.</summary>
    public bool KeySign { get; }

    /// <summary>
    /// When the sender claims to have written it, in seconds since <see cref="Epoch"/>; 0 without a clock.
    /// </summary>
    public uint Time { get; }

    /// <summary>
    /// How long the sender lets it live, in <see cref="EnvelopeHeader.LifetimeUnit"/>s; 0 where it does not say. Relays
    /// count the header's lifetime down and may write there what they like; this one is sealed.
    /// </summary>
    public ushort LifetimeUnits { get; }

    /// <summary>The content itself.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>Size in bytes of a content with a body of a given size.</summary>
    public static int SizeOf(int bodySize, ushort lifetimeUnits = 0) =>
        HeaderSize + (lifetimeUnits > 0 ? sizeof(ushort) : 0) + bodySize;

    /// <summary>Reads a content; false if it is cut, its type is 0, or it says a lifetime of 0.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out SealedContent content)
    {
        content = default;
        if (bytes.Length < HeaderSize || (bytes[0] & TypeMask) == 0)
            return false;
        if ((bytes[0] & LifetimeFlag) != 0
            && (bytes.Length < HeaderSize + sizeof(ushort)
                || BinaryPrimitives.ReadUInt16BigEndian(bytes[HeaderSize..]) == 0))
            return false;
        content = new SealedContent(bytes);
        return true;
    }

    /// <summary>Writes a content; returns the bytes written. A lifetime of 0 is not said.</summary>
    public static int Write(
        Span<byte> destination, ContentType type, bool keySign, uint time, ushort lifetimeUnits,
        ReadOnlySpan<byte> body)
    {
        body.CopyTo(destination[SizeOf(0, lifetimeUnits)..]);
        destination[0] =
            (byte)((byte)type & TypeMask | (keySign ? KeySignFlag : 0) | (lifetimeUnits > 0 ? LifetimeFlag : 0));
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], time);
        if (lifetimeUnits > 0)
            BinaryPrimitives.WriteUInt16BigEndian(destination[HeaderSize..], lifetimeUnits);
        return SizeOf(body.Length, lifetimeUnits);
    }

    /// <summary>What a person wrote; false if it is something else.</summary>
    public bool TryGetContent(out ReadOnlySpan<byte> content)
    {
        content = Body;
        return Type switch
        {
            ContentType.Content => true,
            ContentType.Padded => ContentPadding.TryRemove(Body, out content),
            _ => false,
        };
    }

    /// <summary>A moment as the content's time; 0 for a moment that it cannot say (before 2020, after 2156).</summary>
    public static uint ToTime(DateTimeOffset moment)
    {
        long seconds = (moment - Epoch).Ticks / TimeSpan.TicksPerSecond;
        return seconds is > 0 and <= uint.MaxValue ? (uint)seconds : 0;
    }

    /// <summary>A lifetime as the content's units, rounded up; at most the longest.</summary>
    public static ushort ToLifetime(TimeSpan lifetime)
    {
        long units = (lifetime.Ticks + EnvelopeHeader.LifetimeUnit.Ticks - 1) / EnvelopeHeader.LifetimeUnit.Ticks;
        return (ushort)Math.Clamp(units, 1, ushort.MaxValue);
    }

    /// <summary>The moment that a content's time says; null for 0.</summary>
    public static DateTimeOffset? FromTime(uint time) => time == 0 ? null : Epoch.AddSeconds(time);
}
