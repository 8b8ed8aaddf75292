using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

/// <summary>How long it takes until stations know each other, over many turns of luck, and what it costs.</summary>
public sealed class RadioMeetingTests(ITestOutputHelper output)
{
    private const string Settings = "modem=rnode&frequency=869525000&sf=7&region=eu868";
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // The scene of tests/EndToEnd/Radios.cs: the ends do not hear each other, and nobody knows anybody. A slow machine
    // does not get round to its radio for up to two seconds, every few frames.
    [Theory]
    [InlineData(0.0, false, 200)]
    [InlineData(0.1, false, 100)]
    [InlineData(0.0, true, 100)]
    public void A_line_of_three_meets_and_carries_its_first_text_in_time_whatever_the_luck(
        double loss, bool slow, int seeds)
    {
        List<double> met = [], first = [], large = [];
        for (int seed = 0; seed < seeds; seed++)
        {
            Bench bench = new(new SimulatedAir(new Random(seed)));
            bench.Air!.Connect(0, 1, loss);
            bench.Air.Connect(1, 2, loss);
            Random random = new(seed);
            LoraOptions options = Bench.Options(Settings);
            List<RoutedStation> stations = [];
            try
            {
                for (int i = 0; i < 3; i++)
                {
                    byte[] key = new byte[32];
                    random.NextBytes(key);
                    stations.Add(new RoutedStation(options, LocalIdentity.FromSeed(key), random, bench.Now));
                    ILoraModem modem = ModemFactory.Create(options, options.Modem, new Random(random.Next()));
                    RNodeSimulator simulator = new(new Random(random.Next()));
                    bench.Add(modem, simulator, client: slow ? new Slow(stations[i], new Random(random.Next()))
                        : stations[i]);
                    bench.RunFor(random.NextDouble() * 2 * Second);
                }
                TimeSpan start = bench.Now;
                int[] wanted = [1, 2, 1];
                bool Met() => Enumerable.Range(0, 3)
                    .All(i => stations[i].Medium.Neighbours.Count(n => n.IsUp) == wanted[i]);
                Assert.True(bench.RunUntil(Met, 60 * Minute));
                met.Add((bench.Now - start).TotalSeconds);
                first.Add(Deliver(bench, stations, 1, 150));
                large.Add(Deliver(bench, stations, 2, 2_150));
            }
            finally
            {
                stations.ForEach(s => s.Dispose());
            }
        }
        Show($"{loss:P0} loss{(slow ? ", slow machine" : "")}, met", met);
        Show("first text", first);
        Show("2 KB", large);
        Assert.True(Math.Max(met.Max(), Math.Max(first.Max(), large.Max())) < 150,
            $"{met.Max()}, {first.Max()}, {large.Max()} s");
    }

    // The rest of that scene: the radio of one end is away for longer than its links outlive it, and there is mail.
    [Fact]
    public void A_station_whose_radio_was_away_has_its_mail_soon_after_it_is_back_whatever_the_luck()
    {
        List<double> back = [];
        for (int seed = 0; seed < 100; seed++)
        {
            Bench bench = new(new SimulatedAir(new Random(seed)));
            bench.Air!.Connect(0, 1, 0.05);
            bench.Air.Connect(1, 2, 0.05);
            Random random = new(seed);
            LoraOptions options = Bench.Options(Settings);
            List<RoutedStation> stations = [];
            List<Bench.Node> nodes = [];
            try
            {
                for (int i = 0; i < 3; i++)
                {
                    byte[] key = new byte[32];
                    random.NextBytes(key);
                    stations.Add(new RoutedStation(options, LocalIdentity.FromSeed(key), random, bench.Now));
                    ILoraModem modem = ModemFactory.Create(options, options.Modem, new Random(random.Next()));
                    nodes.Add(bench.Add(modem, new RNodeSimulator(new Random(random.Next())), client: stations[i]));
                }
                bench.RunFor(2 * Minute);
                Deliver(bench, stations, 1, 150);
                bench.Air.Disconnect(1, 2);
                nodes[2].Open = false;
                nodes[2].Modem.PortClosed(bench.Now);
                stations[2].Happened(new StateChanged(ModemState.Closed, "pulled"), bench.Now);
                EnvelopeId id = stations[0]
                    .SendText(2, stations[0].Identity.Address, stations[2].Identity.Address, 150);
                bench.RunFor((50 + random.Next(100)) * Second);
                bench.Air.Connect(1, 2, 0.05);
                bench.OpenPort(nodes[2]);
                TimeSpan start = bench.Now;
                Assert.True(bench.RunUntil(() => stations[0].States[id] == MessageState.Delivered, 60 * Minute));
                back.Add((bench.Now - start).TotalSeconds);
            }
            finally
            {
                stations.ForEach(s => s.Dispose());
            }
        }
        Show("back, all confirmed", back);
        Assert.True(back.Max() < 150, $"{back.Max()} s");
    }

