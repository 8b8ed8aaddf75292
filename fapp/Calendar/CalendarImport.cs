namespace QuicProChat.Mesh.Fapp.Calendar;

/// <summary>A time that a calendar says is free.</summary>
/// <param name="Start">When it begins, UTC.</param>
/// <param name="Minutes">How long it is.</param>
public readonly record struct FreeTime(DateTimeOffset Start, int Minutes);

/// <summary>What to take from a calendar.</summary>
public sealed record CalendarChoice
{
    /// <summary>Categories that mean "free", as the calendar writes them; empty for TRANSP:TRANSPARENT.</summary>
    public IReadOnlySet<string> Categories { get; init; } = new HashSet<string>();

    /// <summary>Nothing that begins earlier is taken.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Nothing that begins then or later is taken.</summary>
    public required DateTimeOffset Until { get; init; }
}

/// <summary>What a calendar gave.</summary>
/// <param name="Free">Free times in their order; none where there are faults.</param>
/// <param name="Warnings">What was taken otherwise than somebody may think.</param>
/// <param name="Faults">Why nothing was taken: what could not be understood might be busy.</param>
public sealed record CalendarReading(
    IReadOnlyList<FreeTime> Free, IReadOnlyList<LineNote> Warnings, IReadOnlyList<LineNote> Faults);

/// <summary>
/// Finds free times in an iCalendar file (RFC 5545): events of the chosen categories, or transparent ones, that no busy
/// event touches. Nothing that people wrote leaves it.
/// </summary>
public static class CalendarImport
{
    /// <summary>Most bytes of a file.</summary>
    public const int MaxFile = 8 << 20;

    /// <summary>Most events.</summary>
    public const int MaxEvents = 20_000;

    /// <summary>Most repetitions that are looked at, all events together.</summary>
    public const int MaxRepetitions = 1_000_000;

    /// <summary>Most occurrences between the two ends.</summary>
    public const int MaxOccurrences = 20_000;

    /// <summary>Reads a file.</summary>
    public static CalendarReading Read(ReadOnlySpan<byte> file, CalendarChoice choice)
    {
        var faults = new FaultList();
        if (file.Length > MaxFile)
        {
            faults.Add(1, $"the file has more than {MaxFile} bytes: export fewer years");
            return new CalendarReading([], [], faults.Notes);
        }

        var events = new List<CalendarEvent>();
        foreach (List<IcsLine> lines in IcsReader.Read(file, MaxEvents, faults))
        {
            if (CalendarEvent.Read(lines, choice.Categories, faults) is { } read)
                events.Add(read);
        }

        return new Reading(choice, events, faults).Finish();
    }

    /// <summary>One reading, while it goes on.</summary>
    private sealed class Reading(CalendarChoice choice, List<CalendarEvent> events, FaultList faults)
    {
        private readonly FaultList _warnings = new();
        private readonly List<(DateTimeOffset Start, DateTimeOffset End, int Line)> _free = [];
        private readonly List<(DateTimeOffset Start, DateTimeOffset End)> _busy = [];
        private readonly Dictionary<string, HashSet<DateTimeOffset>> _changed = [];
        private int _repetitions;

        internal CalendarReading Finish()
        {
            foreach (CalendarEvent changed in events)
            {
                if (changed.Replaces is not { } replaced)
                    continue;
                if (!_changed.TryGetValue(changed.Uid, out HashSet<DateTimeOffset>? times))
                    _changed[changed.Uid] = times = [];
                times.Add(replaced);
            }

            foreach (CalendarEvent entry in events)
                Expand(entry);
            return faults.Any
                ? new CalendarReading([], _warnings.Notes, faults.Notes)
                : new CalendarReading(WithoutBusy(), _warnings.Notes, []);
        }

