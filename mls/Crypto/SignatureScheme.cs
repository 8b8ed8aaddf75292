using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>A signature scheme of a cipher suite, with the encodings of RFC 9420, section 5.1.1 and 5.1.2.</summary>
internal abstract class SignatureScheme
{
    internal abstract int PublicKeySize { get; }

    /// <summary>The algorithm of such a key in a certificate (RFC 5480, RFC 8410), dotted.</summary>
    internal abstract string KeyAlgorithm { get; }

    /// <summary>The algorithm's parameters in a certificate, DER: the curve, if the algorithm has several.</summary>
    internal abstract ReadOnlySpan<byte> KeyParameters { get; }

    /// <summary>The longest signature.</summary>
    internal abstract int MaxSignatureSize { get; }

    /// <summary>The size of a private key: an Ed25519 seed, or a big-endian scalar.</summary>
    internal abstract int PrivateKeySize { get; }

    /// <summary>Makes a signer of a private key; null if it is no valid one.</summary>
    internal abstract Signer? CreateSigner(ReadOnlySpan<byte> privateKey);

    /// <summary>Makes a fresh private key.</summary>
    internal abstract byte[] GeneratePrivateKey(RandomFill random);

    internal abstract bool Verify(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}

/// <summary>A private signature key ready for use.</summary>
internal abstract class Signer : IDisposable
{
    internal abstract byte[] PublicKey { get; }

    /// <summary>Whether the signatures come from elsewhere, so that they have to be verified like anybody's.</summary>
    internal virtual bool IsForeign => false;

    internal abstract byte[] Sign(ReadOnlySpan<byte> message);

    /// <summary>A copy of the private key, which the caller zeroes.</summary>
    /// <exception cref="InvalidOperationException">It is not here.</exception>
    internal abstract byte[] ExportPrivateKey();

    public abstract void Dispose();
}
