using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// A sealed value:
//
//  counter(8) prefix(16) ciphertext(n) tag(16)         before version 6 of the schema the prefix came first
//
/// <summary>
/// Encrypts values at rest with XChaCha20-Poly1305. The 24-byte nonce is a prefix of 16 bytes drawn afresh whenever
/// the store is opened, and a counter that starts at 0: it cannot repeat within one opening, and for two openings to
/// share a prefix takes 2^64 of them, so neither a crash, nor a restored backup, nor a copied directory repeats a
/// nonce. XChaCha20 makes a key of its own of the key and the first 16 bytes of the nonce
/// (draft-irtf-cfrg-xchacha-03, section 2.3); the counter stands among these, so each value has its own key, and with
/// its nonce that key is gone. The associated data names the column and the row, so that values cannot be moved to
/// other rows. Thread-safe.
/// </summary>
internal sealed class RowCipher : IDisposable
{
    internal const int KeySize = XChaChaPoly.KeySize;

    /// <summary>Bytes that a sealed value has more than the plain one.</summary>
    internal const int Overhead = XChaChaPoly.NonceSize + XChaChaPoly.TagSize;

    /// <summary>Size of what <see cref="Mark"/> makes.</summary>
    internal const int MarkSize = 16;

    private const int PrefixSize = XChaChaPoly.NonceSize - sizeof(ulong);

    private static ReadOnlySpan<byte> MarkLabel => "erased"u8;

    private readonly SecretBuffer _key = new(KeySize);
    private readonly byte[] _prefix = new byte[PrefixSize];
    private long _counter = -1;

    /// <param name="storageKey">32 bytes that belong to this store alone.</param>
    /// <param name="random">Draws the nonce prefix.</param>
    internal RowCipher(ReadOnlySpan<byte> storageKey, RandomFill random)
    {
        if (storageKey.Length != KeySize)
            throw new ArgumentException($"A storage key has {KeySize} bytes.", nameof(storageKey));
        using SecretBuffer.Lease lease = _key.Borrow();
        HKDF.Expand(HashAlgorithmName.SHA256, storageKey, lease.Span, "qpc-mesh/1 store rows"u8);
        random(_prefix);
    }

    /// <summary>A keyed hash of an id: who reads the disk learns no id from it.</summary>
    internal void Mark(in EnvelopeId id, Span<byte> mark)
    {
        Span<byte> input = stackalloc byte[MarkLabel.Length + EnvelopeId.Size];
        Span<byte> mac = stackalloc byte[HmacSha256.MacSize];
        MarkLabel.CopyTo(input);
        id.Write(input[MarkLabel.Length..]);
        using SecretBuffer.Lease lease = _key.Borrow();
        HmacSha256.Compute(lease.Span, input, mac);
        mac[..MarkSize].CopyTo(mark);
    }

    /// <summary>Seals a value; <paramref name="sealedValue"/> is <see cref="Overhead"/> longer.</summary>
    internal void Seal(ReadOnlySpan<byte> associated, ReadOnlySpan<byte> value, Span<byte> sealedValue)
    {
        BinaryPrimitives.WriteInt64BigEndian(sealedValue, Interlocked.Increment(ref _counter));
        _prefix.CopyTo(sealedValue[sizeof(long)..]);
        using SecretBuffer.Lease lease = _key.Borrow();
        XChaChaPoly.Seal(lease.Span, sealedValue[..XChaChaPoly.NonceSize], associated, value,
            sealedValue[XChaChaPoly.NonceSize..]);
    }

    /// <summary>Opens a value; false if it was altered or belongs to another row or key.</summary>
    internal bool TryOpen(ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedValue, Span<byte> value)
    {
        if (sealedValue.Length < Overhead)
            return false;
        using SecretBuffer.Lease lease = _key.Borrow();
        return XChaChaPoly.TryOpen(
            lease.Span, sealedValue[..XChaChaPoly.NonceSize], associated, sealedValue[XChaChaPoly.NonceSize..],
            value[..(sealedValue.Length - Overhead)]);
    }

    /// <summary>Opens a value into an array of its size.</summary>
    /// <exception cref="StoreException">It was altered.</exception>
    internal byte[] Open(ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedValue)
    {
        byte[] value = new byte[Math.Max(0, sealedValue.Length - Overhead)];
        return TryOpen(associated, sealedValue, value)
            ? value
            : throw new StoreException(StoreError.Corrupt, "A row of the store was altered: its seal does not hold.");
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
