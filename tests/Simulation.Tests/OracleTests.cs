using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation.Tests;

public sealed class OracleTests
{
    [Fact]
    public void Good_tables_reach_all_pairs_on_shortest_paths()
    {
        (Network network, Tables tables) = Line(5);
        ReachabilityResult look = new Reachability(network, tables).Measure([0, 1, 2, 3, 4]);
        Assert.Equal(new ReachabilityResult(20, 20, 0, 1, 1), look);
    }

    [Fact]
    public void Two_nodes_that_point_at_each_other_are_a_loop()
    {
        (Network network, Tables tables) = Line(5);
        tables.Next[(1, 4)] = [0];
        ReachabilityResult look = new Reachability(network, tables).Measure([4]);
        Assert.Equal(2, look.Reached);
        Assert.True(look.Loops >= 1);
    }

    [Fact]
    public void An_alternative_that_leads_back_is_a_loop_though_the_best_next_hops_are_sound()
    {
        (Network network, Tables tables) = Line(5);
        tables.Next[(2, 4)] = [3, 1];
        ReachabilityResult look = new Reachability(network, tables).Measure([4]);
        Assert.Equal(4, look.Reached);
        Assert.Equal(1, look.Loops);
    }

    [Fact]
    public void A_missing_next_hop_and_an_unknown_record_are_out_of_reach()
    {
        (Network network, Tables tables) = Line(5);
        tables.Next[(3, 4)] = [];
        tables.Unknown.Add((0, 1));
        var reachability = new Reachability(network, tables);
        Assert.Equal(0, reachability.Measure([4]).Reached);
        Assert.Equal(3, reachability.Measure([1]).Reached);
    }

    [Fact]
    public void A_detour_shows_as_stretch()
    {
        (Network network, Tables tables) = Line(4, (0, 3));
        tables.Next[(0, 3)] = [1];
        tables.Next[(1, 3)] = [2];
        ReachabilityResult look = new Reachability(network, tables).Measure([3]);
        Assert.Equal(3, look.Reached);
        Assert.Equal((3.0 + 1 + 1) / 3, look.StretchMean, 3);
        Assert.Equal(3, look.StretchP99);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(69)]
    public void A_loop_is_seen_whichever_of_many_destinations_it_is_for(int destination)
    {
        (Network network, Tables tables) = Line(70);
        int[] all = [.. Enumerable.Range(0, 70)];
        var reachability = new Reachability(network, tables);
        Assert.Equal(new ReachabilityResult(70 * 69, 70 * 69, 0, 1, 1), reachability.Measure(all));
        int source = destination < 35 ? 60 : 10;
        int back = destination < 35 ? 61 : 9;
        int[] sound = tables.Next[(source, destination)];
        tables.Next[(source, destination)] = [.. sound, back];
        Assert.Equal(1, reachability.Measure(all).Loops);
        Assert.Equal(70 * 69, reachability.Measure(all).Reached);
        tables.Next[(source, destination)] = [back];
        ReachabilityResult look = reachability.Measure(all);
        Assert.True(look.Loops >= 1);
        Assert.True(look.Reached < look.Pairs);
        tables.Next[(source, destination)] = sound;
        Assert.Equal(new ReachabilityResult(70 * 69, 70 * 69, 0, 1, 1), reachability.Measure(all));
    }

    [Fact]
    public void A_look_agrees_with_walking_every_pair_whatever_the_tables_say()
    {
        const int count = 40;
        var random = new Random(1);
        for (int round = 0; round < 20; round++)
        {
            (Network network, Tables tables) = Line(count);
            for (int change = 0; change < 30; change++)
            {
                int node = random.Next(1, count - 1);
                int[][] choices = [[], [node - 1], [node + 1], [node - 1, node + 1]];
                tables.Next[(node, random.Next(count))] = choices[random.Next(choices.Length)];
                tables.Unknown.Add((random.Next(count), random.Next(count)));
            }

            int reached = 0;
            for (int destination = 0; destination < count; destination++)
            {
                for (int source = 0; source < count; source++)
                {
                    int at = source;
                    for (int hops = 0; hops < count && at != destination
                        && tables.Next[(at, destination)] is [int first, ..]; hops++)
                        at = first;
                    reached += source != destination && at == destination && tables.Knows(source, destination) ? 1 : 0;
                }
            }

            ReachabilityResult look = new Reachability(network, tables).Measure([.. Enumerable.Range(0, count)]);
            Assert.Equal(reached, look.Reached);
            Assert.Equal(count * (count - 1), look.Pairs);
        }
    }

