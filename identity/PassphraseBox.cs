using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// A seed under a passphrase, 69 bytes:
/// <code>
/// memoryKiB(4) passes(1) salt(16) box(32 + 16)
/// </code>
/// box is XChaCha20-Poly1305 with key and nonce from Argon2id(passphrase, salt): key(32) || nonce(24). The salt is
/// drawn afresh for each box, so no pair of key and nonce serves twice.
/// </summary>
internal static class PassphraseBox
{
    internal const int Size = Argon2Cost.Size + Argon2id.SaltSize + Ed25519.SeedSize + XChaChaPoly.TagSize;

    private const int SaltOffset = Argon2Cost.Size;
    private const int BoxOffset = SaltOffset + Argon2id.SaltSize;
    private const int MaterialSize = XChaChaPoly.KeySize + XChaChaPoly.NonceSize;

    internal static void Seal(
        ReadOnlySpan<byte> seed, ReadOnlySpan<byte> passphrase, Argon2Cost cost, ReadOnlySpan<byte> associated,
        RandomFill random, Span<byte> box)
    {
        cost.Write(box);
        random(box[SaltOffset..BoxOffset]);
        Span<byte> material = stackalloc byte[MaterialSize];
        try
        {
            Argon2id.Derive(passphrase, box[SaltOffset..BoxOffset], cost, material);
            XChaChaPoly.Seal(material[..XChaChaPoly.KeySize], material[XChaChaPoly.KeySize..], associated, seed,
                box[BoxOffset..Size]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(material);
        }
    }

    /// <summary>
    /// False if the passphrase is wrong, or the box altered, or its cost beyond what a node computes.
    /// </summary>
    internal static bool TryOpen(
        ReadOnlySpan<byte> box, ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> associated, Span<byte> seed)
    {
        if (box.Length != Size || !Argon2Cost.TryRead(box, out Argon2Cost cost))
            return false;
        Span<byte> material = stackalloc byte[MaterialSize];
        try
        {
            Argon2id.Derive(passphrase, box[SaltOffset..BoxOffset], cost, material);
            return XChaChaPoly.TryOpen(
                material[..XChaChaPoly.KeySize], material[XChaChaPoly.KeySize..], associated, box[BoxOffset..], seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(material);
        }
    }
}
