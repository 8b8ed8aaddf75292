using QuicProChat.Mesh.Transports.Lora.Airtime;

namespace QuicProChat.Mesh.Transports.Lora;

/// <summary>Which driver a modem needs.</summary>
public enum ModemKind
{
    /// <summary>Ask the device.</summary>
    Auto,

    /// <summary>RNode firmware (KISS).</summary>
    RNode,

    /// <summary>REYAX RYLR998 or RYLR896 (AT commands); which of them, the driver asks.</summary>
    Reyax,

    /// <summary>EBYTE E22, 22 dBm series, and the Waveshare HAT.</summary>
    E22,

    /// <summary>EBYTE E22, 30 dBm series.</summary>
    E22HighPower,
}

/// <summary>How an EBYTE module is brought into configuration mode.</summary>
public enum ModeSwitch
{
    /// <summary>Not at all: the operator has configured it; the driver trusts that.</summary>
    None,

    /// <summary>By the software command of recent firmware.</summary>
    Software,

    /// <summary>By GPIO lines wired to M0 and M1.</summary>
    Gpio,
}

/// <summary>How payload bytes travel through a REYAX modem.</summary>
public enum ReyaxEncoding
{
    /// <summary>Four bytes in five printable characters: 192 bytes a frame, safe on every firmware.</summary>
    Base85,

    /// <summary>As they are: 240 bytes a frame, where the firmware is known to pass CR and LF.</summary>
    Raw,
}

/// <summary>A radio as the operator wants it; made by <see cref="LoraUri"/>, which checks everything.</summary>
public sealed record LoraOptions
{
    /// <summary>The serial device, or a link to it.</summary>
    public required string Device { get; init; }

    /// <summary>The driver.</summary>
    public ModemKind Modem { get; init; } = ModemKind.Auto;

    /// <summary>Centre frequency in hertz.</summary>
    public required long FrequencyHz { get; init; }

    /// <summary>Bandwidth in hertz.</summary>
    public int BandwidthHz { get; init; } = 125_000;

    /// <summary>Spreading factor, 5 to 12.</summary>
    public int SpreadingFactor { get; init; } = 9;

    /// <summary>Coding rate, 5 to 8 for 4/5 to 4/8.</summary>
    public int CodingRate { get; init; } = 5;

    /// <summary>Transmit power in dBm.</summary>
    public int PowerDbm { get; init; } = 14;

    /// <summary>Region whose rules are kept.</summary>
    public required RegionPlan Region { get; init; }

    /// <summary>Sub-band of that region that holds the signal.</summary>
    public required SubBand Band { get; init; }

    /// <summary>Speed of the port; null for the driver's own.</summary>
    public int? Baud { get; init; }

    /// <summary>Key of the community, 32 bytes, or null. Secret.</summary>
    public byte[]? NetworkKey { get; init; }

    /// <summary>REYAX: network id.</summary>
    public int ReyaxNetworkId { get; init; } = 18;

    /// <summary>REYAX: encoding of payloads.</summary>
    public ReyaxEncoding ReyaxEncoding { get; init; }

    /// <summary>EBYTE: air rate in bits a second as the vendor names it (300, 1200, 2400, ...).</summary>
    public int AirRate { get; init; } = 2400;

    /// <summary>EBYTE: network id, 0 to 255.</summary>
    public int EbyteNetworkId { get; init; }

    /// <summary>EBYTE: how to reach the configuration mode.</summary>
    public ModeSwitch ModeSwitch { get; init; } = ModeSwitch.Software;

    /// <summary>EBYTE: GPIO chip of M0 and M1, for example /dev/gpiochip0.</summary>
    public string GpioChip { get; init; } = "/dev/gpiochip0";

    /// <summary>EBYTE: line of M0 on that chip; 22 on the Waveshare HAT.</summary>
    public int GpioM0 { get; init; } = 22;

    /// <summary>EBYTE: line of M1 on that chip; 27 on the Waveshare HAT.</summary>
    public int GpioM1 { get; init; } = 27;

    /// <summary>Tells the radio apart without its secret.</summary>
    public override string ToString() => $"lora:{Device} {Modem} {FrequencyHz} Hz SF{SpreadingFactor} {Region.Name}";
}
