using System.Buffers.Binary;
using QuicProChat.Mesh.Identity.Interop;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits for short inputs. Nobody without the key can
/// choose inputs that collide.
/// </summary>
public static unsafe class SipHash24
{
    /// <summary>Size of a key in bytes.</summary>
    public const int KeySize = 16;

    /// <summary>Size of a hash in bytes.</summary>
    public const int HashSize = 8;

    /// <summary>Longest input: the collector waits while one is hashed. Arbitrary.</summary>
    public const int MaxInput = 256;

    static SipHash24() => Sodium.EnsureInitialized();

    /// <summary>Hashes one input.</summary>
    /// <param name="key">16 bytes.</param>
    /// <param name="input">At most <see cref="MaxInput"/> bytes.</param>
    public static ulong Hash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
    {
        Guard.Length(key, KeySize, nameof(key));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(input.Length, MaxInput);
        byte* hash = stackalloc byte[HashSize];
        fixed (byte* k = key, i = input)
            _ = Sodium.crypto_shorthash_siphash24(hash, i, (ulong)input.Length, k);
        return BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(hash, HashSize));
    }

    /// <summary>The sum, modulo 2^64, of the hashes of inputs of one size that lie one behind another.</summary>
    /// <param name="key">16 bytes.</param>
    /// <param name="inputs">A whole number of inputs.</param>
    /// <param name="size">Bytes of each, 1 to <see cref="MaxInput"/>.</param>
    public static ulong Sum(ReadOnlySpan<byte> key, ReadOnlySpan<byte> inputs, int size)
    {
        Guard.Length(key, KeySize, nameof(key));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxInput);
        ArgumentOutOfRangeException.ThrowIfNotEqual(inputs.Length % size, 0);
        ulong sum = 0;
        byte* hash = stackalloc byte[HashSize];
        fixed (byte* k = key, first = inputs)
        {
            for (int at = 0; at < inputs.Length; at += size)
            {
                _ = Sodium.crypto_shorthash_siphash24(hash, first + at, (ulong)size, k);
                sum = unchecked(sum + BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(hash, HashSize)));
            }
        }

        return sum;
    }
}
