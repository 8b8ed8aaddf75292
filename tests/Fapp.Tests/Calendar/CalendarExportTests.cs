using System.Text;
using QuicProChat.Mesh.Fapp.Calendar;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Tests.Calendar;

/// <summary>What is exported is what another program reads, and names nobody.</summary>
public class CalendarExportTests
{
    private const string Script = """
        import sys
        from icalendar import Calendar
        calendar = Calendar.from_ical(sys.stdin.buffer.read())
        assert calendar["VERSION"] == "2.0" and calendar["PRODID"]
        for event in calendar.walk("VEVENT"):
            start, end = event.decoded("DTSTART"), event.decoded("DTEND")
            print(event["UID"], event["SEQUENCE"], start.isoformat(), int((end - start).total_seconds() / 60),
                event["STATUS"],
                event["CLASS"], event["TRANSP"], event["SUMMARY"], event.decoded("DTSTAMP").isoformat())
        """;

    private static readonly NodeAddress Practice = new(0x0123456789abcdef, 0xfedcba9876543210);
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 20, 30, 0, TimeSpan.FromHours(1));

    private static readonly CalendarEntry[] Entries =
    [
        new(Practice, new SlotId(0xa1b2c3d4), 0, new DateTimeOffset(2026, 12, 1, 9, 0, 0, TimeSpan.Zero), 50,
            CalendarStatus.Tentative),
        new(Practice, new SlotId(1), 2, new DateTimeOffset(2027, 3, 29, 10, 0, 0, TimeSpan.FromHours(2)), 25,
            CalendarStatus.Confirmed),
        new(Practice, new SlotId(2), 3, new DateTimeOffset(2027, 3, 30, 8, 0, 0, TimeSpan.Zero), 100,
            CalendarStatus.Cancelled),
    ];

    [PythonFact("icalendar", "python3-icalendar")]
    public void Pythons_icalendar_reads_what_is_exported()
    {
        string[] read = Python.Run(Script, CalendarExport.Write(Entries, Now))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        const string stamp = "2026-11-29T19:30:00+00:00";
        Assert.Equal(
            [
                $"a1b2c3d4@{Practice} 0 2026-12-01T09:00:00+00:00 50 TENTATIVE PRIVATE TRANSPARENT Termin {stamp}",
                $"00000001@{Practice} 2 2027-03-29T08:00:00+00:00 25 CONFIRMED PRIVATE OPAQUE Termin {stamp}",
                $"00000002@{Practice} 3 2027-03-30T08:00:00+00:00 100 CANCELLED PRIVATE TRANSPARENT Termin {stamp}",
            ],
            read);
    }

    [Fact]
    public void An_entry_keeps_its_name_for_good_and_lines_are_folded_and_end_as_the_standard_says()
    {
        string file = CalendarExport.Write(Entries, Now);
        Assert.All(file.Split("\r\n"), line => Assert.InRange(line.Length, 0, 75));
        Assert.DoesNotContain('\n', file.Replace("\r\n", "", StringComparison.Ordinal));
        string unfolded = file.Replace("\r\n ", "", StringComparison.Ordinal);
        Assert.Contains($"UID:a1b2c3d4@{Practice}\r\n", unfolded, StringComparison.Ordinal);
        CalendarEntry later = Entries[0] with { Sequence = 9, Start = Now, Status = CalendarStatus.Confirmed };
        Assert.Contains($"UID:a1b2c3d4@{Practice}\r\n", CalendarExport.Write([later], Now.AddDays(9))
            .Replace("\r\n ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_exported_is_read_back_free_times_free_and_booked_ones_busy()
    {
        var choice = new CalendarChoice { From = Now, Until = Now.AddYears(1) };
        CalendarReading reading =
            CalendarImport.Read(Encoding.UTF8.GetBytes(CalendarExport.Write(Entries, Now)), choice);
        Assert.Equal([new FreeTime(Entries[0].Start, 50)], reading.Free);
        CalendarEntry booked = Entries[0] with { Slot = new SlotId(7), Status = CalendarStatus.Confirmed };
        Assert.Empty(CalendarImport.Read(Encoding.UTF8.GetBytes(CalendarExport.Write([.. Entries, booked], Now)),
            choice).Free);
    }
}
