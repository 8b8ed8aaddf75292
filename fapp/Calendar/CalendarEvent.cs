namespace QuicProChat.Mesh.Fapp.Calendar;

/// <summary>A VEVENT with what an import needs of it.</summary>
internal sealed class CalendarEvent
{
    private const int MaxExceptions = 2000;

    private readonly IcsDuration? _duration;
    private readonly TimeSpan _length;

    private CalendarEvent(
        IcsLine start, IcsTime first, IcsDuration? duration, TimeSpan length, WeeklyRule? rule,
        HashSet<DateTimeOffset> except,
        HashSet<DateTime> exceptDays, DateTimeOffset? replaces, string uid)
    {
        Line = start.Number;
        First = first;
        _duration = duration;
        _length = length;
        Rule = rule;
        Except = except;
        ExceptDays = exceptDays;
        Replaces = replaces;
        Uid = uid;
    }

    /// <summary>The line of its DTSTART.</summary>
    internal int Line { get; }

    /// <summary>Its beginning, or the first one.</summary>
    internal IcsTime First { get; }

    /// <summary>How it repeats; null if it does not.</summary>
    internal WeeklyRule? Rule { get; }

    /// <summary>Beginnings that are left out.</summary>
    internal HashSet<DateTimeOffset> Except { get; }

    /// <summary>Days whose beginnings are left out.</summary>
    internal HashSet<DateTime> ExceptDays { get; }

    /// <summary>Of a changed repetition: the beginning that it had.</summary>
    internal DateTimeOffset? Replaces { get; }

    /// <summary>By what a changed repetition and its series belong together.</summary>
    internal string Uid { get; }

    /// <summary>Whether it is free, busy, or neither.</summary>
    internal Availability Availability { get; private init; }

    /// <summary>
    /// Reads an event; null, with faults, if it is not understood, and without if it says nothing about free and busy.
    /// </summary>
    internal static CalendarEvent? Read(List<IcsLine> lines, IReadOnlySet<string> categories, FaultList faults)
    {
        Availability availability = AvailabilityOf(lines, categories);
        IcsLine? start = Find(lines, "DTSTART");
        IcsLine? changed = Find(lines, "RECURRENCE-ID");
        // A cancelled repetition still takes the place of the one that was.
        if (availability == Availability.Neither && changed is null)
            return null;
        if (start is null)
        {
            faults.Add(lines.Count > 0 ? lines[0].Number : 1, "the event has no DTSTART");
            return null;
        }

        foreach (string name in (string[])["RDATE", "EXRULE"])
        {
            if (Find(lines, name) is { } line)
                faults.Add(line.Number, $"{name} is not followed here");
        }

        if (!IcsTime.TryParse(start, start.Value, out IcsTime first, out string fault))
        {
            faults.Add(start.Number, fault);
            return null;
        }

        if (!TryReadLength(lines, first, faults, out IcsDuration? duration, out TimeSpan length)
            || !TryReadRule(lines, first, faults, out WeeklyRule? rule)
            || !TryReadChanged(changed, faults, out DateTimeOffset? replaces))
            return null;
        var except = new HashSet<DateTimeOffset>();
        var exceptDays = new HashSet<DateTime>();
        ReadExceptions(lines, except, exceptDays, faults);
        return new CalendarEvent(start, first, duration, length, rule, except, exceptDays, replaces,
            Find(lines, "UID")?.Value ?? "")
        {
            Availability = availability,
        };
    }

    /// <summary>When an occurrence that begins then is over.</summary>
    internal DateTimeOffset EndOf(IcsTime begin)
    {
        if (_duration is { } nominal)
            return begin.AddDays(nominal.Days).Time(out _) + nominal.Time;
        return begin.IsDate
            ? (begin with { Wall = begin.Wall + _length }).Time(out _)
            : begin.Time(out _) + _length;
    }

