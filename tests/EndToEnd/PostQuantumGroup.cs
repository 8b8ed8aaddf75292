using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>Three daemons in a line, and a group with post-quantum keys.</summary>
public class PostQuantumGroup
{
    private const string Name = "lake";
    private const string To = "group:" + Name;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Three_talk_one_is_killed_and_comes_back_and_one_is_removed_and_reads_nothing_more()
    {
        await using var net = new TestNet();
        NodeProcess[] all = [.. new[] { "a", "b", "c" }.Select(n => net.Node(n).Listening())];
        (NodeProcess a, NodeProcess b, NodeProcess c) = (all[0], all[1], all[2]);
        a.Dialling(net.Connect(b.Machine, a.Machine).AddressA);
        c.Dialling(net.Connect(b.Machine, c.Machine).AddressA);
        foreach (NodeProcess node in all)
            await node.StartAsync();
        await a.HasRouteAsync(c);
        await c.HasRouteAsync(a);

        GroupInfo made = await a.AskAsync(Commands.GroupCreate, new() { Name = Name, Suite = "pq" });
        Assert.Equal("MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519", made.SuiteName);
        await a.AskAsync(Commands.GroupInvite, new()
        {
            Group = Name,
            To = [b.Address, c.Address],
        });
        foreach (NodeProcess node in new[] { b, c })
        {
            await node.EventuallyAsync(
                "invited", async () => (await node.AskAsync(Commands.GroupList)).Invitations.Count == 1,
                Patience);
            await node.AskAsync(Commands.GroupAccept, new() { Group = Name });
        }

        await AgreeAsync(all);
        List<string> said = [];
        foreach (NodeProcess node in all)
            await SayAsync(node, $"hello {said.Count}", said);

        // One is killed in the middle of it, misses a commit and a text, and has all of it once it is back.
        await b.AskAsync(Commands.GroupRotate, new() { Group = Name });
        await c.KillAsync();
        await SayAsync(b, "while one is away", said);
        await c.StartAsync();
        await AgreeAsync(all);
        await SayAsync(c, "back", said);
        foreach (NodeProcess node in all)
        {
            await node.EventuallyAsync(
                "every text once", async () => (await TextsAsync(node)).Order().SequenceEqual(said.Order()), Patience);
        }

        foreach (MessageInfo message in await MessagesAsync(a))
            Assert.Equal("mls-pq", message.Security);

        await a.AskAsync(Commands.GroupRemove, new() { Group = Name, To = c.Address });
        await c.EventuallyAsync("out", async () => (await ShowAsync(c)).Status == "out", Patience);
        await AgreeAsync([a, b]);
        await SayAsync(b, "without one", said);
        await a.EventuallyAsync(
            "the last text", async () => (await TextsAsync(a)).Order().SequenceEqual(said.Order()), Patience);
        Assert.DoesNotContain("without one", await TextsAsync(c));
    }

    private static async Task SayAsync(NodeProcess node, string text, List<string> said)
    {
        await node.AskAsync(Commands.Send, new() { To = To, Text = text });
        said.Add(text);
    }

    private static Task<GroupInfo> ShowAsync(NodeProcess node) =>
        node.AskAsync(Commands.GroupShow, new() { Group = Name });

    private static Task<IReadOnlyList<MessageInfo>> MessagesAsync(NodeProcess node) =>
        node.AskAsync(Commands.Messages, new() { With = To });

    private static async Task<string[]> TextsAsync(NodeProcess node) =>
        [.. (await MessagesAsync(node)).Select(m => m.Text)];

    private static Task AgreeAsync(NodeProcess[] nodes) => nodes[0].EventuallyAsync("all agree", async () =>
    {
        List<GroupInfo> groups = [];
        foreach (NodeProcess node in nodes)
            groups.Add(await ShowAsync(node));
        return groups.All(g => g.Status == "current" && g.PostQuantum
            && g.State == groups[0].State && g.Members.Count == nodes.Length);
    }, Patience);
}
