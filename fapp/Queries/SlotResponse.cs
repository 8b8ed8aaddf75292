using System.Buffers.Binary;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Queries;

// docs/reference/fapp.md, section 3.5: what a relay answers
//
//  version(1) = 1  left out(1)  { length(2) gossip record(length) }  zeros       1,024, 2,048 or 4,096 bytes

/// <summary>
/// Signed records, as they came to the relay: whoever asked checks them as if they had come by gossip, so a relay can
/// leave something out,
/// and can invent nothing.
/// </summary>
/// <param name="Records">Whole gossip records.</param>
/// <param name="LeftOut">Practices for which there was no room; 255 for that many and more.</param>
public sealed record SlotResponse(IReadOnlyList<byte[]> Records, byte LeftOut)
{
    /// <summary>Largest size in bytes: about twenty frames of a radio.</summary>
    public const int MaxSize = 4096;

    /// <summary>Bytes before the records.</summary>
    public const int HeadSize = 2;

    /// <summary>Bytes before each record.</summary>
    public const int RecordHead = sizeof(ushort);

    private const byte Version = 1;
    private const int MinSize = 1024;

    /// <summary>Whether a content may have this size.</summary>
    public static bool IsSize(int size) => size is MinSize or 2 * MinSize or MaxSize;

    /// <summary>Writes it, filled up to one of three sizes; the records have to fit the largest.</summary>
    public byte[] Encode()
    {
        int used = HeadSize + Records.Sum(static r => RecordHead + r.Length);
        int size = MinSize;
        while (size < used)
            size *= 2;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxSize, nameof(Records));
        byte[] bytes = new byte[size];
        (bytes[0], bytes[1]) = (Version, LeftOut);
        Span<byte> rest = bytes.AsSpan(HeadSize);
        foreach (byte[] record in Records)
        {
            BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)record.Length);
            record.CopyTo(rest[RecordHead..]);
            rest = rest[(RecordHead + record.Length)..];
        }

        return bytes;
    }

    /// <summary>
    /// Reads it; null if it is malformed, or a part of it is no gossip record. Signatures are not looked at.
    /// </summary>
    public static SlotResponse? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (!IsSize(bytes.Length) || bytes[0] != Version)
            return null;
        var records = new List<byte[]>();
        ReadOnlySpan<byte> rest = bytes[HeadSize..];
        while (rest.Length >= RecordHead && BinaryPrimitives.ReadUInt16BigEndian(rest) is var length and > 0)
        {
            if (length > rest.Length - RecordHead || !GossipRecord.TryRead(rest.Slice(RecordHead, length), out _))
                return null;
            records.Add(rest.Slice(RecordHead, length).ToArray());
            rest = rest[(RecordHead + length)..];
        }

        return rest.IndexOfAnyExcept((byte)0) >= 0 ? null : new SlotResponse(records, bytes[1]);
    }
}
