using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Gossip;

/// <summary>Gossip in whole nodes: frames, disk, metrics.</summary>
public sealed class NodeGossipTests
{
    [Fact]
    public async Task A_record_reaches_nodes_that_are_there_and_one_that_comes_later()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await using var carol = new TestNode("carol");
        await TestNode.JoinAsync(alice, bob);
        for (byte i = 0; i < 100; i++)
            await PublishAsync(alice, i);
        await HasAsync(bob, 100);
        await TestNode.JoinAsync(carol, bob);
        await HasAsync(carol, 100);
        string text = (await bob.AskAsync(Commands.Metrics)).Text;
        Assert.Contains("qpc_gossip_records 100\n", text, StringComparison.Ordinal);
        Assert.Contains("qpc_gossip_events_total{event=\"records_accepted\"} 100\n", text, StringComparison.Ordinal);
        Assert.Contains("qpc_gossip_tree_links ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_are_on_disk_after_a_restart_and_are_served_from_there()
    {
        string directory = Directory.CreateTempSubdirectory("qpc-gossip-").FullName;
        using LocalIdentity identity = LocalIdentity.Generate();
        await using (var first = new TestNode("bob", lives: (directory, identity)))
        {
            for (byte i = 0; i < 50; i++)
                await PublishAsync(first, i);
        }

        await using (var second = new TestNode("bob", lives: (directory, identity)))
        {
            await HasAsync(second, 50);
            await using var alice = new TestNode("alice");
            await TestNode.JoinAsync(alice, second);
            await HasAsync(alice, 50);
            Assert.Equal(50, await second.Node.AskAsync(_ => second.Node.Gossip.Counters[GossipCounter.RecordsServed]));
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Frames_of_gossip_that_do_not_parse_end_the_link_like_others()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        MemoryLink cable = await TestNode.JoinAsync(alice, bob);
        for (int i = 0; i < 16; i++)
            cable.Hurt([(byte)FrameKind.GossipWant, 0xFF]);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await alice.AskAsync(Commands.Peers)).Count > 0)
            limit.Token.ThrowIfCancellationRequested();
    }

    private static async Task PublishAsync(TestNode node, byte number)
    {
        byte[] record = new byte[GossipRecord.SizeOf(100)];
        byte[] payload = new byte[100];
        payload[0] = number;
        GossipRecord.Write(record, GossipClass.Channel, 0, 24, new GossipTopic(1, 2), payload);
        Assert.True(await node.Node.AskAsync(now => node.Node.Gossip.Publish(now, record)));
    }

    private static async Task HasAsync(TestNode node, int records)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await node.Node.AskAsync(_ => node.Node.Gossip.RecordCount) != records)
            limit.Token.ThrowIfCancellationRequested();
    }
}
