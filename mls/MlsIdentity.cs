using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls;

/// <summary>A credential with the signature key that it speaks for, for one cipher suite.</summary>
public sealed class MlsIdentity : IDisposable
{
    private MlsIdentity(CipherSuite suite, Signer signer, Credential credential)
    {
        CipherSuite = suite;
        Signer = signer;
        Credential = credential;
    }

    /// <summary>The cipher suite whose signature scheme the key belongs to.</summary>
    public CipherSuite CipherSuite { get; }

    /// <summary>The credential.</summary>
    public Credential Credential { get; }

    /// <summary>The public signature key.</summary>
    public ReadOnlyMemory<byte> PublicKey => Signer.PublicKey;

    internal Signer Signer { get; }

    /// <summary>Uses a private key that exists: an Ed25519 seed of 32 bytes, or a big-endian scalar.</summary>
    /// <exception cref="ArgumentException">The key is none of the suite's scheme.</exception>
    public static MlsIdentity Import(CipherSuite suite, ReadOnlySpan<byte> privateKey, Credential credential)
    {
        ArgumentNullException.ThrowIfNull(credential);
        Signer signer = Suite.Require(suite).Signature.CreateSigner(privateKey)
            ?? throw new ArgumentException("The key is no private signature key of the cipher suite.", nameof(privateKey));
        return new MlsIdentity(suite, signer, credential);
    }

    /// <summary>Makes a fresh key.</summary>
    public static MlsIdentity Generate(CipherSuite suite, Credential credential, RandomSource? random = null)
    {
        byte[] key = Suite.Require(suite).Signature.GeneratePrivateKey(random ?? RandomSource.System);
        try
        {
            return Import(suite, key, credential);
        }
        finally
        {
            Secrets.Zero(key);
        }
    }

    /// <summary>Zeroes the private key.</summary>
    public void Dispose() => Signer.Dispose();
}
