using System.Globalization;

namespace QuicProChat.Mesh.Simulation.Tests;

/// <summary>
/// The small runs of docs/performance.md. They fail on a loop, a lost or doubled message, or arrival or traffic that
/// misses its goal; how long the machine takes does not matter.
/// </summary>
public sealed class NetworkTests
{
    [Theory]
    [InlineData("line:50", 10)]
    [InlineData("grid:49", 3)]
    [InlineData("tree:50", 3)]
    public void Small_networks_find_all_routes_within_seconds(string topology, double seconds)
    {
        Result result = Run(topology);
        Sound(result, arrival: 100);
        Assert.InRange(result.ConvergenceSeconds, 0, seconds);
    }

    [SharedTheory("topologies")]
    [InlineData("freifunk-leipzig")]
    [InlineData("freifunk-ulm")]
    [InlineData("freifunk-bielefeld")]
    [InlineData("freifunk-cologne-bonn-area")]
    public void Cities_reach_everybody_at_little_cost_and_rest_afterwards(string city)
    {
        Result result = Run(Cities.Find(city));
        Sound(result, arrival: 100);
        Assert.InRange(result.ControlBytesPerNodeToConverge, 1, 90_000);
        Assert.InRange(result.ControlBytesPerNodeSecondSteady, 0.1, 50);
        Assert.InRange(result.StretchMean, 1, 1.1);
        Assert.InRange(result.StretchP99, 1, 2);
    }

    [SharedTheory("topologies")]
    [InlineData("freifunk-bielefeld", 99, 60)]
    [InlineData("freifunk-leipzig", 96, 60)]
    [InlineData("freifunk-ulm", 90, 400)]
    public void Cities_whose_links_lose_packets_keep_their_routes_and_ask_for_little(
        string city, double arrival, double control) =>
        KeepsItsRoutes(Cities.Find(city), arrival, control);

    [Fact]
    public void A_made_up_city_whose_links_lose_packets_keeps_its_routes_and_asks_for_little() =>
        KeepsItsRoutes("city:120", arrival: 98, control: 60);

    private static void KeepsItsRoutes(string topology, double arrival, double control)
    {
        Result result = Run(topology, o => o with { LossByQuality = true, Duration = TimeSpan.FromSeconds(120) });
        Assert.True(result.ArrivalPercent >= arrival, result.ToTable());
        Assert.Equal((0, 0), (result.Lost, result.Duplicated));
        Assert.InRange(result.ControlBytesPerNodeSecondSteady, 0.1, control);
        string steps = result.Details.First(d => d.Name == "steps of envelopes checked").Value;
        Assert.EndsWith("0 circles ahead, 0 circles in tables", steps, StringComparison.Ordinal);

        // One step in ten thousand may lead back to where the envelope was: routes change while it waits.
        string[] words = steps.Split(' ');
        int all = int.Parse(words[0].TrimEnd(':'), CultureInfo.InvariantCulture);
        Assert.InRange(int.Parse(words[1], CultureInfo.InvariantCulture), 0, 1 + all / 10_000);
    }

    [Fact]
    public void A_line_of_a_hundred_is_longer_than_the_usual_hop_limit_and_works_with_a_higher_one() =>
        Sound(Run("line:100"), arrival: 100);

    [Theory]
    [InlineData(10, 99)]
    [InlineData(30, 98)]
    [InlineData(60, 95)]
    public void Messages_arrive_while_everybody_moves_and_no_link_tells_that_it_broke(double metres, double arrival)
    {
        Result result = Run("geometric:50/150", o => o with
        { Mobility = metres, Duration = TimeSpan.FromSeconds(120), Messages = 600 });
        Sound(result, arrival);
    }

    [SharedFact(Cities.Leipzig)]
    public void Messages_arrive_exactly_once_while_routers_restart()
    {
        Result result = Run(Cities.Find("freifunk-leipzig"),
            o => o with { Churn = 0.05, Duration = TimeSpan.FromSeconds(300), Messages = 1000 });
        Sound(result, arrival: 99);
    }

    [SharedFact(Cities.Leipzig)]
    public void A_best_connected_node_that_claims_to_be_next_to_everybody_stops_nothing()
    {
        Result result = Run(Cities.Find("freifunk-leipzig"), o => o with
        { Liars = 1, Duration = TimeSpan.FromSeconds(120) });
        Assert.InRange(result.ArrivalPercent, 95, 100);
        Assert.Equal(0, result.Duplicated);
    }

    [Fact]
    public void Where_routes_are_asked_for_nothing_is_known_before_and_messages_arrive_all_the_same()
    {
        Result result = Run("grid:49", o => o with
        { AskRoutes = true, Messages = 5, Duration = TimeSpan.FromSeconds(60) });
        Assert.Equal((0L, 0, 0), (result.Loops, result.Lost, result.Duplicated));
        string Detail(string name) => result.Details.First(d => d.Name == name).Value;
        Assert.StartsWith("Routing 0.00,", Detail("bytes per second by class"), StringComparison.Ordinal);
        double percent = double.Parse(Detail("pairs reached at the end").Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(percent, 0.1, 90);
        Assert.InRange(double.Parse(Detail("control bytes per message and node, requests included"),
            CultureInfo.InvariantCulture), 1, 20_000);
    }

    [Fact]
    public void Large_networks_are_sampled_and_say_so_and_small_ones_are_not()
    {
        Result large = Run("geometric:400", o => o with { Messages = 10, Duration = TimeSpan.FromSeconds(10) });
        Assert.Equal((375, 400), (large.DestinationsPerLook, large.DestinationsAtEnd));
        Assert.Contains(("destinations looked at", "375 of 400 at each look, 400 for 100 % and at the end"),
            large.Details);
        Assert.InRange(large.ConvergenceSeconds, 0, 10);
        Assert.Equal(0, large.Loops);
        Result small = Run("line:50", o => o with { Messages = 10, Duration = TimeSpan.FromSeconds(10) });
        Assert.Equal((50, 50), (small.DestinationsPerLook, small.DestinationsAtEnd));
    }

    [Fact]
    public void A_run_repeats_itself()
    {
        string First() => Run("geometric:30", o => o with { Messages = 100 }).ToJson();
        static string Comparable(string json) =>
            string.Join('\n', json.Split('\n')
                .Where(l => !l.Contains("wall") && !l.Contains("memory", StringComparison.OrdinalIgnoreCase)));
        Assert.Equal(Comparable(First()), Comparable(First()));
    }

    private static void Sound(Result result, double arrival)
    {
        Assert.True(result.ArrivalPercent >= arrival, result.ToTable());
        Assert.Equal((0L, 0, 0), (result.Loops, result.Lost, result.Duplicated));
    }

    private static Result Run(string topology, Func<Options, Options>? set = null)
    {
        var options = new Options
        {
            Topology = topology,
            Messages = 500,
            Duration = TimeSpan.FromSeconds(300),
            Quiet = true
        };
        return new Simulation(set is null ? options : set(options), new Progress(null)).Run();
    }
}
