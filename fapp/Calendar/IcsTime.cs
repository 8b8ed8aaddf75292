using System.Globalization;

namespace QuicProChat.Mesh.Fapp.Calendar;

/// <summary>
/// A DATE or DATE-TIME of a file (RFC 5545, sections 3.3.4 and 3.3.5), in UTC or as the clock in Berlin shows it.
/// </summary>
/// <param name="Wall">What the file says; of UTC the UTC time.</param>
/// <param name="IsUtc">Whether it is UTC; else it is the time in Berlin.</param>
/// <param name="IsDate">Whether it is a day without a time.</param>
internal readonly record struct IcsTime(DateTime Wall, bool IsUtc, bool IsDate)
{
    // Series that are older or later are somebody's mistake; within these years nothing overflows.
    private const int MinYear = 1970, MaxYear = 2200;

    /// <summary>The time; of what is there twice the first.</summary>
    internal DateTimeOffset Time(out LocalTimeKind kind)
    {
        kind = LocalTimeKind.Unique;
        return IsUtc ? new DateTimeOffset(DateTime.SpecifyKind(Wall, DateTimeKind.Utc))
            : BerlinTime.TimeOf(Wall, out kind);
    }

    /// <summary>The same clock time days later.</summary>
    internal IcsTime AddDays(int days) => this with { Wall = Wall.AddDays(days) };

    /// <summary>Reads a value whose zone its line names.</summary>
    internal static bool TryParse(IcsLine line, string value, out IcsTime time, out string fault)
    {
        time = default;
        fault = $"{line.Name} is no date or time such as 20261123T100000";
        string? zone = line.Parameter("TZID");
        if (zone is not null && !IsBerlin(zone) && zone is not ("UTC" or "Etc/UTC"))
        {
            fault = "the time zone is not Europe/Berlin: only it, UTC and times without a zone are read";
            return false;
        }

        bool isDate = value.Length == 8;
        bool isUtc = value.EndsWith('Z');
        string digits = isUtc ? value[..^1] : value;
        if (!DateTime.TryParseExact(
                digits, isDate ? "yyyyMMdd" : "yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture, DateTimeStyles.None,
                out DateTime wall)
            || wall.Year is < MinYear or > MaxYear)
            return false;
        time = new IcsTime(wall, (isUtc || (zone is not null && !IsBerlin(zone))) && !isDate, isDate);
        return true;
    }

    // As calendars write it: with a path of its database before it, or by Windows' name.
    private static bool IsBerlin(string zone) =>
        zone is "Europe/Berlin" or "W. Europe Standard Time"
            || zone.EndsWith("/Europe/Berlin", StringComparison.Ordinal);
}
