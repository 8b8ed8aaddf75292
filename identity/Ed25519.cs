using QuicProChat.Mesh.Identity.Interop;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// Ed25519 signatures (RFC 8032, section 5.1): public key 32 bytes, seed 32 bytes, signature 64 bytes.
/// Verification is libsodium's: it rejects small-order points and non-canonical encodings.
/// </summary>
public static unsafe class Ed25519
{
    /// <summary>Size of a public key in bytes.</summary>
    public const int PublicKeySize = 32;

    /// <summary>Size of a private key's seed in bytes (RFC 8032 calls it the private key).</summary>
    public const int SeedSize = 32;

    /// <summary>Size of a signature in bytes.</summary>
    public const int SignatureSize = 64;

    /// <summary>Size of the expanded secret key (seed followed by public key) in bytes.</summary>
    public const int SecretKeySize = 64;

    static Ed25519() => Sodium.EnsureInitialized();

    /// <summary>Derives the public key and the 64-byte expanded secret key of a seed.</summary>
    /// <param name="seed">32 bytes.</param>
    /// <param name="publicKey">Receives 32 bytes.</param>
    /// <param name="secretKey">Receives 64 bytes; the caller zeroes it.</param>
    public static void KeyPairFromSeed(ReadOnlySpan<byte> seed, Span<byte> publicKey, Span<byte> secretKey)
    {
        Guard.Length(seed, SeedSize, nameof(seed));
        Guard.Length(publicKey, PublicKeySize, nameof(publicKey));
        Guard.Length(secretKey, SecretKeySize, nameof(secretKey));
        fixed (byte* pk = publicKey, sk = secretKey, s = seed)
            _ = Sodium.crypto_sign_ed25519_seed_keypair(pk, sk, s);
    }

    /// <summary>Signs a message.</summary>
    /// <param name="message">Any length.</param>
    /// <param name="secretKey">64 bytes, as <see cref="KeyPairFromSeed"/> writes them.</param>
    /// <param name="signature">Receives 64 bytes.</param>
    public static void Sign(ReadOnlySpan<byte> message, ReadOnlySpan<byte> secretKey, Span<byte> signature)
    {
        Guard.Length(secretKey, SecretKeySize, nameof(secretKey));
        Guard.Length(signature, SignatureSize, nameof(signature));
        fixed (byte* sig = signature, m = message, sk = secretKey)
            _ = Sodium.crypto_sign_ed25519_detached(sig, null, m, (ulong)message.Length, sk);
    }

    /// <summary>Tells whether a signature holds; false for anything of the wrong length.</summary>
    public static bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != PublicKeySize || signature.Length != SignatureSize)
            return false;
        fixed (byte* sig = signature, m = message, pk = publicKey)
            return Sodium.crypto_sign_ed25519_verify_detached(sig, m, (ulong)message.Length, pk) == 0;
    }

    /// <summary>
    /// Tells whether bytes are a public key that somebody can hold: a canonical point of the main subgroup. Of the
    /// others, some make every signature hold.
    /// </summary>
    public static bool IsValidPublicKey(ReadOnlySpan<byte> publicKey)
    {
        Span<byte> image = stackalloc byte[X25519.PublicKeySize];
        return TryConvertPublicKeyToX25519(publicKey, image);
    }

    /// <summary>Converts a public key to its X25519 image; false if it is not a point of the main subgroup.</summary>
    public static bool TryConvertPublicKeyToX25519(ReadOnlySpan<byte> publicKey, Span<byte> x25519PublicKey)
    {
        Guard.Length(x25519PublicKey, X25519.PublicKeySize, nameof(x25519PublicKey));
        if (publicKey.Length != PublicKeySize)
            return false;
        fixed (byte* x = x25519PublicKey, pk = publicKey)
            return Sodium.crypto_sign_ed25519_pk_to_curve25519(x, pk) == 0;
    }

    /// <summary>
    /// Converts an expanded secret key to the X25519 scalar of the same identity; the caller zeroes it.
    /// </summary>
    public static void ConvertSecretKeyToX25519(ReadOnlySpan<byte> secretKey, Span<byte> x25519SecretKey)
    {
        Guard.Length(secretKey, SecretKeySize, nameof(secretKey));
        Guard.Length(x25519SecretKey, X25519.SecretKeySize, nameof(x25519SecretKey));
        fixed (byte* x = x25519SecretKey, sk = secretKey)
            _ = Sodium.crypto_sign_ed25519_sk_to_curve25519(x, sk);
    }
}
