using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

// docs/reference/gossip.md, "KeyPackages": the payload of a gossip record of class key
//
//  author key 32 | suite 2 | sequence 8 | KeyPackage (MLSMessage) | signature 64
//
// signature: Ed25519 of the author over "qpc-mesh/1 key record", the gossip record's header(20) and all before the
// signature
//
/// <summary>
/// A view of a record with the KeyPackage of last resort of a node, as it came: anybody may have made it until
/// <see cref="Verify"/> says so. Whoever carries it can serve it while its owner is away.
/// </summary>
public readonly ref struct KeyRecord
{
    /// <summary>Bytes around the KeyPackage.</summary>
    public const int Overhead = HeadSize + Ed25519.SignatureSize;

    /// <summary>Largest KeyPackage in bytes: what a gossip record holds.</summary>
    public const int MaxKeyPackage = GossipRecord.MaxPayload - Overhead;

    /// <summary>Hours that a record is worth keeping: a week, the longest that gossip keeps anything.</summary>
    public const byte Hours = GossipRecord.MaxHours;

    /// <summary>Highest sequence: one bit is left, so that a successor always fits.</summary>
    public const ulong MaxSequence = long.MaxValue;

    private const int SuiteAt = Ed25519.PublicKeySize;
    private const int SequenceAt = SuiteAt + sizeof(ushort);
    private const int HeadSize = SequenceAt + sizeof(ulong);

    private readonly GossipRecord _record;

    private KeyRecord(GossipRecord record) => _record = record;

    private static ReadOnlySpan<byte> Label => "qpc-mesh/1 key record"u8;

    /// <summary>The Ed25519 public key of whoever claims to have made it, 32 bytes.</summary>
    public ReadOnlySpan<byte> Author => _record.Payload[..Ed25519.PublicKeySize];

    /// <summary>The cipher suite that the KeyPackage is for.</summary>
    public CipherSuite Suite => (CipherSuite)BinaryPrimitives.ReadUInt16BigEndian(_record.Payload[SuiteAt..]);

    /// <summary>The newest of an author and suite replaces earlier ones.</summary>
    public ulong Sequence => BinaryPrimitives.ReadUInt64BigEndian(_record.Payload[SequenceAt..]);

    /// <summary>An MLSMessage; nothing of it is checked.</summary>
    public ReadOnlySpan<byte> KeyPackage => _record.Payload[HeadSize..^Ed25519.SignatureSize];

    /// <summary>The topic of an owner's records: SHA-256 of a label and its address, the first 16 bytes.</summary>
    public static GossipTopic TopicOf(in NodeAddress owner)
    {
        ReadOnlySpan<byte> label = "qpc-mesh/1 keys"u8;
        Span<byte> message = stackalloc byte[label.Length + NodeAddress.Size];
        label.CopyTo(message);
        owner.Write(message[label.Length..]);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(message, digest);
        return GossipTopic.Read(digest);
    }

    /// <summary>
    /// Reads a record; false for another class, a wrong size, a sequence that leaves no successor, or a topic that is
    /// not its author's.
    /// </summary>
    public static bool TryRead(in GossipRecord record, out KeyRecord read)
    {
        read = default;
        if (record.Class != GossipClass.Key || record.Payload.Length <= Overhead)
            return false;
        read = new KeyRecord(record);
        return read.Sequence is > 0 and <= MaxSequence && record.Topic == TopicOf(NodeAddress.Of(read.Author));
    }

    /// <summary>Whether the author signed it, with this topic, day and lifetime. Dear.</summary>
    public bool Verify()
    {
        Span<byte> message = stackalloc byte[Label.Length + GossipRecord.MaxSize];
        ReadOnlySpan<byte> signed = _record.Bytes[..^Ed25519.SignatureSize];
        Label.CopyTo(message);
        signed.CopyTo(message[Label.Length..]);
        return Ed25519.Verify(
            message[..(Label.Length + signed.Length)], Author, _record.Bytes[^Ed25519.SignatureSize..]);
    }

    /// <summary>Makes a gossip record.</summary>
    /// <param name="identity">Its author.</param>
    /// <param name="suite">The cipher suite.</param>
    /// <param name="sequence">1 to <see cref="MaxSequence"/>, above all used before.</param>
    /// <param name="bornDay">Today, in days since 1970-01-01; 0 without a clock.</param>
    /// <param name="keyPackage">1 to <see cref="MaxKeyPackage"/> bytes.</param>
    /// <returns>The whole record.</returns>
    public static byte[] Create(
        LocalIdentity identity, CipherSuite suite, ulong sequence, ushort bornDay, ReadOnlySpan<byte> keyPackage)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentOutOfRangeException.ThrowIfZero(keyPackage.Length, nameof(keyPackage));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keyPackage.Length, MaxKeyPackage, nameof(keyPackage));
        ArgumentOutOfRangeException.ThrowIfZero(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, MaxSequence);
        byte[] payload = new byte[Overhead + keyPackage.Length];
        identity.PublicKey.Span.CopyTo(payload);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(SuiteAt), (ushort)suite);
        BinaryPrimitives.WriteUInt64BigEndian(payload.AsSpan(SequenceAt), sequence);
        keyPackage.CopyTo(payload.AsSpan(HeadSize));
        byte[] record = new byte[GossipRecord.SizeOf(payload.Length)];
        GossipRecord.Write(record, GossipClass.Key, bornDay, Hours, TopicOf(identity.Address), payload);
        byte[] message = [.. Label, .. record.AsSpan(..^Ed25519.SignatureSize)];
        identity.Sign(message, record.AsSpan(^Ed25519.SignatureSize..));
        return record;
    }
}
