using System.Diagnostics.CodeAnalysis;

namespace QuicProChat.Mesh.Transports.Lora.Airtime;

/// <summary>
/// The sub-bands of a region and their limits.
/// eu868: ETSI EN 300 220-2 annex B and CEPT/ERC/REC 70-03 annex 1. eu433: the same, band 433.05-434.79 MHz.
/// us915: 47 CFR 15.247: a narrow channel is held at most 400 ms in 20 s; 500 kHz counts as digital modulation.
/// </summary>
public sealed class RegionPlan
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private RegionPlan(string name, params SubBand[] bands)
    {
        Name = name;
        Bands = bands;
    }

    /// <summary>Europe, 865 to 870 MHz.</summary>
    public static RegionPlan Eu868 { get; } = new(
        "eu868",
        Duty(1, "865-868", 865_000_000, 868_000_000, 10, 14),
        Duty(2, "868.0-868.6", 868_000_000, 868_600_000, 10, 14),
        Duty(3, "868.7-869.2", 868_700_000, 869_200_000, 1, 14),
        Duty(4, "869.4-869.65", 869_400_000, 869_650_000, 100, 27),
        Duty(5, "869.7-870", 869_700_000, 870_000_000, 10, 14));

    /// <summary>Europe, 433 MHz.</summary>
    public static RegionPlan Eu433 { get; } = new(
        "eu433", Duty(16, "433.05-434.79", 433_050_000, 434_790_000, 100, 10));

    /// <summary>United States and Canada, 902 to 928 MHz.</summary>
    public static RegionPlan Us915 { get; } = new(
        "us915",
        new SubBand(32, "902-928", 902_000_000, 928_000_000, TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(400),
            TimeSpan.FromMilliseconds(400), 30));

    /// <summary>No rule of ours: the operator answers for a shielded room or a licence.</summary>
    public static RegionPlan None { get; } = new(
        "none", new SubBand(255, "any", 0, 10_000_000_000, Hour, Hour, Hour, 40));

    /// <summary>All plans, in the order in which they are offered to people.</summary>
    public static IReadOnlyList<RegionPlan> All { get; } = [Eu868, Eu433, Us915, None];

    /// <summary>Name in configuration: <c>eu868</c>, <c>eu433</c>, <c>us915</c> or <c>none</c>.</summary>
    public string Name { get; }

    /// <summary>The sub-bands.</summary>
    public IReadOnlyList<SubBand> Bands { get; }

    /// <summary>Finds a plan by its name.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out RegionPlan? plan)
    {
        plan = All.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return plan is not null;
    }

    /// <summary>
    /// Finds the sub-band that wholly contains a signal; where two touch, the one with the larger budget.
    /// </summary>
    public bool TryFindBand(long frequencyHz, int bandwidthHz, [NotNullWhen(true)] out SubBand? band)
    {
        band = Bands.Where(b => b.Contains(frequencyHz, bandwidthHz)).MaxBy(b => b.Budget);
        if (this == Us915 && band is not null && bandwidthHz >= 500_000)
        {
            // 15.247(a)(2): at least 500 kHz wide is digital modulation, which has no dwell time.
            band = band with { Id = 33, Window = Hour, Budget = Hour, MaxFrame = Hour };
        }
        return band is not null;
    }

    private static SubBand Duty(byte id, string name, long low, long high, int perMille, int power) =>
        new(id, name, low, high, Hour, Hour * perMille / 1000, Hour * perMille / 1000, power);
}
