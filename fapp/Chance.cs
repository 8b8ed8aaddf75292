using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp;

/// <summary>Draws that nobody foresees, from the source that keys are drawn from.</summary>
internal static class Chance
{
    /// <summary>A number below a bound, each as likely.</summary>
    internal static int Below(RandomFill random, int bound)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        random(bytes);
        // The remainder of 64 bits favours small numbers by less than one in 2^32.
        return (int)(BinaryPrimitives.ReadUInt64BigEndian(bytes) % (ulong)bound);
    }

    /// <summary>A number between 0 and 1.</summary>
    internal static double Fraction(RandomFill random)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        random(bytes);
        return (BinaryPrimitives.ReadUInt32BigEndian(bytes) + 0.5) / (uint.MaxValue + 1.0);
    }

    /// <summary>
    /// A time that passes until something happens by chance, which happens every so often on average.
    /// </summary>
    internal static long Exponential(RandomFill random, long mean) =>
        Math.Max(1, (long)(-Math.Log(Fraction(random)) * mean));
}
