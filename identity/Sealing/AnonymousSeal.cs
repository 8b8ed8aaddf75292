using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// Seals without a sender: Noise_N_25519_ChaChaPoly_SHA256 (<see cref="OneWayNoise"/>). Only the receiver can open it,
/// and nobody learns who made it; what it has to prove, its content proves.
/// </summary>
public static class AnonymousSeal
{
    /// <summary>What sealing adds to a content, in bytes: e(32), tag(16).</summary>
    public const int Overhead = X25519.PublicKeySize + ChaChaPoly.TagSize;

    /// <summary>
    /// Size in bytes of the handshake hash, which names the message, and of the secret that both sides keep.
    /// </summary>
    public const int KeySize = 32;

    /// <summary>
    /// Draws an ephemeral key; the caller gives its public half to what it wants to bind to the message, and zeroes the
    /// secret.
    /// </summary>
    public static void Draw(RandomFill random, Span<byte> secretKey, Span<byte> publicKey)
    {
        random(secretKey);
        X25519.PublicKey(secretKey, publicKey);
    }

    /// <summary>Seals; false if the receiver's key is of small order.</summary>
    /// <param name="prologue">What both sides know of the context.</param>
    /// <param name="receiverKey">X25519 public key, 32 bytes.</param>
    /// <param name="ephemeral">The secret of <see cref="Draw"/>, 32 bytes; used once.</param>
    /// <param name="content">Any length.</param>
    /// <param name="sealed">Receives <c>content.Length + Overhead</c> bytes; must not overlap the content.</param>
    /// <param name="hash">Receives the handshake hash, 32 bytes.</param>
    /// <param name="secret">Receives the second key of Split(), 32 bytes, which only both sides have. The caller zeroes
    /// it.</param>
    public static bool TrySeal(
        ReadOnlySpan<byte> prologue, ReadOnlySpan<byte> receiverKey, ReadOnlySpan<byte> ephemeral,
        ReadOnlySpan<byte> content,
        Span<byte> @sealed, Span<byte> hash, Span<byte> secret)
    {
        Guard.Length(receiverKey, X25519.PublicKeySize, nameof(receiverKey));
        Guard.Length(@sealed, content.Length + Overhead, nameof(@sealed));
        Span<byte> memory = stackalloc byte[OneWayNoise.StateSize + KeySize];
        try
        {
            Span<byte> shared = memory[OneWayNoise.StateSize..];
            if (!X25519.TryAgree(ephemeral, receiverKey, shared))
                return false;
            X25519.PublicKey(ephemeral, @sealed[..KeySize]);
            OneWayNoise noise = new(memory[..OneWayNoise.StateSize], OneWayNoise.NameOfN, prologue, receiverKey);
            noise.MixHash(@sealed[..KeySize]);
            noise.MixKey(shared);
            noise.EncryptAndHash(content, @sealed[KeySize..]);
            Finish(noise, shared, hash, secret);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(memory);
        }
    }

    /// <summary>Opens; false if it was not sealed to this key with this prologue, or was altered.</summary>
    /// <param name="prologue">What both sides know of the context.</param>
    /// <param name="receiverKey">Our X25519 public key, 32 bytes.</param>
    /// <param name="agree">Agrees with the secret that belongs to it.</param>
    /// <param name="sealed">Any bytes.</param>
    /// <param name="content">Receives <c>sealed.Length - Overhead</c> bytes.</param>
    /// <param name="hash">Receives the handshake hash, 32 bytes.</param>
    /// <param name="secret">Receives the second key of Split(), 32 bytes. The caller zeroes it.</param>
    public static bool TryOpen(
        ReadOnlySpan<byte> prologue, ReadOnlySpan<byte> receiverKey, KeyAgreement agree, ReadOnlySpan<byte> @sealed,
        Span<byte> content,
        Span<byte> hash, Span<byte> secret)
    {
        Guard.Length(receiverKey, X25519.PublicKeySize, nameof(receiverKey));
        if (@sealed.Length < Overhead)
            return false;
        Guard.Length(content, @sealed.Length - Overhead, nameof(content));
        Span<byte> memory = stackalloc byte[OneWayNoise.StateSize + KeySize];
        try
        {
            Span<byte> shared = memory[OneWayNoise.StateSize..];
            if (!agree(@sealed[..KeySize], shared))
                return false;
            OneWayNoise noise = new(memory[..OneWayNoise.StateSize], OneWayNoise.NameOfN, prologue, receiverKey);
            noise.MixHash(@sealed[..KeySize]);
            noise.MixKey(shared);
            if (!noise.TryDecryptAndHash(@sealed[KeySize..], content))
                return false;
            Finish(noise, shared, hash, secret);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(memory);
        }
    }

    private static void Finish(in OneWayNoise noise, Span<byte> unused, Span<byte> hash, Span<byte> secret)
    {
        noise.Hash.CopyTo(hash);
        noise.Split(unused, secret);
    }
}
