using System.Globalization;
using System.Text;
using QuicProChat.Mesh.Fapp.Calendar;

namespace QuicProChat.Mesh.Fapp.Tests.Calendar;

/// <summary>What of a calendar becomes an appointment, and what is refused aloud.</summary>
public class CalendarImportTests
{
    private static readonly CalendarChoice Year = new()
    {
        From = new DateTimeOffset(2026, 10, 1, 0, 0, 0, TimeSpan.Zero),
        Until = new DateTimeOffset(2027, 10, 1, 0, 0, 0, TimeSpan.Zero),
    };

    [Fact]
    public void Case_1_weekly_Friday_and_Monday_at_ten_keeps_its_hour_on_the_clock_across_both_changes()
    {
        IReadOnlyList<FreeTime> free = Free("""
            DTSTART;TZID=Europe/Berlin:20261002T100000
            DTEND;TZID=Europe/Berlin:20261002T105000
            RRULE:FREQ=WEEKLY;BYDAY=FR,MO
            TRANSP:TRANSPARENT
            """);
        foreach (string utc in (string[])["2026-10-23 08:00", "2026-10-26 09:00", "2027-03-26 09:00",
            "2027-03-29 08:00"])
            Assert.Contains(new FreeTime(Utc(utc), 50), free);
        Assert.All(free, f => Assert.Equal(10, BerlinTime.LocalOf(f.Start).Hour));
        Assert.Equal(104, free.Count);
    }

    [Fact]
    public void Case_1_a_time_that_is_there_twice_is_the_first_with_a_warning()
    {
        CalendarReading reading =
            Read(Event("DTSTART;TZID=Europe/Berlin:20261025T023000\nDURATION:PT50M\nTRANSP:TRANSPARENT"));
        Assert.Equal(new FreeTime(Utc("2026-10-25 00:30"), 50), Assert.Single(reading.Free));
        Assert.Equal("line 5: 2026-10-25 02:30 is there twice, as summer time ends: the first is taken",
            Assert.Single(reading.Warnings).ToString());
    }

