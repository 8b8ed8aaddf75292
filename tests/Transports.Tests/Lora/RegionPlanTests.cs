using QuicProChat.Mesh.Transports.Lora.Airtime;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

public sealed class RegionPlanTests
{
    [Theory]
    [InlineData(866_000_000, 36.0, 14)]
    [InlineData(868_100_000, 36.0, 14)]
    [InlineData(868_950_000, 3.6, 14)]
    [InlineData(869_525_000, 360.0, 27)]
    [InlineData(869_850_000, 36.0, 14)]
    public void The_European_sub_bands_have_their_duty_cycles(long frequency, double seconds, int power)
    {
        Assert.True(RegionPlan.Eu868.TryFindBand(frequency, 125_000, out SubBand? band));
        Assert.Equal(TimeSpan.FromHours(1), band.Window);
        Assert.Equal(seconds, band.Budget.TotalSeconds, 1e-6);
        Assert.Equal(power, band.MaxPowerDbm);
    }

    [Theory]
    [InlineData(868_650_000, 125_000)]
    [InlineData(868_590_000, 125_000)]
    [InlineData(869_300_000, 125_000)]
    [InlineData(869_525_000, 500_000)]
    [InlineData(864_000_000, 125_000)]
    [InlineData(870_000_000, 125_000)]
    public void A_signal_that_reaches_over_an_edge_has_no_band(long frequency, int bandwidth) =>
        Assert.False(RegionPlan.Eu868.TryFindBand(frequency, bandwidth, out _));

    [Fact]
    public void A_signal_may_touch_the_edge() =>
        Assert.True(RegionPlan.Eu868.TryFindBand(869_525_000, 250_000, out _));

    [Fact]
    public void America_limits_dwell_time_except_for_half_a_megahertz()
    {
        Assert.True(RegionPlan.Us915.TryFindBand(915_000_000, 125_000, out SubBand? narrow));
        Assert.Equal(TimeSpan.FromMilliseconds(400), narrow.MaxFrame);
        Assert.Equal(TimeSpan.FromSeconds(20), narrow.Window);
        Assert.True(RegionPlan.Us915.TryFindBand(915_000_000, 500_000, out SubBand? wide));
        Assert.False(wide.IsLimited);
        Assert.NotEqual(narrow.Id, wide.Id);
    }

    [Fact]
    public void Band_numbers_in_the_ledger_file_are_unique()
    {
        List<byte> ids = [.. RegionPlan.All.SelectMany(p => p.Bands).Select(b => b.Id)];
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }
}
