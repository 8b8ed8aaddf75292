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
        Envelope.Write(frame.AsSpan(1), new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Normal, true, 0, hops, 10, default), new byte[10]);
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
            ReadOnlySpan<int> known = Next[(node, destination)];
            known = known[..Math.Min(known.Length, next.Length)];
            known.CopyTo(next);
            return known.Length;
        }

        public bool Knows(int node, int destination) => !Unknown.Contains((node, destination));
    }
}
