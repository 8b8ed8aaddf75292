using QuicProChat.Mesh.Transports.Lora.Airtime;

namespace QuicProChat.Mesh.Transports.Lora.Modems.Reyax;

/// <summary>What differs between the two REYAX families.</summary>
/// <param name="Name">As <c>AT+VER?</c> begins.</param>
/// <param name="Preamble">Preamble symbols that the family always allows.</param>
/// <param name="MaxPowerDbm">Highest transmit power.</param>
/// <param name="KeepsBand">Suffix that makes AT+BAND outlive a reset.</param>
internal sealed record ReyaxModel(string Name, int Preamble, int MaxPowerDbm, string KeepsBand)
{
    /// <summary>The module puts this many bytes before the data on the air.</summary>
    internal const int HeaderOnAir = 8;

    /// <summary>Bandwidths by their number in AT+PARAMETER.</summary>
    internal static readonly int[] AllBandwidths =
        [7_800, 10_400, 15_600, 20_800, 31_250, 41_700, 62_500, 125_000, 250_000, 500_000];

    internal static ReyaxModel Rylr998 { get; } = new("RYLR998", 12, 22, ",M");

    internal static ReyaxModel Rylr896 { get; } = new("RYLR89", 7, 15, "");

    internal static ReyaxModel? Find(string version) =>
        version.StartsWith(Rylr998.Name, StringComparison.Ordinal) ? Rylr998
        : version.StartsWith(Rylr896.Name, StringComparison.Ordinal) ? Rylr896
        : null;

    /// <summary>Number of a bandwidth; -1 where there is none.</summary>
    internal static int BandwidthNumber(int bandwidthHz) => Array.IndexOf(AllBandwidths, bandwidthHz);

    /// <summary>
    /// Modulation for airtime: the longer preamble of the two families and Semtech's rule for low data rate
    /// optimisation (symbols of 16 ms and more), so that neither family is ever on the air for longer.
    /// </summary>
    internal static LoraModulation Modulation(LoraOptions options) => new(
        options.SpreadingFactor, options.BandwidthHz, options.CodingRate, Rylr998.Preamble,
        LowDataRate: 1000L << options.SpreadingFactor >= 16L * options.BandwidthHz);

    /// <summary>Why this family cannot do what is asked; null when it can.</summary>
    internal string? Objection(LoraOptions options)
    {
        int bandwidth = BandwidthNumber(options.BandwidthHz);
        if (options.PowerDbm < 0 || options.PowerDbm > MaxPowerDbm)
            return $"{Name} transmits with 0 to {MaxPowerDbm} dBm, not {options.PowerDbm}";
        if (this == Rylr896)
            return options.SpreadingFactor < 7 ? $"{Name} has spreading factors 7 to 12" : null;
        return bandwidth < 7 || options.SpreadingFactor > bandwidth + 2
            ? $"{Name} has spreading factors up to 9 at 125 kHz, 10 at 250 kHz and 11 at 500 kHz"
            : null;
    }
}
