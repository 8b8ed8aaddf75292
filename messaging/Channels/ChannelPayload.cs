using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Channels;

// docs/reference/channels.md, section 3; the payload of a gossip record of class 1:
//
//  period(2) nonce(12) ChaCha20-Poly1305( flags(1) sender(32 or 8) sequence(4) content(1..) signature(64) ) tag(16)
//
//  flags: 0000000 short-sender(1)     associated data: header of the record, period

/// <summary>A message of a channel that opened, and whose signature was not checked yet.</summary>
internal readonly ref struct ChannelPayload
{
    private const int PeriodSize = sizeof(ushort);
    private const int HeadSize = PeriodSize + ChaChaPoly.NonceSize;
    private const int SequenceSize = sizeof(uint);
    private const byte ShortSender = 0x01;

    /// <summary>Least bytes of a payload: a short sender, and a content of one byte.</summary>
    public const int MinSize = HeadSize + 1 + Abbreviation.Size + SequenceSize + 1 + Ed25519.SignatureSize
        + ChaChaPoly.TagSize;

    /// <summary>Most bytes of a content.</summary>
    public const int MaxContent = GossipRecord.MaxPayload - HeadSize - 1 - Ed25519.PublicKeySize - SequenceSize
        - Ed25519.SignatureSize - ChaChaPoly.TagSize;

    private readonly ReadOnlySpan<byte> _plain;

    private ChannelPayload(ushort period, ReadOnlySpan<byte> plain)
    {
        Period = period;
        _plain = plain;
    }

    /// <summary>The day by which its topic was made.</summary>
    public ushort Period { get; }

    /// <summary>The sender's public key, 32 bytes, or the first 8 bytes of its address.</summary>
    public ReadOnlySpan<byte> Sender => _plain.Slice(1, SenderSize(_plain[0]));

    /// <summary>The sender is named by 8 bytes.</summary>
    public bool IsShort => (_plain[0] & ShortSender) != 0;

    /// <summary>The number of the message, of this sender in this channel.</summary>
    public uint Sequence => BinaryPrimitives.ReadUInt32BigEndian(_plain[(1 + Sender.Length)..]);

    /// <summary>What it says: a type and its bytes.</summary>
    public ReadOnlySpan<byte> Content => _plain[(1 + Sender.Length + SequenceSize)..^Ed25519.SignatureSize];

    private ReadOnlySpan<byte> Signature => _plain[^Ed25519.SignatureSize..];

    /// <summary>The period of a payload, which stands before what is encrypted.</summary>
    public static ushort PeriodOf(ReadOnlySpan<byte> payload) => BinaryPrimitives.ReadUInt16BigEndian(payload);

    /// <summary>Bytes of a payload with a content of so many.</summary>
    public static int SizeOf(int content, bool isShort) =>
        HeadSize + 1 + SenderSize(isShort ? ShortSender : (byte)0) + SequenceSize + content + Ed25519.SignatureSize
            + ChaChaPoly.TagSize;

    /// <summary>Opens a record; false if it was not made with this key, or is not what it should be.</summary>
    /// <param name="key">The channel's.</param>
    /// <param name="record">A record of at least <see cref="MinSize"/> bytes of payload.</param>
    /// <param name="buffer">Room for the payload.</param>
    /// <param name="opened">A view into the buffer.</param>
    public static bool TryOpen(ChannelKey key, in GossipRecord record, Span<byte> buffer, out ChannelPayload opened)
    {
        opened = default;
        ReadOnlySpan<byte> payload = record.Payload;
        ReadOnlySpan<byte> cipher = payload[HeadSize..];
        Span<byte> plain = buffer[..(cipher.Length - ChaChaPoly.TagSize)];
        // The header of the record and the period lie before the nonce, one behind the other.
        ReadOnlySpan<byte> associated = record.Bytes[..(GossipRecord.HeaderSize + PeriodSize)];
        if (!ChaChaPoly.TryOpen(key.MessageKey, payload.Slice(PeriodSize, ChaChaPoly.NonceSize), associated,
            cipher, plain)
            || (plain[0] & ~ShortSender) != 0
            || plain.Length <= 1 + SenderSize(plain[0]) + SequenceSize + Ed25519.SignatureSize)
            return false;
        opened = new ChannelPayload(PeriodOf(payload), plain);
        return true;
    }

    /// <summary>Whether the sender signed it: for this channel, period and sequence.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="senderKey">The sender's public key.</param>
    public bool Verify(ConversationId channel, ReadOnlySpan<byte> senderKey) =>
        Ed25519.Verify(ToSign(channel, Period, senderKey, Sequence, Content), senderKey, Signature);

    /// <summary>Makes a record.</summary>
    public static byte[] Seal(
        ChannelKey key, LocalIdentity sender, bool isShort, ushort period, ushort bornDay, byte hours, uint sequence,
        ReadOnlySpan<byte> content)
    {
        byte[] payload = new byte[SizeOf(content.Length, isShort)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, period);
        byte[] record = new byte[GossipRecord.SizeOf(payload.Length)];
        GossipRecord.Write(record, GossipClass.Channel, bornDay, hours, key.TopicOf(period), payload);
        Span<byte> sealedPart = record.AsSpan(GossipRecord.HeaderSize + HeadSize);
        Span<byte> plain = sealedPart[..^ChaChaPoly.TagSize];
        plain[0] = isShort ? ShortSender : (byte)0;
        int senderSize = SenderSize(plain[0]);
        Span<byte> address = stackalloc byte[NodeAddress.Size];
        sender.Address.Write(address);
        (isShort ? address[..senderSize] : sender.PublicKey.Span).CopyTo(plain[1..]);
        BinaryPrimitives.WriteUInt32BigEndian(plain[(1 + senderSize)..], sequence);
        content.CopyTo(plain[(1 + senderSize + SequenceSize)..]);
        sender.Sign(ToSign(key.Id, period, sender.PublicKey.Span, sequence, content), plain[^Ed25519.SignatureSize..]);
        Span<byte> nonce = record.AsSpan(GossipRecord.HeaderSize + PeriodSize, ChaChaPoly.NonceSize);
        // A nonce of 96 random bits would do for 2^32 messages; one that follows from all that is said also survives a
        // restored backup: it repeats only where the message does.
        Span<byte> mac = stackalloc byte[HmacSha256.MacSize];
        HmacSha256.Compute(key.NonceKey, [.. record.AsSpan(..(GossipRecord.HeaderSize + PeriodSize)), .. plain], mac);
        mac[..nonce.Length].CopyTo(nonce);
        ChaChaPoly.Seal(key.MessageKey, nonce, record.AsSpan(..(GossipRecord.HeaderSize + PeriodSize)), plain,
            sealedPart);
        return record;
    }

    /// <summary>The id of a message: the same for all readers, whatever record brought it.</summary>
    public static EnvelopeId IdOf(ConversationId channel, in NodeAddress sender, uint sequence)
    {
        Span<byte> bytes = stackalloc byte[ConversationId.MaxSize + NodeAddress.Size + SequenceSize],
            id = stackalloc byte[EnvelopeId.Size];
        channel.Write(bytes);
        sender.Write(bytes[ConversationId.MaxSize..]);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[^SequenceSize..], sequence);
        Blake2b.Hash("qpc-mesh/1 channel message id"u8, bytes, id);
        return EnvelopeId.Read(id);
    }

    private static int SenderSize(byte flags) => (flags & ShortSender) != 0 ? Abbreviation.Size : Ed25519.PublicKeySize;

    private static byte[] ToSign(
        ConversationId channel, ushort period, ReadOnlySpan<byte> senderKey, uint sequence, ReadOnlySpan<byte> content)
    {
        ReadOnlySpan<byte> context = "qpc-mesh/1 channel signature"u8;
        byte[] bytes = new byte[context.Length + ConversationId.MaxSize + PeriodSize + Ed25519.PublicKeySize
            + SequenceSize + content.Length];
        Span<byte> at = bytes;
        context.CopyTo(at);
        channel.Write(at[context.Length..]);
        at = at[(context.Length + ConversationId.MaxSize)..];
        BinaryPrimitives.WriteUInt16BigEndian(at, period);
        senderKey.CopyTo(at[PeriodSize..]);
        at = at[(PeriodSize + Ed25519.PublicKeySize)..];
        BinaryPrimitives.WriteUInt32BigEndian(at, sequence);
        content.CopyTo(at[SequenceSize..]);
        return bytes;
    }
}
