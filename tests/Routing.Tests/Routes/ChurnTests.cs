using Xunit.Abstractions;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

public sealed class ChurnTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(20, 35, 11)]
    [InlineData(30, 60, 12)]
    [InlineData(40, 60, 13)]
    [InlineData(25, 70, 14)]
    public void Flapping_links_never_make_a_loop_and_routes_recover(int count, int links, int seed)
    {
        RouteNetwork network = Topologies.Random(count, links, seed);
        var random = new Random(seed);
        network.Run(5);
        for (int i = 0; i < 300; i++)
        {
            RouteLink link = network.Links[random.Next(network.Links.Count)];
            if (link.IsUp)
                network.Down(link);
            else
                network.Up(link);
            network.Run(random.NextDouble() * 0.2);
        }

        AssertRecovers(network);
        output.WriteLine($"{network.Frames} frames, {network.Nodes.Sum(node => node.BytesSent) / count} B/node");
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    public void Links_of_changing_delay_never_make_a_loop(int seed)
    {
        RouteNetwork network = Topologies.Random(25, 50, seed);
        network.Options = network.Options with { PingIdle = TimeSpan.FromSeconds(1) };
        var random = new Random(seed);
        network.Run(5);
        for (int i = 0; i < 200; i++)
        {
            RouteLink link = network.Links[random.Next(network.Links.Count)];
            link.Delay = TimeSpan.FromMilliseconds(1 + random.NextDouble() * 40);
            if (random.Next(4) == 0)
                network.Down(link);
            else if (!link.IsUp)
                network.Up(link);
            network.Run(random.NextDouble());
        }

        AssertRecovers(network);
    }

    [Fact]
    public void An_alternative_takes_over_at_the_moment_a_link_goes_down()
    {
        // 0 - 1 - 3 and 0 - 2 - 3: two ways of the same length.
        RouteNetwork network = Topologies.Of(4, 5, [(0, 1), (1, 3), (0, 2), (2, 3)]);
        network.Run(5);
        Assert.Equal(2, network.Nodes[0].NextHops(network.Nodes[3]).Length);
        RouteNode used = network.Nodes[0].PeerOf(network.Nodes[0].NextHops(network.Nodes[3])[0].Link);
        network.Down(network.Links[used.Number == 1 ? 0 : 2]);
        Assert.Equal(2, network.Walk(network.Nodes[0], network.Nodes[3]));
    }

    [Fact]
    public void A_node_without_a_feasible_route_gets_a_fresh_sequence_from_the_origin()
    {
        // A ring: when a link breaks, the way round is longer than what was advertised before.
        RouteNetwork network = Topologies.Ring(12);
        network.Run(5);
        network.Down(network.Links[0]);
        double seconds = network.RunUntil(() => network.Arrival() >= 1, 20);
        output.WriteLine($"{seconds} s");
        Assert.True(seconds < 2, $"{seconds} s");
        Assert.Equal(11, network.Walk(network.Nodes[0], network.Nodes[1]));
        Assert.Equal(0, network.Loops);
    }

    [Fact]
    public void A_partition_is_noticed_and_healed()
    {
        RouteNetwork network = Topologies.Line(8);
        network.Run(5);
        network.Down(network.Links[3]);
        network.Run(2);
        Assert.Equal(-1, network.Walk(network.Nodes[0], network.Nodes[7]));
        Assert.Empty(network.Nodes[0].NextHops(network.Nodes[7]));
        Assert.Equal(3, network.Walk(network.Nodes[4], network.Nodes[7]));
        Assert.Contains(network.Nodes[7].Address, network.Nodes[0].Lost);
        network.Run(3600);
        network.Up(network.Links[3]);
        double seconds = network.RunUntil(() => network.Arrival() >= 1, 5);
        Assert.True(seconds < 1, $"{seconds} s");
        Assert.Equal(0, network.Loops);
    }

    [Fact]
    public void A_node_that_lost_its_state_jumps_above_its_old_sequence()
    {
        RouteNetwork network = Topologies.Line(6);
        RouteNode forgetful = network.Nodes[3];
        for (uint i = 0; i < 40; i++)
            forgetful.Routes.Reannounce(network.Now);
        network.Run(5);
        uint before = forgetful.SavedSequence;
        Assert.True(before >= 40);
        forgetful.LoseState();
        network.Restart(forgetful, network.Now + TimeSpan.FromSeconds(3));
        network.Run(3);
        double seconds = network.RunUntil(() => network.Arrival() >= 1, 10);
        output.WriteLine($"{seconds} s, {before} -> {forgetful.SavedSequence}");
        Assert.True(seconds < 2, $"{seconds} s");
        Assert.True(forgetful.SavedSequence > before);
        Assert.Equal(0, network.Loops);
    }

    [Fact]
    public void A_restart_that_changed_nothing_costs_nobody_an_announce()
    {
        RouteNetwork network = Topologies.Line(6);
        network.Run(5);
        RouteNode node = network.Nodes[2];
        uint sequence = node.SavedSequence;
        long kept = network.Nodes.Where(other => other != node)
            .Sum(other => other.Routes.Counters[RouteCounter.AnnouncesKept]);
        network.Restart(node, network.Now + TimeSpan.FromSeconds(1));
        network.Run(1);
        double seconds = network.RunUntil(() => network.Arrival() >= 1, 10);
        Assert.True(seconds < 1, $"{seconds} s");
        Assert.Equal(sequence, node.SavedSequence);
        Assert.Equal(kept, network.Nodes.Where(other => other != node)
            .Sum(other => other.Routes.Counters[RouteCounter.AnnouncesKept]));
        Assert.Equal(0, node.Routes.Counters[RouteCounter.AnnouncesKept]);
    }

    [Fact]
    public void A_link_gone_silent_is_avoided_within_seconds_once_something_stays_unanswered()
    {
        RouteNetwork network = Topologies.Ring(5);
        network.Run(5);
        RouteNode node = network.Nodes[0];
        network.Links[0].IsSilent = true;
        node.Routes.Unanswered(network.Now, network.Links[0].A.Id);
        network.After(node);
        double seconds = network.RunUntil(() => network.Walk(node, network.Nodes[1]) == 4, 10);
        Assert.True(seconds < 3, $"{seconds} s");
        network.Run(60);
        Assert.False(network.Links[0].IsUp);
        Assert.Equal(1.0, network.Arrival());
        Assert.Equal(0, network.Loops);
    }

    [Fact]
    public void A_link_gone_silent_without_traffic_is_found_by_pings()
    {
        RouteNetwork network = Topologies.Ring(5);
        network.Run(5);
        network.Links[0].IsSilent = true;
        double seconds = network.RunUntil(() => network.Arrival() >= 1, 120);
        Assert.True(seconds < 60, $"{seconds} s");
    }

    [Fact]
    public void A_link_that_comes_and_goes_is_the_last_resort_for_a_while()
    {
        RouteNetwork network = Topologies.Of(3, 5, [(0, 1), (0, 2), (2, 1)]);
        network.Run(5);
        for (int i = 0; i < 6; i++)
        {
            network.Down(network.Links[0]);
            network.Run(1);
            network.Up(network.Links[0]);
            network.Run(1);
        }

        Assert.Equal(2, network.Walk(network.Nodes[0], network.Nodes[1]));
        network.Run(70);
        Assert.Equal(1, network.Walk(network.Nodes[0], network.Nodes[1]));
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        Assert.Equal(Run(), Run());

        static (long, long) Run()
        {
            RouteNetwork network = Topologies.Random(20, 40, 9);
            network.Run(2);
            network.Down(network.Links[5]);
            network.Run(60);
            return (network.Frames, network.Nodes.Sum(node => node.BytesSent));
        }
    }

    private static void AssertRecovers(RouteNetwork network)
    {
        Assert.Equal(0, network.Loops);
        network.Run(120);
        Assert.Equal(0, network.Loops);
        foreach (RouteNode to in network.Nodes)
        {
            Assert.False(network.HasLoop(to));
            int[] hops = network.HopsFrom(to);
            foreach (RouteNode from in network.Nodes)
                Assert.Equal(hops[from.Number] >= 0, network.Walk(from, to) >= 0);
        }
    }
}