    /// <summary>A radio's thread that does not get the processor for a while, now and then.</summary>
    private sealed class Slow(IRadioClient client, Random random) : IRadioClient
    {
        private readonly Queue<ModemAction> _waiting = new();
        private TimeSpan _until;

        public void Happened(ModemAction what, TimeSpan now)
        {
            if (now >= _until && random.Next(10) == 0)
                _until = now + (2 * Second * random.NextDouble());
            _waiting.Enqueue(what);
        }

        public TimeSpan Run(ILoraModem modem, TimeSpan now)
        {
            if (now < _until)
                return _until;
            while (_waiting.TryDequeue(out ModemAction? what))
                client.Happened(what, now);
            return client.Run(modem, now);
        }
    }

    [Theory]
    [InlineData("modem=rnode&frequency=868100000&sf=9&region=eu868")]
    [InlineData(
        "modem=rnode&frequency=868100000&sf=9&region=eu868&networkkey=cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd")]
    public void Two_stations_become_neighbours_for_few_bytes(string settings)
    {
        List<int> bytes = [], frames = [];
        List<double> seconds = [], airtime = [];
        for (int seed = 0; seed < 40; seed++)
        {
            using RadioNet net = RadioNet.Circle(2, settings, seed: seed);
            TimeSpan start = net.Bench.Now;
            Assert.True(net.Meet(5 * Minute));
            seconds.Add((net.Bench.Now - start).TotalSeconds);
            bytes.Add(net.Stations.Sum(s => s.Node.Simulator.Transmitted.Sum(f => f.Length - 1)));
            frames.Add(net.Stations.Sum(s => s.Node.Simulator.Transmitted.Count));
            airtime.Add(net.Stations.Sum(s => s.Node.Simulator.TotalAirtime.TotalSeconds));
        }
        output.WriteLine(
            $"{bytes.Average():F0} bytes ({bytes.Min()} to {bytes.Max()}) in {frames.Average():F1} frames, "
                + $"{airtime.Average():F2} s of airtime; links after {seconds.Average():F1} s, at most "
                + $"{seconds.Max():F1} s");
        Assert.True(bytes.Average() < 252, $"{bytes.Average()}");
    }

    private static double Deliver(Bench bench, List<RoutedStation> stations, int number, int size)
    {
        TimeSpan start = bench.Now;
        EnvelopeId id = stations[0].SendText(number, stations[0].Identity.Address, stations[2].Identity.Address, size);
        bench.RunUntil(() => stations[0].States[id] == MessageState.Delivered, 60 * Minute);
        return (bench.Now - start).TotalSeconds;
    }

    private void Show(string what, List<double> seconds)
    {
        seconds.Sort();
        output.WriteLine(
            $"{what}: median {seconds[seconds.Count / 2]:F1} s, 95 % {seconds[seconds.Count * 95 / 100]:F1} s, worst "
                + $"{string.Join(", ", seconds.TakeLast(5).Select(s => $"{s:F1}"))} s");
    }
}
