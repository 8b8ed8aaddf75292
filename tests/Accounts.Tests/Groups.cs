using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>Groups whose commits the server puts in order.</summary>
public sealed class Groups
{
    [Fact]
    public async Task Of_two_commits_at_once_one_wins_and_the_other_is_made_again()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await using var carol = new TestNode("carol");
        await using var dave = new TestNode("dave");
        TestNode[] all = [alice, bob, carol, dave];
        foreach ((TestNode node, string name) in all.Zip(["alice", "bob", "carol", "dave"]))
            await node.RegisterAsync(server.Name, name);
        // Nobody is put into a group by a stranger.
        foreach (TestNode node in all)
        {
            foreach (TestNode other in all.Where(o => o != node))
                await node.AskAsync(Commands.Alias, new()
                {
                    Alias = $"n{Array.IndexOf(all, other)}",
                    To = other.Address
                });
        }

        await alice.AskAsync(Commands.AccountCreate, new() { Server = server.Name, Name = "lake" });
        await alice.InviteAsync("lake", "bob");
        await HaveMembersAsync(2, alice, bob);
        // Again and again, so that both really meet.
        await Task.WhenAll(
            alice.InviteAsync("lake", "carol"),
            bob.InviteAsync("lake", "dave"));
        await HaveMembersAsync(4, all);
        ulong[] epochs = [.. (await Task.WhenAll(all.Select(n => n.ConversationAsync("lake")))).Select(c =>
            (ulong)c!.Epoch)];
        Assert.Equal([3UL, 3, 3, 3], epochs);

        foreach ((TestNode node, int i) in all.Select((n, i) => (n, i)))
        {
            SendInfo sent = await node.SayAsync("server:lake", $"from {i}", "delivered").WaitAsync(Scene.Patience);
            Assert.Equal(("delivered", 3, 3), (sent.State, sent.Recipients, sent.DeliveredTo));
        }

        foreach ((TestNode node, int i) in all.Select((n, i) => (n, i)))
            await node.HasTextsAsync([.. Enumerable.Range(0, 4).Where(o => o != i).Select(o => $"from {o}")]);
        Assert.Equal(0, all.Sum(n => n.Node.Servers.Counters[ServerCount.Refused]));

        // The founder removes one, another leaves; the two who stay go on.
        await alice.AskAsync(Commands.AccountRemove, new() { Group = "lake", User = "dave" });
        await HaveMembersAsync(3, alice, bob, carol);
        await Scene.UntilAsync(async () => await dave.ConversationAsync("lake") is { State: "out" }, "dave is out");
        await carol.AskAsync(Commands.AccountLeave, new() { Conversation = "lake" });
        await HaveMembersAsync(2, alice, bob);
        await Scene.UntilAsync(async () => await carol.ConversationAsync("lake") is null, "carol has forgotten it");
        Assert.Equal("delivered", (await bob.SayAsync("lake", "only us", "delivered").WaitAsync(Scene.Patience)).State);
    }

    [Fact]
    public async Task Who_is_no_founder_removes_nobody()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await alice.RegisterAsync(server.Name, "alice");
        await bob.RegisterAsync(server.Name, "bob");
        await bob.AskAsync(Commands.Alias, new() { Alias = "a", To = alice.Address });
        await alice.AskAsync(Commands.AccountCreate, new() { Server = server.Name, Name = "lake" });
        await alice.InviteAsync("lake", "bob");
        await HaveMembersAsync(2, alice, bob);
        (_, string refusal) =
            await bob.RefusalAsync(Commands.AccountRemove, new() { Group = "lake", User = "alice" });
        Assert.Contains("cannot be done", refusal);
        Assert.Equal("ready", (await bob.ConversationAsync("lake"))!.State);
        Assert.Contains("no user", (await bob.RefusalAsync(
            Commands.AccountInvite, new() { Group = "lake", Users = ["x@elsewhere"] })).Error);
    }

    private static Task HaveMembersAsync(int count, params TestNode[] nodes) => Scene.UntilAsync(
        async () => (await Task.WhenAll(nodes.Select(n => n.ConversationAsync("lake"))))
            .All(c => c is { State: "ready" } && c.Members.Count == count),
        $"all have {count} members");
}
