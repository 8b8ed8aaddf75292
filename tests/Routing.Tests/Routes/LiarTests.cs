using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

public sealed class LiarTests(ITestOutputHelper output)
{
    [SharedTheory("topologies/freifunk-leipzig.json")]
    [InlineData(0)]
    [InlineData(3)]
    public void Metric_zero_for_everything_convinces_nobody(int rank)
    {
        (RouteNetwork network, RouteNode liar) = Leipzig(rank, Metric.Zero);
        Assert.True(network.Nodes.Sum(node => node.Routes.Counters[RouteCounter.FalseMetric]) > 0);
        double arrived = Send(network, liar, 700);
        output.WriteLine($"liar with {liar.Links.Count} links, {arrived:P2} arrived");
        Assert.True(arrived >= 0.95, $"{arrived:P2}");
        Assert.Equal(0, network.Loops);
    }

    [SharedTheory("topologies/freifunk-leipzig.json")]
    [InlineData(3)]
    [InlineData(12)]
    public void The_smallest_credible_metric_attracts_only_until_proofs_are_missing(int rank)
    {
        (RouteNetwork network, RouteNode liar) = Leipzig(rank, new Metric(10));
        long before = network.Nodes.Sum(node => node.BytesSent);
        double early = Send(network, liar, 700);
        double late = Send(network, liar, 700);
        long raised = network.Nodes.Sum(node => node.Routes.Counters[RouteCounter.SequencesRaised])
            - network.Nodes.Count;
        output.WriteLine(
            $"liar with {liar.Links.Count} links, {early:P2} arrived, then {late:P2}; {raised} sequences raised, "
            + $"{(network.Nodes.Sum(node => node.BytesSent) - before) / network.Nodes.Count} B/node");
        Assert.True(early >= 0.95 && late >= 0.95, $"{early:P2}, then {late:P2}");
        Assert.Equal(0, network.Loops);
    }

    /// <summary>
    /// Leipzig with a liar that has many links (rank 0 has the most) and claims one metric for everybody.
    /// </summary>
    private static (RouteNetwork Network, RouteNode Liar) Leipzig(int rank, Metric claim)
    {
        RouteNetwork network = Topologies.City("leipzig");
        network.OracleEvery = 200;
        RouteNode liar = network.Nodes.OrderByDescending(node => node.Links.Count).ElementAt(rank);
        network.Liar = liar;
        network.Tamper = (from, frame) => from.Node == liar ? Claim(frame, claim) : frame;
        network.Run(30);
        return (network, liar);
    }

    /// <summary>Sends between random pairs, 20 a second, each up to four times; the share that arrives.</summary>
    private static double Send(RouteNetwork network, RouteNode liar, int count)
    {
        var random = new Random(7);
        int arrived = 0;
        int[] largest = LargestPartWithout(network, liar);
        for (int i = 0; i < count; i++)
        {
            RouteNode from = network.Nodes[largest[random.Next(largest.Length)]];
            RouteNode to = network.Nodes[largest[random.Next(largest.Length)]];
            var message = new Message(from, to);
            network.Run(0.05);
            if (Try(network, liar, message))
                arrived++;
            else
                Repeat(message);
        }

        network.Run(30);
        return arrived / (double)count;

        // As the custody half does: after a while without a proof of delivery, from the start, by other ways.
        void Repeat(Message message) => network.At(network.Now + TimeSpan.FromSeconds(5), () =>
        {
            if (Try(network, liar, message))
                arrived++;
            else if (message.Attempt < 4)
                Repeat(message);
        });
    }

    /// <summary>Whoever only the liar connects cannot be reached by anybody's skill.</summary>
    private static int[] LargestPartWithout(RouteNetwork network, RouteNode liar) =>
        network.Nodes.Where(node => node != liar)
            .Select(node => network.HopsFrom(node, without: liar))
            .Select(hops => Enumerable.Range(0, hops.Length).Where(i => hops[i] >= 0).ToArray())
            .MaxBy(part => part.Length)!;

    private static bool Try(RouteNetwork network, RouteNode liar, Message message)
    {
        message.Attempt++;
        var path = new List<(RouteNode Node, LinkId Link)>();
        RouteNode at = message.From;
        while (at != message.To)
        {
            if (message.Tried.TryGetValue(at, out HashSet<LinkId>? tried) && tried.Count > 0
                && path.TrueForAll(hop => hop.Node != at))
            {
                foreach (LinkId link in tried)
                {
                    at.Routes.Penalise(network.Now, message.To.Address, link);
                    network.After(at);
                }
            }

            NextHop[] hops = at.NextHops(message.To);
            if (at == liar || hops.Length == 0 || path.Count > 64)
                return false;
            NextHop hop = hops.FirstOrDefault(next => tried?.Contains(next.Link) != true, hops[0]);
            path.Add((at, hop.Link));
            if (!message.Tried.TryGetValue(at, out tried))
                message.Tried.Add(at, tried = []);
            tried.Add(hop.Link);
            at = at.PeerOf(hop.Link);
        }

        foreach ((RouteNode node, LinkId link) in path)
        {
            node.Routes.Trust(network.Now, message.To.Address, link);
            network.After(node);
        }

        return true;
    }

    private static byte[] Claim(byte[] frame, Metric metric)
    {
        if ((FrameKind)frame[0] != FrameKind.RouteUpdate)
            return frame;
        for (int at = 1 + RouteUpdate.HeaderSize; at < frame.Length; at += RouteEntry.Size)
        {
            RouteEntry entry = RouteEntry.Read(frame.AsSpan(at));
            if (entry.Metric != Metric.Zero)
                (entry with { Metric = metric }).Write(frame.AsSpan(at));
        }

        return frame;
    }

    private sealed class Message(RouteNode from, RouteNode to)
    {
        public RouteNode From { get; } = from;

        public RouteNode To { get; } = to;

        public int Attempt { get; set; }

        public Dictionary<RouteNode, HashSet<LinkId>> Tried { get; } = [];
    }
}
