using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>Why a sealed payload did not open; each has a counter.</summary>
public enum OpenFailure
{
    /// <summary>It opened.</summary>
    None = 0,

    /// <summary>Too short.</summary>
    Malformed,

    /// <summary>It was not sealed for this identity and envelope, or it was altered.</summary>
    NotAuthentic,

    /// <summary>The sender's key is no proper identity.</summary>
    BadSender,
}

/// <summary>An opened message. The spans point into the caller's buffer.</summary>
public readonly ref struct OpenedMessage
{
    /// <summary>The sender's address, authenticated.</summary>
    public NodeAddress Sender { get; init; }

    /// <summary>The sender's Ed25519 public key, 32 bytes.</summary>
    public ReadOnlySpan<byte> SenderPublicKey { get; init; }

    /// <summary>The content as it was sealed; at least one byte.</summary>
    public ReadOnlySpan<byte> Content { get; init; }
}

/// <summary>
/// Seals messages to other identities and opens those sealed to this one (docs/reference/protocol.md, section 4.1;
/// Noise X). Relays learn neither sender nor content. What needs two scalar multiplications per peer is remembered, so
/// sealing costs two and opening one. What the content says is the caller's business except for bit 7 of its first
/// byte, the sign bit of the sender's Ed25519 key, which is set here and read here. Safe for use by several threads at
/// once.
/// </summary>
/// <param name="identity">Ours; not disposed of by the sealer.</param>
/// <param name="random">Source of ephemeral keys.</param>
/// <param name="peers">How many peers are remembered in each direction; each takes 64 bytes of locked memory.</param>
public sealed class Sealer(
    LocalIdentity identity, RandomFill? random = null, int peers = Sealer.DefaultPeers) : IDisposable
{
    /// <summary>What sealing adds to a content, in bytes: e(32), encrypted s(48), tag(16).</summary>
    public const int Overhead = HandshakeSize + ChaChaPoly.TagSize;

    /// <summary>Size of a receipt key in bytes.</summary>
    public const int ReceiptKeySize = 32;

    // Arbitrary: more than a person writes with, little memory.
    private const int DefaultPeers = 256;

    private const byte SignBit = 0x80;
    private const int KeySize = 32;
    private const int EncryptedStaticSize = KeySize + ChaChaPoly.TagSize;
    private const int HandshakeSize = KeySize + EncryptedStaticSize;

    private readonly PeerSecrets _receivers = new(peers);
    private readonly PeerSecrets _senders = new(peers);
    private readonly EphemeralKeys _ephemerals = new(random ?? RandomSource.System, EphemeralKeys.DefaultBatch);

    /// <summary>
    /// Seals a message. False if the receiver's key is no proper Ed25519 key, which the announce check excludes.
    /// </summary>
    /// <param name="context">The envelope's immutable fields; its destination should be the receiver's address.</param>
    /// <param name="receiverKey">Ed25519 public key, 32 bytes.</param>
    /// <param name="content">The content, at least one byte; bit 7 of its first byte is ignored.</param>
    /// <param name="payload">Receives <c>content.Length + Overhead</c> bytes; must not overlap the content.</param>
    /// <param name="receiptKey">Receives 32 bytes: the second key of Noise Split(), from which a receipt is computed.
    /// Secret.</param>
    public bool TrySeal(
        in SealContext context, ReadOnlySpan<byte> receiverKey, ReadOnlySpan<byte> content, Span<byte> payload,
        Span<byte> receiptKey)
    {
        ArgumentOutOfRangeException.ThrowIfZero(content.Length, nameof(content));
        Guard.Length(payload, content.Length + Overhead, nameof(payload));
        Guard.Length(receiptKey, ReceiptKeySize, nameof(receiptKey));
        Span<byte> secrets = stackalloc byte[SealSecrets.Size];
        SealSecrets s = new(secrets);
        try
        {
            if (!TryGetReceiver(receiverKey, s.PeerKey, s.StaticStatic))
                return false;
            _ephemerals.Take(s.Ephemeral, payload[..KeySize]);
            if (!X25519.TryAgree(s.Ephemeral, s.PeerKey, s.EphemeralStatic))
                return false;

            // The content is laid out where its ciphertext goes and encrypted in place.
            Span<byte> inPlace = payload[HandshakeSize..^ChaChaPoly.TagSize];
            content.CopyTo(inPlace);
            inPlace[0] = (byte)(inPlace[0] & ~SignBit | identity.PublicKey.Span[^1] & SignBit);

            Span<byte> prologue = stackalloc byte[SealContext.PrologueSize];
            context.WritePrologue(prologue);
            OneWayNoise noise = new(s.Noise, OneWayNoise.NameOfX, prologue, s.PeerKey);
            noise.MixHash(payload[..KeySize]);
            noise.MixKey(s.EphemeralStatic);
            noise.EncryptAndHash(identity.X25519PublicKey.Span, payload[KeySize..HandshakeSize]);
            noise.MixKey(s.StaticStatic);
            noise.EncryptAndHash(inPlace, payload[HandshakeSize..]);
            noise.Split(s.Unused, receiptKey);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
        }
    }

    /// <summary>Opens a payload that was sealed to this identity.</summary>
    /// <param name="context">The immutable fields of the envelope it came in.</param>
    /// <param name="payload">The envelope's payload.</param>
    /// <param name="buffer">Receives the sender's key and the content: at least <c>payload.Length</c> bytes.</param>
    /// <param name="receiptKey">Receives 32 bytes: the second key of Noise Split(), from which a receipt is computed.
    /// Secret.</param>
    /// <param name="message">What it says.</param>
    /// <param name="failure">Why it did not open.</param>
    public bool TryOpen(
        in SealContext context, ReadOnlySpan<byte> payload, Span<byte> buffer, Span<byte> receiptKey,
        out OpenedMessage message, out OpenFailure failure)
    {
        Guard.Length(receiptKey, ReceiptKeySize, nameof(receiptKey));
        message = default;
        failure = OpenFailure.Malformed;
        if (payload.Length <= Overhead)
            return false;
        Span<byte> secrets = stackalloc byte[SealSecrets.Size];
        SealSecrets s = new(secrets);
        try
        {
            failure = OpenFailure.NotAuthentic;
            if (!identity.TryAgree(payload[..KeySize], s.EphemeralStatic))
                return false;
            Span<byte> prologue = stackalloc byte[SealContext.PrologueSize];
            context.WritePrologue(prologue);
            OneWayNoise noise = new(s.Noise, OneWayNoise.NameOfX, prologue, identity.X25519PublicKey.Span);
            noise.MixHash(payload[..KeySize]);
            noise.MixKey(s.EphemeralStatic);
            if (!noise.TryDecryptAndHash(payload[KeySize..HandshakeSize], s.PeerKey))
                return false;

            Span<byte> senderKey = buffer[..KeySize];
            bool known = _senders.TryGet(s.PeerKey, senderKey, s.StaticStatic);
            if (!known && !identity.TryAgree(s.PeerKey, s.StaticStatic))
                return false;
            noise.MixKey(s.StaticStatic);
            Span<byte> content = buffer.Slice(KeySize, payload.Length - HandshakeSize - ChaChaPoly.TagSize);
            if (!noise.TryDecryptAndHash(payload[HandshakeSize..], content))
                return false;

            failure = OpenFailure.BadSender;
            if (!TryGetSenderKey(s, known, content[0] & SignBit, senderKey))
                return false;

            noise.Split(s.Unused, receiptKey);
            failure = OpenFailure.None;
            message = new OpenedMessage
            {
                Sender = NodeAddress.Of(senderKey),
                SenderPublicKey = senderKey,
                Content = content,
            };
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
        }
    }

    /// <summary>Zeroes what it remembers.</summary>
    public void Dispose()
    {
        _receivers.Dispose();
        _senders.Dispose();
        _ephemerals.Dispose();
    }

    private bool TryGetReceiver(ReadOnlySpan<byte> receiverKey, Span<byte> x25519Key, Span<byte> shared)
    {
        Guard.Length(receiverKey, Ed25519.PublicKeySize, nameof(receiverKey));
        if (_receivers.TryGet(receiverKey, x25519Key, shared))
            return true;
        if (!Ed25519.TryConvertPublicKeyToX25519(receiverKey, x25519Key) || !identity.TryAgree(x25519Key, shared))
            return false;
        _receivers.Put(receiverKey, x25519Key, shared);
        return true;
    }

    /// <summary>
    /// Only now, after the content proved authentic, is the sender remembered: strangers cannot flush the memory for
    /// free.
    /// </summary>
    private bool TryGetSenderKey(in SealSecrets s, bool known, int sign, Span<byte> senderKey)
    {
        if (!known)
        {
            if (!Curve25519Map.TryRecover(s.PeerKey, sign != 0, senderKey))
                return false;
            _senders.Put(s.PeerKey, senderKey, s.StaticStatic);
        }

        senderKey[^1] = (byte)(senderKey[^1] & ~SignBit | sign);
        return true;
    }

    /// <summary>The secrets of one message, in one piece of memory that is zeroed at the end.</summary>
    private readonly ref struct SealSecrets(Span<byte> memory)
    {
        internal const int Size = OneWayNoise.StateSize + 5 * KeySize;

        private readonly Span<byte> _memory = memory;

        internal Span<byte> PeerKey => _memory[..KeySize];

        internal Span<byte> StaticStatic => _memory.Slice(KeySize, KeySize);

        internal Span<byte> Ephemeral => _memory.Slice(2 * KeySize, KeySize);

        internal Span<byte> EphemeralStatic => _memory.Slice(3 * KeySize, KeySize);

        internal Span<byte> Unused => _memory.Slice(4 * KeySize, KeySize);

        internal Span<byte> Noise => _memory[(5 * KeySize)..];
    }
}
