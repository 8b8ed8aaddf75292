using System.Diagnostics;
using System.Text;
using QuicProChat.Mesh.Fapp.Calendar;

namespace QuicProChat.Mesh.Fapp.Tests.Calendar;

/// <summary>Whatever a file holds, reading it ends soon, throws nothing, and says what was too much.</summary>
public class CalendarBoundsTests
{
    private static readonly CalendarChoice Choice = new()
    {
        From = new DateTimeOffset(2026, 10, 1, 0, 0, 0, TimeSpan.Zero),
        Until = new DateTimeOffset(2027, 10, 1, 0, 0, 0, TimeSpan.Zero),
    };

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public void Too_many_bytes_events_repetitions_occurrences_and_exceptions_are_refused()
    {
        Assert.Contains("bytes", Fault(new byte[CalendarImport.MaxFile + 1]), StringComparison.Ordinal);
        Assert.Contains("events", Fault(Events(CalendarImport.MaxEvents + 1, "DTSTART:20260101T080000Z")),
            StringComparison.Ordinal);
        Assert.Contains("repeat", Fault(Events(
            1000, "DTSTART:19700101T080000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU")), StringComparison.Ordinal);
        Assert.Contains("in this time", Fault(Events(
            600, "DTSTART:20261001T080000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY")), StringComparison.Ordinal);
        string dates = string.Join(',', Enumerable.Repeat(0, 400)
            .Select((_, i) => $"2026{i / 28 % 12 + 1:00}{i % 28 + 1:00}T{i / 336:00}0000Z"));
        string exceptions =
            string.Concat(Enumerable.Range(0, 9)
                .Select(i => $"\nEXDATE:{dates.Replace("2026", $"20{i + 20}", StringComparison.Ordinal)}"));
        Assert.Contains("exceptions", Fault(Events(1, "DTSTART:20261001T080000Z\nRRULE:FREQ=WEEKLY" + exceptions)),
            StringComparison.Ordinal);
        Assert.Contains(
            "deep", Fault(Encoding.UTF8.GetBytes("BEGIN:VCALENDAR\n"
                + string.Concat(Enumerable.Repeat("BEGIN:VEVENT\n", 9)))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_without_end_is_refused_where_it_matters_and_passed_over_where_it_does_not()
    {
        string blanks = string.Concat(Enumerable.Repeat("\n " + new string('x', 900), 40));
        Assert.Contains("characters", Fault(Events(1, "DTSTART:20261001T080000Z\nRRULE:" + blanks)),
            StringComparison.Ordinal);
        Assert.Contains("characters", Fault(Events(1, "DTSTART:20261001T080000Z\nRRULE:" + new string('x', 9000))),
            StringComparison.Ordinal);
        Assert.Empty(Read(Events(1, "DTSTART:20261001T080000Z\nDESCRIPTION:" + blanks)).Faults);
    }

    [Fact]
    public void A_file_that_is_cut_or_mutated_throws_nothing()
    {
        byte[] file = CalendarImportTests.File(CalendarImportTests.Event(
            "UID:a\nDTSTART;TZID=\"Europe/Berlin\":20261102T100000\nDURATION:P0DT50M\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20270301T000000Z\n"
            + "EXDATE;TZID=Europe/Berlin:20261116T100000,20261118T100000\nTRANSP:TRANSPARENT\nCATEGORIES:a,b"),
            CalendarImportTests.Event(
                "UID:a\nRECURRENCE-ID:20261104T090000Z\nDTSTART:20261105T090000\nDTEND:20261105T100000"));
        Assert.NotEmpty(Read(file).Free);
        for (int length = 0; length < file.Length - "\r\n".Length; length++)
            Assert.Empty(Read(file.AsSpan(0, length)).Free);
        var random = new Random(5);
        for (int i = 0; i < 5000; i++)
        {
            byte[] mutated = [.. file];
            for (int j = random.Next(1, 6); j > 0; j--)
                mutated[random.Next(mutated.Length)] = random.Next(3) == 0 ? (byte)random.Next(256)
                    : file[random.Next(file.Length)];
            Read(mutated);
        }
    }

    [Fact]
    public void The_last_and_first_years_of_the_calendar_do_not_overflow()
    {
        foreach (string lines in (string[])[
            "DTSTART:22001231T235959\nDURATION:P3660D\nRRULE:FREQ=WEEKLY;INTERVAL=10000;COUNT=10000",
            "DTSTART:19700101T000000\nDURATION:P520W\nRRULE:FREQ=WEEKLY;INTERVAL=10000",
            "DTSTART;VALUE=DATE:22001231", "DTSTART:99991231T235959Z\nDURATION:P1D", "DTSTART:00010101T000000"])
            Read(Events(1, lines));
    }

    private static string Fault(byte[] file)
    {
        CalendarReading reading = Read(file);
        Assert.Empty(reading.Free);
        return string.Join('\n', reading.Faults);
    }

    private static CalendarReading Read(ReadOnlySpan<byte> file)
    {
        var watch = Stopwatch.StartNew();
        CalendarReading reading = CalendarImport.Read(file, Choice);
        Assert.True(watch.Elapsed < Soon, $"{watch.Elapsed}");
        return reading;
    }

    private static byte[] Events(int count, string lines) =>
        CalendarImportTests.File([.. Enumerable.Repeat(CalendarImportTests.Event(lines), count)]);
}
