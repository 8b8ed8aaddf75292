using QuicProChat.Mesh.Api;
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

        await a.AskAsync(Commands.GroupCreate, new() { Name = Name });
        await a.AskAsync(Commands.GroupInvite, new()
        {
            Group = Name,
            To = [.. all[1..].Select(n => n.Address)],
        });
        foreach (NodeProcess node in all[1..])
        {
            await node.EventuallyAsync("invited", async () =>
                (await node.AskAsync(Commands.GroupList)).Invitations.Count == 1, Patience);
            await node.AskAsync(Commands.GroupAccept, new() { Group = Name });
        }

        await AgreeAsync(all);
        List<string> said = [];
        foreach (NodeProcess node in all)
            await SayAsync(node, $"hello {said.Count}", said);

        // One is killed, and misses a commit and a text.
        await f.KillAsync();
        await b.AskAsync(Commands.GroupRotate, new() { Group = Name });
        await b.EventuallyAsync("new keys", async () => (await ShowAsync(b)).Epoch > 5, Patience);
        await SayAsync(c, "while one is away", said);
        await f.StartAsync();
        await AgreeAsync(all);

        // Two halves, each with a commit and texts of its own.
        bridge.Cut();
        await a.EventuallyAsync("apart", async () => !(await a.AskAsync(Commands.Routes)).Any(r =>
            r.Destination == d.Address && r.NextHop is not null), Patience);
        long before = (await ShowAsync(a)).Epoch;
        foreach (NodeProcess node in all)
            await node.AskAsync(Commands.GroupRotate, new() { Group = Name });
        foreach (NodeProcess node in new[] { a, d })
            await node.EventuallyAsync(
                "a commit in each half", async () => (await ShowAsync(node)).Epoch > before, Patience);
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
        await a.AskAsync(Commands.GroupRemove, new() { Group = Name, To = f.Address });
        await f.EventuallyAsync("out", async () => (await ShowAsync(f)).Status == "out", Patience);
        await AgreeAsync([a, b, c, d, e]);
        await SayAsync(b, "without one", said);
        foreach (NodeProcess node in new[] { a, c, d, e })
            await node.EventuallyAsync("the last text", async () => (await TextsAsync(node)).SetEquals(said), Patience);
        Assert.DoesNotContain("without one", await TextsAsync(f));
    }

    private static async Task SayAsync(NodeProcess node, string text, List<string> said)
    {
        await node.AskAsync(Commands.Send, new() { To = To, Text = text });
        said.Add(text);
    }

    private static Task<GroupInfo> ShowAsync(NodeProcess node) =>
        node.AskAsync(Commands.GroupShow, new() { Group = Name });

    private static async Task<HashSet<string>> TextsAsync(NodeProcess node) =>
        [.. (await node.AskAsync(Commands.Messages, new() { With = To })).Select(m => m.Text)];

    private static Task AgreeAsync(NodeProcess[] nodes) => nodes[0].EventuallyAsync("all agree", async () =>
    {
        List<GroupInfo> groups = [];
        foreach (NodeProcess node in nodes)
            groups.Add(await ShowAsync(node));
        return groups.All(g =>
            g.Status == "current" && g.State == groups[0].State && g.Members.Count == nodes.Length);
    }, Patience);
}
