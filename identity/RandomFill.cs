using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>A source of randomness: fills a span. Tests give a seeded one; everything else uses <see cref="RandomSource.System"/>.</summary>
public delegate void RandomFill(Span<byte> destination);

/// <summary>The usual sources of randomness.</summary>
public static class RandomSource
{
    /// <summary>The operating system's generator: the only one fit for keys.</summary>
    public static readonly RandomFill System = RandomNumberGenerator.Fill;
}
