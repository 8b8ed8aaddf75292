using System.Globalization;

namespace QuicProChat.Mesh.Fapp.Calendar;

/// <summary>
/// An RRULE that repeats by weeks (RFC 5545, section 3.3.10): WEEKLY with INTERVAL, BYDAY, WKST, and UNTIL or COUNT.
/// Everything else is refused.
/// </summary>
/// <param name="Interval">Every so many weeks.</param>
/// <param name="Days">The days of the week, as bits from Sunday; 0 for that of the beginning.</param>
/// <param name="WeekStart">The day on which weeks begin.</param>
/// <param name="Until">The last time; null for none.</param>
/// <param name="Count">How many times; null for no bound.</param>
internal sealed record WeeklyRule(int Interval, int Days, DayOfWeek WeekStart, IcsTime? Until, int? Count)
{
    private const int DaysOfWeek = 7, MaxNumber = 10_000;

    private static readonly string[] DayNames = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

    /// <summary>Reads a rule; false, with what is wrong, for one that this program does not follow.</summary>
    internal static bool TryParse(IcsLine line, out WeeklyRule rule, out string fault)
    {
        rule = new WeeklyRule(1, 0, DayOfWeek.Monday, null, null);
        fault = "";
        bool weekly = false;
        var seen = new HashSet<string>();
        foreach (string part in line.Value.Trim().ToUpperInvariant().Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=');
            string name = equals < 0 ? part : part[..equals], value = equals < 0 ? "" : part[(equals + 1)..];
            if (!seen.Add(name) || !TryTake(line, name, value, ref rule, ref weekly))
            {
                fault = $"RRULE: {Shown(name)} is not followed here; only FREQ=WEEKLY with INTERVAL, BYDAY, WKST, "
                    + "UNTIL and COUNT is";
                return false;
            }
        }

        if (weekly && !(rule.Until is not null && rule.Count is not null))
            return true;
        fault = weekly ? "RRULE has both UNTIL and COUNT" : "RRULE: only FREQ=WEEKLY is followed here";
        return false;
    }

    /// <summary>
    /// The beginnings of the repetitions from a first one on. A time that does not exist is left to the caller, who
    /// does not count it: so COUNT is counted there.
    /// </summary>
    internal IEnumerable<IcsTime> From(IcsTime first)
    {
        int days = Days == 0 ? 1 << (int)first.Wall.DayOfWeek : Days;
        int intoWeek = (first.Wall.DayOfWeek - WeekStart + DaysOfWeek) % DaysOfWeek;
        for (int week = 0; ; week += Interval)
        {
            for (int day = 0; day < DaysOfWeek; day++)
            {
                int ahead = week * DaysOfWeek + day - intoWeek;
                if (ahead < 0)
                    continue;
                IcsTime at = first.AddDays(ahead);
                if ((days & 1 << (int)at.Wall.DayOfWeek) == 0)
                    continue;
                if (IsPast(at))
                    yield break;
                yield return at;
            }
        }
    }

    /// <summary>Whether the first time is one of the rule's own, as it should be (RFC 5545, section 3.8.5.3).</summary>
    internal bool Has(IcsTime first) => Days == 0 || (Days & 1 << (int)first.Wall.DayOfWeek) != 0;

    private bool IsPast(IcsTime at)
    {
        if (Until is not { } until)
            return false;
        // A date is the whole day; between two times of one clock the clock decides, else time itself.
        if (until.IsDate)
            return at.Wall.Date > until.Wall.Date;
        return at.IsUtc == until.IsUtc ? at.Wall > until.Wall : at.Time(out _) > until.Time(out _);
    }

    private static bool TryTake(IcsLine line, string name, string value, ref WeeklyRule rule, ref bool weekly)
    {
        switch (name)
        {
            case "FREQ":
                weekly = value == "WEEKLY";
                return weekly;
            case "INTERVAL" when TryReadNumber(value, out int interval):
                rule = rule with { Interval = interval };
                return true;
            case "COUNT" when TryReadNumber(value, out int count):
                rule = rule with { Count = count };
                return true;
            case "UNTIL" when IcsTime.TryParse(line, value, out IcsTime until, out _):
                rule = rule with { Until = until };
                return true;
            case "WKST" when Array.IndexOf(DayNames, value) is >= 0 and var start:
                rule = rule with { WeekStart = (DayOfWeek)start };
                return true;
            case "BYDAY":
                int days = 0;
                foreach (string day in value.Split(','))
                {
                    int number = Array.IndexOf(DayNames, day);
                    if (number < 0)
                        return false;
                    days |= 1 << number;
                }

                rule = rule with { Days = days };
                return true;
            default:
                return false;
        }
    }

    private static bool TryReadNumber(string value, out int number) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number is > 0 and <= MaxNumber;

    // A name of the standard, never a text that people wrote.
    private static string Shown(string name) => name.Length <= 12 && name.All(char.IsAsciiLetter) ? name : "a part";
}
