using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>The whole router, both halves, in a network of a hundred that changes all the time.</summary>
public sealed class HundredNodesTests
{
    private const int Size = 100;
    private const int Messages = 2_000;

    [Fact]
    public void Two_thousand_messages_under_churn_arrive_once_without_a_loop_and_the_same_way_on_every_run()
    {
        Assert.Equal(Run(seed: 1), Run(seed: 1));
    }

    private static string Run(int seed)
    {
        var network = new RouterNetwork(seed, realRoutes: true);
        List<RouterLink> links = Build(network);
        network.Observe = (from, to, frame) => CheckNoLoop(network, from, to, frame);
        network.Run(TimeSpan.FromSeconds(20));

        var sent = new List<(RouterNode From, RouterNode To, EnvelopeId Id)>();
        for (int i = 0; i < Messages; i++)
        {
            Churn(network, links);
            RouterNode from;
            do
                from = network.Nodes[network.Random.Next(Size)];
            while (!from.Up);
            RouterNode to = network.Nodes[(from.Index + 1 + network.Random.Next(Size - 1)) % Size];
            SendResult result = from.Send(to, i, lifetime: TimeSpan.FromHours(6));
            Assert.Equal(SendStatus.Queued, result.Status);
            sent.Add((from, to, result.Id));
            network.Run(TimeSpan.FromMilliseconds(network.Random.Next(1, 100)));
        }

        foreach (RouterNode node in network.Nodes.Where(node => !node.Up))
            node.Start();
        foreach (RouterLink link in links)
            link.Raise();
        for (int i = 0; i < 60 && !sent.All(IsProven); i++)
            network.Run(TimeSpan.FromSeconds(10));

        Assert.All(sent, message => Assert.True(message.To.Messages.ContainsKey(message.Id)));
        Assert.Equal(Messages, network.Nodes.Sum(node => node.Delivered));
        Assert.All(sent, message => Assert.True(IsProven(message)));
        return network.TraceHash();
    }

    private static bool IsProven((RouterNode From, RouterNode To, EnvelopeId Id) message) =>
        message.From.States[message.Id].State == MessageState.Delivered;

    private static List<RouterLink> Build(RouterNetwork network)
    {
        var links = new List<RouterLink>();
        for (int i = 0; i < Size; i++)
        {
            RouterNode node = network.Add();
            if (i > 0)
                links.Add(network.Join(node, network.Nodes[network.Random.Next(i)], RouterLinkKind.Stream));
        }

        while (links.Count < Size * 3 / 2)
        {
            RouterNode a = network.Nodes[network.Random.Next(Size)], b = network.Nodes[network.Random.Next(Size)];
            if (a != b && a.Links.All(link => link.Other(a) != b))
                links.Add(network.Join(a, b, RouterLinkKind.Stream));
        }

        return links;
    }

    private static void Churn(RouterNetwork network, List<RouterLink> links)
    {
        Random random = network.Random;
        if (random.Next(10) == 0)
        {
            RouterLink link = links[random.Next(links.Count)];
            link.Cut();
            network.At(TimeSpan.FromMilliseconds(random.Next(10, 5_000)), link.Raise);
        }

        if (random.Next(50) == 0)
        {
            RouterNode node = network.Nodes[random.Next(Size)];
            if (!node.Up)
                return;
            node.Crash();
            network.At(TimeSpan.FromMilliseconds(random.Next(10, 10_000)), () =>
            {
                if (!node.Up)
                    node.Start();
            });
        }
    }

    /// <summary>
    /// At the moment of every hand-over: whoever follows the routes from there arrives, or gets stuck, but never turns.
    /// </summary>
    private static void CheckNoLoop(RouterNetwork network, RouterNode from, RouterNode to, byte[] frame)
    {
        if (frame[0] != (byte)FrameKind.Envelope)
            return;
        Assert.True(Envelope.TryRead(frame.AsSpan(1), out Envelope envelope));
        var passed = new HashSet<RouterNode> { from };
        Span<NextHop> best = stackalloc NextHop[1];
        for (RouterNode at = to; at.Address != envelope.Header.Destination; at = at.PeerOf(best[0].Link))
        {
            Assert.True(passed.Add(at), $"a loop through node {at.Index}");
            if (!at.Up || at.Router.FindNextHops(network.Now, envelope.Header.Destination, best) == 0)
                return;
        }
    }
}
