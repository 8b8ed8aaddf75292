namespace QuicProChat.Mesh.Fapp;

/// <summary>What time it is, as far as a node knows.</summary>
/// <param name="Running">Seconds that this node has run in all, across restarts: never goes back.</param>
/// <param name="Unix">Seconds since 1970-01-01 UTC; null where no clock is set.</param>
public readonly record struct FappTime(long Running, long? Unix)
{
    /// <summary>Seconds of a minute.</summary>
    public const long Minute = 60;

    /// <summary>Seconds of an hour.</summary>
    public const long Hour = 60 * Minute;

    /// <summary>Seconds of a day.</summary>
    public const long Day = 24 * Hour;

    /// <summary>
    /// How far clocks are trusted: what began this long ago may still be ahead elsewhere (docs/reference/fapp.md,
    /// section 5).
    /// </summary>
    public const long Tolerance = 3 * Hour;

    /// <summary>Today, in days since 1970-01-01; 0 without a clock.</summary>
    public ushort BornDay => Unix is { } unix ? (ushort)Math.Clamp(unix / Day, 1, ushort.MaxValue) : (ushort)0;
}
