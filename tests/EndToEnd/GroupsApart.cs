using System.Text.Json.Nodes;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>Six daemons in two islands with a bridge between them, and one MLS group.</summary>
public class GroupsApart
{
    private const string Name = "lake";
    private const string To = "group:" + Name;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task A_group_of_six_that_was_in_two_halves_agrees_again_and_has_every_message()
    {
        await using var net = new TestNet();
        NodeProcess[] all = [.. new[] { "a", "b", "c", "d", "e", "f" }.Select(n => net.Node(n).Listening())];
        (NodeProcess a, NodeProcess b, NodeProcess c, NodeProcess d, NodeProcess e, NodeProcess f) =
            (all[0], all[1], all[2], all[3], all[4], all[5]);
        foreach (NodeProcess leaf in new[] { b, c })
            leaf.Dialling(net.Connect(a.Machine, leaf.Machine).AddressA);
        foreach (NodeProcess leaf in new[] { e, f })
            leaf.Dialling(net.Connect(d.Machine, leaf.Machine).AddressA);
        Cable bridge = net.Connect(a.Machine, d.Machine);
        d.Dialling(bridge.AddressA);
        foreach (NodeProcess node in all)
            await node.StartAsync();
        foreach (NodeProcess other in all[1..])
        {
            await a.HasRouteAsync(other);
            await other.HasRouteAsync(a);
        }

        await a.AskAsync("group-create", new JsonObject { ["name"] = Name });
        await a.AskAsync("group-invite", new JsonObject
        {
            ["group"] = Name,
            ["to"] = new JsonArray([.. all[1..].Select(n => (JsonNode)n.Address)]),
        });
        foreach (NodeProcess node in all[1..])
        {
            await node.EventuallyAsync("invited", async () => (await ListAsync(node, "invitations")).Count
                == 1, Patience);
            await node.AskAsync("group-accept", new JsonObject { ["group"] = Name });
        }

        await AgreeAsync(all);
        List<string> said = [];
        foreach (NodeProcess node in all)
            await SayAsync(node, $"hello {said.Count}", said);

        // One is killed, and misses a commit and a text.
        await f.KillAsync();
        await b.AskAsync("group-rotate", new JsonObject { ["group"] = Name });
        await b.EventuallyAsync("new keys", async () => (long)(await ShowAsync(b))["epoch"]! > 5, Patience);
        await SayAsync(c, "while one is away", said);
        await f.StartAsync();
        await AgreeAsync(all);

        // Two halves, each with a commit and texts of its own.
        bridge.Cut();
        await a.EventuallyAsync("apart", async () => !(await a.AskAsync("routes")).AsArray().Any(r =>
            (string)r!["destination"]! == d.Address && r["nextHop"] is not null), Patience);
        long before = (long)(await ShowAsync(a))["epoch"]!;
        foreach (NodeProcess node in all)
            await node.AskAsync("group-rotate", new JsonObject { ["group"] = Name });
        foreach (NodeProcess node in new[] { a, d })
            await node.EventuallyAsync(
                "a commit in each half", async () => (long)(await ShowAsync(node))["epoch"]! > before, Patience);
        await SayAsync(b, "from the left", said);
        await SayAsync(e, "from the right", said);
        bridge.Mend();
        await AgreeAsync(all);
        foreach (NodeProcess node in all)
        {
            await node.EventuallyAsync(
                $"all {said.Count} texts", async () => (await TextsAsync(node)).SetEquals(said), Patience);
        }

        // Who is removed reads nothing more.
        await a.AskAsync("group-remove", new JsonObject { ["group"] = Name, ["to"] = f.Address });
        await f.EventuallyAsync("out", async () => (string)(await ShowAsync(f))["status"]! == "out", Patience);
        await AgreeAsync([a, b, c, d, e]);
        await SayAsync(b, "without one", said);
        foreach (NodeProcess node in new[] { a, c, d, e })
            await node.EventuallyAsync("the last text", async () => (await TextsAsync(node)).SetEquals(said), Patience);
        Assert.DoesNotContain("without one", await TextsAsync(f));
    }

    private static async Task SayAsync(NodeProcess node, string text, List<string> said)
    {
        await node.AskAsync("send", new JsonObject { ["to"] = To, ["text"] = text });
        said.Add(text);
    }

    private static Task<JsonNode> ShowAsync(NodeProcess node) =>
        node.AskAsync("group-show", new JsonObject { ["group"] = Name });

    private static async Task<JsonArray> ListAsync(NodeProcess node, string what) =>
        (await node.AskAsync("group-list"))[what]!.AsArray();

    private static async Task<HashSet<string>> TextsAsync(NodeProcess node) =>
        [.. (await node.AskAsync("messages", new JsonObject { ["with"] = To })).AsArray()
            .Select(m => (string)m!["text"]!)];

    private static Task AgreeAsync(NodeProcess[] nodes) => nodes[0].EventuallyAsync("all agree", async () =>
    {
        List<JsonNode> groups = [];
        foreach (NodeProcess node in nodes)
            groups.Add(await ShowAsync(node));
        return groups.All(g => (string)g["status"]! == "current" && (string)g["state"]! == (string)groups[0]["state"]!
            && g["members"]!.AsArray().Count == nodes.Length);
    }, Patience);
}
