using System.Globalization;
using System.Text;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Calendar;

/// <summary>What became of an appointment, as a calendar knows it (RFC 5545, section 3.8.1.11).</summary>
public enum CalendarStatus : byte
{
    /// <summary>Free, or offered and not yet answered.</summary>
    Tentative,

    /// <summary>Booked.</summary>
    Confirmed,

    /// <summary>Withdrawn, cancelled or expired.</summary>
    Cancelled,
}

/// <summary>An appointment to write into a calendar.</summary>
/// <param name="Practice">Whose.</param>
/// <param name="Slot">Which; with the practice it is the entry's name, which never changes.</param>
/// <param name="Sequence">How often the entry changed; a calendar takes a higher one for the newer.</param>
/// <param name="Start">When it begins.</param>
/// <param name="Minutes">How long it is.</param>
/// <param name="Status">What became of it.</param>
public readonly record struct CalendarEntry(
    NodeAddress Practice, SlotId Slot, int Sequence, DateTimeOffset Start, int Minutes, CalendarStatus Status);

/// <summary>
/// Writes appointments as an iCalendar file (RFC 5545): in UTC, private, and without a word about anybody.
/// </summary>
public static class CalendarExport
{
    private const int MaxLineBytes = 75;
    private const string Utc = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>The file.</summary>
    /// <param name="entries">In any order.</param>
    /// <param name="now">When it is written.</param>
    public static string Write(IEnumerable<CalendarEntry> entries, DateTimeOffset now)
    {
        var file = new StringBuilder();
        Line(file, "BEGIN:VCALENDAR");
        Line(file, "VERSION:2.0");
        Line(file, "PRODID:-//QuicProChat//qpc-mesh FAPP//DE");
        Line(file, "CALSCALE:GREGORIAN");
        Line(file, "METHOD:PUBLISH");
        foreach (CalendarEntry entry in entries)
        {
            Line(file, "BEGIN:VEVENT");
            Line(file, $"UID:{entry.Slot}@{entry.Practice}");
            Line(file, $"SEQUENCE:{entry.Sequence.ToString(CultureInfo.InvariantCulture)}");
            Line(file, "DTSTAMP:" + Time(now));
            Line(file, "DTSTART:" + Time(entry.Start));
            Line(file, "DTEND:" + Time(entry.Start.AddMinutes(entry.Minutes)));
            Line(file, "STATUS:" + StatusOf(entry.Status));
            Line(file, "CLASS:PRIVATE");
            // What is not booked is written down, and keeps nobody from an appointment.
            Line(file, "TRANSP:" + (entry.Status == CalendarStatus.Confirmed ? "OPAQUE" : "TRANSPARENT"));
            Line(file, "CATEGORIES:FAPP");
            Line(file, "SUMMARY:Termin");
            Line(file, "END:VEVENT");
        }

        Line(file, "END:VCALENDAR");
        return file.ToString();
    }

    private static string StatusOf(CalendarStatus status) => status switch
    {
        CalendarStatus.Tentative => "TENTATIVE",
        CalendarStatus.Confirmed => "CONFIRMED",
        CalendarStatus.Cancelled => "CANCELLED",
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString(Utc, CultureInfo.InvariantCulture);

    /// <summary>Writes a line, folded after 75 bytes (RFC 5545, section 3.1); all that is written is ASCII.</summary>
    private static void Line(StringBuilder file, string line)
    {
        for (int at = 0; at < line.Length;)
        {
            int room = at == 0 ? MaxLineBytes : MaxLineBytes - 1;
            int length = Math.Min(room, line.Length - at);
            file.Append(at == 0 ? "" : " ").Append(line, at, length).Append("\r\n");
            at += length;
        }
    }
}
