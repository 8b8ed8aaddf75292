using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Transports.Lora.Modems.RNode;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

// A frame is reported as sent after it has left, and before long; whatever the phase of what the device counts.
public sealed class RNodeDepartureTests(ITestOutputHelper output)
{
    private const string Base = "modem=rnode&frequency=868100000&region=none&sf=";
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Between two reports and two questions, and one that is awaited: so much later than it could be known.</summary>
    private static readonly TimeSpan Bin = TimeSpan.FromSeconds(7.5);

    [Theory]
    [InlineData("7", 0.0)]
    [InlineData("7", 0.3)]
    [InlineData("8", 0.0)]
    [InlineData("9&cr=8", 0.0)]
    [InlineData("9", 0.3)]
    [InlineData("12", 0.0)]
    [InlineData("7&bandwidth=500000", 0.0)]
    [InlineData("7&bandwidth=500000", 0.3)]
    public void Explore(string settings, double blocked)
    {
        List<double> late = [];
        int early = 0, never = 0, all = 0;
        for (int phase = 0; phase < 150; phase++)
        {
            for (int seed = 0; seed < 4; seed++)
            {
                Trial trial = new(Base + settings, phase * Bin / 150, seed);
                trial.Talk(40, 1, 20, blocked);
                trial.RunFor(60 * Second);
                foreach (Trial.Frame frame in trial.Frames)
                {
                    all++;
                    if (frame.Reported is not { } reported)
                        never++;
                    else if (reported < frame.Left)
                        early++;
                    else
                        late.Add((reported - frame.Left!.Value).TotalSeconds);
                }
            }
        }
        late.Sort();
        output.WriteLine($"{settings} {blocked}: {all} frames, {early} early, {never} never; late by {late.Average():F2} s, {late[late.Count / 2]:F2} {late[late.Count * 9 / 10]:F2} {late[late.Count * 99 / 100]:F2} {late[^1]:F2}; above 1: {late.Count(l => l > 1)}, 8: {late.Count(l => l > 8)}, 16: {late.Count(l => l > 16)}");
        Assert.Equal(0, early);
    }

    private sealed class Trial : IRadioClient
    {
        private readonly Bench _bench = new(RNodeModemTests.Connected(1));
        private readonly Bench.Node _node;
        private readonly Jammer _jammer = new();
        private readonly Random _random;
        private readonly List<TimeSpan> _reports = [];
        private readonly List<byte[]> _accepted = [];

        internal Trial(string settings, TimeSpan phase, int seed, RNodeFaults? faults = null)
        {
            _random = new Random(seed);
            faults = (faults ?? new RNodeFaults()) with { ClockAtBoot = phase };
            _node = _bench.Add(
                new RNodeModem(Bench.Options(settings)), new RNodeSimulator(new Random(seed), faults), client: this);
            _bench.Air!.Add(_jammer);
            _bench.Air.Connect(_jammer.Station, _node.Simulator.Station);
        }

        internal readonly record struct Frame(TimeSpan? Left, TimeSpan? Reported);

        internal IEnumerable<Frame> Frames
        {
            get
            {
                for (int i = 0; i < _accepted.Count; i++)
                {
                    int n = _node.Simulator.Transmitted.FindIndex(t => t.AsSpan(1).SequenceEqual(_accepted[i]));
                    yield return new Frame(n < 0 ? null : RunEnd(n), i < _reports.Count ? _reports[i] : null);
                }
            }
        }

        private TimeSpan RunEnd(int n)
        {
            List<(TimeSpan End, TimeSpan Airtime)> log = _node.Simulator.Transmissions;
            while (n + 1 < log.Count && log[n + 1].End - log[n + 1].Airtime == log[n].End)
                n++;
            return log[n].End;
        }

        internal void Talk(int bursts, double least, double most, double blocked)
        {
            for (int i = 0; i < bursts; i++)
            {
                for (int n = _random.Next(3) == 0 ? _random.Next(1, 8) : 1; n > 0; n--)
                    Send();
                if (_random.NextDouble() < blocked)
                    _jammer.Jam(_bench.Now, _random.NextDouble() * 20 * Second);
                _bench.RunFor((least + (_random.NextDouble() * (most - least))) * Second);
            }
        }

        internal void RunFor(TimeSpan time) => _bench.RunFor(time);

        private void Send()
        {
            byte[] frame = new byte[_random.Next(4, _random.Next(3) == 0 ? 254 : 60)];
            BitConverter.TryWriteBytes(frame, _accepted.Count);
            if (_bench.Send(_node, frame) == ModemAnswer.Accepted)
                _accepted.Add(frame);
        }

        public TimeSpan Run(ILoraModem modem, TimeSpan now) => TimeSpan.MaxValue;

        public void Happened(ModemAction action, TimeSpan now)
        {
            if (action is SendFinished { Sent: true })
                _reports.Add(now);
        }
    }

    private sealed class Jammer : SimulatedModem
    {
        internal void Jam(TimeSpan now, TimeSpan time) => Transmit([0], now, time);

        public override void PortOpened(TimeSpan now)
        {
        }

        public override void HostWrote(ReadOnlySpan<byte> bytes, TimeSpan now)
        {
        }

        public override void Tick(TimeSpan now)
        {
        }

        public override void Receive(byte[] frame, int rssi, double snr, TimeSpan now)
        {
        }
    }
}
