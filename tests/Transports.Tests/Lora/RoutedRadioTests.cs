using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

// The real router, adaptation layer and driver, on simulated modems and air, in simulated time.
public sealed class RoutedRadioTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly List<RoutedStation> _stations = [];
    private readonly List<Bench.Node> _nodes = [];

    public void Dispose() => _stations.ForEach(s => s.Dispose());

    [Fact]
    public void A_text_travels_down_a_line_of_three_and_its_receipt_comes_back()
    {
        Bench bench = new(new SimulatedAir(new Random(1)));
        bench.Air!.Connect(0, 1, 0.05);
        bench.Air.Connect(1, 2, 0.05);
        Build(bench, 3, "modem=rnode&frequency=868100000&sf=7&region=none", seed: 1);
        bench.RunFor(3 * Minute);
        EnvelopeId id = _stations[0].SendText(1, _stations[0].Identity.Address, _stations[2].Identity.Address, 141);
        Assert.True(bench.RunUntil(() => _stations[2].Arrived.Contains(1), 10 * Minute), Describe());
        Assert.True(bench.RunUntil(() => _stations[0].States[id] == MessageState.Delivered, 10 * Minute), Describe());
    }

    [Fact]
    public void A_station_away_for_a_while_gets_its_messages_when_it_comes_back()
    {
        Bench bench = new(new SimulatedAir(new Random(2)));
        bench.Air!.Connect(0, 1);
        bench.Air.Connect(1, 2);
        Build(bench, 3, "modem=rnode&frequency=868100000&sf=7&region=none", seed: 2);
        bench.RunFor(3 * Minute);
        EnvelopeId first = _stations[0].SendText(1, _stations[0].Identity.Address, _stations[2].Identity.Address, 141);
        Assert.True(bench.RunUntil(() => _stations[0].States[first] == MessageState.Delivered, 10 * Minute), Describe());
        bench.Air.Disconnect(1, 2);
        EnvelopeId[] ids = [.. Enumerable.Range(2, 5).Select(n =>
            _stations[0].SendText(n, _stations[0].Identity.Address, _stations[2].Identity.Address, 300))];
        bench.RunFor(5 * Minute);
        Assert.Single(_stations[2].Arrived);
        bench.Air.Connect(1, 2);
        Assert.True(bench.RunUntil(() => ids.All(i => _stations[0].States[i] == MessageState.Delivered), 60 * Minute), Describe());
        Assert.Equal(6, _stations[2].Arrived.Count);
    }

    [Theory]
    [InlineData(4, 0.0)]
    [InlineData(10, 0.05)]
    public void A_text_travels_down_a_long_line_and_its_receipt_comes_back(int count, double loss)
    {
        Bench bench = new(new SimulatedAir(new Random(1)));
        for (int i = 0; i + 1 < count; i++)
            bench.Air!.Connect(i, i + 1, loss);
        Build(bench, count, "modem=rnode&frequency=868100000&sf=8&region=none", seed: 1);
        bench.RunFor(5 * Minute);
        TimeSpan start = bench.Now;
        EnvelopeId id = _stations[0].SendText(1, _stations[0].Identity.Address, _stations[^1].Identity.Address, 141);
        Assert.True(bench.RunUntil(() => _stations[^1].Arrived.Contains(1), 30 * Minute), Describe());
        TimeSpan arrived = bench.Now - start;
        Assert.True(bench.RunUntil(() => _stations[0].States[id] == MessageState.Delivered, 30 * Minute), Describe());
        output.WriteLine($"line of {count}, {loss:P0} loss: there in {arrived.TotalSeconds:F0} s, confirmed in {(bench.Now - start).TotalSeconds:F0} s");
    }

    [Theory]
    [InlineData("modem=rnode&frequency=868300000&sf=8&region=eu868")]
    [InlineData("modem=rnode&frequency=869525000&sf=8&region=eu868")]
    public void Thirty_busy_nodes_keep_the_duty_cycle_in_every_sliding_hour(string settings)
    {
        const int Columns = 6, Rows = 5;
        Bench bench = new(new SimulatedAir(new Random(3)));
        for (int i = 0; i < Columns * Rows; i++)
        {
            // Neighbours in the row and in the column: whoever is two steps away is hidden.
            if (i % Columns < Columns - 1)
                bench.Air!.Connect(i, i + 1, 0.05);
            if (i + Columns < Columns * Rows)
                bench.Air!.Connect(i, i + Columns, 0.05);
        }
        Build(bench, Columns * Rows, settings, seed: 3);
        bench.RunFor(15 * Minute);
        Random random = new(4);
        List<(int From, int To, EnvelopeId Id)> sent = [];
        TimeSpan end = bench.Now + TimeSpan.FromMinutes(75);
        while (bench.Now < end)
        {
            int from = random.Next(_stations.Count);
            int to = (from + 1 + random.Next(_stations.Count - 1)) % _stations.Count;
            sent.Add((from, to, _stations[from].SendText(sent.Count, _stations[from].Identity.Address, _stations[to].Identity.Address, 141)));
            bench.RunFor(-Math.Log(1 - random.NextDouble()) * (10 * Minute) / _stations.Count);
        }
        TimeSpan budget = Bench.Options(settings).Band.Budget;
        TimeSpan most = _nodes.Max(MostInAnHour);
        double arrived = sent.Select((s, n) => _stations[s.To].Arrived.Contains(n)).Count(a => a) / (double)sent.Count;
        double receipts = sent.Count(s => _stations[s.From].States[s.Id] == MessageState.Delivered) / (double)sent.Count;
        output.WriteLine(
            $"{sent.Count} messages, {arrived:P1} delivered, {receipts:P1} confirmed so far; at most {most.TotalSeconds:F1} s of " +
            $"{budget.TotalSeconds:F1} s in an hour; air: {bench.Air!.Arrivals} arrived, {bench.Air.Losses} lost, {bench.Air.Collisions} collided");
        Assert.True(most <= budget, $"{most} of {budget}");
        Assert.True(most > budget / 20, $"{most}: nothing to keep");
    }

    private static TimeSpan MostInAnHour(Bench.Node node)
    {
        TimeSpan sum = TimeSpan.Zero, most = TimeSpan.Zero;
        int first = 0;
        List<(TimeSpan End, TimeSpan Airtime)> log = node.Simulator.Transmissions;
        for (int last = 0; last < log.Count; last++)
        {
            sum += log[last].Airtime;
            while (log[first].End <= log[last].End - TimeSpan.FromHours(1))
                sum -= log[first++].Airtime;
            most = sum > most ? sum : most;
        }
        return most;
    }

    private void Build(Bench bench, int count, string settings, int seed)
    {
        Random random = new(seed);
        LoraOptions options = Bench.Options(settings);
        for (int i = 0; i < count; i++)
        {
            byte[] key = new byte[32];
            random.NextBytes(key);
            RoutedStation station = new(options, LocalIdentity.FromSeed(key), random, bench.Now);
            _stations.Add(station);
            _nodes.Add(bench.Add(
                ModemFactory.Create(options, options.Modem, new Random(random.Next())), new RNodeSimulator(new Random(random.Next())),
                client: station));
        }
    }

    private string Describe() => string.Join("; ", _stations.Select((s, i) =>
        $"{i}: up {s.Medium.Neighbours.Count(n => n.IsUp)} routes {s.Router.RouteCount} known {s.Router.KnownNodes} " +
        $"sent {s.Medium.Counters.Sent} deferred {s.Medium.Counters.Deferred} arrived {s.Arrived.Count} airtime {_nodes[i].Simulator.TotalAirtime.TotalSeconds:F1}"));
}
