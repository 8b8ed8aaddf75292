using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>Links on which every write can hold up all that follows.</summary>
public sealed class PaceTests
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);

    [Fact]
    public void What_comes_soon_after_a_write_waits_and_goes_together()
    {
        var network = new RouterNetwork(1);
        RouterNode[] nodes = network.Line(2);
        var sent = new List<(Instant At, FrameKind Kind)>();
        network.Observe = (from, _, frame) => sent.Add((from == nodes[0] ? network.Now : default, (FrameKind)frame[0]));
        nodes[0].Routes.Pace = Pace;
        Instant start = network.Now;
        nodes[0].Send(nodes[1], 1);
        nodes[0].Send(nodes[1], 2);
        network.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(1, nodes[1].Delivered);
        nodes[0].Send(nodes[1], 3);
        network.Run(TimeSpan.FromSeconds(10));

        Assert.Equal(3, nodes[1].Delivered);
        Instant[] times = [.. sent.Where(frame => frame.At != default).Select(frame => frame.At).Distinct()];
        Assert.All(times.Zip(times.Skip(1)),
            pair => Assert.True(pair.Second - pair.First >= Pace, $"{pair.Second - pair.First}"));
        Assert.Equal(2, sent.Count(frame => frame.Kind == FrameKind.Envelope && frame.At - start >= Pace));
        Assert.All(nodes, node => Assert.Equal(0, node.Router.Held.Count));
    }

    [Fact]
    public void Nothing_goes_back_to_whom_it_came_from_while_the_way_is_expected_back()
    {
        var network = new RouterNetwork(2);
        RouterNode[] nodes = network.Line(3);
        nodes[1].Routes.ExpectedBack.Add(nodes[2].Address);
        nodes[1].LinkTo(nodes[2]).Cut();
        nodes[0].Send(nodes[2], 1);
        network.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(1, nodes[1].Router.Held.Count);

        // A fresh sequence leads the other way round.
        long before = nodes[1][RouterCounter.EnvelopesSent];
        nodes[1].RouteVia(nodes[2], nodes[0]);
        network.Run(TimeSpan.FromSeconds(20));
        Assert.Equal(before, nodes[1][RouterCounter.EnvelopesSent]);
        Assert.Equal(1, nodes[1].Router.Held.Count);

        nodes[1].Routes.ExpectedBack.Clear();
        network.Run(TimeSpan.FromSeconds(40));
        Assert.True(nodes[1][RouterCounter.EnvelopesSent] > before);
    }
}
