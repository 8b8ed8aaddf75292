using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

public sealed class RadioTests(ITestOutputHelper output)
{
    private static LinkProperties Radio(int medium = 0) =>
        new(Mtu: 222, BitsPerSecond: 5470, Reliable: false, PushRoutes: false, medium);

    [Fact]
    public void A_slow_link_hears_of_nobody_it_did_not_ask_for()
    {
        // A city of 20 on the left, one radio node on the right.
        RouteNetwork network = Topologies.Random(20, 40, 3);
        RouteNode far = network.AddNode();
        network.Connect(network.Nodes[4], far, 100, Radio());
        network.Run(600);
        Assert.True(far.Routes.KnownNodes <= 2);
        output.WriteLine($"{far.BytesSent} B by the radio node in ten minutes");
        Assert.True(far.BytesSent <= 600);

        // The city knows the radio node, because its gateway's neighbour is one destination like any other.
        Assert.True(network.Walk(network.Nodes[9], far) > 0);
        Assert.Equal(-1, network.Walk(far, network.Nodes[9]));
        far.Routes.Want(network.Now, network.Nodes[9].Address);
        network.After(far);
        double seconds = network.RunUntil(() => network.Walk(far, network.Nodes[9]) > 0, 120);
        output.WriteLine($"asked and answered in {seconds} s, {far.BytesSent} B");
        Assert.True(seconds < 30, $"{seconds} s");
        Assert.True(far.Routes.KnownNodes <= 3);
        Assert.True(far.Routes.TryGetPublicKey(network.Nodes[9].Address, out _));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.1)]
    [InlineData(0.3)]
    public void Paths_are_found_across_several_lossy_radio_hops(double loss)
    {
        RouteNetwork network = new(17);
        network.AddNodes(5);
        for (int i = 1; i < 5; i++)
            network.Connect(network.Nodes[i - 1], network.Nodes[i], 100, Radio()).Loss = loss;
        network.Run(120);
        double seconds = 0;
        while (network.Walk(network.Nodes[0], network.Nodes[4]) != 4 && seconds < 600)
        {
            network.Nodes[0].Routes.Want(network.Now, network.Nodes[4].Address);
            network.After(network.Nodes[0]);
            network.Run(1);
            seconds++;
        }

        output.WriteLine($"loss {loss:P0}: {seconds} s, {network.Nodes.Average(node => node.BytesSent):0} B/node");
        Assert.True(seconds < 600, $"{seconds} s");
        Assert.Equal(0, network.Loops);
    }

    [Fact]
    public void Losses_do_not_leave_neighbours_with_different_ideas()
    {
        // Pushed routes over an unreliable link: every update is acknowledged or repeated. How long it takes is a
        // matter of luck: at this loss seven hops let every fifth request for a fresh sequence through. That it ends is
        // not.
        const double Hour = 3_600;
        LinkProperties lossy = new(Mtu: 500, BitsPerSecond: 1_000_000, Reliable: false, PushRoutes: true);
        List<double> first = [], again = [];
        for (int seed = 1; seed <= 30; seed++)
        {
            RouteNetwork network = new(seed);
            network.AddNodes(8);
            for (int i = 1; i < 8; i++)
                network.Connect(network.Nodes[i - 1], network.Nodes[i], 5, lossy).Loss = 0.2;
            first.Add(network.RunUntil(() => network.Arrival() >= 1, Hour));
            network.Connect(network.Nodes[0], network.Nodes[7]);
            network.Run(120);
            Assert.Equal(1, network.Walk(network.Nodes[0], network.Nodes[7]));
            Assert.False(double.IsNaN(network.RunUntil(() => network.Arrival() >= 1, Hour)), $"seed {seed}");
            network.Down(network.Links[^1]);
            again.Add(network.RunUntil(() => network.Walk(network.Nodes[0], network.Nodes[7]) == 7, Hour));
            Assert.Equal(0, network.Loops);
        }

        first.Sort();
        again.Sort();
        output.WriteLine(
            $"all know all after {first[15]} s (half of 30), {first[^1]} s (all); the long way after {again[15]}, "
                + $"{again[^1]} s");
        Assert.DoesNotContain(double.NaN, first);
        Assert.DoesNotContain(double.NaN, again);
        Assert.True(first[15] < 60 && again[15] < 60);
    }

    [Fact]
    public void Routing_takes_no_more_than_its_share_of_a_known_bit_rate()
    {
        LinkProperties slow = new(Mtu: 500, BitsPerSecond: 50_000, Reliable: true, PushRoutes: true);
        RouteNetwork network = Topologies.Random(40, 80, 3);
        RouteNode far = network.AddNode();
        network.Connect(network.Nodes[4], far, 20, slow);
        network.Run(10);
        int early = far.Routes.KnownNodes;
        Assert.True(early < 41);
        network.Run(110);
        Assert.Equal(41, far.Routes.KnownNodes);
        Assert.Equal(1.0, network.Arrival());
    }
}
