using System.Globalization;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// The rules of a time zone as POSIX writes them (IEEE Std 1003.1, section 8.3): <c>CET-1CEST,M3.5.0,M10.5.0/3</c>.
/// Routers have nothing else: no files of zones, which is all that the runtime reads.
/// <code>
///   std offset [dst [offset] [,start[/time],end[/time]]]      offsets: [+-]hh[:mm[:ss]], positive west of Greenwich
///   start, end: Mm.w.d (week 5 is the last), Jn (1 to 365, never February 29), n (0 to 365)
/// </code>
/// </summary>
internal sealed class PosixTimeZone
{
    private const int MaxHours = 167;

    private readonly TimeSpan _standard;
    private readonly TimeSpan _summer;
    private readonly Rule? _start;
    private readonly Rule? _end;

    private PosixTimeZone(TimeSpan standard, TimeSpan summer, Rule? start, Rule? end) =>
        (_standard, _summer, _start, _end) = (standard, summer, start, end);

    /// <summary>Reads rules; null if they are none, such as the name of a file.</summary>
    internal static PosixTimeZone? TryParse(string text)
    {
        int at = 0;
        if (!TrySkipName(text, ref at) || !TryReadOffset(text, ref at, out TimeSpan west))
            return null;
        TimeSpan standard = -west, summer = standard;
        if (at == text.Length)
            return new PosixTimeZone(standard, summer, null, null);
        if (!TrySkipName(text, ref at))
            return null;
        summer = standard + TimeSpan.FromHours(1);
        if (at < text.Length && text[at] != ',')
        {
            if (!TryReadOffset(text, ref at, out west))
                return null;
            summer = -west;
        }

        // POSIX leaves the days to the system where they are not given: those of the United States are usual.
        if (at == text.Length)
            text += ",M3.2.0,M11.1.0";
        return TryReadRule(text, ref at, out Rule start) && TryReadRule(text, ref at, out Rule end) && at == text.Length
            ? new PosixTimeZone(standard, summer, start, end) : null;
    }

    /// <summary>How far the clocks are ahead of UTC at a time.</summary>
    internal TimeSpan OffsetAt(DateTimeOffset time)
    {
        if (_start is not { } start || _end is not { } end)
            return _standard;
        DateTime utc = time.UtcDateTime;
        // At the ends of the calendar there is no room to reckon with offsets.
        if (utc.Year == DateTime.MinValue.Year || utc.Year == DateTime.MaxValue.Year)
            return _standard;
        int year = (utc + _standard).Year;
        DateTime begins = start.In(year) - _standard, ends = end.In(year) - _summer;
        bool isSummer = begins < ends ? utc >= begins && utc < ends : utc >= begins || utc < ends;
        return isSummer ? _summer : _standard;
    }

    private static bool TrySkipName(string text, ref int at)
    {
        int start = at;
        if (at < text.Length && text[at] == '<')
        {
            int end = text.IndexOf('>', at);
            bool isName = end > at + 1 && text.AsSpan(at + 1, end - at - 1).IndexOfAnyExcept(Quoted) < 0;
            at = end + 1;
            return isName;
        }

        while (at < text.Length && char.IsAsciiLetter(text[at]))
            at++;
        return at - start >= 3;
    }

    private static System.Buffers.SearchValues<char> Quoted { get; } = System.Buffers.SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-");

    private static bool TryReadOffset(string text, ref int at, out TimeSpan offset)
    {
        offset = default;
        int sign = 1;
        if (at < text.Length && text[at] is '+' or '-')
            sign = text[at++] == '-' ? -1 : 1;
        if (!TryReadNumber(text, ref at, MaxHours, out int hours))
            return false;
        int minutes = 0, seconds = 0;
        if (TrySkip(text, ref at, ':') && (!TryReadNumber(text, ref at, 59, out minutes)
            || (TrySkip(text, ref at, ':') && !TryReadNumber(text, ref at, 59, out seconds))))
            return false;
        offset = sign * new TimeSpan(hours, minutes, seconds);
        return true;
    }

    private static bool TryReadRule(string text, ref int at, out Rule rule)
    {
        rule = default;
        if (!TrySkip(text, ref at, ','))
            return false;
        int month = 0, week = 0, day;
        RuleKind kind = TrySkip(text, ref at, 'M') ? RuleKind.WeekDay : TrySkip(text, ref at, 'J') ? RuleKind.Julian
            : RuleKind.DayOfYear;
        if (kind == RuleKind.WeekDay)
        {
            if (!TryReadNumber(text, ref at, 12, out month) || month == 0 || !TrySkip(text, ref at, '.')
                || !TryReadNumber(text, ref at, 5, out week) || week == 0 || !TrySkip(text, ref at, '.')
                || !TryReadNumber(text, ref at, 6, out day))
                return false;
        }
        else if (!TryReadNumber(text, ref at, 365, out day) || (kind == RuleKind.Julian && day == 0))
        {
            return false;
        }

        TimeSpan time = TimeSpan.FromHours(2);
        if (TrySkip(text, ref at, '/') && !TryReadOffset(text, ref at, out time))
            return false;
        rule = new Rule(kind, month, week, day, time);
        return true;
    }

    private static bool TrySkip(string text, ref int at, char c)
    {
        bool isThere = at < text.Length && text[at] == c;
        at += isThere ? 1 : 0;
        return isThere;
    }

    private static bool TryReadNumber(string text, ref int at, int most, out int number)
    {
        int start = at;
        while (at < text.Length && at - start < 3 && char.IsAsciiDigit(text[at]))
            at++;
        return int.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number <= most;
    }

    private enum RuleKind
    {
        WeekDay,
        Julian,
        DayOfYear,
    }

    /// <summary>When clocks change in a year, by the clock that they show until then.</summary>
    private readonly record struct Rule(RuleKind Kind, int Month, int Week, int Day, TimeSpan Time)
    {
        internal DateTime In(int year) => Date(year) + Time;

        private DateTime Date(int year)
        {
            switch (Kind)
            {
                case RuleKind.Julian:
                    // February 29 is never counted.
                    return new DateTime(year, 1, 1).AddDays(Day - 1 + (DateTime.IsLeapYear(year) && Day >= 60 ? 1 : 0));
                case RuleKind.DayOfYear:
                    return new DateTime(year, 1, 1).AddDays(Day);
                case RuleKind.WeekDay:
                    var first = new DateTime(year, Month, 1);
                    DateTime date = first.AddDays((Day - (int)first.DayOfWeek + 7) % 7 + 7 * (Week - 1));
                    return date.Month == Month ? date : date.AddDays(-7);
                default:
                    throw new InvalidOperationException("there is no such rule");
            }
        }
    }
}
