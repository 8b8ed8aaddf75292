namespace QuicProChat.Mesh.Transports.Lora.Airtime;

/// <summary>
/// How a LoRa frame is modulated, and so how long it is on the air: explicit header, CRC on.
/// Formula: Semtech AN1200.13 section 4, with the SF5/SF6 case of the SX1261/2 data sheet section 6.1.4.
/// </summary>
/// <param name="SpreadingFactor">5 to 12.</param>
/// <param name="BandwidthHz">Bandwidth in hertz.</param>
/// <param name="CodingRate">5 to 8, meaning 4/5 to 4/8.</param>
/// <param name="PreambleSymbols">Programmed preamble in symbols, without the sync word and start delimiter.</param>
/// <param name="LowDataRate">Low data rate optimisation: two bits less in each symbol.</param>
public readonly record struct LoraModulation(
    int SpreadingFactor, int BandwidthHz, int CodingRate, int PreambleSymbols, bool LowDataRate)
{
    /// <summary>Bytes a single LoRa frame can carry, header bytes of the modem included.</summary>
    public const int MaxFrame = 255;

    /// <summary>Length of one symbol, rounded up to 100 ns.</summary>
    public TimeSpan Symbol => Quarters(4);

    /// <summary>Bits in a second that the modulation carries, before preamble and header.</summary>
    public double NominalBitRate =>
        SpreadingFactor * 4.0 / CodingRate * BandwidthHz / (1 << SpreadingFactor);

    /// <summary>Time on air of one frame of <paramref name="bytes"/> bytes, rounded up to 100 ns.</summary>
    /// <param name="bytes">Bytes on the air, 0 to 255, header bytes of the modem included.</param>
    public TimeSpan Airtime(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, MaxFrame);
        bool shortSymbols = SpreadingFactor < 7;
        int bits = (8 * bytes) - (4 * SpreadingFactor) + (shortSymbols ? 36 : 44);
        int bitsPerBlock = 4 * (SpreadingFactor - (LowDataRate && !shortSymbols ? 2 : 0));
        int blocks = Math.Max(0, (bits + bitsPerBlock - 1) / bitsPerBlock);
        int payloadSymbols = 8 + (blocks * CodingRate);
        int delimiterQuarters = shortSymbols ? 25 : 17;
        return Quarters((4L * (PreambleSymbols + payloadSymbols)) + delimiterQuarters);
    }

    /// <summary>
    /// Duration of a number of quarter symbols: integers all the way, so that nothing is lost to rounding.
    /// </summary>
    private TimeSpan Quarters(long quarters)
    {
        long numerator = (quarters << SpreadingFactor) * TimeSpan.TicksPerSecond;
        long denominator = 4L * BandwidthHz;
        return TimeSpan.FromTicks((numerator + denominator - 1) / denominator);
    }
}