    private static Availability AvailabilityOf(List<IcsLine> lines, IReadOnlySet<string> categories)
    {
        if (Find(lines, "STATUS")?.Value.Trim().Equals("CANCELLED", StringComparison.OrdinalIgnoreCase) == true)
            return Availability.Neither;
        bool transparent = Find(lines, "TRANSP")?.Value.Trim()
            .Equals("TRANSPARENT", StringComparison.OrdinalIgnoreCase) == true;
        bool chosen = categories.Count == 0 ? transparent
            : lines.Exists(l => l.Name == "CATEGORIES" && l.Value.Split(',').Any(c => categories.Contains(c.Trim())));
        return chosen ? Availability.Free : transparent ? Availability.Neither : Availability.Busy;
    }

    private static bool TryReadLength(
        List<IcsLine> lines, IcsTime first, FaultList faults, out IcsDuration? duration, out TimeSpan length)
    {
        duration = null;
        length = first.IsDate ? TimeSpan.FromDays(1) : TimeSpan.Zero;
        if (Find(lines, "DURATION") is { } named)
        {
            if (!IcsDuration.TryParse(named.Value, out IcsDuration read))
            {
                faults.Add(named.Number, "DURATION is none such as PT50M");
                return false;
            }

            duration = read;
            return true;
        }

        if (Find(lines, "DTEND") is not { } end)
            return true;
        if (!IcsTime.TryParse(end, end.Value, out IcsTime last, out string fault) || last.IsDate != first.IsDate)
        {
            faults.Add(end.Number, last.IsDate != first.IsDate
                ? "DTEND and DTSTART are not both days or both times" : fault);
            return false;
        }

        // Of days the clock counts, of times the time that passes (RFC 5545, section 3.8.5.3).
        length = first.IsDate ? last.Wall - first.Wall : last.Time(out _) - first.Time(out _);
        if (length < TimeSpan.Zero)
            faults.Add(end.Number, "DTEND is before DTSTART");
        return length >= TimeSpan.Zero;
    }

    private static bool TryReadRule(List<IcsLine> lines, IcsTime first, FaultList faults, out WeeklyRule? rule)
    {
        rule = null;
        if (Find(lines, "RRULE") is not { } line)
            return true;
        if (lines.Count(l => l.Name == "RRULE") > 1)
        {
            faults.Add(line.Number, "the event has more than one RRULE");
            return false;
        }

        if (!WeeklyRule.TryParse(line, out rule, out string fault))
        {
            faults.Add(line.Number, fault);
            return false;
        }

        if (!rule.Has(first))
            faults.Add(line.Number, "the event begins on a day that is not among those of BYDAY");
        return rule.Has(first);
    }

    private static bool TryReadChanged(IcsLine? line, FaultList faults, out DateTimeOffset? replaces)
    {
        replaces = null;
        if (line is null)
            return true;
        bool read = IcsTime.TryParse(line, line.Value, out IcsTime time, out string fault);
        if (read && line.Parameter("RANGE") is not null)
            (read, fault) = (false, "RECURRENCE-ID with RANGE is not followed here");
        if (!read)
            faults.Add(line.Number, fault);
        replaces = read ? time.Time(out _) : null;
        return read;
    }

    private static void ReadExceptions(
        List<IcsLine> lines, HashSet<DateTimeOffset> times, HashSet<DateTime> days, FaultList faults)
    {
        foreach (IcsLine line in lines)
        {
            if (line.Name != "EXDATE")
                continue;
            foreach (string value in line.Value.Split(','))
            {
                if (!IcsTime.TryParse(line, value.Trim(), out IcsTime time, out string fault))
                    faults.Add(line.Number, fault);
                else if (times.Count + days.Count >= MaxExceptions)
                    faults.Add(line.Number, $"there are more than {MaxExceptions} exceptions");
                else if (time.IsDate)
                    days.Add(time.Wall);
                else
                    times.Add(time.Time(out _));
            }
        }
    }

    private static IcsLine? Find(List<IcsLine> lines, string name) => lines.Find(l => l.Name == name);
}

/// <summary>What an event says of the time that it takes.</summary>
internal enum Availability : byte
{
    /// <summary>Nothing.</summary>
    Neither,

    /// <summary>An appointment may be made.</summary>
    Free,

    /// <summary>None may.</summary>
    Busy,
}
