namespace QuicProChat.Mesh.Routing;

/// <summary>
/// A point on the node's monotonic time line, in ticks of 100 ns since an arbitrary start. It has nothing to do with
/// the calendar: routers often have no clock, and simulations make their own time.
/// </summary>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    /// <summary>Later than every point that occurs: "never" for a timer.</summary>
    public static readonly Instant Never = new(long.MaxValue);

    /// <summary>Reads the monotonic clock of a time provider.</summary>
    public static Instant Now(TimeProvider time) =>
        new((long)((Int128)time.GetTimestamp() * TimeSpan.TicksPerSecond / time.TimestampFrequency));

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    /// <summary>The point a span later; <see cref="Never"/> stays never.</summary>
    public static Instant operator +(Instant at, TimeSpan span) =>
        at.Ticks > long.MaxValue - Math.Max(0, span.Ticks) ? Never : new(at.Ticks + span.Ticks);

    /// <summary>The point a span earlier.</summary>
    public static Instant operator -(Instant at, TimeSpan span) => new(at.Ticks - span.Ticks);

    /// <summary>The span between two points.</summary>
    public static TimeSpan operator -(Instant later, Instant earlier) => new(later.Ticks - earlier.Ticks);

    /// <summary>Earlier than.</summary>
    public static bool operator <(Instant a, Instant b) => a.Ticks < b.Ticks;

    /// <summary>Later than.</summary>
    public static bool operator >(Instant a, Instant b) => a.Ticks > b.Ticks;

    /// <summary>Not later than.</summary>
    public static bool operator <=(Instant a, Instant b) => a.Ticks <= b.Ticks;

    /// <summary>Not earlier than.</summary>
    public static bool operator >=(Instant a, Instant b) => a.Ticks >= b.Ticks;

    /// <summary>The earlier of two points.</summary>
    public static Instant Min(Instant a, Instant b) => a <= b ? a : b;
}
