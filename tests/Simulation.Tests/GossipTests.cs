using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Simulation.Tests;

/// <summary>
/// Gossip in networks (docs/reference/gossip.md). The long runs of docs/performance.md are done where QPC_LONG is set.
/// </summary>
public sealed class GossipTests(ITestOutputHelper output)
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("QPC_LONG") is { Length: > 0 };
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(20);

    [SharedFact(Cities.Leipzig)]
    public void All_of_Leipzig_has_each_record_within_two_seconds_by_few_more_transmissions_than_a_tree_needs()
    {
        Topology leipzig = TopologyFile.Load(Cities.Find("freifunk-leipzig"));
        GossipFigures.City city = GossipFigures.Spread(leipzig, IsLong ? 1000 : 300, Soon, seed: 1);
        output.WriteLine(city.ToString());
        Assert.True(city.Missing == 0 && city.Longest < TimeSpan.FromSeconds(2)
            && city.PerRecord <= 1.15, city.ToString());
    }

    [Fact]
    public void Two_islands_that_differ_in_one_percent_find_it_with_less_than_25_kB()
    {
        GossipFigures.Islands islands = GossipFigures.Meet(5000, 50, seed: 1);
        output.WriteLine(islands.ToString());
        Assert.True(islands is { Left: 0, Bytes: <= 25_000 }, islands.ToString());
    }

    [Fact]
    public void Islands_that_differ_in_much_come_together_in_several_sessions()
    {
        var world = new GossipWorld(Generators.Line(3), seed: 2);
        world.Network.SetWire(world.Network.Links[0], up: false);
        world.StartAll();
        for (int i = 0; i < 2500; i++)
            world.Publish(i % 2);
        world.Network.SetWire(world.Network.Links[0], up: true);
        world.Run(TimeSpan.FromMinutes(IsLong ? 10 : 5));
        Assert.Equal(0, world.Missing([0, 1, 2]));
    }

    [Fact]
    public void Records_reach_everybody_over_links_that_lose_packets()
    {
        GossipFigures.City city = GossipFigures.Spread(
            Topology.Parse("geometric:50/150", 3), 200, Soon, seed: 3,
            new LinkModel(TimeSpan.FromMilliseconds(5), BitsPerSecond: 5_000_000, LossForward: 0.05,
                LossBackward: 0.05));
        output.WriteLine(city.ToString());
        Assert.True(city is { Missing: 0, PerRecord: <= 1.6 }, city.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nodes_that_were_away_or_lost_power_get_what_they_missed(bool inOrder)
    {
        Topology topology = Topology.Parse("geometric:30/90", 4);
        var world = new GossipWorld(topology, seed: 4);
        world.StartAll();
        var random = new Random(4);
        for (int round = 0; round < (IsLong ? 60 : 12); round++)
        {
            int away = random.Next(topology.Nodes);
            world.Network.StopNode(away, world.Network.Now, inOrder);
            world.Run(TimeSpan.FromSeconds(2));
            for (int i = 0; i < 10; i++)
            {
                int author = random.Next(topology.Nodes);
                if (author != away)
                    world.Publish(author);
                world.Run(TimeSpan.FromMilliseconds(50));
            }

            world.Network.StartNode(away, world.Network.Now);
            world.Run(TimeSpan.FromSeconds(20));
        }

        world.Run(TimeSpan.FromMinutes(12));
        int[] all = [.. Enumerable.Range(0, topology.Nodes)];
        Assert.Equal(0, world.Missing(all));
        Assert.All(all, i => Assert.Equal(world.Published, world.At(i).RecordCount));
    }

    [Fact]
    public void A_tree_heals_when_its_links_break()
    {
        Topology topology = Topology.Parse("geometric:40/120", 5);
        var world = new GossipWorld(topology, seed: 5);
        world.StartAll();
        var random = new Random(5);
        for (int i = 0; i < 200; i++)
        {
            Link link = world.Network.Links[random.Next(world.Network.Links.Count)];
            world.Network.SetWire(link, up: false);
            world.Publish(random.Next(topology.Nodes));
            world.Run(TimeSpan.FromMilliseconds(300));
            world.Network.SetWire(link, up: true);
        }

        world.Run(TimeSpan.FromMinutes(6));
        Assert.Equal(0, world.Missing([.. Enumerable.Range(0, topology.Nodes)]));
    }

    [Fact]
    public void A_run_repeats_itself()
    {
        static string Once() => GossipFigures.Spread(Topology.Parse("geometric:30", 6), 50, Soon, seed: 6).ToString();
        Assert.Equal(Once(), Once());
    }

    [Fact]
    public void A_spammer_fills_its_share_and_the_others_notice_nothing()
    {
        var topic = new GossipTopic(7, 7);
        var options = new GossipOptions { MaxBytes = 4 << 20, MaxCount = 8000 };
        var world = new GossipWorld(Spoked(24), seed: 7, options: options) { Reads = (_, t) => t == topic };
        HostileGossiper? spammer = null;
        world.Hostile = node =>
            node.Index != 24 ? null : spammer = new HostileGossiper(node, TimeSpan.FromMilliseconds(10), self =>
        {
            for (int i = 0; i < 20; i++)
                self.Send(self.Links[0], FrameKind.GossipRecord, world.MakeRecord(1000));
        });
        world.StartAll();
        var random = new Random(7);
        for (int i = 0; i < 200; i++)
        {
            world.Publish(random.Next(24), topic: topic);
            world.Run(TimeSpan.FromMilliseconds(100));
        }

        world.Run(TimeSpan.FromSeconds(10));
        int[] honest = [.. Enumerable.Range(0, 24)];
        TimeSpan? longest = world.LongestDelay(honest);
        output.WriteLine($"spammer sent {spammer!.Sent} bytes, longest {longest}, kept {world.At(0).RecordBytes}");
        Assert.True(longest < TimeSpan.FromSeconds(2), $"{longest}, {world.Missing(honest)} missing");
        Assert.True(spammer.Sent > 20_000_000);
        // An eighth of the quota is what a stranger alone can fill where it is a neighbour.
        Assert.All(honest, i => Assert.InRange(world.At(i).RecordBytes, 0, options.MaxBytes / 4 + 200 * 364));
        Assert.InRange(world.At(0).RecordBytes, 1, options.MaxBytes / 8 + 200 * 364);
    }

    [Fact]
    public void Who_announces_and_does_not_deliver_is_asked_three_times()
    {
        var world = new GossipWorld(Spoked(12), seed: 8);
        int asked = 0;
        var random = new Random(8);
        world.Hostile = node =>
            node.Index != 12 ? null : new HostileGossiper(node, TimeSpan.FromMilliseconds(50), self =>
        {
            byte[] body = new byte[GossipHave.SizeOf(20)];
            random.NextBytes(body);
            body[0] = 0;
            self.Send(self.Links[0], FrameKind.GossipHave, body);
        })
            {
                Heard = (_, _, frame) => asked += (FrameKind)frame[0] == FrameKind.GossipWant
                    ? (frame.Length - 2) / GossipId.Size : 0,
            };
        world.StartAll();
        for (int i = 0; i < 60; i++)
        {
            world.Publish(i % 12);
            world.Run(TimeSpan.FromSeconds(1));
        }

        world.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(0, world.Missing([.. Enumerable.Range(0, 12)]));
        Assert.True(world.LongestDelay([.. Enumerable.Range(0, 12)]) < TimeSpan.FromSeconds(2));
        // What is under way when the third time runs out was asked for before.
        Assert.InRange(asked, 3, 2 * 64);
        Assert.Equal(1, world.At(0).Counters[GossipCounter.SourcesBarred]);
        Assert.True(world.At(0).Counters[GossipCounter.AnnouncementsIgnored] > 10_000);
    }

    [Fact]
    public void False_fingerprints_cost_a_session_of_32_kB_and_then_ever_fewer()
    {
        var world = new GossipWorld(Generators.Line(2), seed: 9);
        var random = new Random(9);
        long received = 0;
        int sessions = 0;
        world.Hostile = node => node.Index != 1 ? null : new HostileGossiper(node, TimeSpan.FromHours(1), _ => { })
        {
            Heard = (self, link, frame) =>
            {
                if ((FrameKind)frame[0] != FrameKind.GossipSync)
                    return;
                received += frame.Length;
                Assert.True(GossipSync.TryRead(frame.AsSpan(1), out GossipSync sync));
                sessions += sync.Round == 0 ? 1 : 0;
                if (sync.Round + 1 >= GossipSync.MaxRounds)
                    return;
                byte[] body = new byte[32_000];
                var writer = new GossipSync.Writer(body, sync.Session, (byte)(sync.Round + 1), []);
                foreach (GossipRange range in sync)
                    _ = writer.TryAddFingerprint(range.Upper, range.IsLast, range.Count + 1, (ulong)random.NextInt64());
                self.Send(link, FrameKind.GossipSync, body.AsSpan(0, writer.Finish()));
            },
        };
        world.StartAll();
        for (int i = 0; i < 3000; i++)
            world.Publish(0);
        // Minutes 0, 10, 30, 70, 130, then one an hour.
        world.Run(TimeSpan.FromHours(6));
        output.WriteLine($"{sessions} sessions, {received} bytes");
        Assert.InRange(sessions, 5, 10);
        Assert.InRange(received, 1, sessions * 33_000L);
    }

    [Fact]
    public void Without_a_clock_a_record_ends_after_its_lifetime_and_does_not_come_back()
    {
        var world = new GossipWorld(Generators.Line(3), seed: 10) { HasClock = false };
        world.StartAll();
        byte[] record = world.MakeRecord(300, hours: 2);
        world.Network.Call(world.Network.Nodes[0], p => ((GossipHost)p).Protocol.Publish(world.Network.Now, record));
        world.Run(TimeSpan.FromMinutes(1));
        Assert.All([0, 1, 2], i => Assert.Equal(1, world.At(i).RecordCount));
        world.Run(TimeSpan.FromHours(2));
        Assert.All([0, 1, 2], i => Assert.Equal((0, 1), (world.At(i).RecordCount, world.At(i).RememberedCount)));
        world.Network.Call(
            world.Network.Nodes[1], p => Assert.False(((GossipHost)p).Protocol.Publish(world.Network.Now, record)));
        world.Run(TimeSpan.FromDays(13));
        Assert.All([0, 1, 2], i => Assert.Equal(1, world.At(i).RememberedCount));
        world.Run(TimeSpan.FromDays(2));
        Assert.All([0, 1, 2], i => Assert.Equal(0, world.At(i).RememberedCount));
    }

    // A ring with chords; the last node dials the first one: a stranger to it.
    private static Topology Spoked(int count)
    {
        var edges = new List<Edge>();
        for (int i = 0; i < count; i++)
        {
            edges.Add(new Edge(i, (i + 1) % count));
            if (i % 3 == 0)
                edges.Add(new Edge(i, (i + count / 2 + 1) % count));
        }

        edges.Add(new Edge(count, 0));
        return new Topology($"spoked:{count}", Topology.Numbered(count + 1), edges);
    }
}
