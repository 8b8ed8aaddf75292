namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>A signature scheme of a cipher suite, with the encodings of RFC 9420, section 5.1.1 and 5.1.2.</summary>
internal abstract class SignatureScheme
{
    internal abstract int PublicKeySize { get; }

    /// <summary>The size of a private key: an Ed25519 seed, or a big-endian scalar.</summary>
    internal abstract int PrivateKeySize { get; }

    /// <summary>Makes a signer of a private key; null if it is no valid one.</summary>
    internal abstract Signer? CreateSigner(ReadOnlySpan<byte> privateKey);

    /// <summary>Makes a fresh private key.</summary>
    internal abstract byte[] GeneratePrivateKey(RandomSource random);

    internal abstract bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}

/// <summary>A private signature key ready for use.</summary>
internal abstract class Signer : IDisposable
{
    internal abstract byte[] PublicKey { get; }

    internal abstract byte[] Sign(ReadOnlySpan<byte> message);

    public abstract void Dispose();
}
