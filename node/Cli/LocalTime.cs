namespace QuicProChat.Mesh.Node.Cli;

/// <summary>Times as the clocks of this place show them.</summary>
internal static class LocalTime
{
    /// <summary>Where OpenWrt keeps the rules of its zone.</summary>
    private const string RulesFile = "/etc/TZ";

    private const string ZoneFile = "/etc/localtime";

    private static readonly Lazy<PosixTimeZone?> _zone = new(() => Find(Environment.GetEnvironmentVariable("TZ")));

    /// <summary>A time by the clocks of this place.</summary>
    internal static DateTimeOffset Of(DateTimeOffset time) => Of(time, _zone.Value);

    /// <summary>The same by the clocks of a zone; null for what the runtime knows of this place.</summary>
    internal static DateTimeOffset Of(DateTimeOffset time, PosixTimeZone? zone)
    {
        // An offset has whole minutes and at most 14 hours; the rules of POSIX allow more, and no place has it.
        TimeSpan offset = zone is null ? TimeZoneInfo.Local.GetUtcOffset(time) : zone.OffsetAt(time);
        offset = TimeSpan.FromMinutes(Math.Clamp(Math.Round(offset.TotalMinutes), -14 * 60, 14 * 60));
        DateTime utc = time.UtcDateTime;
        bool fits = offset < TimeSpan.Zero ? utc - DateTime.MinValue >= -offset : DateTime.MaxValue - utc >= offset;
        return fits ? time.ToOffset(offset) : time;
    }

    /// <summary>The rules that the environment or the system gives, where it gives rules.</summary>
    internal static PosixTimeZone? Find(string? variable)
    {
        if (!string.IsNullOrEmpty(variable))
            return PosixTimeZone.TryParse(variable);
        try
        {
            return variable is null && !File.Exists(ZoneFile) && File.Exists(RulesFile)
                ? PosixTimeZone.TryParse(File.ReadAllText(RulesFile).Trim()) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then UTC it is.
            return null;
        }
    }
}
