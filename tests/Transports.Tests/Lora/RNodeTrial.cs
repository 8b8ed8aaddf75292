using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Transports.Lora.Modems.RNode;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

/// <summary>
/// One RNode with its driver: what it was given, when that left the antenna, and when the driver said so.
/// </summary>
internal sealed class RNodeTrial : IRadioClient
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Bench _bench = new(new SimulatedAir(new Random(1)));
    private readonly RNodeSimulator _device;
    private readonly LateReader _line;
    private readonly Bench.Node _node;
    private readonly Jammer _jammer = new();
    private readonly Random _random;
    private readonly List<(TimeSpan At, byte[] Bytes)> _given = [];
    private readonly List<(TimeSpan At, bool Sent)> _reports = [];

    internal RNodeTrial(string settings, int seed, RNodeFaults faults)
    {
        _random = new Random(seed);
        _device = new RNodeSimulator(new Random(seed), faults);
        _line = new LateReader(_device);
        _node = _bench.Add(new RNodeModem(Bench.Options(settings)), _line, client: this);
        _bench.Air!.Add(_jammer);
        _bench.Air.Connect(_line.Station, _jammer.Station);
    }

    /// <summary>What became of a frame.</summary>
    /// <param name="Given">When the driver took it.</param>
    /// <param name="Left">End of the run with which it left, before which nothing can be known; null: it never
    /// did.</param>
    /// <param name="Next">End of the first run that began after it was given and no report came for it; null:
    /// none.</param>
    /// <param name="Reported">When the driver said that it left or failed; null: it said nothing.</param>
    /// <param name="Sent">Which of the two.</param>
    internal readonly record struct Frame(
        TimeSpan Given, TimeSpan? Left, TimeSpan? Next, TimeSpan? Reported, bool Sent);

    internal long Losses => _node.Modem.Counters.Losses;

    /// <summary>Frames in the order in which they were given.</summary>
    internal List<Frame> Frames()
    {
        List<(TimeSpan End, TimeSpan Airtime)> log = _device.Transmissions;
        TimeSpan[] runEnds = new TimeSpan[log.Count];
        for (int n = log.Count - 1; n >= 0; n--)
            runEnds[n] = n + 1 < log.Count && log[n + 1].End - log[n + 1].Airtime == log[n].End ? runEnds[n + 1]
                : log[n].End;
        List<Frame> frames = [];
        for (int i = 0; i < _given.Count; i++)
        {
            (TimeSpan at, byte[] bytes) = _given[i];
            int sent = _device.Transmitted.FindIndex(t => t.AsSpan().EndsWith(bytes));
            TimeSpan? left = sent < 0 ? null : runEnds[sent];
            int next = log.FindIndex(t => t.End - t.Airtime > (left ?? at));
            (TimeSpan At, bool Sent)? report = i < _reports.Count ? _reports[i] : null;
            frames.Add(new Frame(at, left, next < 0 ? null : runEnds[next], report?.At, report?.Sent ?? false));
        }
        return frames;
    }

    /// <summary>Bursts of 1 to 7 frames, 1 to 20 s apart or so much more.</summary>
    internal void Talk(int bursts, double blocked = 0, double late = 0, int pause = 0)
    {
        for (int i = 0; i < bursts; i++)
        {
            for (int n = _random.Next(3) == 0 ? _random.Next(1, 8) : 1; n > 0; n--)
                Give(_random.Next(6, _random.Next(3) == 0 ? 254 : 60));
            if (_random.NextDouble() < blocked)
                Block(_random.NextDouble() * 20 * Second);
            if (_random.NextDouble() < late && _line.ReadFrom <= _bench.Now)
                _line.ReadFrom = _bench.Now + (_random.NextDouble() * 10 * Second);
            RunFor((pause + 1 + (19 * _random.NextDouble())) * Second);
        }
    }

    internal void Give(int length)
    {
        byte[] frame = new byte[length];
        _random.NextBytes(frame);
        if (_bench.Send(_node, frame) == ModemAnswer.Accepted)
            _given.Add((_bench.Now, frame));
    }

    internal void Block(TimeSpan time) => _jammer.Jam(_bench.Now, time);

    /// <summary>Closes the port and opens it again: the driver starts anew.</summary>
    internal void Reopen()
    {
        _node.Open = false;
        _node.Modem.PortClosed(_bench.Now);
        _bench.OpenPort(_node);
        Assert.True(_bench.RunUntil(() => _node.Modem.State == ModemState.Online, 30 * Second));
    }

    internal void RunFor(TimeSpan time) => _bench.RunFor(time);

    public TimeSpan Run(ILoraModem modem, TimeSpan now) => TimeSpan.MaxValue;

    public void Happened(ModemAction action, TimeSpan now)
    {
        if (action is SendFinished finished)
            _reports.Add((now, finished.Sent));
    }

    /// <summary>
    /// A modem whose host is busy with something else for a while, and then reads everything at once.
    /// </summary>
    private sealed class LateReader(RNodeSimulator device) : SimulatedModem
    {
        internal TimeSpan ReadFrom { get; set; }

        public override void PortOpened(TimeSpan now)
        {
            (device.Air, device.Station) = (Air, Station);
            device.PortOpened(now);
            Pass(now);
        }

        public override void HostWrote(ReadOnlySpan<byte> bytes, TimeSpan now)
        {
            device.HostWrote(bytes, now);
            Pass(now);
        }

        public override void Tick(TimeSpan now)
        {
            device.Tick(now);
            Pass(now);
        }

        public override void Receive(byte[] frame, int rssi, double snr, TimeSpan now) =>
            device.Receive(frame, rssi, snr, now);

        private void Pass(TimeSpan now)
        {
            if (now >= ReadFrom)
                Say(device.TakeOutput());
            NextTick = device.HasOutput && ReadFrom < device.NextTick ? ReadFrom : device.NextTick;
        }
    }
}
