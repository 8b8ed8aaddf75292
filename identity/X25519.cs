using QuicProChat.Mesh.Identity.Interop;

namespace QuicProChat.Mesh.Identity;

/// <summary>X25519 key agreement (RFC 7748, section 5): secret, public and shared values of 32 bytes.</summary>
public static unsafe class X25519
{
    /// <summary>Size of a public key in bytes.</summary>
    public const int PublicKeySize = 32;

    /// <summary>Size of a secret scalar in bytes.</summary>
    public const int SecretKeySize = 32;

    /// <summary>Size of a shared secret in bytes.</summary>
    public const int SharedSecretSize = 32;

    static X25519() => Sodium.EnsureInitialized();

    // The u-coordinates of order 1, 2, 4 and 8 on the curve and on its twist, little-endian, and 2^255 - 19 and
    // 2^255 - 18, which are 0 and 1 once more. With any scalar each of them agrees on zero.
    private static readonly byte[][] SmallOrderPoints =
    [
        Convert.FromHexString("0000000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("0100000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        Convert.FromHexString("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
        Convert.FromHexString("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ];

    /// <summary>
    /// Whether a public key is of small order, so that <see cref="TryAgree"/> fails with every secret (RFC 7748,
    /// section 6.1). The topmost bit does not count (section 5).
    /// </summary>
    /// <param name="publicKey">32 bytes.</param>
    public static bool IsSmallOrder(ReadOnlySpan<byte> publicKey)
    {
        Guard.Length(publicKey, PublicKeySize, nameof(publicKey));
        byte last = (byte)(publicKey[^1] & 0x7f);
        foreach (byte[] point in SmallOrderPoints)
        {
            if (point[^1] == last && publicKey[..^1].SequenceEqual(point.AsSpan(..^1)))
                return true;
        }
        return false;
    }

    /// <summary>Computes the public key of a secret scalar.</summary>
    public static void PublicKey(ReadOnlySpan<byte> secretKey, Span<byte> publicKey)
    {
        Guard.Length(secretKey, SecretKeySize, nameof(secretKey));
        Guard.Length(publicKey, PublicKeySize, nameof(publicKey));
        PublicKeys(secretKey, publicKey);
    }

    /// <summary>Computes the public keys of several secret scalars, which cost less together.</summary>
    /// <param name="secretKeys">32 bytes each, one behind the other.</param>
    /// <param name="publicKeys">Receives as many.</param>
    internal static void PublicKeys(ReadOnlySpan<byte> secretKeys, Span<byte> publicKeys)
    {
        if (EdwardsBase.TryPublicKeys(secretKeys, publicKeys))
            return;
        for (int at = 0; at < secretKeys.Length; at += SecretKeySize)
            PublicKeyOnMontgomeryCurve(secretKeys.Slice(at, SecretKeySize), publicKeys.Slice(at, PublicKeySize));
    }

    /// <summary>The public key by X25519 itself, which every libsodium has.</summary>
    internal static void PublicKeyOnMontgomeryCurve(ReadOnlySpan<byte> secretKey, Span<byte> publicKey)
    {
        fixed (byte* pk = publicKey, sk = secretKey)
            _ = Sodium.crypto_scalarmult_curve25519_base(pk, sk);
    }

    /// <summary>
    /// Computes a shared secret; false if the result would be all zero (RFC 7748, section 6.1),
    /// that is if <paramref name="publicKey"/> is of small order. The caller zeroes <paramref name="shared"/>.
    /// </summary>
    public static bool TryAgree(ReadOnlySpan<byte> secretKey, ReadOnlySpan<byte> publicKey, Span<byte> shared)
    {
        Guard.Length(secretKey, SecretKeySize, nameof(secretKey));
        Guard.Length(shared, SharedSecretSize, nameof(shared));
        if (publicKey.Length != PublicKeySize)
            return false;
        fixed (byte* q = shared, sk = secretKey, pk = publicKey)
            return Sodium.crypto_scalarmult_curve25519(q, sk, pk) == 0;
    }
}
