using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// A source of randomness: fills a span. Tests give a seeded one; everything else uses
/// <see cref="RandomSource.System"/>.
/// </summary>
public delegate void RandomFill(Span<byte> destination);

/// <summary>The usual sources of randomness.</summary>
public static class RandomSource
{
#pragma warning disable RS0030 // The one home of the system's generator.
    /// <summary>The operating system's generator: the only one fit for keys.</summary>
    public static readonly RandomFill System = RandomNumberGenerator.Fill;
#pragma warning restore RS0030

    /// <summary>
    /// A fast generator for jitter and lots, seeded by the system's: whoever sees what it gives can foretell the rest.
    /// </summary>
    public static Random Seeded()
    {
        Span<byte> seed = stackalloc byte[sizeof(int)];
        System(seed);
        return new Random(BinaryPrimitives.ReadInt32LittleEndian(seed));
    }
}
