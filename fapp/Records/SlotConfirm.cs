using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Records;

// docs/reference/fapp.md, section 4.1: the body of a record of type Answers; the record's place is place of the
// announce(8 bits) shard(8 bits)
//
// version(1) shardBits(1) shard(1)  entries(48 each; 16, 32 or 64 of them):  tag(8) ChaCha20-Poly1305( state(1) slot(4)
// until(4) person(15) )(40)

/// <summary>What a practice answers.</summary>
public enum SlotAnswer : byte
{
    /// <summary>The request is there, and will be drawn from.</summary>
    Received = 1,

    /// <summary>Drawn: the practice looks at it.</summary>
    Drawn = 2,

    /// <summary>Drawn, and held until the patient acknowledges it.</summary>
    Offered = 3,

    /// <summary>The patient has the slot.</summary>
    Booked = 4,

    /// <summary>Somebody else was drawn; this request waits in case the slot becomes free.</summary>
    Waiting = 5,

    /// <summary>The practice refused.</summary>
    Refused = 6,

    /// <summary>The practice withdrew the slot.</summary>
    Withdrawn = 7,

    /// <summary>Cancelled by either side.</summary>
    Cancelled = 8,

    /// <summary>An offer was not acknowledged in time, or the slot is over.</summary>
    Expired = 9,

    /// <summary>The patient came.</summary>
    Kept = 10,

    /// <summary>The patient did not come.</summary>
    NoShow = 11,

    /// <summary>The PIN is missing or wrong.</summary>
    PinNeeded = 12,
}

/// <summary>One answer, as its patient reads it.</summary>
/// <param name="Answer">What.</param>
/// <param name="Slot">About which slot.</param>
/// <param name="Until">
/// With <see cref="SlotAnswer.Offered"/>: until when it is held. With <see cref="SlotAnswer.Refused"/>: no place
/// before; 0: not said. In minutes since 2020-01-01 UTC.
/// </param>
/// <param name="Person">With a refusal statement: the hash of the person it is made out to. Empty for none.</param>
public sealed record SlotAnswerEntry(SlotAnswer Answer, SlotId Slot, uint Until, byte[] Person)
{
    /// <summary>Size in bytes before it is encrypted.</summary>
    public const int Size = 1 + SlotId.Size + sizeof(uint) + SlotReserve.PersonSize;

    /// <summary>Writes it.</summary>
    /// <param name="bytes">Receives <see cref="Size"/> bytes.</param>
    public void Write(Span<byte> bytes)
    {
        bytes.Clear();
        bytes[0] = (byte)Answer;
        BinaryPrimitives.WriteUInt32BigEndian(bytes[1..], Slot.Value);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[5..], Until);
        Person.CopyTo(bytes[9..]);
    }

    /// <summary>Reads it; null for an answer that this program does not know.</summary>
    /// <param name="bytes"><see cref="Size"/> bytes.</param>
    public static SlotAnswerEntry? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] is 0 or > (byte)SlotAnswer.PinNeeded)
            return null;
        ReadOnlySpan<byte> person = bytes.Slice(9, SlotReserve.PersonSize);
        return new SlotAnswerEntry(
            (SlotAnswer)bytes[0], new SlotId(BinaryPrimitives.ReadUInt32BigEndian(bytes[1..])),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[5..]),
            person.IndexOfAnyExcept((byte)0) < 0 ? [] : person.ToArray());
    }
}

/// <summary>A view of a practice's answers: entries that only their patients recognise, among decoys.</summary>
public readonly ref struct SlotConfirm
{
    /// <summary>Size of an entry in bytes.</summary>
    public const int EntrySize = TagSize + SlotAnswerEntry.Size + ChaChaPoly.TagSize;

    /// <summary>Size of a tag in bytes.</summary>
    public const int TagSize = 8;

    /// <summary>Most entries of a record.</summary>
    public const int MaxEntries = 64;

    /// <summary>Fewest entries of a record.</summary>
    public const int MinEntries = 16;

    /// <summary>Most shards: 8,192 answers.</summary>
    public const int MaxShardBits = 7;

    private const int Version = 1;
    private const int HeadSize = 3;

    private readonly ReadOnlySpan<byte> _body;

    private SlotConfirm(ReadOnlySpan<byte> body) => _body = body;

    /// <summary>
    /// How many leading bits of a request's id say in which shard its answer is: 0 to <see cref="MaxShardBits"/>.
    /// </summary>
    public int ShardBits => _body[1];

    /// <summary>Which shard this is.</summary>
    public byte Shard => _body[2];

    /// <summary>How many entries there are: 16, 32 or 64.</summary>
    public int Count => (_body.Length - HeadSize) / EntrySize;

    /// <summary>Size of a body with so many entries.</summary>
    public static int SizeOf(int entries) => HeadSize + entries * EntrySize;

    /// <summary>Reads a body; false if it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out SlotConfirm confirm)
    {
        confirm = new SlotConfirm(body);
        return body.Length > HeadSize && (body.Length - HeadSize) % EntrySize == 0 && confirm.Count is 16 or 32 or 64
            && body[0] == Version && body[1] <= MaxShardBits && body[2] < 1 << body[1];
    }

    /// <summary>Writes what is before the entries.</summary>
    public static void WriteHead(Span<byte> body, int shardBits, byte shard)
    {
        body[0] = Version;
        body[1] = (byte)shardBits;
        body[2] = shard;
    }

    /// <summary>Where an entry is in a body.</summary>
    public static Span<byte> EntryOf(Span<byte> body, int index) => body.Slice(HeadSize + index * EntrySize, EntrySize);

    /// <summary>The shard that a request's answer is in.</summary>
    public static byte ShardOf(RequestId id, int shardBits) =>
        shardBits == 0 ? (byte)0 : (byte)(id.High >> (64 - shardBits));

    /// <summary>The encrypted part of the entry with a tag; empty if there is none.</summary>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> tag)
    {
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySpan<byte> entry = _body.Slice(HeadSize + i * EntrySize, EntrySize);
            if (entry[..TagSize].SequenceEqual(tag))
                return entry[TagSize..];
        }

        return [];
    }
}
