namespace QuicProChat.Mesh.Transports.Lora.Airtime;

/// <summary>A stretch of spectrum with one rule for how long a station may transmit.</summary>
/// <param name="Id">Stable number in the ledger's file; never reused for another rule.</param>
/// <param name="Name">Name for people, for example <c>868.0-868.6</c>.</param>
/// <param name="LowHz">Lower edge in hertz.</param>
/// <param name="HighHz">Upper edge in hertz.</param>
/// <param name="Window">Length of the sliding window of the rule.</param>
/// <param name="Budget">Airtime allowed in every window; equal to <paramref name="Window"/> when there is no
/// limit.</param>
/// <param name="MaxFrame">Longest single transmission.</param>
/// <param name="MaxPowerDbm">Highest power, dBm effective radiated (a dipole at the modem's output).</param>
public sealed record SubBand(
    byte Id, string Name, long LowHz, long HighHz, TimeSpan Window, TimeSpan Budget, TimeSpan MaxFrame, int MaxPowerDbm)
{
    /// <summary>Whether the rule limits airtime at all.</summary>
    public bool IsLimited => Budget < Window;

    /// <summary>Whether a signal of this width lies wholly inside.</summary>
    public bool Contains(long frequencyHz, int bandwidthHz) =>
        (2 * frequencyHz) - bandwidthHz >= 2 * LowHz && (2 * frequencyHz) + bandwidthHz <= 2 * HighHz;
}
