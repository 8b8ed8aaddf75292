using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems.Ebyte;
using QuicProChat.Mesh.Transports.Lora.Modems.Reyax;
using QuicProChat.Mesh.Transports.Lora.Modems.RNode;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

public sealed class LoraAirtimeTests
{
    [Theory]
    [InlineData(20, 7, 73.0)]
    [InlineData(20, 9, 226.3)]
    [InlineData(20, 12, 1810.4)]
    [InlineData(100, 7, 190.7)]
    [InlineData(100, 9, 594.9)]
    [InlineData(100, 12, 4431.9)]
    [InlineData(254, 7, 416.0)]
    [InlineData(254, 9, 1291.3)]
    [InlineData(254, 12, 9347.1)]
    [InlineData(500, 7, 821.8)]
    [InlineData(500, 9, 2562.0)]
    [InlineData(500, 12, 18530.3)]
    public void An_RNode_is_on_the_air_as_long_as_its_firmware_makes_it(int packet, int sf, double milliseconds) =>
        Assert.Equal(milliseconds,
            RNodeAirtime.Of(RNodeAirtime.Modulation(sf, 125_000, 5), packet).TotalMilliseconds, 0.06);

    [Fact]
    public void A_REYAX_modem_adds_eight_bytes() =>
        Assert.Equal(
            393.5, ReyaxModem.DataAirtime(ReyaxModel.Modulation(ReyaxOptions(7)), 240).TotalMilliseconds, 0.06);

    [Fact]
    public void Low_data_rate_optimisation_follows_each_firmware()
    {
        Assert.False(RNodeAirtime.Modulation(11, 125_000, 5).LowDataRate);
        Assert.True(RNodeAirtime.Modulation(12, 125_000, 5).LowDataRate);
        Assert.True(ReyaxModel.Modulation(ReyaxOptions(11)).LowDataRate);
    }

    [Theory]
    [InlineData(7, 24)]
    [InlineData(8, 18)]
    [InlineData(12, 18)]
    public void The_preamble_of_an_RNode_lasts_24_ms_or_18_symbols(int sf, int symbols) =>
        Assert.Equal(symbols, RNodeAirtime.Modulation(sf, 125_000, 5).PreambleSymbols);

    [Fact]
    public void Airtime_agrees_with_the_formula_in_floating_point_and_is_never_below_it()
    {
        int[] bandwidths = [7_800, 31_250, 62_500, 125_000, 250_000, 500_000];
        for (int sf = 5; sf <= 12; sf++)
        {
            foreach (int bandwidth in bandwidths)
            {
                for (int bytes = 0; bytes <= 255; bytes += 5)
                {
                    for (int cr = 5; cr <= 8; cr++)
                    {
                        double seconds = Formula(sf, bandwidth, cr, 18, sf == 12, bytes);
                        double ours = new LoraModulation(sf, bandwidth, cr, 18, sf == 12).Airtime(bytes).TotalSeconds;
                        Assert.InRange(ours - seconds, -1e-9, 2e-7);
                    }
                }
            }
        }
    }

    [Fact]
    public void Longer_frames_are_never_shorter_on_the_air()
    {
        foreach (E22AirRate rate in E22AirRate.All)
        {
            for (int bytes = 1; bytes <= 240; bytes++)
                Assert.True(rate.Airtime(bytes) >= rate.Airtime(bytes - 1));
        }
    }

    [Fact]
    public void The_assumed_modulation_of_an_E22_is_never_faster_than_its_air_rate() =>
        Assert.All(E22AirRate.All, r => Assert.True(r.Modulation.NominalBitRate <= r.BitsPerSecond));

    private static LoraOptions ReyaxOptions(int sf) => new()
    {
        Device = "/dev/null",
        FrequencyHz = 868_100_000,
        SpreadingFactor = sf,
        Region = RegionPlan.Eu868,
        Band = RegionPlan.Eu868.Bands[1],
    };

    private static double Formula(int sf, int bandwidth, int cr, int preamble, bool lowRate, int bytes)
    {
        double symbol = Math.Pow(2, sf) / bandwidth;
        double bits = (8.0 * bytes) - (4 * sf) + (sf < 7 ? 36 : 44);
        double blocks = Math.Max(0, Math.Ceiling(bits / (4 * (sf - (lowRate && sf > 6 ? 2 : 0)))));
        return (preamble + (sf < 7 ? 6.25 : 4.25) + 8 + (blocks * cr)) * symbol;
    }
}
