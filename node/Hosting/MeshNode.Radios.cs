using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Transports.Lora.Modems;

namespace QuicProChat.Mesh.Node.Hosting;

/// <content>The radios, as the control socket and the metrics show them.</content>
internal sealed partial class MeshNode
{
    /// <summary>A radio's thread answers between two frames; one that takes longer hangs, and is left out.</summary>
    private static readonly TimeSpan RadioPatience = TimeSpan.FromSeconds(3);

    /// <summary>All radios that listen, with what they say of themselves.</summary>
    internal async Task<IReadOnlyList<RadioInfo>> RadiosAsync(CancellationToken cancellation)
    {
        IReadOnlyList<RadioStatus> radios = await AskRadiosAsync(cancellation).ConfigureAwait(false);
        return await AskAsync<IReadOnlyList<RadioInfo>>(_ => [.. radios.Select(Describe)]).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<RadioStatus>> AskRadiosAsync(CancellationToken cancellation)
    {
        var radios = new List<RadioStatus>();
        foreach (LoraListener radio in _links?.Radios ?? [])
        {
            try
            {
                radios.Add(await radio.StatusAsync(cancellation).WaitAsync(RadioPatience, _time, cancellation)
                    .ConfigureAwait(false));
            }
            catch (TimeoutException)
            {
                _log.RadioSilent(radio.Bound.ToString());
            }
        }

        return radios;
    }

    private RadioInfo Describe(RadioStatus radio) => new(
        radio.Device, radio.Modem, NameOf(radio.State), radio.Detail, radio.FrequencyHz, radio.BandwidthHz,
        radio.SpreadingFactor,
        radio.CodingRate, radio.PowerDbm, radio.Region, radio.Band, radio.Window.TotalSeconds,
        radio.Budget.TotalSeconds,
        [.. radio.Airtime.Select(
            use => new AirtimeInfo(RadioSeries.NameOf(use.Class), Rounded(use.Used), Rounded(use.Left)))],
        RadioSeries.Queued(radio), radio.NoiseFloorDbm, Count(radio.ModemCounters, radio.Counters),
        [
            .. radio.Neighbours.Select(n => new RadioNeighbourInfo(
                n.Address.ToString(), _host.NameOf(n.Address), n.IsUp, n.RssiDbm, n.SnrDb, Rounded(n.Silence),
                Math.Round(n.RoundTrip.TotalMilliseconds), n.FramesReceived, n.FramesSent, n.Repeats,
                n.GivenUp, n.Queued)),
        ]);

    private static RadioCounts Count(ModemCounters modem, RadioCounters layer) => new(
        modem.FramesSent, modem.BytesSent, layer.Sent.Data, layer.Sent.Acknowledgements, layer.Sent.Broadcasts,
        layer.Sent.Discovery,
        modem.FramesReceived, layer.Overheard, layer.Duplicates, layer.BadChecks, layer.BadFrames, layer.BadItems,
        layer.Deferred,
        layer.Expired, layer.Spared, modem.SendFailures, modem.BusyRetries, modem.GarbageBytes, modem.ModemErrors,
        modem.Resets, modem.Losses,
        layer.Replays, layer.Unproven, layer.Unpaid, layer.Sessions, layer.Displaced, Rounded(layer.ForStrangers));

    private static double Rounded(TimeSpan time) => Math.Round(time.TotalSeconds, 3);

    private static string NameOf(ModemState state) => state switch
    {
        ModemState.Closed => "closed",
        ModemState.Starting => "starting",
        ModemState.Online => "online",
        _ => "lost",
    };
}
