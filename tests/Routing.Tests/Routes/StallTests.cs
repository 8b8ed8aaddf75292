using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

/// <summary>
/// Streams over paths that lose much: what stalls, breaks and is soon back moves as few routes as possible.
/// </summary>
public sealed class StallTests
{
    [Fact]
    public void A_stream_is_used_after_four_answers()
    {
        int pongs = 0;
        int good = 3;
        var network = new RouteNetwork(1)
        {
            Tamper = (from, frame) => frame[0] != (byte)FrameKind.Pong || from.Node.Number == 0 || ++pongs <= good
                ? frame
                : [frame[0], (byte)~frame[1], (byte)~frame[2]],
        };
        network.AddNodes(2);
        network.Connect(network.Nodes[0], network.Nodes[1]);
        network.Run(5);
        Assert.True(Assert.Single(network.Nodes[0].Routes.ListNeighbours()).Cost.IsInfinite);
        Assert.Empty(network.Nodes[0].NextHops(network.Nodes[1]));

        good = int.MaxValue;
        network.Run(120);
        Assert.False(Assert.Single(network.Nodes[0].Routes.ListNeighbours()).Cost.IsInfinite);
        Assert.Single(network.Nodes[0].NextHops(network.Nodes[1]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(250)]
    [InlineData(900)]
    public void However_long_a_way_takes_it_is_used_at_what_it_takes(double delayMs)
    {
        RouteNetwork network = Topologies.Of(2, 6, []);
        network.Connect(network.Nodes[0], network.Nodes[1], delayMs);
        network.Run(10);
        NextHop hop = Assert.Single(network.Nodes[0].NextHops(network.Nodes[1]));
        Assert.InRange(hop.Metric.Units / 10.0, delayMs, delayMs * 1.1 + 60);
    }

    [Fact]
    public void Routes_over_a_link_that_stalls_often_outlive_its_breaks_and_end_if_it_is_not_back()
    {
        RouteNetwork network = LineWithAStallingLink(out RouteLink link);
        (RouteNode far, RouteNode near, RouteNode behind) = (network.Nodes[0], network.Nodes[1], network.Nodes[2]);
        Assert.False(near.Routes.IsExpectedBack(behind.Address));
        network.Down(link);
        network.Run(30);
        Assert.Single(far.NextHops(behind));
        Assert.Empty(near.NextHops(behind));
        Assert.True(near.Routes.IsExpectedBack(behind.Address));

        network.Run(60);
        Assert.Empty(far.NextHops(behind));
        Assert.False(near.Routes.IsExpectedBack(behind.Address));

        network.Up(link);
        network.Run(10);
        Assert.Equal(2, network.Walk(far, behind));
        Assert.Equal(0, network.Loops);
    }

    [Fact]
    public void Writes_on_a_link_that_stalls_often_keep_a_distance_and_others_do_not()
    {
        RouteNetwork network = LineWithAStallingLink(out RouteLink link);
        Assert.Equal(TimeSpan.Zero, network.Nodes[1].Routes.PaceOf(network.Links[0].B.Id));
        TimeSpan pace = network.Nodes[1].Routes.PaceOf(link.A.Id);
        Assert.InRange(pace.TotalSeconds, 0.1, 10);

        // What is new in between goes together.
        int updates = 0;
        network.Tamper = (from, frame) =>
        {
            updates += from == link.A && frame[0] == (byte)FrameKind.RouteUpdate ? 1 : 0;
            return frame;
        };
        for (int i = 0; i < 20; i++)
        {
            network.Nodes[0].Routes.Reannounce(network.Now);
            network.After(network.Nodes[0]);
            network.Run(pace.TotalSeconds / 10);
        }

        Assert.InRange(updates, 1, 4);
    }

    /// <summary>A slow disk or processor holds up answers as a lossy path does, and loses nothing.</summary>
    [Fact]
    public void A_neighbour_that_answers_late_though_nothing_was_sent_again_is_busy_and_no_write_waits_for_it()
    {
        RouteNetwork network = LineWithAStallingLink(out RouteLink link, repeats: 0);
        Assert.Equal(TimeSpan.Zero, network.Nodes[1].Routes.PaceOf(link.A.Id));
        NextHop hop = Assert.Single(network.Nodes[1].NextHops(network.Nodes[2]));
        Assert.InRange(hop.Metric.Units / 10.0, 0, 50);
    }

    [Fact]
    public void A_way_that_became_longer_for_good_and_loses_nothing_costs_what_it_takes()
    {
        RouteNetwork network = LineWithAStallingLink(out RouteLink link, repeats: 0);
        link.Delay = TimeSpan.FromMilliseconds(400);
        network.Run(120);
        NextHop hop = Assert.Single(network.Nodes[1].NextHops(network.Nodes[2]));
        Assert.InRange(hop.Metric.Units / 10.0, 200, 500);
        Assert.Equal(TimeSpan.Zero, network.Nodes[1].Routes.PaceOf(link.A.Id));
    }

    [Fact]
    public void A_rise_under_the_same_sequence_is_kept_back_and_told_with_a_fresh_one_after_an_hour()
    {
        // 0 - 1 - 3 with 20 ms a hop on the right, and a much longer way from 1 over 2 to 3.
        RouteNetwork network = Topologies.Of(4, 3, []);
        network.Connect(network.Nodes[0], network.Nodes[1]);
        RouteLink direct = network.Connect(network.Nodes[1], network.Nodes[3], delayMs: 20);
        network.Connect(network.Nodes[2], network.Nodes[3]);
        network.Run(5);
        network.Connect(network.Nodes[1], network.Nodes[2], delayMs: 250);
        network.Run(60);
        RouteNode origin = network.Nodes[3];
        Metric before = MetricAt(0);
        uint sequence = origin.SavedSequence;

        network.Down(direct);
        network.Run(600);
        Assert.Equal(3, network.Walk(network.Nodes[0], origin));
        Assert.Equal((before, sequence), (MetricAt(0), origin.SavedSequence));
        Assert.True(MetricAt(1) > before);

        network.Run(4800);
        Assert.True(MetricAt(0) > MetricAt(1));
        Assert.Equal(sequence + 1, origin.SavedSequence);
        Assert.Equal(0, network.Loops);

        Metric MetricAt(int node) => network.Nodes[node].NextHops(origin)[0].Metric;
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(60, 3)]
    public void A_way_that_is_slow_by_its_own_words_is_left_after_more_receipts_are_missing(double delayMs, int strikes)
    {
        RouteNetwork network = Topologies.Of(4, 5, []);
        foreach ((int a, int b) in ((int, int)[])[(0, 1), (0, 2), (1, 3), (2, 3)])
            network.Connect(network.Nodes[a], network.Nodes[b], delayMs);
        network.Run(60);
        RouteNode node = network.Nodes[0];
        LinkId used = node.NextHops(network.Nodes[3])[0].Link;
        for (int i = 1; i <= strikes; i++)
        {
            Assert.Equal(used, node.NextHops(network.Nodes[3])[0].Link);
            node.Routes.Penalise(network.Now, network.Nodes[3].Address, used);
            network.After(node);
            network.Run(1);
        }

        Assert.NotEqual(used, node.NextHops(network.Nodes[3])[0].Link);
    }

    /// <summary>0 - 1 - 2, whose second link answers late so often that it is known for it.</summary>
    private static RouteNetwork LineWithAStallingLink(out RouteLink link, uint? repeats = null)
    {
        RouteNetwork network = Topologies.Of(3, 3, [(0, 1), (1, 2)]);
        network.Options = network.Options with { PingIdle = TimeSpan.FromSeconds(1) };
        foreach (RouteNode node in network.Nodes)
            node.Start(network.Now, node.Number);
        foreach (RouteLink each in network.Links)
            network.Up(each);
        link = network.Links[1];
        link.Repeats = repeats;
        network.Run(10);
        for (int i = 0; i < 24; i++)
        {
            link.Delay = TimeSpan.FromMilliseconds(i % 3 == 0 ? 1 : 700);
            network.Run(3);
        }

        link.Delay = TimeSpan.FromMilliseconds(1);
        network.Run(5);
        Assert.Equal(2, network.Walk(network.Nodes[0], network.Nodes[2]));
        return network;
    }
}
