using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>
/// One cipher suite: its parameters, its primitives, and the labelled functions of RFC 9420, sections 5.1, 5.2 and 8.
/// </summary>
internal sealed partial class Suite
{
    private static readonly Suite?[] All =
    [
        null,
        new(CipherSuite.X25519Aes128GcmSha256Ed25519, X25519Kem.Instance, HashKind.Sha256, AeadKind.Aes128Gcm,
            Ed25519Scheme.Instance),
        new(CipherSuite.P256Aes128GcmSha256P256, new NistKem(NistCurve.P256), HashKind.Sha256, AeadKind.Aes128Gcm,
            new EcdsaScheme(NistCurve.P256)),
        new(CipherSuite.X25519ChaCha20Poly1305Sha256Ed25519, X25519Kem.Instance, HashKind.Sha256,
            AeadKind.ChaCha20Poly1305, Ed25519Scheme.Instance),
        null,
        new(CipherSuite.P521Aes256GcmSha512P521, new NistKem(NistCurve.P521), HashKind.Sha512, AeadKind.Aes256Gcm,
            new EcdsaScheme(NistCurve.P521)),
        null,
        new(CipherSuite.P384Aes256GcmSha384P384, new NistKem(NistCurve.P384), HashKind.Sha384, AeadKind.Aes256Gcm,
            new EcdsaScheme(NistCurve.P384)),
    ];

    private static readonly Suite PostQuantum = new(
        CipherSuite.MlKem768X25519Aes256GcmSha384Ed25519, XWingKem.Instance, HashKind.Sha384, AeadKind.Aes256Gcm,
        Ed25519Scheme.Instance);

    private Suite(CipherSuite id, Kem kem, HashKind hash, AeadKind aead, SignatureScheme signature)
    {
        Id = id;
        Kem = kem;
        Hash = hash;
        HashSize = Hashing.Size(hash);
        Aead = aead;
        KeySize = AeadCipher.KeySize(aead);
        Signature = signature;
        Zeros = new byte[HashSize];
        Hpke = new Hpke(kem, hash, aead);
    }

    internal CipherSuite Id { get; }

    internal Kem Kem { get; }

    internal HashKind Hash { get; }

    /// <summary>KDF.Nh: the size of a digest and of every secret of the key schedule.</summary>
    internal int HashSize { get; }

    internal AeadKind Aead { get; }

    /// <summary>AEAD.Nk.</summary>
    internal int KeySize { get; }

    internal SignatureScheme Signature { get; }

    internal Hpke Hpke { get; }

    /// <summary>A secret of KDF.Nh zero bytes (section 8).</summary>
    internal byte[] Zeros { get; }

    /// <summary>Finds a suite; null if this library does not implement it.</summary>
    internal static Suite? Find(CipherSuite id) => (ushort)id < All.Length ? All[(ushort)id]
        : id == PostQuantum.Id ? PostQuantum : null;

    /// <summary>The suite of a value that the application chose.</summary>
    /// <exception cref="ArgumentException">The suite is not implemented.</exception>
    internal static Suite Require(CipherSuite id) =>
        Find(id) ?? throw new ArgumentException($"Cipher suite {(ushort)id} is not implemented.", nameof(id));

    internal byte[] HashOf(ReadOnlySpan<byte> data)
    {
        byte[] digest = new byte[HashSize];
        Hashing.Hash(Hash, data, digest);
        return digest;
    }

    internal byte[] Mac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data)
    {
        byte[] mac = new byte[HashSize];
        Hashing.Hmac(Hash, key, data, mac);
        return mac;
    }

    /// <summary>Compares a tag in constant time and in its full length.</summary>
    internal bool VerifyMac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> tag)
    {
        Span<byte> mac = stackalloc byte[Hashing.MaxSize];
        mac = mac[..HashSize];
        Hashing.Hmac(Hash, key, data, mac);
        return tag.Length == HashSize && CryptographicOperations.FixedTimeEquals(mac, tag);
    }

    /// <summary>KDF.Extract (RFC 5869, section 2.2).</summary>
    internal byte[] Extract(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> ikm) => Mac(salt, ikm);
}
