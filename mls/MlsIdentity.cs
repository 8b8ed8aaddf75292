using QuicProChat.Mesh.Identity;
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
            ?? throw new ArgumentException("The key is no private signature key of the cipher suite.",
                nameof(privateKey));
        return new MlsIdentity(suite, signer, credential);
    }

    /// <summary>Uses a private key that is kept elsewhere.</summary>
    /// <param name="suite">The cipher suite.</param>
    /// <param name="publicKey">The public key, as a leaf node holds it.</param>
    /// <param name="credential">The credential.</param>
    /// <param name="sign">Signs with the private key.</param>
    /// <param name="isTrusted">
    /// Its signatures are taken as those of a key that was imported. Else each is verified before it is sent, which
    /// takes longer than to sign: for keys of other programs and devices.
    /// </param>
    /// <exception cref="ArgumentException">The key has not the size of the suite's scheme.</exception>
    public static MlsIdentity WithSigner(
        CipherSuite suite, ReadOnlySpan<byte> publicKey, Credential credential, SignCallback sign,
        bool isTrusted = false)
    {
        ArgumentNullException.ThrowIfNull(credential);
        ArgumentNullException.ThrowIfNull(sign);
        SignatureScheme scheme = Suite.Require(suite).Signature;
        if (publicKey.Length != scheme.PublicKeySize)
            throw new ArgumentException($"A public key of the cipher suite has {scheme.PublicKeySize} bytes.",
                nameof(publicKey));
        return new MlsIdentity(
            suite, new ForeignSigner(publicKey.ToArray(), scheme.MaxSignatureSize, sign, isTrusted), credential);
    }

    /// <summary>Makes a fresh key.</summary>
    public static MlsIdentity Generate(CipherSuite suite, Credential credential, RandomFill? random = null)
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

    /// <summary>
    /// A copy of the private key, as <see cref="Import"/> takes it; the caller zeroes it. The library stores no
    /// signature keys, and without its key a group cannot be opened after a restart.
    /// </summary>
    /// <exception cref="InvalidOperationException">The key is kept elsewhere.</exception>
    public byte[] ExportPrivateKey() => Signer.ExportPrivateKey();

    /// <summary>Zeroes the private key, unless it is kept elsewhere.</summary>
    public void Dispose() => Signer.Dispose();
}
