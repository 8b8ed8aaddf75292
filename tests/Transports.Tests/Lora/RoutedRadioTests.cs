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
    private const string TenPercent = "modem=rnode&frequency=869525000&sf=8&region=eu868";
    private const string OnePercent = "modem=rnode&frequency=868300000&sf=8&region=eu868";

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
        Assert.True(bench.RunUntil(() => _stations[0].States[first] == MessageState.Delivered, 10 * Minute),
            Describe());
        bench.Air.Disconnect(1, 2);
        EnvelopeId[] ids = [.. Enumerable.Range(2, 5).Select(n =>
            _stations[0].SendText(n, _stations[0].Identity.Address, _stations[2].Identity.Address, 300))];
        bench.RunFor(5 * Minute);
        Assert.Single(_stations[2].Arrived);
        bench.Air.Connect(1, 2);
        Assert.True(bench.RunUntil(() => ids.All(i => _stations[0].States[i] == MessageState.Delivered), 60 * Minute),
            Describe());
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
        output.WriteLine(
            $"line of {count}, {loss:P0} loss: there in {arrived.TotalSeconds:F0} s, confirmed in "
                + $"{(bench.Now - start).TotalSeconds:F0} s");
    }

    [Theory]
    [InlineData(0.05, 15, 7)]
    [InlineData(0.05, 15, 8)]
    [InlineData(0.05, 0, 9)]
    [InlineData(0.2, 15, 7)]
    public void Thirty_busy_nodes_get_their_messages_and_receipts(double loss, int warmUp, int seed)
    {
        using RadioGrid grid = new(6, 5, loss, TenPercent, seed);
        grid.RunFor(warmUp * Minute);
        TimeSpan start = grid.Now;
        grid.Talk(75 * Minute, 10 * Minute);
        RadioGrid.Figures soFar = grid.Since(start);
        grid.Finish(115 * Minute);
        RadioGrid.Figures figures = grid.Since(start);
        output.WriteLine($"{loss:P0} loss, {warmUp} minutes before: so far {soFar}; in the end {figures}");
        output.WriteLine(
            $"at most {grid.MostInAnHour.TotalSeconds:F1} s of {grid.Budget.TotalSeconds:F1} s in an hour; "
                + $"{grid.DescribeAir()}");
        Assert.True(grid.MostInAnHour <= grid.Budget, $"{grid.MostInAnHour} of {grid.Budget}");
        Assert.True(figures.Sent > 150, $"{figures}");
        Assert.True(figures.Delivered >= 0.95, $"{figures}; {grid.DescribeAir()}");
        Assert.True(figures.Confirmed >= 0.9, $"{figures}; {grid.DescribeAir()}");
    }

    // More than the band can carry (docs/reference/lora.md, section 9): the law is kept all the same.
    [Fact]
    public void Thirty_nodes_with_too_much_to_say_keep_the_duty_cycle_in_every_sliding_hour()
    {
        using RadioGrid grid = new(6, 5, 0.05, OnePercent, seed: 7);
        grid.RunFor(15 * Minute);
        TimeSpan start = grid.Now;
        grid.Talk(75 * Minute, 10 * Minute);
        output.WriteLine(
            $"{grid.Since(start)}; at most {grid.MostInAnHour.TotalSeconds:F1} s of {grid.Budget.TotalSeconds:F1} s "
                + "in an hour");
        Assert.True(grid.MostInAnHour <= grid.Budget, $"{grid.MostInAnHour} of {grid.Budget}");
        Assert.True(grid.MostInAnHour > grid.Budget / 20, $"{grid.MostInAnHour}: nothing to keep");
        Assert.True(grid.Since(start).Delivered > 0.2, $"{grid.Since(start)}");
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
                ModemFactory.Create(options, options.Modem, new Random(random.Next())),
                new RNodeSimulator(new Random(random.Next())),
                client: station));
        }
    }

    private string Describe() => string.Join("; ", _stations.Select((s, i) =>
        $"{i}: up {s.Medium.Neighbours.Count(n => n.IsUp)} routes {s.Router.RouteCount} known {s.Router.KnownNodes} " +
        $"sent {s.Medium.Counters.Sent} deferred {s.Medium.Counters.Deferred} arrived {s.Arrived.Count} airtime "
            + $"{_nodes[i].Simulator.TotalAirtime.TotalSeconds:F1}"));
}
