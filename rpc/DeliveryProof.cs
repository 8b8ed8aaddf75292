using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Rpc;

/// <summary>
/// A server's signed word that it stored a message (ours), 192 bytes:
/// <code>
/// seq(8) recipient(32) SHA-256(channelId)(32) messageId(16) SHA-256(payload)(32) timeMs(8) signature(64)
/// </code>
/// The signature is Ed25519 over <c>"qpc-dp1"</c> and the fields before it.
/// </summary>
public readonly record struct DeliveryProof
{
    /// <summary>Size of a proof in bytes.</summary>
    public const int Size = FieldsSize + Ed25519.SignatureSize;

    private const int RecipientOffset = 8, ChannelOffset = 40, MessageOffset = 72, PayloadOffset = 88, TimeOffset = 120;
    private const int FieldsSize = 128;

    private static ReadOnlySpan<byte> Label => "qpc-dp1"u8;

    /// <summary>The number that the message has in its inbox.</summary>
    public ulong Sequence { get; private init; }

    /// <summary>When the server took it, by the server's clock, Unix milliseconds.</summary>
    public ulong TimeMs { get; private init; }

    /// <summary>Makes a proof.</summary>
    /// <param name="server">The server's key.</param>
    /// <param name="request">What was stored; its fields have been checked.</param>
    /// <param name="sequence">Its number.</param>
    /// <param name="timeMs">When it was stored.</param>
    public static byte[] Sign(LocalIdentity server, V1.EnqueueRequest request, ulong sequence, ulong timeMs)
    {
        Span<byte> signed = stackalloc byte[Label.Length + FieldsSize];
        Label.CopyTo(signed);
        WriteFields(request, sequence, timeMs, signed[Label.Length..]);
        byte[] proof = new byte[Size];
        signed[Label.Length..].CopyTo(proof);
        server.Sign(signed, proof.AsSpan(FieldsSize));
        return proof;
    }

    /// <summary>Tells whether a proof is this server's, and for this message.</summary>
    /// <param name="proof">What the server sent.</param>
    /// <param name="serverKey">The server's Ed25519 key, pinned.</param>
    /// <param name="request">What was sent to it.</param>
    /// <param name="verified">What the proof says.</param>
    public static bool TryVerify(
        ReadOnlySpan<byte> proof, ReadOnlySpan<byte> serverKey, V1.EnqueueRequest request, out DeliveryProof verified)
    {
        verified = default;
        if (proof.Length != Size)
            return false;
        ulong sequence = BinaryPrimitives.ReadUInt64BigEndian(proof),
            time = BinaryPrimitives.ReadUInt64BigEndian(proof[TimeOffset..]);
        Span<byte> signed = stackalloc byte[Label.Length + FieldsSize];
        Label.CopyTo(signed);
        WriteFields(request, sequence, time, signed[Label.Length..]);
        if (!signed[Label.Length..].SequenceEqual(proof[..FieldsSize])
            || !Ed25519.Verify(signed, serverKey, proof[FieldsSize..]))
            return false;
        verified = new DeliveryProof { Sequence = sequence, TimeMs = time };
        return true;
    }

    private static void WriteFields(V1.EnqueueRequest request, ulong sequence, ulong timeMs, Span<byte> fields)
    {
        fields.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(fields, sequence);
        Copy(request.RecipientKey.Span, fields[RecipientOffset..ChannelOffset]);
        SHA256.HashData(request.ChannelId.Span, fields[ChannelOffset..]);
        Copy(request.MessageId.Span, fields[MessageOffset..PayloadOffset]);
        SHA256.HashData(request.Payload.Span, fields[PayloadOffset..]);
        BinaryPrimitives.WriteUInt64BigEndian(fields[TimeOffset..], timeMs);
    }

    // A field of another size belongs to no message that a server takes.
    private static void Copy(ReadOnlySpan<byte> field, Span<byte> destination)
    {
        if (field.Length == destination.Length)
            field.CopyTo(destination);
    }
}