    [Fact]
    public void While_a_destination_is_missed_only_its_like_are_asked_about_and_then_all_are()
    {
        const int count = 100;
        (Network network, Tables tables) = Line(count);
        int[] all = [.. Enumerable.Range(0, count)];
        var reachability = new Reachability(network, tables);
        Assert.True(reachability.AllReach(all, out long loops));
        Assert.Equal(0, loops);
        tables.Next[(3, 90)] = [2];
        Assert.False(reachability.AllReach(all, out loops));
        Assert.True(loops >= 1);

        // A look at others in between is none at this one.
        Assert.Equal(99, reachability.Measure([5]).Reached);
        tables.Asked = 0;
        Assert.False(reachability.AllReach(all, out loops));
        Assert.Equal(count - 1, tables.Asked);
        Assert.True(loops >= 1);
        tables.Next[(3, 90)] = [4];
        tables.Unknown.Add((50, 0));
        Assert.False(reachability.AllReach(all, out loops));
        Assert.Equal(0, loops);
        tables.Unknown.Clear();
        tables.Asked = 0;
        Assert.True(reachability.AllReach(all, out _));
        Assert.Equal((count - 1) * (count + 1), tables.Asked);
    }

    [Fact]
    public void Shortest_paths_are_those_of_the_last_look()
    {
        (Network network, _) = Line(4, (0, 3));
        var paths = new ShortestPaths(network);
        paths.Look();
        Assert.Equal([0, 1, 2, 1], paths.From(0).ToArray());
        network.SetWire(network.Links[3], up: false);
        paths.Look();
        Assert.Equal([0, 1, 2, 3], paths.From(0).ToArray());
        network.SetWire(network.Links[1], up: false);
        paths.Look();
        Assert.Equal([0, 1, ShortestPaths.Unreachable, ShortestPaths.Unreachable], paths.From(0).ToArray());
    }

    [Fact]
    public void An_envelope_that_comes_back_is_seen_and_one_that_is_sent_twice_is_not()
    {
        (Network network, Tables tables) = Line(5);
        var oracle = new LoopOracle(network, tables, (_, _) => 4);
        void Step(int from, int to, byte hops) => oracle.Arriving(network.Nodes[from], network.Nodes[to], Frame(hops));
        Step(0, 1, 63);
        Step(1, 2, 62);
        Step(1, 2, 62);
        Step(2, 3, 61);
        Assert.Equal(0, oracle.Returns);
        Step(3, 1, 60);
        Assert.Equal(1, oracle.Returns);
        Assert.Equal(5, oracle.Steps);
        Assert.Equal(0, oracle.Circles);
        tables.Next[(3, 4)] = [2];
        Step(2, 3, 61);
        Assert.Equal(1, oracle.Circles);
    }

    private static byte[] Frame(byte hops)
    {
        byte[] frame = new byte[1 + Envelope.SizeOf(10)];
        frame[0] = (byte)FrameKind.Envelope;
        Envelope.Write(frame.AsSpan(1),
            new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Normal, true, 0, hops, 10, default), new byte[10]);
        return frame;
    }

    private static (Network Network, Tables Tables) Line(int count, params (int A, int B)[] more)
    {
        var network = new Network(1) { Boot = node => new RecordingProgram(node) };
        var tables = new Tables();
        for (int i = 0; i < count; i++)
        {
            network.AddNode();
            network.StartNode(i, new Instant(0));
            for (int j = 0; j < count; j++)
                tables.Next[(i, j)] = i == j ? [] : [j > i ? i + 1 : i - 1];
        }

        for (int i = 1; i < count; i++)
            network.AddLink(i - 1, i, new LinkModel(TimeSpan.FromMilliseconds(1)));
        foreach ((int a, int b) in more)
            network.AddLink(a, b, new LinkModel(TimeSpan.FromMilliseconds(1)));
        network.Run(new Instant(TimeSpan.TicksPerSecond));
        return (network, tables);
    }

    private sealed class Tables : IRouteView
    {
        public Dictionary<(int Node, int Destination), int[]> Next { get; } = [];

        public HashSet<(int Node, int Destination)> Unknown { get; } = [];

        public int NextHops(int node, int destination, Span<int> next)
        {
            Asked++;
            ReadOnlySpan<int> known = Next[(node, destination)];
            known = known[..Math.Min(known.Length, next.Length)];
            known.CopyTo(next);
            return known.Length;
        }

        /// <summary>How often somebody's next hops were asked for.</summary>
        public int Asked { get; set; }

        public bool Knows(int node, int destination) => !Unknown.Contains((node, destination));
    }
}
