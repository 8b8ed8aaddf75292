using System.Runtime.CompilerServices;
using QuicProChat.Mesh.Identity.Interop;

namespace QuicProChat.Mesh.Identity;

/// <summary>BLAKE2b without a key (RFC 7693, section 3), digests of 16 to 64 bytes.</summary>
public static unsafe class Blake2b
{
    /// <summary>Smallest digest offered, in bytes; the algorithm's own limit is 1 (RFC 7693, section 2.1).</summary>
    public const int MinDigestSize = 16;

    /// <summary>Largest digest in bytes (RFC 7693, section 2.1).</summary>
    public const int MaxDigestSize = 64;

    static Blake2b() => Sodium.EnsureInitialized();

    /// <summary>Hashes a message; the digest's length is a parameter of the function, not a truncation.</summary>
    /// <param name="message">Any length.</param>
    /// <param name="digest">Receives 16 to 64 bytes.</param>
    public static void Hash(ReadOnlySpan<byte> message, Span<byte> digest)
    {
        CheckDigest(digest);
        fixed (byte* d = digest, m = message)
            _ = Sodium.crypto_generichash_blake2b(d, (nuint)digest.Length, m, (ulong)message.Length, null, 0);
    }

    /// <summary>Hashes the concatenation of two parts.</summary>
    /// <param name="first">Any length.</param>
    /// <param name="second">Any length.</param>
    /// <param name="digest">Receives 16 to 64 bytes.</param>
    [SkipLocalsInit]
    public static void Hash(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> digest)
    {
        CheckDigest(digest);
        byte* room = stackalloc byte[Sodium.Blake2bStateSize + Sodium.Blake2bStateAlignment];
        byte* state = (byte*)(
            (nuint)(room + Sodium.Blake2bStateAlignment - 1) & ~(nuint)(Sodium.Blake2bStateAlignment - 1));
        fixed (byte* d = digest, a = first, b = second)
        {
            _ = Sodium.crypto_generichash_blake2b_init(state, null, 0, (nuint)digest.Length);
            _ = Sodium.crypto_generichash_blake2b_update(state, a, (ulong)first.Length);
            _ = Sodium.crypto_generichash_blake2b_update(state, b, (ulong)second.Length);
            _ = Sodium.crypto_generichash_blake2b_final(state, d, (nuint)digest.Length);
        }
    }

    private static void CheckDigest(ReadOnlySpan<byte> digest)
    {
        if (digest.Length is < MinDigestSize or > MaxDigestSize)
            throw new ArgumentException($"A digest has {MinDigestSize} to {MaxDigestSize} bytes, not {digest.Length}.",
                nameof(digest));
    }
}
