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
    [InlineData("868.0-868.6 MHz, 1 %", "modem=rnode&frequency=868300000&sf=8&region=eu868", 0.0, 0.0)]
    [InlineData("869.4-869.65 MHz, 10 %", "modem=rnode&frequency=869525000&sf=8&region=eu868", 0.95, 0.9)]
    public void Thirty_nodes_in_a_grid_of_hidden_nodes(string name, string settings, double delivered, double confirmed)
    {
        const int Columns = 6, Rows = 5, Hours = 2;
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
        output.WriteLine($"{name}: after 15 minutes {_stations.Average(s => s.Medium.Neighbours.Count(n => n.IsUp)):F1} neighbours up");
        Random random = new(4);
        List<(int From, int To, EnvelopeId Id)> sent = [];
        TimeSpan end = bench.Now + TimeSpan.FromHours(Hours);
        while (bench.Now < end)
        {
            int from = random.Next(_stations.Count);
            int to = (from + 1 + random.Next(_stations.Count - 1)) % _stations.Count;
            sent.Add((from, to, _stations[from].SendText(sent.Count, _stations[from].Identity.Address, _stations[to].Identity.Address, 141)));
            bench.RunFor(-Math.Log(1 - random.NextDouble()) * (10 * Minute) / _stations.Count);
        }
        bench.RunFor(TimeSpan.FromHours(1));
        double arrived = sent.Count(s => _stations[s.To].Arrived.Contains(sent.IndexOf(s))) / (double)sent.Count;
        double receipts = sent.Count(s => _stations[s.From].States[s.Id] == MessageState.Delivered) / (double)sent.Count;
        output.WriteLine(
            $"{name}: {sent.Count} messages, {arrived:P1} delivered, {receipts:P1} confirmed; air: {bench.Air!.Arrivals} arrivals, " +
            $"{bench.Air.Losses} lost, {bench.Air.Collisions} collided; airtime an hour and node " +
            $"{_nodes.Average(n => n.Simulator.TotalAirtime.TotalSeconds) / (Hours + 1.25):F1} s");
        output.WriteLine(Describe());
        Assert.True(arrived >= delivered, $"{arrived:P1} delivered");
        Assert.True(receipts >= confirmed, $"{receipts:P1} confirmed");
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
