using System.Text.Json.Nodes;
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

        JsonNode made = await a.AskAsync("group-create", new JsonObject { ["name"] = Name, ["suite"] = "pq" });
        Assert.Equal("MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519", (string)made["suiteName"]!);
        await a.AskAsync("group-invite", new JsonObject
        {
            ["group"] = Name,
            ["to"] = new JsonArray(b.Address, c.Address),
        });
        foreach (NodeProcess node in new[] { b, c })
        {
            await node.EventuallyAsync(
                "invited", async () => (await node.AskAsync("group-list"))["invitations"]!.AsArray().Count == 1,
                Patience);
            await node.AskAsync("group-accept", new JsonObject { ["group"] = Name });
        }

        await AgreeAsync(all);
        List<string> said = [];
        foreach (NodeProcess node in all)
            await SayAsync(node, $"hello {said.Count}", said);

        // One is killed in the middle of it, misses a commit and a text, and has all of it once it is back.
        await b.AskAsync("group-rotate", new JsonObject { ["group"] = Name });
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

        foreach (JsonNode? message in (await MessagesAsync(a)).AsArray())
            Assert.Equal("mls-pq", (string)message!["security"]!);

        await a.AskAsync("group-remove", new JsonObject { ["group"] = Name, ["to"] = c.Address });
        await c.EventuallyAsync("out", async () => (string)(await ShowAsync(c))["status"]! == "out", Patience);
        await AgreeAsync([a, b]);
        await SayAsync(b, "without one", said);
        await a.EventuallyAsync(
            "the last text", async () => (await TextsAsync(a)).Order().SequenceEqual(said.Order()), Patience);
        Assert.DoesNotContain("without one", await TextsAsync(c));
    }

    private static async Task SayAsync(NodeProcess node, string text, List<string> said)
    {
        await node.AskAsync("send", new JsonObject { ["to"] = To, ["text"] = text });
        said.Add(text);
    }

    private static Task<JsonNode> ShowAsync(NodeProcess node) =>
        node.AskAsync("group-show", new JsonObject { ["group"] = Name });

    private static Task<JsonNode> MessagesAsync(NodeProcess node) =>
        node.AskAsync("messages", new JsonObject { ["with"] = To });

    private static async Task<string[]> TextsAsync(NodeProcess node) =>
        [.. (await MessagesAsync(node)).AsArray().Select(m => (string)m!["text"]!)];

    private static Task AgreeAsync(NodeProcess[] nodes) => nodes[0].EventuallyAsync("all agree", async () =>
    {
        List<JsonNode> groups = [];
        foreach (NodeProcess node in nodes)
            groups.Add(await ShowAsync(node));
        return groups.All(g => (string)g["status"]! == "current" && (bool)g["postQuantum"]!
            && (string)g["state"]! == (string)groups[0]["state"]! && g["members"]!.AsArray().Count == nodes.Length);
    }, Patience);
}
