using QuicProChat.Mesh.Identity.Interop;

namespace QuicProChat.Mesh.Identity;

/// <summary>XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, section 2): key 32 bytes, nonce 24 bytes, tag 16 bytes behind the ciphertext.</summary>
public static unsafe class XChaChaPoly
{
    /// <summary>Size of a key in bytes.</summary>
    public const int KeySize = 32;

    /// <summary>Size of a nonce in bytes; long enough to be drawn at random.</summary>
    public const int NonceSize = 24;

    /// <summary>Size of the tag in bytes, appended to the ciphertext.</summary>
    public const int TagSize = 16;

    static XChaChaPoly() => Sodium.EnsureInitialized();

    /// <summary>Encrypts; <paramref name="cipher"/> receives <c>message.Length + 16</c> bytes and may overlap the message at the same start.</summary>
    public static void Seal(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> message,
        Span<byte> cipher)
    {
        Guard.Length(key, KeySize, nameof(key));
        Guard.Length(nonce, NonceSize, nameof(nonce));
        Guard.Length(cipher, message.Length + TagSize, nameof(cipher));
        fixed (byte* c = cipher, m = message, a = associated, n = nonce, k = key)
        {
            _ = Sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
                c, null, m, (ulong)message.Length, a, (ulong)associated.Length, null, n, k);
        }
    }

    /// <summary>Decrypts; false (and nothing usable in <paramref name="message"/>) if the tag does not hold.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="nonce">24 bytes.</param>
    /// <param name="associated">What was authenticated with it.</param>
    /// <param name="cipher">Ciphertext and tag; anything shorter than a tag is refused.</param>
    /// <param name="message">Receives <c>cipher.Length - 16</c> bytes.</param>
    public static bool TryOpen(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> cipher,
        Span<byte> message)
    {
        Guard.Length(key, KeySize, nameof(key));
        Guard.Length(nonce, NonceSize, nameof(nonce));
        if (cipher.Length < TagSize)
            return false;
        Guard.Length(message, cipher.Length - TagSize, nameof(message));
        fixed (byte* c = cipher, m = message, a = associated, n = nonce, k = key)
        {
            return Sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
                m, null, null, c, (ulong)cipher.Length, a, (ulong)associated.Length, n, k) == 0;
        }
    }
}
