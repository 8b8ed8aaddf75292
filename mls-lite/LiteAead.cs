using System.Security.Cryptography;

namespace QuicProChat.Mesh.MlsLite;

/// <summary>
/// The two ways a group may protect its messages. Truncating Poly1305 would be our own invention, so the short tag is
/// the standard AEAD with an 8-byte tag instead: AES-CCM-16-64-128 (RFC 9053, section 4.2), the one OSCORE uses.
/// </summary>
public enum LiteCipher : byte
{
    /// <summary>ChaCha20-Poly1305 (RFC 8439): tag of 16 bytes.</summary>
    ChaCha20Poly1305 = 0,

    /// <summary>AES-CCM-16-64-128: tag of 8 bytes, key of 16, nonce of 13.</summary>
    AesCcm8 = 1,
}

internal static class LiteAead
{
    internal static int TagSize(LiteCipher cipher) => cipher == LiteCipher.AesCcm8 ? 8 : 16;

    internal static int KeySize(LiteCipher cipher) => cipher == LiteCipher.AesCcm8 ? 16 : 32;

    internal static int NonceSize(LiteCipher cipher) => cipher == LiteCipher.AesCcm8 ? 13 : 12;

    /// <summary>Writes ciphertext and tag: as many bytes as the plaintext and the tag together.</summary>
    internal static void Seal(
        LiteCipher cipher, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext,
        ReadOnlySpan<byte> associated, Span<byte> output)
    {
        Span<byte> ciphertext = output[..plaintext.Length];
        Span<byte> tag = output.Slice(plaintext.Length, TagSize(cipher));
        if (cipher == LiteCipher.AesCcm8)
        {
            using var ccm = new AesCcm(key);
            ccm.Encrypt(nonce, plaintext, ciphertext, tag, associated);
        }
        else
        {
            using var chacha = new ChaCha20Poly1305(key);
            chacha.Encrypt(nonce, plaintext, ciphertext, tag, associated);
        }
    }

    /// <summary>Opens ciphertext and tag into <paramref name="plaintext"/>; false if the tag does not hold.</summary>
    internal static bool TryOpen(
        LiteCipher cipher, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> input,
        ReadOnlySpan<byte> associated, Span<byte> plaintext)
    {
        ReadOnlySpan<byte> ciphertext = input[..plaintext.Length];
        ReadOnlySpan<byte> tag = input[plaintext.Length..];
        try
        {
            if (cipher == LiteCipher.AesCcm8)
            {
                using var ccm = new AesCcm(key);
                ccm.Decrypt(nonce, ciphertext, tag, plaintext, associated);
            }
            else
            {
                using var chacha = new ChaCha20Poly1305(key);
                chacha.Decrypt(nonce, ciphertext, tag, plaintext, associated);
            }

            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }
}
