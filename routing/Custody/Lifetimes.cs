using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>
/// Lifetime without clocks (docs/reference/protocol.md, section 4): an envelope carries what is left, and each node
/// takes away what it held it for.
/// </summary>
internal static class Lifetimes
{
    /// <summary>A span in units, rounded up, at most what the header holds; 0 for nothing or less.</summary>
    public static ushort ToUnits(TimeSpan span) =>
        span <= TimeSpan.Zero
            ? (ushort)0
            : (ushort)Math.Min(ushort.MaxValue, (span.Ticks - 1) / EnvelopeHeader.LifetimeUnit.Ticks + 1);

    /// <summary>
    /// What is left of <paramref name="units"/> after holding an envelope for a while. Less than a unit held is not
    /// charged; from a unit on, what was begun is charged in full, so that long waits make up for the short ones. The
    /// last unit is never taken before it is really over: nothing is lost early by rounding.
    /// </summary>
    public static ushort Left(ushort units, TimeSpan held)
    {
        long unit = EnvelopeHeader.LifetimeUnit.Ticks;
        if (held.Ticks < unit)
            return units;
        if (held.Ticks >= units * unit)
            return 0;
        long charged = (held.Ticks - 1) / unit + 1;
        return (ushort)Math.Max(1, units - charged);
    }
}
