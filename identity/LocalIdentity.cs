using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// This node's own key pair: Ed25519 and its X25519 image, in locked memory. The secrets never leave it except
/// through a key file or a backup string. Safe for use by several threads at once.
/// </summary>
public sealed class LocalIdentity : IDisposable
{
    private readonly SecretBuffer _secrets;
    private readonly byte[] _publicKey = new byte[Ed25519.PublicKeySize];
    private readonly byte[] _x25519PublicKey = new byte[X25519.PublicKeySize];

    private LocalIdentity(ReadOnlySpan<byte> seed)
    {
        _secrets = new SecretBuffer(Ed25519.SecretKeySize + X25519.SecretKeySize);
        using SecretBuffer.Lease lease = _secrets.Borrow();
        Ed25519.KeyPairFromSeed(seed, _publicKey, lease.Span[..Ed25519.SecretKeySize]);
        Ed25519.ConvertSecretKeyToX25519(lease.Span[..Ed25519.SecretKeySize], lease.Span[Ed25519.SecretKeySize..]);
        X25519.PublicKey(lease.Span[Ed25519.SecretKeySize..], _x25519PublicKey);
        Address = NodeAddress.Of(_publicKey);
    }

    /// <summary>The Ed25519 public key, 32 bytes.</summary>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <summary>The X25519 public key, 32 bytes: the image of <see cref="PublicKey"/>.</summary>
    public ReadOnlyMemory<byte> X25519PublicKey => _x25519PublicKey;

    /// <summary>The address of <see cref="PublicKey"/>.</summary>
    public NodeAddress Address { get; }

    /// <summary>Draws a new identity.</summary>
    public static LocalIdentity Generate(RandomFill? random = null)
    {
        Span<byte> seed = stackalloc byte[Ed25519.SeedSize];
        try
        {
            (random ?? RandomSource.System)(seed);
            return new LocalIdentity(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Restores an identity from its 32-byte seed; the caller zeroes the seed.</summary>
    public static LocalIdentity FromSeed(ReadOnlySpan<byte> seed) => new(seed);

    /// <summary>Signs a message with Ed25519.</summary>
    /// <param name="message">Any length.</param>
    /// <param name="signature">Receives 64 bytes.</param>
    public void Sign(ReadOnlySpan<byte> message, Span<byte> signature)
    {
        using SecretBuffer.Lease lease = _secrets.Borrow();
        Ed25519.Sign(message, lease.Span[..Ed25519.SecretKeySize], signature);
    }

    /// <summary>
    /// Agrees on a secret with an X25519 public key; false if the key is of small order. The caller zeroes the secret.
    /// </summary>
    public bool TryAgree(ReadOnlySpan<byte> x25519PublicKey, Span<byte> shared)
    {
        using SecretBuffer.Lease lease = _secrets.Borrow();
        return X25519.TryAgree(lease.Span[Ed25519.SecretKeySize..], x25519PublicKey, shared);
    }

    /// <summary>
    /// Derives a key that only this identity has: HKDF-SHA256 (RFC 5869) of the seed with the purpose as info, for
    /// example <c>qpc-mesh/1 storage key</c>. The caller zeroes it.
    /// </summary>
    /// <param name="purpose">What the key is for; another purpose gives an independent key.</param>
    /// <param name="key">Receives 1 to 8,160 bytes.</param>
    public void DeriveKey(ReadOnlySpan<byte> purpose, Span<byte> key)
    {
        using SecretBuffer.Lease lease = _secrets.Borrow();
        HKDF.DeriveKey(HashAlgorithmName.SHA256, lease.Span[..Ed25519.SeedSize], key, salt: default, info: purpose);
    }

    /// <summary>Copies the seed out, for a key file or backup; the caller zeroes it.</summary>
    /// <param name="seed">Receives <see cref="Ed25519.SeedSize"/> bytes.</param>
    public void ExportSeed(Span<byte> seed)
    {
        using SecretBuffer.Lease lease = _secrets.Borrow();
        lease.Span[..Ed25519.SeedSize].CopyTo(seed);
    }

    /// <summary>Zeroes the secrets.</summary>
    public void Dispose() => _secrets.Dispose();
}
