using QuicProChat.Mesh.Identity.Interop;

namespace QuicProChat.Mesh.Identity;

/// <summary>BLAKE2b with a digest of 16 bytes, unkeyed (RFC 7693, section 2): the hash of envelope ids. Allocates nothing.</summary>
public static unsafe class Blake2b128
{
    /// <summary>Size of a digest in bytes.</summary>
    public const int Size = 16;

    private const int StateAlignment = 64;

    static Blake2b128()
    {
        Sodium.EnsureInitialized();
        if (Sodium.crypto_generichash_blake2b_statebytes() != Sodium.Blake2bStateSize)
            throw new PlatformNotSupportedException("This libsodium has a BLAKE2b state of another size than 384 bytes.");
    }

    /// <summary>Hashes one part.</summary>
    public static void Hash(ReadOnlySpan<byte> message, Span<byte> digest)
    {
        Guard.Length(digest, Size, nameof(digest));
        fixed (byte* d = digest, m = message)
            _ = Sodium.crypto_generichash_blake2b(d, Size, m, (ulong)message.Length, null, 0);
    }

    /// <summary>Hashes the concatenation of two parts without copying them together.</summary>
    public static void Hash(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> digest)
    {
        Guard.Length(digest, Size, nameof(digest));
        byte* memory = stackalloc byte[Sodium.Blake2bStateSize + StateAlignment];
        byte* state = (byte*)(((nuint)memory + StateAlignment - 1) & ~(nuint)(StateAlignment - 1));
        fixed (byte* d = digest, a = first, b = second)
        {
            _ = Sodium.crypto_generichash_blake2b_init(state, null, 0, Size);
            _ = Sodium.crypto_generichash_blake2b_update(state, a, (ulong)first.Length);
            _ = Sodium.crypto_generichash_blake2b_update(state, b, (ulong)second.Length);
            _ = Sodium.crypto_generichash_blake2b_final(state, d, Size);
        }
    }
}
