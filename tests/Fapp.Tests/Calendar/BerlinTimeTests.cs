using QuicProChat.Mesh.Fapp.Calendar;

namespace QuicProChat.Mesh.Fapp.Tests.Calendar;

/// <summary>The rule of summer time in code says what the time zone data say.</summary>
public class BerlinTimeTests
{
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Fact]
    public void Every_hour_from_1996_to_2037_has_the_offset_of_tzdata()
    {
        // Up to 2037 tzdata name each change; later ones follow from their rule.
        for (var at = new DateTimeOffset(1996, 1, 1, 0, 30, 0, TimeSpan.Zero); at.Year < 2038; at = at.AddHours(1))
            Assert.Equal(Zone.GetUtcOffset(at), BerlinTime.OffsetAt(at));
    }

    [Fact]
    public void Every_quarter_of_an_hour_around_each_change_until_2100_is_unique_ambiguous_or_missing_as_in_tzdata()
    {
        int ambiguous = 0, missing = 0;
        for (int year = 1996; year <= 2100; year++)
        {
            foreach (int month in (int[])[3, 10])
            {
                for (var local = new DateTime(year, month, 24, 0, 0, 0); local.Month
                    == month; local = local.AddMinutes(15))
                {
                    DateTimeOffset time = BerlinTime.TimeOf(local, out LocalTimeKind kind);
                    LocalTimeKind expected = Zone.IsInvalidTime(local) ? LocalTimeKind.Missing
                        : Zone.IsAmbiguousTime(local) ? LocalTimeKind.Ambiguous : LocalTimeKind.Unique;
                    Assert.Equal(expected, kind);
                    ambiguous += kind == LocalTimeKind.Ambiguous ? 1 : 0;
                    missing += kind == LocalTimeKind.Missing ? 1 : 0;
                    if (kind != LocalTimeKind.Missing)
                        Assert.Equal(local, BerlinTime.LocalOf(time));
                    if (kind == LocalTimeKind.Unique)
                        Assert.Equal(TimeZoneInfo.ConvertTimeToUtc(local, Zone), time.UtcDateTime);
                    if (kind == LocalTimeKind.Ambiguous)
                        Assert.Equal(TimeSpan.FromHours(2), BerlinTime.OffsetAt(time));
                }
            }
        }

        Assert.Equal((4 * 105, 4 * 105), (ambiguous, missing));
    }
}
