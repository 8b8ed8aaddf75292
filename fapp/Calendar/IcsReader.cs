using System.Text;

namespace QuicProChat.Mesh.Fapp.Calendar;

/// <summary>
/// The properties of the VEVENTs of a file that an import needs, unfolded. Of every other line, SUMMARY and DESCRIPTION
/// above all, nothing is kept: they hold patients' names.
/// </summary>
internal static class IcsReader
{
    /// <summary>Longest line that is taken after unfolding, in characters; arbitrary.</summary>
    internal const int MaxLine = 8192;

    private static readonly HashSet<string> Wanted =
    [
        "UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXRULE", "EXDATE", "RECURRENCE-ID", "STATUS",
        "TRANSP", "CATEGORIES",
    ];

    /// <summary>Reads the events of a file.</summary>
    /// <param name="file">UTF-8.</param>
    /// <param name="maxEvents">Most events.</param>
    /// <param name="faults">Receives what is wrong, and where.</param>
    internal static List<List<IcsLine>> Read(ReadOnlySpan<byte> file, int maxEvents, FaultList faults)
    {
        var events = new List<List<IcsLine>>();
        // What is open: VEVENTs count directly below VCALENDAR, and what is in them (VALARM) does not.
        var open = new Stack<string>();
        bool seen = false;
        foreach ((int number, string text) in Unfold(Encoding.UTF8.GetString(file), faults))
        {
            ReadOnlySpan<char> name = IcsLine.NameOf(text).Trim();
            string component = text[Math.Min(text.Length, name.Length + 1)..].Trim().ToUpperInvariant();
            if (name.Equals("BEGIN", StringComparison.OrdinalIgnoreCase))
            {
                seen |= open.Count == 0 && component == "VCALENDAR";
                open.Push(component);
                if (open.Count > MaxDepth)
                    return Stop(faults, number, "components are nested too deep");
                if (!IsEvent(open))
                    continue;
                if (events.Count >= maxEvents)
                    return Stop(faults, number, $"there are more than {maxEvents} events");
                events.Add([]);
            }
            else if (name.Equals("END", StringComparison.OrdinalIgnoreCase))
            {
                if (open.Count == 0 || open.Pop() != component)
                    return Stop(faults, number, "an END has no BEGIN");
            }
            else if (IsEvent(open) && Wanted.Contains(name.ToString().ToUpperInvariant()))
            {
                if (IcsLine.TryParse(number, text, out IcsLine? line))
                    events[^1].Add(line);
                else
                    faults.Add(number, "it is no property: NAME:value or NAME;PARAMETER=value:value");
            }
        }

        if (!seen)
            faults.Add(1, "the file has no BEGIN:VCALENDAR: it is no iCalendar file");
        else if (open.Count > 0)
            faults.Add(1, $"the file is cut: {open.Peek()} has no END");
        return events;
    }

    private const int MaxDepth = 8;

    private static bool IsEvent(Stack<string> open) => open.Count == 2 && open.Peek() == "VEVENT";

    private static List<List<IcsLine>> Stop(FaultList faults, int number, string fault)
    {
        faults.Add(number, fault);
        return [];
    }

    /// <summary>Joins lines that a blank or a tab continues (RFC 5545, section 3.1).</summary>
    private static IEnumerable<(int Number, string Text)> Unfold(string file, FaultList faults)
    {
        var line = new StringBuilder();
        int begin = 0, number = 0;
        foreach (string physical in file.Split('\n'))
        {
            number++;
            string text = physical.TrimEnd('\r');
            if (number == 1)
                text = text.TrimStart('\uFEFF');
            if (text.Length > 0 && text[0] is ' ' or '\t' && begin > 0)
            {
                // Only what is wanted has a bound, and is long for no good reason.
                if (line.Length + text.Length <= MaxLine)
                    line.Append(text, 1, text.Length - 1);
                else if (Wanted.Contains(IcsLine.NameOf(line.ToString()).ToString().ToUpperInvariant()))
                    faults.Add(begin, $"the line has more than {MaxLine} characters");
                continue;
            }

            if (line.Length > 0)
                yield return (begin, line.ToString());
            line.Clear().Append(text.Length > MaxLine ? text[..MaxLine] : text);
            if (text.Length > MaxLine && Wanted.Contains(IcsLine.NameOf(text).ToString().ToUpperInvariant()))
                faults.Add(number, $"the line has more than {MaxLine} characters");
            begin = number;
        }

        if (line.Length > 0)
            yield return (begin, line.ToString());
    }
}
