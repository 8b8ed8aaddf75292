namespace QuicProChat.Mesh.Fapp.Records;

/// <summary>Times on the wire: minutes since 2020-01-01 00:00 UTC, 32 bits, which last until the year 10186.</summary>
public static class MinuteTime
{
    private const long EpochSeconds = 1_577_836_800;

    private const long SecondsPerMinute = 60;

    /// <summary>Minutes of a time; what is before 2020 is 0.</summary>
    public static uint Of(DateTimeOffset time) => OfUnixSeconds(time.ToUnixTimeSeconds());

    /// <summary>Minutes of a time; what is before 2020 is 0.</summary>
    public static uint OfUnixSeconds(long seconds) =>
        (uint)Math.Clamp((seconds - EpochSeconds) / SecondsPerMinute, 0, uint.MaxValue);

    /// <summary>The time that minutes mean, in seconds since 1970-01-01 UTC.</summary>
    public static long UnixSeconds(uint minutes) => EpochSeconds + minutes * SecondsPerMinute;

    /// <summary>
    /// The time that minutes mean; the end of the year 9999 for what is later. A stranger may write any number.
    /// </summary>
    public static DateTimeOffset Time(uint minutes) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Min(UnixSeconds(minutes), DateTimeOffset.MaxValue.ToUnixTimeSeconds()));
}
