using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>Nodes hold a server to its log of keys.</summary>
public sealed class KeyLogs
{
    [Fact]
    public async Task A_log_that_was_cut_stops_what_goes_to_names_until_the_owner_accepts_it_also_over_a_restart()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var bob = new TestNode("bob");
        await bob.RegisterAsync(server.Name, "bob");
        await using (var dave = new TestNode("dave"))
            await dave.RegisterAsync(server.Name, "dave");
        string directory = Directory.CreateTempSubdirectory("qpc-node-").FullName;
        using LocalIdentity identity = LocalIdentity.Generate();
        await using (var alice = new TestNode("alice", lives: (directory, identity)))
        {
            await alice.RegisterAsync(server.Name, "alice");
            await alice.SayAsync($"bob@{server.Name}", "1", "delivered").WaitAsync(Scene.Patience);
            // The log that Alice is shown has Carol; the one of the restored backup has not.
            await server.StopAsync();
            server.KeepDatabase();
            await server.RestartAsync();
            await using (var carol = new TestNode("carol"))
                await carol.RegisterAsync(server.Name, "carol");
            await Scene.UntilAsync(
                async () => await RefusalAsync(alice, $"carol@{server.Name}") is null, "Alice is shown Carol's key");
            await server.StopAsync();
            server.RestoreDatabase();
            await server.RestartAsync();
            await Scene.UntilAsync(
                async () => (await RefusalAsync(alice, $"dave@{server.Name}"))?.Contains(
                    "contradict", StringComparison.Ordinal) == true, "the fork is found");
            Assert.Contains("has become shorter", await ProblemAsync(alice));
        }

        await using var again = new TestNode("alice", lives: (directory, identity));
        await Scene.UntilAsync(
            async () => (await ProblemAsync(again))?.Contains("has become shorter", StringComparison.Ordinal) == true,
            "the fork is remembered");
        await again.SayAsync($"bob@{server.Name}", "2");
        Assert.Contains("contradict", await RefusalAsync(again, $"dave@{server.Name}"));
        Assert.DoesNotContain("2", await bob.TextsAsync());
        AccountInfo accepted = await again.AskAsync(Commands.AccountAccept, new() { Server = server.Name });
        Assert.Null(accepted.Problem);
        await bob.HasTextsAsync("1", "2");
    }

    [Fact]
    public async Task A_name_that_somebody_else_registered_since_is_refused_until_its_key_is_accepted()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await alice.RegisterAsync(server.Name, "alice");
        await using (var bob = new TestNode("bob"))
        {
            await bob.RegisterAsync(server.Name, "bob");
            Assert.Null(await RefusalAsync(alice, $"bob@{server.Name}"));
            await alice.AskAsync(Commands.AccountLeave, new() { Conversation = $"bob@{server.Name}" });
            await bob.AskAsync(Commands.AccountDelete, new() { Server = server.Name, User = "bob" });
        }

        await using var other = new TestNode("other");
        await other.RegisterAsync(server.Name, "bob");
        Assert.Contains("has another key", await RefusalAsync(alice, $"bob@{server.Name}"));
        await alice.AskAsync(Commands.AccountAccept, new() { Server = server.Name, User = "bob" });
        Assert.Null(await RefusalAsync(alice, $"bob@{server.Name}"));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => alice.AskAsync(Commands.AccountAccept, new() { Server = server.Name, User = "bob" }));
    }

    [Fact]
    public async Task Two_nodes_that_are_shown_different_logs_find_out_when_they_write_to_each_other()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await alice.RegisterAsync(server.Name, "alice");
        await bob.RegisterAsync(server.Name, "bob");
        await bob.SayAsync($"alice@{server.Name}", "1", "delivered").WaitAsync(Scene.Patience);
        // From here on Alice is shown a log with Carol, and Bob one with Dora; both begin the same.
        await server.StopAsync();
        server.KeepDatabase();
        await server.RestartAsync();
        await using (var carol = new TestNode("carol"))
            await carol.RegisterAsync(server.Name, "carol");
        await Scene.UntilAsync(
            async () => await RefusalAsync(alice, $"carol@{server.Name}") is null, "Alice is shown Carol's key");
        await bob.AskAsync(Commands.AccountLogout, new() { Server = server.Name, User = "bob" });
        await server.StopAsync();
        server.RestoreDatabase();
        await server.RestartAsync();
        Assert.Null(await ProblemAsync(bob));
        await bob.LogInAsync(server.Name, "bob");
        await using (var dora = new TestNode("dora"))
            await dora.RegisterAsync(server.Name, "dora");
        await Scene.UntilAsync(
            async () => await RefusalAsync(bob, $"dora@{server.Name}") is null, "Bob is shown Dora's key");
        // Alice asks nothing herself; her first text after this has the head that she was shown.
        await alice.SayAsync($"bob@{server.Name}", "2", "delivered").WaitAsync(Scene.Patience);
        await Scene.UntilAsync(
            async () => (await ProblemAsync(bob))?.Contains("somebody else", StringComparison.Ordinal) == true,
            "Bob learns of the log that Alice was shown");
    }

    // A node that has just started has read no account yet.
    private static async Task<string?> ProblemAsync(TestNode node) =>
        (await node.AskAsync(Commands.AccountList, new())).SingleOrDefault()?.Problem;

    private static async Task<string?> RefusalAsync(TestNode node, string to)
    {
        try
        {
            await node.AskAsync(Commands.AccountOpen, new() { To = to });
            return null;
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
    }
}
