using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls;

/// <summary>Where random bytes come from. Tests supply a seeded one; everything else uses <see cref="System"/>.</summary>
public abstract class RandomSource
{
    /// <summary>The operating system's random generator.</summary>
    public static RandomSource System { get; } = new SystemSource();

    /// <summary>Fills a buffer with random bytes.</summary>
    public abstract void Fill(Span<byte> destination);

    internal byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        Fill(bytes);
        return bytes;
    }

    private sealed class SystemSource : RandomSource
    {
        public override void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
    }
}
