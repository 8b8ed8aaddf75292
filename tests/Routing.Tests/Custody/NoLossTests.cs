using QuicProChat.Mesh.Routing.Tests.Custody.Network;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>
/// The promise of docs/reference/protocol.md, section 4.3, against a model of everything that goes wrong: routes that
/// are stale or plainly wrong and make loops, links that flap, frames and answers lost and doubled, full disks, power
/// cuts.
/// </summary>
public sealed class NoLossTests
{
    private const int Messages = 60;

    /// <summary>Short beside the rounds of the chaos, so that what has no way on is lodged again and again.</summary>
    private static readonly TimeSpan _lodgeSoon = TimeSpan.FromMilliseconds(300);

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    [InlineData(5, true)]
    [InlineData(6, true)]
    [InlineData(7, true)]
    [InlineData(8, true)]
    [InlineData(1144, true)]
    [InlineData(1213, true)]
    public void No_envelope_is_lost_without_any_end_to_end_repetition(int seed, bool powerCuts)
    {
        var world = new World(
            seed, new RouterOptions { RepeatAfter = TimeSpan.FromDays(1), HopLimit = 63, LodgeAfter = _lodgeSoon });
        // No receipts: else the sender would keep a copy, and hide a loss.
        world.Chaos(rounds: 120, Messages, powerCuts, receipts: false);
        // Whatever has not arrived is in somebody's hands: nothing vanished.
        Assert.All(world.Undelivered(), id => Assert.Contains(world.Nodes, node => node.Router.Holds(id)));
        world.Calm(TimeSpan.FromMinutes(30));

        // Loops may have used up all hops of a few; those are still held, and a repetition would bring them.
        Assert.All(world.Undelivered(), id => Assert.Contains(world.Nodes, node => node.Router.Holds(id)));
        Assert.InRange(world.Undelivered().Count(), 0, Messages / 10);
        Assert.All(world.Nodes, node => Assert.Equal(node.Messages.Count, node.Delivered));
        Assert.Equal(0, world.Nodes.Sum(node => node[RouterCounter.LostExpired] + node[RouterCounter.LostEvicted]));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(1101)]
    [InlineData(1149)]
    public void Everything_is_delivered_once_and_proven_and_the_network_falls_silent(int seed)
    {
        var world = new World(
            seed, new RouterOptions { RepeatAfter = TimeSpan.FromSeconds(60), LodgeAfter = _lodgeSoon });
        world.Chaos(rounds: 120, Messages, powerCuts: true);
        world.Calm(TimeSpan.FromMinutes(50));

        Assert.Empty(world.Undelivered());
        Assert.All(world.Nodes, node => Assert.Equal(node.Messages.Count, node.Delivered));
        Assert.All(world.Nodes,
            node => Assert.All(node.States.Values, state => Assert.Equal(MessageState.Delivered, state.State)));
        // A copy that used up its hops in loops stays until its lifetime ends; then nothing is held, sent or waited
        // for.
        world.Calm(TimeSpan.FromDays(2));
        Assert.All(world.Nodes, node => Assert.Equal(0, node.Router.Held.Count));
        Assert.All(world.Nodes, node => Assert.Empty(node.Disk));
        Assert.All(world.Nodes, node => Assert.Equal(Instant.Never, node.Router.NextDue));
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(34)]
    [InlineData(35)]
    [InlineData(36)]
    public void Texts_for_many_are_delivered_once_to_each_and_proven_whatever_becomes_of_their_bundles(int seed)
    {
        var world = new World(
            seed, new RouterOptions { RepeatAfter = TimeSpan.FromSeconds(60), LodgeAfter = _lodgeSoon },
            isOfGroups: true);
        world.Chaos(rounds: 120, Messages, powerCuts: true);
        world.Calm(TimeSpan.FromMinutes(50));

        Assert.True(world.Nodes.Sum(node => node[RouterCounter.BundlesReceived]) > 20);
        Assert.Empty(world.Undelivered());
        Assert.All(world.Nodes, node => Assert.Equal(node.Messages.Count, node.Delivered));
        Assert.All(world.Nodes,
            node => Assert.All(node.States.Values, state => Assert.Equal(MessageState.Delivered, state.State)));
        world.Calm(TimeSpan.FromDays(2));
        Assert.All(world.Nodes, node => Assert.Equal(0, node.Router.Held.Count));
        Assert.All(world.Nodes, node => Assert.Empty(node.Disk));
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace()
    {
        static string Run()
        {
            var world = new World(21, new RouterOptions());
            world.Chaos(rounds: 40, messages: 30, powerCuts: true);
            world.Calm(TimeSpan.FromMinutes(10));
            return world.Network.TraceHash();
        }

        Assert.Equal(Run(), Run());
    }

    private sealed class World
    {
        private const int Size = 9;
        private readonly List<RouterLink> _links = [];
        private readonly List<(RouterNode To, EnvelopeId Id)> _sent = [];
        private readonly bool _isOfGroups;
        private int _number;

        /// <param name="seed">All chance comes from it.</param>
        /// <param name="options">Of all nodes.</param>
        /// <param name="isOfGroups">Each text is for several; streams carry bundles, and are full now and then.</param>
        public World(int seed, RouterOptions options, bool isOfGroups = false)
        {
            _isOfGroups = isOfGroups;
            Network = new RouterNetwork(seed);
            for (int i = 0; i < Size; i++)
                Network.Add(options, keeps: i % 3 != 0);
            for (int i = 1; i < Size; i++)
                Join(i, Network.Random.Next(i));
            for (int i = 0; i < Size; i++)
            {
                int a = Network.Random.Next(Size), b = Network.Random.Next(Size);
                if (a != b && !_links.Any(link => link.A.Index + link.B.Index == a + b
                    && link.Other(Nodes[a]) == Nodes[b]))
                    Join(a, b);
            }
        }

        public RouterNetwork Network { get; }

        public List<RouterNode> Nodes => Network.Nodes;

        public IEnumerable<EnvelopeId> Undelivered() =>
            _sent.Where(sent => !sent.To.Messages.ContainsKey(sent.Id)).Select(sent => sent.Id);

        public void Chaos(int rounds, int messages, bool powerCuts, bool receipts = true)
        {
            Random random = Network.Random;
            for (int round = 0; round < rounds; round++)
            {
                if (round * messages / rounds != (round + 1) * messages / rounds)
                    SendOne(receipts);
                RouterLink link = _links[random.Next(_links.Count)];
                if (link.Up && random.Next(3) > 0)
                    link.Cut();
                else
                    link.Raise();
                if (_isOfGroups)
                    Fill(_links[random.Next(_links.Count)]);
                RouterNode victim = Nodes[random.Next(Size)];
                if (powerCuts && random.Next(6) == 0 && victim.Up)
                    victim.Crash();
                else if (!victim.Up)
                    victim.Start();
                Nodes[random.Next(Size)].DiskFails = random.Next(3) == 0;
                Nodes[random.Next(Size)].HostFull = random.Next(3) == 0;
                foreach (RouterNode node in Nodes.Where(node => node.Up && random.Next(3) == 0))
                    Refresh(node, wrong: random.Next(4) == 0);
                Network.Run(TimeSpan.FromMilliseconds(random.Next(1, 400)));
            }
        }

        /// <summary>Everything is up, and every node knows the way.</summary>
        public void Calm(TimeSpan span)
        {
            foreach (RouterNode node in Nodes.Where(node => !node.Up))
                node.Start();
            foreach (RouterLink link in _links)
            {
                link.Raise();
                link.A.MakeRoom(link);
                link.B.MakeRoom(link);
            }

            foreach (RouterNode node in Nodes)
            {
                node.DiskFails = node.HostFull = false;
                Refresh(node, wrong: false);
            }

            Network.Run(span);
        }

        private void SendOne(bool receipt)
        {
            RouterNode[] up = [.. Nodes.Where(node => node.Up)];
            RouterNode from = up[Network.Random.Next(up.Length)];
            if (_isOfGroups)
            {
                RouterNode[] others = [.. Nodes.Where(node => node != from && Network.Random.Next(3) > 0)];
                EnvelopeId[] ids = from.SendToAll(others, _number++, lifetime: TimeSpan.FromDays(2), receipt: receipt);
                _sent.AddRange(others.Zip(ids));
                return;
            }

            RouterNode to = Nodes[Network.Random.Next(Size)];
            if (to != from)
                _sent.Add((to, from.Send(to, _number++, lifetime: TimeSpan.FromDays(2), receipt: receipt).Id));
        }

        private void Fill(RouterLink link)
        {
            RouterNode node = Network.Random.Next(2) == 0 ? link.A : link.B;
            if (Network.Random.Next(2) == 0)
                link.Full.Add(node);
            else
                node.MakeRoom(link);
        }

        private void Join(int a, int b) => _links.Add(Network.Join(
            Nodes[a], Nodes[b], Network.Random.Next(3) == 0 ? RouterLinkKind.Radio
                : _isOfGroups ? RouterLinkKind.Bundling : RouterLinkKind.Stream));

        private void Refresh(RouterNode node, bool wrong)
        {
            foreach (RouterNode destination in Nodes.Where(destination => destination != node))
            {
                Dictionary<RouterNode, int> distance = Distances(destination);
                RouterNode[] neighbours = [.. node.Links.Where(link => link.Up).Select(link => link.Other(node))];
                RouterNode[] hops = wrong
                    ? [.. neighbours.Where(_ => Network.Random.Next(2) == 0)]
                    : [.. neighbours.Where(
                        hop => distance.GetValueOrDefault(hop, 99) < distance.GetValueOrDefault(node, 99))
                        .OrderBy(hop => distance[hop])];
                node.RouteVia(destination, hops);
            }
        }

        private static Dictionary<RouterNode, int> Distances(RouterNode from)
        {
            var distance = new Dictionary<RouterNode, int> { [from] = 0 };
            var queue = new Queue<RouterNode>([from]);
            while (queue.TryDequeue(out RouterNode? node))
            {
                foreach (RouterLink link in node.Links.Where(link => link.Up))
                {
                    if (distance.TryAdd(link.Other(node), distance[node] + 1))
                        queue.Enqueue(link.Other(node));
                }
            }

            return distance;
        }
    }
}
