using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>The AEADs of the cipher suites (RFC 9180, section 7.3); nonces of 12 bytes and tags of 16.</summary>
internal enum AeadKind : ushort
{
    Aes128Gcm = 1,
    Aes256Gcm = 2,
    ChaCha20Poly1305 = 3,
}

/// <summary>One-shot authenticated encryption; the tag follows the ciphertext (RFC 5116).</summary>
internal static class AeadCipher
{
    internal const int NonceSize = 12;
    internal const int TagSize = 16;

    internal static int KeySize(AeadKind kind) => kind == AeadKind.Aes128Gcm ? 16 : 32;

    /// <summary>Encrypts; <paramref name="output"/> is <see cref="TagSize"/> longer than the plaintext.</summary>
    internal static void Seal(
        AeadKind kind, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> aad,
        ReadOnlySpan<byte> plaintext, Span<byte> output)
    {
        Span<byte> tag = output[plaintext.Length..];
        Span<byte> ciphertext = output[..plaintext.Length];
        if (kind == AeadKind.ChaCha20Poly1305)
        {
            using ChaCha20Poly1305 cipher = new(key);
            cipher.Encrypt(nonce, plaintext, ciphertext, tag, aad);
        }
        else
        {
            using AesGcm cipher = new(key, TagSize);
            cipher.Encrypt(nonce, plaintext, ciphertext, tag, aad);
        }
    }

    /// <summary>Decrypts; false, and no plaintext, if the tag does not hold.</summary>
    internal static bool TryOpen(
        AeadKind kind, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> aad,
        ReadOnlySpan<byte> input, Span<byte> plaintext)
    {
        if (input.Length < TagSize)
            return false;
        ReadOnlySpan<byte> ciphertext = input[..^TagSize];
        ReadOnlySpan<byte> tag = input[^TagSize..];
        try
        {
            if (kind == AeadKind.ChaCha20Poly1305)
            {
                using ChaCha20Poly1305 cipher = new(key);
                cipher.Decrypt(nonce, ciphertext, tag, plaintext, aad);
            }
            else
            {
                using AesGcm cipher = new(key, TagSize);
                cipher.Decrypt(nonce, ciphertext, tag, plaintext, aad);
            }
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            // The framework has no other way to tell of a forged tag.
            return false;
        }
    }
}
