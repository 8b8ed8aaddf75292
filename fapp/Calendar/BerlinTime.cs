namespace QuicProChat.Mesh.Fapp.Calendar;

/// <summary>How a time on the clock relates to time itself.</summary>
public enum LocalTimeKind : byte
{
    /// <summary>It is there once.</summary>
    Unique,

    /// <summary>It is there twice: in the hour before summer time ends, and in the hour after.</summary>
    Ambiguous,

    /// <summary>It is skipped when summer time begins.</summary>
    Missing,
}

/// <summary>
/// The time in Berlin, without time zone data, which routers lack: CET, and CEST from the last Sunday of March to the
/// last Sunday of October, changing at 01:00 UTC (Directive 2000/84/EC). Germany has had this rule since 1996.
/// </summary>
public static class BerlinTime
{
    private const int March = 3, October = 10;

    private static readonly TimeSpan Winter = TimeSpan.FromHours(1), Summer = TimeSpan.FromHours(2);

    /// <summary>The distance to UTC at a time.</summary>
    public static TimeSpan OffsetAt(DateTimeOffset time)
    {
        DateTime utc = time.UtcDateTime;
        return utc >= Change(utc.Year, March) && utc < Change(utc.Year, October) ? Summer : Winter;
    }

    /// <summary>What the clock shows at a time.</summary>
    public static DateTime LocalOf(DateTimeOffset time) =>
        DateTime.SpecifyKind(time.UtcDateTime + OffsetAt(time), DateTimeKind.Unspecified);

    /// <summary>
    /// The time at which the clock shows this. Of two such times it is the first; of none, the one that the clock would
    /// show if summer time had not begun.
    /// </summary>
    public static DateTimeOffset TimeOf(DateTime local, out LocalTimeKind kind)
    {
        DateTime wall = DateTime.SpecifyKind(local, DateTimeKind.Utc);
        var asSummer = new DateTimeOffset(wall - Summer);
        var asWinter = new DateTimeOffset(wall - Winter);
        bool summer = OffsetAt(asSummer) == Summer, winter = OffsetAt(asWinter) == Winter;
        kind = summer && winter ? LocalTimeKind.Ambiguous : summer || winter ? LocalTimeKind.Unique
            : LocalTimeKind.Missing;
        return summer ? asSummer : asWinter;
    }

    /// <summary>01:00 UTC on the last Sunday of a month of 31 days.</summary>
    private static DateTime Change(int year, int month)
    {
        var last = new DateTime(year, month, 31, 1, 0, 0, DateTimeKind.Utc);
        return last.AddDays(-(int)last.DayOfWeek);
    }
}