        private void Expand(CalendarEvent entry)
        {
            if (entry.Availability == Availability.Neither)
                return;
            if (entry.Rule is not { } rule || entry.Replaces is not null)
            {
                if (Exists(entry, entry.First, isRepetition: false, out DateTimeOffset start))
                    Add(entry, entry.First, start);
                return;
            }

            HashSet<DateTimeOffset>? changed = _changed.GetValueOrDefault(entry.Uid);
            int left = rule.Count ?? int.MaxValue;
            foreach (IcsTime begin in rule.From(entry.First))
            {
                if (++_repetitions > MaxRepetitions)
                {
                    faults.Add(entry.Line, $"all events together repeat more than {MaxRepetitions} times");
                    return;
                }

                DateTimeOffset at = begin.Time(out _);
                if (left == 0 || at >= choice.Until)
                    return;
                if (!Exists(entry, begin, isRepetition: true, out DateTimeOffset start))
                    continue;
                left--;
                if (!entry.Except.Contains(start) && !entry.ExceptDays.Contains(begin.Wall.Date)
                    && changed?.Contains(start) != true)
                    Add(entry, begin, start);
            }
        }

        /// <summary>Whether the clock shows the time, and which one is meant.</summary>
        private bool Exists(CalendarEvent entry, IcsTime begin, bool isRepetition, out DateTimeOffset start)
        {
            start = begin.Time(out LocalTimeKind kind);
            bool matters = start >= choice.From && start < choice.Until && !begin.IsDate;
            string when = $"{begin.Wall:yyyy-MM-dd HH:mm}";
            if (kind == LocalTimeKind.Ambiguous && matters)
                _warnings.Add(entry.Line, $"{when} is there twice, as summer time ends: the first is taken");
            if (kind != LocalTimeKind.Missing)
                return true;
            if (isRepetition)
                _warnings.Add(entry.Line, $"{when} does not exist, as summer time begins: this repetition is left out");
            else if (matters)
                faults.Add(entry.Line, $"{when} does not exist, as summer time begins");
            return false;
        }

        private void Add(CalendarEvent entry, IcsTime begin, DateTimeOffset start)
        {
            DateTimeOffset end = entry.EndOf(begin);
            if (end <= choice.From || start >= choice.Until)
                return;
            if (_free.Count + _busy.Count >= MaxOccurrences)
            {
                faults.Add(entry.Line, $"there are more than {MaxOccurrences} events and repetitions in this time");
                return;
            }

            if (entry.Availability == Availability.Busy)
            {
                // An empty event takes no time, wherever it lies.
                if (end > start)
                    _busy.Add((start, end));
                return;
            }

            if (begin.IsDate || end - start > TimeSpan.FromMinutes(Records.Slot.MaxMinutes)
                || end - start < TimeSpan.FromMinutes(1))
                _warnings.Add(entry.Line,
                    $"an appointment lasts 1 to {Records.Slot.MaxMinutes} minutes: this one is left out");
            else if (start >= choice.From)
                _free.Add((start, end, entry.Line));
        }

        private List<FreeTime> WithoutBusy()
        {
            _free.Sort((a, b) => a.Start.CompareTo(b.Start));
            _busy.Sort((a, b) => a.Start.CompareTo(b.Start));
            var free = new List<FreeTime>();
            DateTimeOffset lastEnd = DateTimeOffset.MinValue;
            DateTimeOffset[] latestEnd = LatestEnds();
            foreach ((DateTimeOffset start, DateTimeOffset end, int line) in _free)
            {
                // Of all that begin before this one ends, the latest end says whether any reaches into it.
                int before = CountBefore(end);
                if (before > 0 && latestEnd[before - 1] > start)
                    continue;
                if (start < lastEnd)
                {
                    _warnings.Add(line, "it overlaps another free one: it is left out");
                    continue;
                }

                lastEnd = end;
                free.Add(new FreeTime(start, (int)(end - start).TotalMinutes));
            }

            return free;
        }

        private DateTimeOffset[] LatestEnds()
        {
            var latest = new DateTimeOffset[_busy.Count];
            DateTimeOffset end = DateTimeOffset.MinValue;
            for (int i = 0; i < latest.Length; i++)
                latest[i] = end = _busy[i].End > end ? _busy[i].End : end;
            return latest;
        }

        /// <summary>How many busy times begin before this.</summary>
        private int CountBefore(DateTimeOffset time)
        {
            int low = 0, high = _busy.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (_busy[middle].Start < time)
                    low = middle + 1;
                else
                    high = middle;
            }

            return low;
        }
    }
}
