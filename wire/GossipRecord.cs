using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 8.1:
//
//  0      1          3       4              20
//  +------+----------+-------+--------------+---------
//  | vc   | born day | hours |    topic     | payload      at most 8 KiB
//  +------+----------+-------+--------------+---------
//
//  vc: version(4) class(4)     born day: days since 1970-01-01 UTC, 0 unknown     hours: lifetime, 1..168

/// <summary>A view of a gossip record: something for whoever wants to read it. Its id covers every byte.</summary>
public readonly ref struct GossipRecord
{
    /// <summary>Bytes before the payload.</summary>
    public const int HeaderSize = 4 + GossipTopic.Size;

    /// <summary>Most bytes of a payload; arbitrary.</summary>
    public const int MaxPayload = 8 << 10;

    /// <summary>Most bytes of a record.</summary>
    public const int MaxSize = HeaderSize + MaxPayload;

    /// <summary>Longest lifetime in hours: a week.</summary>
    public const int MaxHours = 7 * 24;

    private const int Version = 1;

    private GossipRecord(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>All of it.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>How relays treat it.</summary>
    public GossipClass Class => (GossipClass)(Bytes[0] & 0x0F);

    /// <summary>The day on which it was made, in days since 1970-01-01 UTC; 0 where its author has no clock.</summary>
    public ushort BornDay => BinaryPrimitives.ReadUInt16BigEndian(Bytes[1..]);

    /// <summary>How long it is worth keeping, in hours: 1 to <see cref="MaxHours"/>.</summary>
    public byte Hours => Bytes[3];

    /// <summary>What it is about.</summary>
    public GossipTopic Topic => GossipTopic.Read(Bytes[4..]);

    /// <summary>What its readers understand.</summary>
    public ReadOnlySpan<byte> Payload => Bytes[HeaderSize..];

    /// <summary>Size in bytes of a record with a payload of so many.</summary>
    public static int SizeOf(int payload) => HeaderSize + payload;

    /// <summary>
    /// Reads a record; false for another version, an unknown class, a lifetime out of its bounds, or a wrong size.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out GossipRecord record)
    {
        record = default;
        if (bytes.Length is < HeaderSize or > MaxSize || bytes[0] >> 4 != Version || bytes[3] is 0 or > MaxHours
            || (bytes[0] & 0x0F) is < (int)GossipClass.Channel or > (int)GossipClass.Appointment)
            return false;
        record = new GossipRecord(bytes);
        return true;
    }

    /// <summary>Writes a record; returns the bytes written.</summary>
    /// <param name="bytes">Room for <see cref="SizeOf"/> bytes.</param>
    /// <param name="recordClass">How relays treat it.</param>
    /// <param name="bornDay">Days since 1970-01-01 UTC; 0 unknown.</param>
    /// <param name="hours">1 to <see cref="MaxHours"/>.</param>
    /// <param name="topic">What it is about.</param>
    /// <param name="payload">At most <see cref="MaxPayload"/> bytes.</param>
    public static int Write(
        Span<byte> bytes, GossipClass recordClass, ushort bornDay, byte hours, in GossipTopic topic,
        ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, MaxPayload);
        ArgumentOutOfRangeException.ThrowIfZero(hours);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hours, MaxHours);
        bytes[0] = (byte)(Version << 4 | (int)recordClass);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[1..], bornDay);
        bytes[3] = hours;
        topic.Write(bytes[4..]);
        payload.CopyTo(bytes[HeaderSize..]);
        return SizeOf(payload.Length);
    }
}
