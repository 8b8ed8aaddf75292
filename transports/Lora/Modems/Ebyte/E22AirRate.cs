using QuicProChat.Mesh.Transports.Lora.Airtime;

namespace QuicProChat.Mesh.Transports.Lora.Modems.Ebyte;

/// <summary>
/// What stands behind an "air data rate". The vendor does not publish the modulation, nor what the module adds. For
/// every rate this table takes LoRa parameters whose nominal bit rate is not above the named one, so the computed
/// airtime is an upper estimate, and adds <see cref="HeaderOnAir"/> bytes for the module's address and channel.
/// </summary>
/// <param name="BitsPerSecond">Name of the rate.</param>
/// <param name="Number">Number in REG0.</param>
/// <param name="Modulation">Modulation that is at most as fast.</param>
internal sealed record E22AirRate(int BitsPerSecond, byte Number, LoraModulation Modulation)
{
    /// <summary>Arbitrary, on the safe side.</summary>
    internal const int HeaderOnAir = 12;

    /// <summary>Arbitrary, on the safe side.</summary>
    private const int Preamble = 16;

    internal static E22AirRate[] All { get; } =
    [
        new(300, 0, new LoraModulation(12, 125_000, 5, Preamble, LowDataRate: true)),
        new(1_200, 1, new LoraModulation(11, 250_000, 5, Preamble, LowDataRate: false)),
        new(2_400, 2, new LoraModulation(11, 500_000, 5, Preamble, LowDataRate: false)),
        new(4_800, 3, new LoraModulation(10, 500_000, 5, Preamble, LowDataRate: false)),
        new(9_600, 4, new LoraModulation(9, 500_000, 5, Preamble, LowDataRate: false)),
        new(19_200, 5, new LoraModulation(8, 500_000, 5, Preamble, LowDataRate: false)),
        new(38_400, 6, new LoraModulation(6, 500_000, 5, Preamble, LowDataRate: false)),
        new(62_500, 7, new LoraModulation(5, 500_000, 5, Preamble, LowDataRate: false)),
    ];

    internal static E22AirRate? Find(int bitsPerSecond) => Array.Find(All, r => r.BitsPerSecond == bitsPerSecond);

    internal TimeSpan Airtime(int bytes) => Modulation.Airtime(HeaderOnAir + bytes);
}
