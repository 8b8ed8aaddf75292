using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>What is sent on at once stays off the disk for a while: what that spares, and what it costs.</summary>
public sealed class PersistDelayTests(ITestOutputHelper output)
{
    private const int Messages = 2_000;

    /// <summary>Answers come a second later than anybody waits.</summary>
    private static readonly RouterLinkKind _slow =
        RouterLinkKind.Stream with { Delay = TimeSpan.FromMilliseconds(500) };

    [Theory]
    [InlineData(20, false)]
    [InlineData(null, true)]
    public void By_default_nothing_is_written_on_a_path_whose_answers_take_a_tenth_of_a_second(int? delay, bool spared)
    {
        var network = new RouterNetwork(1);
        RouterNode[] line = network.Line(50, delay is { } milliseconds ? Delayed(milliseconds) : new RouterOptions());
        for (int i = 0; i < 10; i++)
            line[0].Send(line[^1], i);
        network.Run(TimeSpan.FromSeconds(2));
        int writes = line[1..^1].Sum(node => node.Writes);
        output.WriteLine($"{delay?.ToString() ?? "default"}: {writes} writes");
        Assert.Equal(10, line[^1].Delivered);
        Assert.Equal(spared, writes == 0);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(250)]
    public void A_slow_next_hop_delays_custody_by_the_delay_and_no_more(int delay)
    {
        var network = new RouterNetwork(1);
        RouterNode[] line = [.. Enumerable.Range(0, 3).Select(_ => network.Add(Delayed(delay)))];
        network.Join(line[0], line[1], RouterLinkKind.Stream);
        network.Join(line[1], line[2], _slow);
        line[0].RouteVia(line[2], line[1]);
        line[1].RouteVia(line[2], line[2]);
        Instant start = network.Now;
        var first = TimeSpan.Zero;
        for (int i = 0; i < Messages; i++)
            line[0].Send(line[2], i);
        while (line[0].States.Values.Any(state => state.State == MessageState.Queued))
        {
            network.Run(TimeSpan.FromMilliseconds(1));
            if (first == TimeSpan.Zero && line[0].States.Values.Any(state => state.State != MessageState.Queued))
                first = network.Now - start;
        }

        TimeSpan all = network.Now - start;
        output.WriteLine(
            $"{delay} ms: the first after {first.TotalMilliseconds:0} ms, all {Messages} after "
                + $"{all.TotalMilliseconds:0} ms");
        Assert.InRange(first.TotalMilliseconds, delay, delay + 10);
        // The window grows as fast as answers come: a few delays, not one for each window's worth of the beginning.
        Assert.InRange(all.TotalMilliseconds, delay, 8 * delay + 100);
    }

    private static RouterOptions Delayed(int milliseconds) =>
        new() { PersistDelay = TimeSpan.FromMilliseconds(milliseconds) };
}
