using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Transports.Lora.Modems;

namespace QuicProChat.Mesh.Transports.Lora;

/// <summary>
/// Tells the operator when a radio comes and goes: one line for each reason, however often it is tried again meanwhile.
/// </summary>
internal sealed class RadioLog(LoraOptions options, ILogger logger)
{
    /// <summary>Arbitrary: reasons remembered until the radio is back; more are not told apart.</summary>
    private const int MostReasons = 16;

    private readonly HashSet<string> _told = [];

    /// <summary>Notes what became of the modem.</summary>
    /// <param name="change">Its new state and why.</param>
    /// <param name="modem">The driver; null before the device was opened for the first time.</param>
    internal void Note(StateChanged change, string? modem)
    {
        switch (change.State)
        {
            case ModemState.Online:
                _told.Clear();
                Log.RadioOn(logger, options.Device, modem, options.FrequencyHz, options.SpreadingFactor,
                    options.Region.Name, change.Detail);
                break;
            case ModemState.Closed or ModemState.Lost when _told.Count < MostReasons && _told.Add(change.Detail):
                Log.RadioAway(logger, options.Device, change.Detail.TrimEnd('.'));
                break;
            default:
                Log.RadioState(logger, options.Device, change.State, change.Detail);
                break;
        }
    }
}
