using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// What the time that a sender sealed says about a message that comes in (docs/reference/protocol.md, section 4.1).
/// </summary>
public static class SentTimes
{
    /// <summary>What clocks of two nodes may differ by. Arbitrary.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(2);

    // Routers without a clock begin in 1970, or when their firmware was built: before this program was.
    private static readonly DateTimeOffset EarliestNow = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// It came after its lifetime; false also where a clock is missing or the sender said no lifetime.
    /// </summary>
    public static bool IsLate(DateTimeOffset? sent, ushort lifetimeUnits, DateTimeOffset arrived) =>
        sent is { } written && lifetimeUnits > 0 && arrived >= EarliestNow
        && arrived - written > EnvelopeHeader.LifetimeUnit * lifetimeUnits + Tolerance;
}
