using QuicProChat.Mesh.Node.Metrics;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>Metrics of radios: every family has one series for each radio, or for each radio and class.</summary>
internal static class RadioSeries
{
    internal static string NameOf(TrafficClass trafficClass) => trafficClass switch
    {
        TrafficClass.Routing => "routing",
        TrafficClass.Message => "message",
        TrafficClass.Control => "control",
        _ => "emergency",
    };

    /// <summary>Frames that wait for airtime, in all.</summary>
    internal static int Queued(RadioStatus radio) => radio.QueuedBroadcasts + radio.Neighbours.Sum(n => n.Queued);

    internal static void Write(MetricsText text, IReadOnlyList<RadioStatus> radios)
    {
        if (radios.Count == 0)
            return;
        Gauge("qpc_radio_online", "1 while the modem sends and receives.", r => r.State == ModemState.Online ? 1 : 0);
        Gauge("qpc_radio_airtime_budget_seconds", "Airtime that the sub-band allows in each window.",
            r => r.Budget.TotalSeconds);
        Gauge("qpc_radio_airtime_window_seconds", "The sliding window of that rule.", r => r.Window.TotalSeconds);
        Classes("qpc_radio_airtime_used_seconds", "Airtime used in the window, by class.", u => u.Used.TotalSeconds);
        Classes("qpc_radio_airtime_left_seconds", "Airtime that the class would still be granted.",
            u => u.Left.TotalSeconds);
        Gauge("qpc_radio_neighbours", "Neighbours with a link.", r => r.Neighbours.Count(n => n.IsUp));
        Gauge("qpc_radio_stations", "Stations known, with a link or without.", r => r.Neighbours.Count);
        Gauge("qpc_radio_queued_frames", "Frames that wait for airtime.", r => Queued(r));
        Noise();
        Several("qpc_radio_frames_sent_total", "Frames put on the air, by purpose.", "kind", r =>
        [
            ("data", r.Counters.Sent.Data), ("acknowledgement", r.Counters.Sent.Acknowledgements),
            ("broadcast", r.Counters.Sent.Broadcasts), ("discovery", r.Counters.Sent.Discovery),
        ]);
        text.Family("qpc_radio_frames_received_total", "Frames that came off the air.", "counter");
        foreach (RadioStatus radio in radios)
            text.Sample("qpc_radio_frames_received_total", Of(radio), radio.ModemCounters.FramesReceived);
        Several("qpc_radio_events_total", "What the radio dropped, put off, repeated and suffered.", "event", r =>
        [
            ("overheard", r.Counters.Overheard), ("duplicate", r.Counters.Duplicates),
            ("bad_check", r.Counters.BadChecks),
            ("bad_frame", r.Counters.BadFrames), ("bad_item", r.Counters.BadItems), ("deferred", r.Counters.Deferred),
            ("expired", r.Counters.Expired),
            ("spared", r.Counters.Spared), ("send_failure", r.ModemCounters.SendFailures),
            ("busy_retry", r.ModemCounters.BusyRetries),
            ("modem_error", r.ModemCounters.ModemErrors), ("modem_reset", r.ModemCounters.Resets),
            ("modem_lost", r.ModemCounters.Losses), ("replay", r.Counters.Replays), ("unproven", r.Counters.Unproven),
            ("unpaid", r.Counters.Unpaid), ("session", r.Counters.Sessions), ("displaced", r.Counters.Displaced),
            ("garbage_byte", r.ModemCounters.GarbageBytes),
        ]);
        text.Family("qpc_radio_strangers_airtime_seconds_total",
            "Airtime spent because of frames that prove nothing.", "counter");
        foreach (RadioStatus radio in radios)
            text.Sample("qpc_radio_strangers_airtime_seconds_total", Of(radio),
                radio.Counters.ForStrangers.TotalSeconds);

        void Gauge(string name, string help, Func<RadioStatus, double> value)
        {
            text.Family(name, help, "gauge");
            foreach (RadioStatus radio in radios)
                text.Sample(name, Of(radio), value(radio));
        }

        void Noise()
        {
            text.Family("qpc_radio_noise_dbm", "Noise floor, where the modem tells.", "gauge");
            foreach (RadioStatus radio in radios)
            {
                if (radio.NoiseFloorDbm is { } noise)
                    text.Sample("qpc_radio_noise_dbm", Of(radio), noise);
            }
        }

        void Classes(string name, string help, Func<ClassUse, double> value)
        {
            text.Family(name, help, "gauge");
            foreach (RadioStatus radio in radios)
            {
                foreach (ClassUse use in radio.Airtime)
                    text.Sample(name, $"{Of(radio)},{MetricsText.Label("class", NameOf(use.Class))}", value(use));
            }
        }

        void Several(string name, string help, string label, Func<RadioStatus, (string Name, long Count)[]> counts)
        {
            text.Family(name, help, "counter");
            foreach (RadioStatus radio in radios)
            {
                foreach ((string what, long count) in counts(radio))
                    text.Sample(name, $"{Of(radio)},{MetricsText.Label(label, what)}", count);
            }
        }
    }

    private static string Of(RadioStatus radio) => MetricsText.Label("device", radio.Device);
}
