using System.Buffers.Binary;
using QuicProChat.Mesh.Identity.Interop;

namespace QuicProChat.Mesh.Identity;

/// <summary>Argon2id version 1.3 (RFC 9106) with one lane: turns a passphrase into key material.</summary>
public static unsafe class Argon2id
{
    /// <summary>Size of a salt in bytes.</summary>
    public const int SaltSize = 16;

    static Argon2id() => Sodium.EnsureInitialized();

    /// <summary>Derives key material.</summary>
    /// <param name="passphrase">UTF-8 bytes, any length.</param>
    /// <param name="salt">16 bytes.</param>
    /// <param name="cost">Memory and passes.</param>
    /// <param name="output">Receives at least 16 bytes; the caller zeroes it.</param>
    /// <exception cref="InsufficientMemoryException">The memory that the cost asks for cannot be had.</exception>
    public static void Derive(
        ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> salt, Argon2Cost cost, Span<byte> output)
    {
        Guard.Length(salt, SaltSize, nameof(salt));
        // A null pointer is an error to libsodium even where the length is zero.
        byte nothing = 0;
        fixed (byte* o = output, p = passphrase, s = salt)
        {
            int result = Sodium.crypto_pwhash(
                o, (ulong)output.Length, p is null ? &nothing : p, (ulong)passphrase.Length, s, cost.Passes,
                (nuint)cost.MemoryKiB * 1024, Sodium.Argon2idAlgorithm);
            if (result != 0)
                throw new InsufficientMemoryException(
                    $"Argon2id needs {cost.MemoryKiB} KiB of memory that the system does not give.");
        }
    }
}

/// <summary>What an Argon2id computation costs.</summary>
/// <param name="MemoryKiB">Memory in KiB, at least 8.</param>
/// <param name="Passes">Passes over it, at least 1.</param>
public readonly record struct Argon2Cost(uint MemoryKiB, byte Passes)
{
    /// <summary>Size in bytes: memoryKiB(4) passes(1).</summary>
    public const int Size = 5;

    /// <summary>
    /// The second recommendation of RFC 9106 (64 MiB, 3 passes) at half the memory and one pass more, because a
    /// router with 64 MB must be able to open its own key.
    /// </summary>
    public static readonly Argon2Cost Default = new(32 * 1024, 4);

    // Arbitrary: a damaged or hostile file must not take more than this of a machine before its tag is checked.
    private const uint LargestMemoryKiB = 256 * 1024;
    private const byte MostPasses = 16;

    /// <summary>Reads <see cref="Size"/> bytes; false if they ask for more than a node computes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Argon2Cost cost)
    {
        cost = new Argon2Cost(BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes[4]);
        return cost.MemoryKiB is >= 8 and <= LargestMemoryKiB && cost.Passes is >= 1 and <= MostPasses;
    }

    /// <summary>Writes <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, MemoryKiB);
        bytes[4] = Passes;
    }
}
