namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>
/// The calendar as practices and reservations go by it. What a clock says that has just jumped is not believed for a
/// while: a glitch of
/// the time service must not end bookings, and what it ended does not come back. Before that it is as if there were no
/// clock: requests are
/// collected, and nothing is drawn, ended or deleted.
/// </summary>
internal sealed class SteadyClock
{
    /// <summary>
    /// How long a clock that jumped has to stay where it is, in running seconds; arbitrary. A laptop that was asleep
    /// jumps too.
    /// </summary>
    internal const long Settles = 10 * FappTime.Minute;

    private long? _offset;
    private long? _jumped;
    private long _since;

    /// <summary>What the calendar says; null where there is none, or it jumped a short time ago.</summary>
    /// <param name="time">What the node's clock says.</param>
    internal FappTime Read(FappTime time)
    {
        if (time.Unix is not { } unix)
            return time;
        long offset = unix - time.Running;
        bool isSteady = _offset is not { } before || IsNear(offset, before);
        if (!isSteady && (_jumped is not { } candidate || !IsNear(offset, candidate)))
            (_jumped, _since) = (offset, time.Running);
        if (!isSteady && time.Running - _since < Settles)
            return time with { Unix = null };
        (_offset, _jumped) = (offset, null);
        return time;
    }

    private static bool IsNear(long a, long b) => Math.Abs(a - b) <= FappTime.Tolerance;
}
