using System.Text;
using Ical.Net.DataTypes;
using QuicProChat.Mesh.Fapp.Calendar;

namespace QuicProChat.Mesh.Fapp.Tests.Calendar;

/// <summary>Ical.Net finds the same beginnings of repetitions as this program.</summary>
public class IcalNetOracleTests
{
    private static readonly DateTimeOffset From = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), Until = From.AddYears(2);

    private static readonly string[] Days = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

    [Fact]
    public void Five_hundred_weekly_series_repeat_as_Ical_Net_says()
    {
        int occurrences = 0;
        for (int seed = 0; seed < 500; seed++)
        {
            byte[] file = CalendarImportTests.File(CalendarImportTests.Event(Series(new Random(seed))));
            CalendarReading reading = CalendarImport.Read(file, new CalendarChoice { From = From, Until = Until });
            Assert.Empty(reading.Faults);
            DateTime[] expected = [.. Ical.Net.Calendar.Load(Encoding.UTF8.GetString(file))!
                .GetOccurrences<Ical.Net.CalendarComponents.CalendarEvent>(new CalDateTime(From.UtcDateTime))
                .Select(o => o.Period.StartTime.AsUtc).TakeWhile(t => t < Until).Order()];
            Assert.True(expected.SequenceEqual(reading.Free.Select(f => f.Start.UtcDateTime)),
                Encoding.UTF8.GetString(file));
            occurrences += expected.Length;
        }

        Assert.True(occurrences > 10_000, $"{occurrences}");
    }

    private static string Series(Random random)
    {
        // From five in the morning on: a time that does not exist is decided otherwise here, on purpose.
        DateTime first = new DateTime(2025, 11, 1).AddDays(random.Next(500)).AddMinutes(5 * random.Next(60, 280));
        string zone = random.Next(4) switch { 0 => "Z", _ => "" };
        string Stamp(DateTime at) => $"{at:yyyyMMdd'T'HHmmss}{zone}";
        string name = zone.Length > 0 ? "" : ";TZID=Europe/Berlin";
        var rule = new StringBuilder("RRULE:FREQ=WEEKLY");
        int interval = random.Next(1, 5);
        if (interval > 1)
            rule.Append($";INTERVAL={interval}");
        if (random.Next(2) == 0)
        {
            string[] days = [.. Days.Where((day, i) => i == (int)first.DayOfWeek || random.Next(3) == 0)];
            rule.Append($";BYDAY={string.Join(',', days)}");
        }

        if (random.Next(2) == 0)
            rule.Append($";WKST={Days[random.Next(2)]}");
        switch (random.Next(3))
        {
            case 0:
                rule.Append($";COUNT={random.Next(1, 60)}");
                break;
            case 1:
                DateTime last = first.AddDays(random.Next(0, 500));
                rule.Append($";UNTIL={last:yyyyMMdd'T'HHmmss}Z");
                break;
            default:
                break;
        }

        var lines = new StringBuilder(
            $"UID:{random.Next()}\nDTSTART{name}:{Stamp(first)}\nDURATION:PT50M\n{rule}\nTRANSP:TRANSPARENT\n");
        for (int i = random.Next(4); i > 0; i--)
            lines.Append($"EXDATE{name}:{Stamp(first.AddDays(7 * interval * random.Next(10)))}\n");
        return lines.ToString().TrimEnd();
    }
}
