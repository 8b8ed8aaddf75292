using System.Globalization;
using QuicProChat.Mesh.Node.Cli;

namespace QuicProChat.Mesh.Node.Tests.Cli;

public class PosixTimeZoneTests
{
    private const string Berlin = "CET-1CEST,M3.5.0,M10.5.0/3";

    [Theory]
    [InlineData(Berlin, "2026-01-15T12:00:00Z", "13:00")]
    [InlineData(Berlin, "2026-03-29T00:59:59Z", "01:59")]
    [InlineData(Berlin, "2026-03-29T01:00:00Z", "03:00")]
    [InlineData(Berlin, "2026-10-25T00:59:59Z", "02:59")]
    [InlineData(Berlin, "2026-10-25T01:00:00Z", "02:00")]
    [InlineData("EST5EDT,M3.2.0,M11.1.0", "2026-07-01T12:00:00Z", "08:00")]
    [InlineData("EST5EDT", "2026-07-01T12:00:00Z", "08:00")]
    [InlineData("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01T00:00:00Z", "11:00")]
    [InlineData("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-06-01T00:00:00Z", "10:00")]
    [InlineData("<+0545>-5:45", "2026-06-01T00:00:00Z", "05:45")]
    [InlineData("<-03>3", "2026-06-01T00:00:00Z", "21:00")]
    [InlineData("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-06-01T00:00:00Z", "01:00")]
    [InlineData("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-07-01T12:00:00Z", "11:00")]
    [InlineData("AAA0BBB,J60,J300", "2024-03-01T01:59:00Z", "01:59")]
    [InlineData("AAA0BBB,J60,J300", "2024-03-01T02:00:00Z", "03:00")]
    [InlineData("AAA0BBB,59/0,300", "2024-02-29T00:00:00Z", "01:00")]
    [InlineData("UTC0", "2026-07-01T12:00:00Z", "12:00")]
    public void Rules_say_what_the_clocks_show(string rules, string utc, string shown)
    {
        PosixTimeZone zone = PosixTimeZone.TryParse(rules)!;
        DateTimeOffset time = DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture);
        Assert.Equal(shown, LocalTime.Of(time, zone).ToString("HH:mm", CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Europe/Berlin")]
    [InlineData("CE-1")]
    [InlineData("CET")]
    [InlineData("CET-1CEST,M3.5.0")]
    [InlineData("CET-1CEST,M13.5.0,M10.5.0")]
    [InlineData("CET-1CEST,M3.6.0,M10.5.0")]
    [InlineData("CET-1CEST,M3.5.7,M10.5.0")]
    [InlineData("CET-1CEST,J0,J300")]
    [InlineData("CET-1CEST,M3.5.0,M10.5.0/3x")]
    [InlineData("CET-999")]
    [InlineData("<C ET>-1")]
    [InlineData("<CET-1")]
    [InlineData(":CET-1")]
    public void What_is_no_rule_is_left_to_the_runtime(string text) => Assert.Null(PosixTimeZone.TryParse(text));

    [Fact]
    public void Rules_cut_and_changed_anywhere_never_throw_and_times_at_the_ends_of_the_calendar_neither()
    {
        var random = new Random(8);
        for (int i = 0; i < 50_000; i++)
        {
            char[] text = [.. Berlin[..random.Next(Berlin.Length + 1)]];
            for (int n = random.Next(3); n > 0 && text.Length > 0; n--)
                text[random.Next(text.Length)] = (char)random.Next(32, 127);
            if (PosixTimeZone.TryParse(new string(text)) is not { } zone)
                continue;
            foreach (DateTimeOffset time in (DateTimeOffset[])[DateTimeOffset.MinValue, DateTimeOffset.UnixEpoch,
                DateTimeOffset.MaxValue])
                _ = LocalTime.Of(time, zone);
        }
    }

    [Fact]
    public void A_variable_that_is_empty_means_UTC_to_the_runtime() => Assert.Null(LocalTime.Find(""));
}
