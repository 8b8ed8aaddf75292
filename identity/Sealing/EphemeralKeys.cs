using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// X25519 key pairs for one use each, made several at a time: the one division that each public key needs is then one
/// for all of them (<see cref="EdwardsBase"/>). Secrets are in locked memory until they are taken, and zeroed then.
/// Safe for several threads.
/// </summary>
/// <param name="random">Source of the secrets.</param>
/// <param name="batch">Pairs made at a time.</param>
internal sealed class EphemeralKeys(RandomFill random, int batch) : IDisposable
{
    /// <summary>
    /// Pairs at a time for a node: a division is a third of a pair's cost, so there is little left to save beyond.
    /// </summary>
    internal const int DefaultBatch = 8;

    private const int KeySize = X25519.SecretKeySize;

    private readonly object _lock = new();
    private readonly SecretBuffer _secrets = new(batch * KeySize);
    private readonly byte[] _public = new byte[batch * KeySize];
    private int _left;

    /// <summary>Takes a pair.</summary>
    /// <param name="secretKey">Receives 32 bytes; the caller zeroes them.</param>
    /// <param name="publicKey">Receives 32 bytes.</param>
    internal void Take(Span<byte> secretKey, Span<byte> publicKey)
    {
        lock (_lock)
        {
            using SecretBuffer.Lease lease = _secrets.Borrow();
            if (_left == 0)
            {
                for (int i = batch; --i >= 0;)
                    random(lease.Span.Slice(i * KeySize, KeySize));
                X25519.PublicKeys(lease.Span, _public);
                _left = batch;
            }

            _left--;
            Span<byte> secret = lease.Span.Slice(_left * KeySize, KeySize);
            secret.CopyTo(secretKey);
            CryptographicOperations.ZeroMemory(secret);
            _public.AsSpan(_left * KeySize, KeySize).CopyTo(publicKey);
        }
    }

    /// <summary>Zeroes what was not taken.</summary>
    public void Dispose() => _secrets.Dispose();
}
