using QuicProChat.Mesh.Transports.Lora.Airtime;

namespace QuicProChat.Mesh.Transports.Lora.Modems.RNode;

/// <summary>What the RNode firmware puts on the air for a packet.</summary>
public static class RNodeAirtime
{
    /// <summary>Packet bytes in one LoRa frame: the firmware takes one byte for its header.</summary>
    public const int SingleFrame = 254;

    /// <summary>Longest packet in two frames; 508 bytes make a third, stray one.</summary>
    public const int SplitFrame = 507;

    /// <summary>
    /// Modulation as the firmware sets it: preamble by time, low data rate optimisation above 16 ms a symbol.
    /// </summary>
    public static LoraModulation Modulation(int spreadingFactor, int bandwidthHz, int codingRate)
    {
        LoraModulation bare = new(spreadingFactor, bandwidthHz, codingRate, 0, LowDataRate: false);
        double symbolMs = 1000.0 * (1 << spreadingFactor) / bandwidthHz;
        double preambleMs = bare.NominalBitRate > 30_000 ? 6 : 24;
        return bare with
        {
            PreambleSymbols = Math.Max(18, (int)Math.Ceiling(preambleMs / symbolMs)),
            LowDataRate = (int)symbolMs > 16,
        };
    }

    /// <summary>Time on air of a packet of 1 to <see cref="SplitFrame"/> bytes, both frames of a split one.</summary>
    public static TimeSpan Of(LoraModulation modulation, int packetLength)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(packetLength, SplitFrame);
        return packetLength <= SingleFrame
            ? modulation.Airtime(packetLength + 1)
            : modulation.Airtime(LoraModulation.MaxFrame) + modulation.Airtime(packetLength - SingleFrame + 1);
    }
}