    [Fact]
    public void Case_1_a_time_that_does_not_exist_is_refused_and_a_repetition_at_it_is_left_out_with_a_warning()
    {
        CalendarReading single =
            Read(Event("DTSTART;TZID=Europe/Berlin:20270328T023000\nDURATION:PT50M\nTRANSP:TRANSPARENT"));
        Assert.Equal("line 5: 2027-03-28 02:30 does not exist, as summer time begins", Assert.Single(single.Faults)
            .ToString());
        Assert.Empty(single.Free);
        CalendarReading weekly =
            Read(Event(
                "DTSTART;TZID=Europe/Berlin:20270321T023000\nDURATION:PT50M\nRRULE:FREQ=WEEKLY;COUNT=3\nTRANSP:TRANSPARENT"));
        Assert.Equal([Utc("2027-03-21 01:30"), Utc("2027-04-04 00:30"), Utc("2027-04-11 00:30")],
            weekly.Free.Select(f => f.Start));
        Assert.Contains("left out", Assert.Single(weekly.Warnings).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DTSTART:20261123T090000Z\nDTEND:20261123T095000Z", "2026-11-23 09:00", 50)]
    [InlineData("DTSTART:20261123T100000\nDURATION:PT1H", "2026-11-23 09:00", 60)]
    [InlineData("DTSTART;TZID=\"W. Europe Standard Time\":20261123T100000\nDURATION:PT50M", "2026-11-23 09:00", 50)]
    [InlineData("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20261123T100000\nDURATION:PT50M",
        "2026-11-23 09:00", 50)]
    [InlineData("DTSTART;TZID=Etc/UTC:20261123T100000\nDURATION:PT50M", "2026-11-23 10:00", 50)]
    [InlineData("dtstart;tzid=Europe/Berlin:2026\n 1123T10\n\t0000\nDURATION:PT50M", "2026-11-23 09:00", 50)]
    [InlineData("DTSTART:20261025T013000\nDTEND:20261025T033000", "2026-10-24 23:30", 180)]
    public void A_time_is_in_UTC_in_Berlin_or_of_no_zone_and_long_lines_are_folded(
        string lines, string start, int minutes) =>
        Assert.Equal([new FreeTime(Utc(start), minutes)], Free(lines + "\nTRANSP:TRANSPARENT"));

    [Theory]
    [InlineData("RRULE:FREQ=WEEKLY;COUNT=4", "1102 1109 1116 1123")]
    [InlineData("RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=3", "1102 1116 1130")]
    [InlineData("RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4", "1102 1104 1109 1111")]
    [InlineData("RRULE:FREQ=WEEKLY;UNTIL=20261116", "1102 1109 1116")]
    [InlineData("RRULE:FREQ=WEEKLY;UNTIL=20261116T085959Z", "1102 1109")]
    [InlineData("RRULE:FREQ=WEEKLY;UNTIL=20261116T090000Z", "1102 1109 1116")]
    [InlineData("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=4;WKST=MO", "1102 1108 1116 1122")]
    [InlineData("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=4;WKST=SU", "1102 1115 1116 1129")]
    [InlineData("RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Berlin:20261109T100000,20261123T100000", "1102 1116")]
    [InlineData("RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE:20261109T090000Z\nEXDATE;VALUE=DATE:20261116", "1102 1123")]
    [InlineData("RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE:20261109T093000Z", "1102 1109 1116 1123")]
    public void A_weekly_rule_repeats_as_it_says(string rule, string days) => Assert.Equal(
        days.Split(' ').Select(d => Utc($"2026-{d[..2]}-{d[2..]} 09:00")),
        Free($"DTSTART;TZID=Europe/Berlin:20261102T100000\nDURATION:PT50M\n{rule}\nTRANSP:TRANSPARENT")
            .Select(f => f.Start));

    [Fact]
    public void A_changed_repetition_takes_the_place_of_the_one_that_was_and_a_cancelled_one_leaves_it_empty()
    {
        const string series =
            "UID:a\nDTSTART;TZID=Europe/Berlin:20261102T100000\nDURATION:PT50M\nRRULE:FREQ=WEEKLY;COUNT=3\nTRANSP:TRANSPARENT";
        string moved = Event(
            "UID:a\nRECURRENCE-ID;TZID=Europe/Berlin:20261109T100000\nDTSTART;TZID=Europe/Berlin:20261110T140000\nDURATION:PT50M\nTRANSP:TRANSPARENT");
        string gone = Event("UID:a\nRECURRENCE-ID:20261116T090000Z\nDTSTART:20261116T090000Z\nSTATUS:CANCELLED");
        string others = Event(
            "UID:b\nRECURRENCE-ID:20261102T090000Z\nDTSTART:20261202T090000Z\nDURATION:PT50M\nTRANSP:TRANSPARENT");
        Assert.Equal(
            [Utc("2026-11-02 09:00"), Utc("2026-11-10 13:00"), Utc("2026-12-02 09:00")],
            Read(Event(series), moved, gone, others).Free.Select(f => f.Start));
    }

    [Fact]
    public void What_is_busy_takes_away_whatever_it_touches_and_no_more()
    {
        string free = Event("DTSTART:20261102T080000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4\nTRANSP:TRANSPARENT");
        CalendarReading reading = Read(
            free,
            Event("DTSTART:20261102T090000Z\nDURATION:PT1H"),
            Event("DTSTART:20261109T083000Z\nDURATION:PT10M"),
            Event("DTSTART;VALUE=DATE:20261116\nDTEND;VALUE=DATE:20261117"),
            Event("DTSTART:20261123T070000Z\nDURATION:P1D\nSTATUS:CANCELLED"),
            Event("DTSTART:20261102T083000Z\nDURATION:PT20M\nTRANSP:TRANSPARENT"));
        Assert.Equal([Utc("2026-11-02 08:00"), Utc("2026-11-23 08:00")], reading.Free.Select(f => f.Start));
        Assert.Contains("overlaps", Assert.Single(reading.Warnings).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_free_time_that_is_taken_leaves_a_short_one_within_it_that_is_not()
    {
        CalendarReading reading = Read(
            Event("DTSTART:20261102T080000Z\nDURATION:PT5H\nTRANSP:TRANSPARENT"),
            Event("DTSTART:20261102T083000Z\nDURATION:PT1H\nTRANSP:TRANSPARENT"),
            Event("DTSTART:20261102T110000Z\nDURATION:PT1H"));
        Assert.Equal([Utc("2026-11-02 08:30")], reading.Free.Select(f => f.Start));
    }

    [Fact]
    public void With_categories_only_they_mean_free_and_all_else_that_is_opaque_is_busy()
    {
        CalendarChoice choice = Year with { Categories = new HashSet<string> { "frei", "Sprechstunde" } };
        CalendarReading reading = CalendarImport.Read(File(
            Event("DTSTART:20261102T080000Z\nDURATION:PT50M\nCATEGORIES:rot,frei"),
            Event("DTSTART:20261103T080000Z\nDURATION:PT50M\nCATEGORIES:Sprechstunde\nTRANSP:TRANSPARENT"),
            Event("DTSTART:20261104T080000Z\nDURATION:PT50M\nTRANSP:TRANSPARENT"),
            Event("DTSTART:20261105T080000Z\nDURATION:PT50M\nCATEGORIES:frei"),
            Event("DTSTART:20261105T080000Z\nDURATION:PT50M")), choice);
        Assert.Equal([Utc("2026-11-02 08:00"), Utc("2026-11-03 08:00")], reading.Free.Select(f => f.Start));
    }

    [Theory]
    [InlineData("DTSTART:20261102T080000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY", 7, "RRULE")]
    [InlineData("DTSTART:20261102T080000Z\nRRULE:FREQ=DAILY;COUNT=2", 6, "FREQ")]
    [InlineData("DTSTART:20261102T080000Z\nRRULE:FREQ=WEEKLY;BYMONTH=1", 6, "BYMONTH")]
    [InlineData("DTSTART:20261102T080000Z\nRRULE:FREQ=WEEKLY;BYDAY=1MO", 6, "BYDAY")]
    [InlineData("DTSTART:20261102T080000Z\nRRULE:FREQ=WEEKLY;BYDAY=TU", 6, "BYDAY")]
    [InlineData("DTSTART:20261102T080000Z\nRRULE:FREQ=WEEKLY;COUNT=0", 6, "COUNT")]
    [InlineData("DTSTART:20261102T080000Z\nRRULE:FREQ=WEEKLY;COUNT=2;UNTIL=20270101", 6, "both")]
    [InlineData("DTSTART:20261102T080000Z\nRRULE:INTERVAL=2", 6, "WEEKLY")]
    [InlineData("DTSTART:20261102T080000Z\nRDATE:20261104T080000Z", 6, "RDATE")]
    [InlineData("DTSTART;TZID=America/New_York:20261102T080000", 5, "Europe/Berlin")]
    [InlineData("DTSTART:2026-11-02", 5, "DTSTART")]
    [InlineData("DTSTART:20261302T080000Z", 5, "DTSTART")]
    [InlineData("DTSTART:20261102T080000Z\nDTEND:20261102T070000Z", 6, "before")]
    [InlineData("DTSTART:20261102T080000Z\nDTEND;VALUE=DATE:20261103", 6, "both")]
    [InlineData("DTSTART:20261102T080000Z\nDURATION:-PT1H", 6, "DURATION")]
    [InlineData("DTSTART:20261102T080000Z\nEXDATE:gestern", 6, "EXDATE")]
    [InlineData("RECURRENCE-ID;RANGE=THISANDFUTURE:20261102T080000Z\nDTSTART:20261102T080000Z", 5, "RANGE")]
    [InlineData("DTSTART", 5, "property")]
    public void What_is_not_understood_might_be_busy_so_nothing_is_taken_and_the_line_is_named(
        string lines, int line, string word)
    {
        CalendarReading reading =
            Read(Event(lines), Event("DTSTART:20261109T080000Z\nDURATION:PT1H\nTRANSP:TRANSPARENT"));
        Assert.Empty(reading.Free);
        Assert.Contains(reading.Faults, f => f.Line == line && f.Text.Contains(word, StringComparison.Ordinal));
    }

    [Fact]
    public void An_event_that_is_neither_free_nor_busy_may_repeat_as_it_likes()
    {
        CalendarReading reading = CalendarImport.Read(
            File(Event("DTSTART;VALUE=DATE:19800101\nRRULE:FREQ=YEARLY\nTRANSP:TRANSPARENT")),
            Year with { Categories = new HashSet<string> { "frei" } });
        Assert.Empty(reading.Faults);
    }

    [Fact]
    public void Nothing_that_people_wrote_leaves_the_file()
    {
        const string name = "Erika Musterfrau";
        CalendarReading reading = Read(
            Event($"DTSTART:20261025T023000\nDURATION:PT50M\nTRANSP:TRANSPARENT\nSUMMARY:{name}\nDESCRIPTION:{name}\n "
                + $"folded {name}"),
            Event($"UID:{name}\nDTSTART:{name}\nRRULE:{name};FREQ={name}\nSTATUS:{name}\nCATEGORIES:{name}"),
            Event($"DTSTART;TZID={name}:20261102T080000Z\nRRULE:{name}=1\nBEGIN:{name}"),
            $"X-NAME:{name}\n");
        Assert.NotEmpty(reading.Faults);
        Assert.DoesNotContain(reading.Faults.Concat(reading.Warnings), n => n.ToString()
            .Contains("Erika", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Alarms_todos_and_time_zones_within_the_file_are_passed_over()
    {
        const string zone =
            "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:DAYLIGHT\nDTSTART:19700329T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nEND:DAYLIGHT\nEND:VTIMEZONE\n";
        const string todo = "BEGIN:VTODO\nDTSTART:20261102T080000Z\nRRULE:FREQ=DAILY\nEND:VTODO\n";
        CalendarReading reading = Read(
            zone, todo, Event(
                "DTSTART:20261102T080000Z\nDURATION:PT50M\nTRANSP:TRANSPARENT\nBEGIN:VALARM\nTRIGGER:-PT5M\nDURATION:PT99H\nEND:VALARM"));
        Assert.Equal([new FreeTime(Utc("2026-11-02 08:00"), 50)], reading.Free);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261102T080000Z")]
    [InlineData("BEGIN:VCALENDAR\nEND:VEVENT\nEND:VCALENDAR")]
    public void A_file_that_is_no_calendar_or_cut_is_refused(string file) =>
        Assert.NotEmpty(CalendarImport.Read(Encoding.UTF8.GetBytes(file), Year).Faults);

    internal static CalendarReading Read(params string[] components) => CalendarImport.Read(File(components), Year);

    internal static string Event(string lines) => $"BEGIN:VEVENT\nDTSTAMP:20261001T000000Z\n{lines}\nEND:VEVENT\n";

    internal static byte[] File(params string[] components) => Encoding.UTF8.GetBytes(
        $"BEGIN:VCALENDAR\nVERSION:2.0\n{string.Concat(components)}END:VCALENDAR\n".Replace(
            "\n", "\r\n", StringComparison.Ordinal));

    private static IReadOnlyList<FreeTime> Free(string lines)
    {
        CalendarReading reading = Read(Event(lines));
        Assert.Empty(reading.Faults);
        return reading.Free;
    }

    private static DateTimeOffset Utc(string time) =>
        DateTimeOffset.ParseExact(time, "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal);
}
