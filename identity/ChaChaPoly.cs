using QuicProChat.Mesh.Identity.Interop;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// ChaCha20-Poly1305 (RFC 8439, section 2.8): key 32 bytes, nonce 12 bytes, tag 16 bytes behind the ciphertext.
/// </summary>
public static unsafe class ChaChaPoly
{
    /// <summary>Size of a key in bytes.</summary>
    public const int KeySize = Aead.KeySize;

    /// <summary>Size of a nonce in bytes; never used twice under one key.</summary>
    public const int NonceSize = 12;

    /// <summary>Size of the tag in bytes, appended to the ciphertext.</summary>
    public const int TagSize = Aead.TagSize;

    static ChaChaPoly() => Sodium.EnsureInitialized();

    /// <summary>
    /// Encrypts; <paramref name="cipher"/> receives <c>message.Length + 16</c> bytes and may overlap the message at the
    /// same start.
    /// </summary>
    public static void Seal(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> message,
        Span<byte> cipher) =>
        Aead.Seal(&Sodium.crypto_aead_chacha20poly1305_ietf_encrypt, NonceSize, key, nonce, associated,
            message, cipher);

    /// <summary>Decrypts; false (and nothing usable in <paramref name="message"/>) if the tag does not hold.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="nonce">12 bytes.</param>
    /// <param name="associated">What was authenticated with it.</param>
    /// <param name="cipher">Ciphertext and tag; anything shorter than a tag is refused.</param>
    /// <param name="message">Receives <c>cipher.Length - 16</c> bytes.</param>
    public static bool TryOpen(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> cipher,
        Span<byte> message) =>
        Aead.TryOpen(&Sodium.crypto_aead_chacha20poly1305_ietf_decrypt, NonceSize, key, nonce, associated,
            cipher, message);
}
