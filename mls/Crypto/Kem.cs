using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>A key encapsulation mechanism of HPKE (RFC 9180, section 4), base mode only.</summary>
internal abstract class Kem
{
    /// <summary>The longest shared secret (Nsecret), in bytes: of the DHKEM over P-521.</summary>
    internal const int MaxSharedSecretSize = Hashing.MaxSize;

    /// <summary>The KEM's number (RFC 9180, section 7.1).</summary>
    internal abstract ushort Id { get; }

    /// <summary>Nsecret: bytes of the shared secret.</summary>
    internal abstract int SharedSecretSize { get; }

    /// <summary>Npk: bytes of a public key.</summary>
    internal abstract int PublicKeySize { get; }

    /// <summary>Nsk: bytes of a private key.</summary>
    internal abstract int PrivateKeySize { get; }

    /// <summary>Nenc: bytes of an encapsulated key.</summary>
    internal abstract int OutputSize { get; }

    /// <summary>DeriveKeyPair (RFC 9180, section 7.1.3); the caller zeroes the private key.</summary>
    internal abstract HpkeKeyPair DeriveKeyPair(ReadOnlySpan<byte> ikm);

    /// <summary>A fresh key pair.</summary>
    internal abstract HpkeKeyPair Generate(RandomFill random);

    /// <summary>The public key of a private key; false if the private key is no valid one.</summary>
    internal abstract bool TryGetPublicKey(ReadOnlySpan<byte> privateKey, Span<byte> publicKey);

    /// <summary>Whether something can be encapsulated to a public key (RFC 9180, section 7.1.4).</summary>
    internal abstract bool IsValidPublicKey(ReadOnlySpan<byte> publicKey);

    /// <summary>Encap; false for an invalid public key. The caller zeroes the shared secret.</summary>
    internal abstract bool TryEncapsulate(
        ReadOnlySpan<byte> publicKey, RandomFill random, Span<byte> shared, out byte[] kemOutput);

    /// <summary>Decap; false if the encapsulated key is none. The caller zeroes the shared secret.</summary>
    internal abstract bool TryDecapsulate(
        ReadOnlySpan<byte> kemOutput, ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, Span<byte> shared);
}
