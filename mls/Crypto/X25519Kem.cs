using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>DHKEM(X25519, HKDF-SHA256), number 0x0020 (RFC 9180, section 7.1).</summary>
internal sealed class X25519Kem : DhKem
{
    internal static readonly X25519Kem Instance = new();

    internal override ushort Id => 0x0020;

    internal override HashKind Hash => HashKind.Sha256;

    internal override int PublicKeySize => X25519.PublicKeySize;

    internal override int PrivateKeySize => X25519.SecretKeySize;

    internal override int DhSize => X25519.SharedSecretSize;

    internal override HpkeKeyPair DeriveKeyPair(ReadOnlySpan<byte> ikm)
    {
        ReadOnlySpan<byte> suite = [(byte)'K', (byte)'E', (byte)'M', 0x00, 0x20];
        Span<byte> prk = stackalloc byte[32];
        LabeledKdf.Extract(HashKind.Sha256, suite, default, "dkp_prk"u8, ikm, prk);
        byte[] secret = new byte[X25519.SecretKeySize];
        LabeledKdf.Expand(HashKind.Sha256, suite, prk, "sk"u8, default, secret);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(prk);
        return WithPublicKey(secret);
    }

    internal override HpkeKeyPair Generate(RandomFill random) => WithPublicKey(random.Bytes(X25519.SecretKeySize));

    internal override bool TryGetPublicKey(ReadOnlySpan<byte> privateKey, Span<byte> publicKey)
    {
        if (privateKey.Length != X25519.SecretKeySize)
            return false;
        X25519.PublicKey(privateKey, publicKey);
        return true;
    }

    internal override bool TryAgree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, Span<byte> dh) =>
        privateKey.Length == X25519.SecretKeySize && X25519.TryAgree(privateKey, publicKey, dh);

    // RFC 9180, section 7.1.4, looks for zero in the shared secret. Whoever meets a key long before agreeing with it
    // has to know earlier: with a key of small order nobody can ever agree.
    internal override bool IsValidPublicKey(ReadOnlySpan<byte> publicKey) =>
        publicKey.Length == X25519.PublicKeySize && !X25519.IsSmallOrder(publicKey);

    private static HpkeKeyPair WithPublicKey(byte[] secret)
    {
        byte[] publicKey = new byte[X25519.PublicKeySize];
        X25519.PublicKey(secret, publicKey);
        return new HpkeKeyPair(secret, publicKey);
    }
}
