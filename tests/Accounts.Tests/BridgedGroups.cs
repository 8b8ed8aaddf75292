using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>Groups of the mesh some of whose members are reached over a server only.</summary>
public sealed class BridgedGroups
{
    [Fact]
    public async Task Of_three_one_is_on_the_mesh_one_on_a_server_and_the_third_carries_between_them()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var carol = new TestNode("carol");
        await using var dora = new TestNode("dora");
        await FormAsync(server, alice, carol, dora);

        foreach (TestNode node in (TestNode[])[alice, carol, dora, carol, dora])
        {
            SendInfo sent = await node.SayAsync("group:lake", $"from {node.Address}", "delivered")
                .WaitAsync(Scene.Patience);
            Assert.Equal(("delivered", 2, 2), (sent.State, sent.Recipients, sent.DeliveredTo));
        }

        string[] all = [alice.Address, carol.Address, dora.Address, carol.Address, dora.Address];
        foreach (TestNode node in (TestNode[])[alice, carol, dora])
        {
            await node.HasTextsAsync([.. all.Where(a => a != node.Address).Select(a => $"from {a}")]);
            Assert.Equal(0, node.Node.Groups.Counters[GroupCount.Failed]);
        }

        // It is shown who is reached how.
        Assert.Equal(server.Name, await WayAsync(alice, carol, static m => m.Server));
        Assert.Null(await WayAsync(alice, dora, static m => m.Server ?? m.CarriedBy));
        Assert.Equal(server.Name, await WayAsync(carol, alice, static m => m.Server));
        Assert.Equal(alice.Address, await WayAsync(carol, dora, static m => m.CarriedBy));
        Assert.Equal(alice.Address, await WayAsync(dora, carol, static m => m.CarriedBy));
        Assert.True(alice.Node.Groups.Counters[GroupCount.Carried] > 0);
        Assert.Equal(0, carol.Node.Groups.Counters[GroupCount.Carried] + dora.Node.Groups.Counters[GroupCount.Carried]);
    }

    [Fact]
    public async Task A_server_that_was_away_and_nodes_that_were_restarted_lose_nothing_of_such_a_group()
    {
        string place = Directory.CreateTempSubdirectory("qpc-bridge-").FullName;
        using LocalIdentity identity = LocalIdentity.Generate();
        try
        {
            await using LocalServer server = await LocalServer.StartAsync();
            await using var carol = new TestNode("carol");
            await using var dora = new TestNode("dora");
            await using (var alice = new TestNode("alice", lives: (place, identity)))
            {
                await FormAsync(server, alice, carol, dora);
                await server.StopAsync();
                foreach (TestNode node in (TestNode[])[alice, carol, dora])
                    await node.SayAsync("group:lake", $"while the server was away, {node.Address}");
                // It is with alice by now, and goes on when that runs again.
                await alice.HasTextsAsync($"while the server was away, {dora.Address}");
                await Scene.UntilAsync(
                    () => Task.FromResult(alice.Node.Groups.WaitingForServers > 1), "alice has what carol lacks");
            }

            await server.RestartAsync();
            await using (var alice = new TestNode("alice", lives: (place, identity)))
            {
                await TestNode.JoinAsync(alice, dora);
                TestNode[] all = [alice, carol, dora];
                string[] said = [.. all.Select(n => $"while the server was away, {n.Address}")];
                foreach ((TestNode node, int i) in all.Select((n, i) => (n, i)))
                    await node.HasTextsAsync([.. said.Where((_, at) => at != i)]);
                SendInfo sent = await carol.SayAsync("group:lake", "on", "delivered").WaitAsync(Scene.Patience);
                Assert.Equal(("delivered", 2, 2), (sent.State, sent.Recipients, sent.DeliveredTo));
            }
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    /// <summary>A group of all: alice has it, carol is on the server, the others are behind alice.</summary>
    internal static async Task FormAsync(LocalServer server, TestNode alice, TestNode carol, params TestNode[] behind)
    {
        await alice.RegisterAsync(server.Name, "alice");
        await carol.RegisterAsync(server.Name, "carol");
        await alice.AskAsync(Commands.GroupCreate, new() { Name = "lake" });
        foreach (TestNode node in behind)
        {
            await TestNode.JoinAsync(alice, node);
            await alice.HasRouteAsync(node);
            await node.HasRouteAsync(alice);
        }

        await alice.AskAsync(Commands.GroupInvite, new()
        {
            Group = "lake",
            To = [$"carol@{server.Name}", .. behind.Select(n => n.Address)],
        });
        foreach (TestNode node in (TestNode[])[carol, .. behind])
            await JoinsAsync(node);
        await AgreeAsync([alice, carol, .. behind]);
    }

    internal static async Task JoinsAsync(TestNode node)
    {
        await Scene.UntilAsync(
            async () => (await node.AskAsync(Commands.GroupList, new NoArguments())).Invitations.Count == 1,
            $"{node.Address} is invited");
        await node.AskAsync(Commands.GroupAccept, new() { Group = "lake" });
    }

    /// <summary>All are in it, stand at the same place, and know a way to each other.</summary>
    internal static Task AgreeAsync(params TestNode[] nodes) => Scene.UntilAsync(
        async () =>
        {
            GroupInfo[] shown = await Task.WhenAll(nodes.Select(ShowAsync));
            return shown.All(g => g.State == shown[0].State && g.Status == "current" && g.Members.Count == nodes.Length
                && g.Members.All(m => !m.Invited));
        },
        "all agree");

    internal static Task<GroupInfo> ShowAsync(TestNode node) =>
        node.AskAsync(Commands.GroupShow, new() { Group = "lake" });

    private static async Task<string?> WayAsync(TestNode node, TestNode to, Func<GroupMemberInfo, string?> way) =>
        way((await ShowAsync(node)).Members.Single(m => m.Address == to.Address));
}
