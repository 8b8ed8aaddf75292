using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Records;

// docs/reference/fapp.md, section 2.1: the payload of a gossip record of class appointment
//
//  0      1                33         41           49
//  +------+----------------+----------+------------+-- ... --+---------------+
//  | type | author key(32) | place(8) | sequence(8)|  body   | signature(64) |
//  +------+----------------+----------+------------+-- ... --+---------------+
//
// signature: Ed25519 of the author over "qpc-mesh/1 fapp record", the gossip record's header(20) and all before the
// signature

/// <summary>What a record of the appointments is.</summary>
public enum FappRecordType : byte
{
    /// <summary>What a practice offers.</summary>
    Announce = 1,

    /// <summary>Answers that only their patients recognise.</summary>
    Answers = 2,

    /// <summary>Who vouches for an author.</summary>
    Attestation = 3,

    /// <summary>Something that was vouched for is no longer.</summary>
    Revocation = 4,
}

/// <summary>
/// A view of a signed record as it came: anybody may have made it until <see cref="Verify"/> says so.
/// </summary>
public readonly ref struct FappRecord
{
    /// <summary>Bytes before the body.</summary>
    public const int HeadSize = 1 + Ed25519.PublicKeySize + 2 * sizeof(ulong);

    /// <summary>Bytes around the body.</summary>
    public const int Overhead = HeadSize + Ed25519.SignatureSize;

    /// <summary>Largest body: what a gossip record holds.</summary>
    public const int MaxBody = GossipRecord.MaxPayload - Overhead;

    /// <summary>Hours that a record is worth keeping: a week, the longest that gossip keeps anything.</summary>
    public const byte Hours = GossipRecord.MaxHours;

    /// <summary>Highest sequence: one bit is left, so that a successor always fits.</summary>
    public const ulong MaxSequence = long.MaxValue;

    private const int PlaceAt = 1 + Ed25519.PublicKeySize;
    private const int SequenceAt = PlaceAt + sizeof(ulong);
    private const int HighestType = (int)FappRecordType.Revocation;

    private readonly GossipRecord _record;

    private FappRecord(GossipRecord record) => _record = record;

    private static ReadOnlySpan<byte> Label => "qpc-mesh/1 fapp record"u8;

    /// <summary>What it is.</summary>
    public FappRecordType Type => (FappRecordType)_record.Payload[0];

    /// <summary>The Ed25519 public key of whoever claims to have made it, 32 bytes.</summary>
    public ReadOnlySpan<byte> Author => _record.Payload.Slice(1, Ed25519.PublicKeySize);

    /// <summary>Which of the author's records of this type; what it means depends on the type.</summary>
    public ulong Place => BinaryPrimitives.ReadUInt64BigEndian(_record.Payload[PlaceAt..]);

    /// <summary>The newest of a place replaces earlier ones.</summary>
    public ulong Sequence => BinaryPrimitives.ReadUInt64BigEndian(_record.Payload[SequenceAt..]);

    /// <summary>What it says.</summary>
    public ReadOnlySpan<byte> Body => _record.Payload[HeadSize..^Ed25519.SignatureSize];

    /// <summary>The topic that it came in.</summary>
    public GossipTopic Topic => _record.Topic;

    /// <summary>The day that it names, in days since 1970-01-01; 0 where its author had no clock.</summary>
    public ushort BornDay => _record.BornDay;

    /// <summary>
    /// Reads a record; false for another class, an unknown type, a wrong size, or a sequence that leaves no successor.
    /// </summary>
    public static bool TryRead(in GossipRecord record, out FappRecord read)
    {
        read = default;
        if (record.Class != GossipClass.Appointment || record.Payload.Length <= Overhead
            || record.Payload[0] is 0 or > HighestType)
            return false;
        read = new FappRecord(record);
        return read.Sequence is > 0 and <= MaxSequence;
    }

    /// <summary>Whether the author signed it, with this topic, day and lifetime. Dear.</summary>
    public bool Verify()
    {
        Span<byte> message = stackalloc byte[Label.Length + GossipRecord.MaxSize];
        ReadOnlySpan<byte> signed = _record.Bytes[..^Ed25519.SignatureSize];
        Label.CopyTo(message);
        signed.CopyTo(message[Label.Length..]);
        return Ed25519.Verify(message[..(Label.Length + signed.Length)], Author,
            _record.Bytes[^Ed25519.SignatureSize..]);
    }

    /// <summary>Makes a gossip record.</summary>
    /// <param name="identity">Its author.</param>
    /// <param name="type">What it is.</param>
    /// <param name="region">Whose topic it goes to.</param>
    /// <param name="place">Which of the author's.</param>
    /// <param name="sequence">1 to <see cref="MaxSequence"/>, above all used before.</param>
    /// <param name="bornDay">Today, in days since 1970-01-01; 0 without a clock.</param>
    /// <param name="body">1 to <see cref="MaxBody"/> bytes.</param>
    /// <returns>The whole record.</returns>
    public static byte[] Create(
        LocalIdentity identity, FappRecordType type, Region region, ulong place, ulong sequence, ushort bornDay,
        ReadOnlySpan<byte> body)
    {
        ArgumentOutOfRangeException.ThrowIfZero(body.Length, nameof(body));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(body.Length, MaxBody, nameof(body));
        ArgumentOutOfRangeException.ThrowIfZero(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, MaxSequence);
        byte[] payload = new byte[Overhead + body.Length];
        payload[0] = (byte)type;
        identity.PublicKey.Span.CopyTo(payload.AsSpan(1));
        BinaryPrimitives.WriteUInt64BigEndian(payload.AsSpan(PlaceAt), place);
        BinaryPrimitives.WriteUInt64BigEndian(payload.AsSpan(SequenceAt), sequence);
        body.CopyTo(payload.AsSpan(HeadSize));
        byte[] record = new byte[GossipRecord.SizeOf(payload.Length)];
        GossipRecord.Write(record, GossipClass.Appointment, bornDay, Hours, region.Topic, payload);
        byte[] message = [.. Label, .. record.AsSpan(..^Ed25519.SignatureSize)];
        identity.Sign(message, record.AsSpan(^Ed25519.SignatureSize..));
        return record;
    }
}
