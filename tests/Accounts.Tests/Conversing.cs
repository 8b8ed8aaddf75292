using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>Nodes of this process with accounts on a server of this process.</summary>
public sealed class Conversing
{
    [Fact]
    public async Task Two_users_of_a_server_write_to_each_other_and_learn_that_it_arrived()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        AccountInfo registered = await alice.RegisterAsync(server.Name, "alice");
        Assert.Equal((server.Name, "alice", server.Fingerprint), (registered.Server, registered.User, registered.Key));
        await bob.RegisterAsync(server.Name, "bob");

        SendInfo sent = await alice.SayAsync($"bob@{server.Name}", "good morning",
            "delivered").WaitAsync(Scene.Patience);
        Assert.Equal("delivered", sent.State);
        await bob.HasTextsAsync("good morning");
        MessageInfo got = Assert.Single(await bob.AskAsync(Commands.Messages, new()));
        Assert.Equal((sent.Id, alice.Address, "mls"), (got.Id, got.Peer, got.Security));
        await Scene.UntilAsync(
            async () => await bob.ConversationAsync($"alice@{server.Name}") is
            {
                State: "ready", Direct: true,
                Epoch: 1
            },
            "bob's side has the name of its user");

        Assert.Equal("delivered", (await bob.SayAsync($"alice@{server.Name}", "and to you",
            "delivered").WaitAsync(Scene.Patience)).State);
        await alice.HasTextsAsync("and to you");
        // A reply and a sign go the same way as a text.
        await bob.AskAsync(Commands.Reply, new() { Id = got.Id, Text = "indeed" });
        await alice.HasTextsAsync("and to you", "indeed");
        await bob.AskAsync(Commands.React, new() { Id = got.Id, Emoji = "+" });
        await Scene.UntilAsync(
            async () => (await alice.AskAsync(Commands.Message, new() { Id = sent.Id })).Reactions is { Count: 1 },
                "the sign is there");
        AccountInfo account = Assert.Single(await alice.AskAsync(Commands.AccountList, new()));
        Assert.Equal(("online", 1, 0L), (account.State, account.Conversations, account.Lost));
    }

    [Fact]
    public async Task Both_who_begin_at_once_have_one_conversation_and_lose_nothing()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await alice.RegisterAsync(server.Name, "alice");
        await bob.RegisterAsync(server.Name, "bob");
        string[] toBob = [.. Enumerable.Range(0, 10).Select(i => $"to bob {i}")];
        string[] toAlice = [.. Enumerable.Range(0, 10).Select(i => $"to alice {i}")];
        await Task.WhenAll(
            SayAllAsync(alice, $"bob@{server.Name}", toBob), SayAllAsync(bob, $"alice@{server.Name}", toAlice));
        await bob.HasTextsAsync(toBob);
        await alice.HasTextsAsync(toAlice);
        Assert.Single(await alice.AskAsync(Commands.AccountConversations, new()));
        Assert.Single(await bob.AskAsync(Commands.AccountConversations, new()));
    }

    [Fact]
    public async Task Who_was_away_finds_every_message_once_and_goes_on_with_the_session_of_before()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await alice.RegisterAsync(server.Name, "alice");
        string directory = Directory.CreateTempSubdirectory("qpc-node-").FullName;
        using LocalIdentity identity = LocalIdentity.Generate();
        await using (var bob = new TestNode("bob", lives: (directory, identity)))
        {
            await bob.RegisterAsync(server.Name, "bob");
            await Scene.UntilAsync(async () => Assert.Single(
                await bob.AskAsync(Commands.AccountList, new())).State == "online", "bob is there");
            await alice.SayAsync($"bob@{server.Name}", "0", "delivered").WaitAsync(Scene.Patience);
        }

        string[] texts = [.. Enumerable.Range(0, 40).Select(i => $"{i}")];
        await SayAllAsync(alice, $"bob@{server.Name}", texts[1..], "forwarded");
        // The server starts again meanwhile, too.
        await server.RestartAsync();
        await using (var bob = new TestNode("bob", lives: (directory, identity)))
        {
            await bob.HasTextsAsync(texts);
            Assert.Equal("delivered", (await bob.SayAsync($"alice@{server.Name}", "all there",
                "delivered").WaitAsync(Scene.Patience)).State);
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task What_is_written_without_a_connection_waits_and_leaves_when_there_is_one()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await alice.RegisterAsync(server.Name, "alice");
        await bob.RegisterAsync(server.Name, "bob");
        await alice.SayAsync($"bob@{server.Name}", "first", "delivered").WaitAsync(Scene.Patience);
        await server.StopAsync();
        SendInfo waiting = await alice.SayAsync($"bob@{server.Name}", "second");
        Assert.Equal("queued", waiting.State);
        (_, string refusal) =
            await alice.RefusalAsync(Commands.Send, new() { To = $"carol@{server.Name}", Text = "who" });
        Assert.Contains("cannot be reached", refusal);
        await server.RestartAsync();
        await bob.HasTextsAsync("first", "second");
    }

    [Fact]
    public async Task A_server_with_another_key_is_an_error_and_its_fingerprint_has_to_be_named()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await alice.RegisterAsync(server.Name, "alice");
        await server.StopAsync();
        server.LoseCertificate();
        await server.RestartAsync();
        await Scene.UntilAsync(
            async () => Assert.Single(await alice.AskAsync(Commands.AccountList, new())) is
            {
                State: "offline",
                Problem: { } problem
            }
                && problem.Contains(server.Fingerprint, StringComparison.Ordinal), "the other key is seen");
        (_, string again) = await alice.RefusalAsync(Commands.AccountLogin, new()
        {
            Server = server.Name,
            User = "alice",
            Password = [.. "correct horse battery staple"u8]
        });
        Assert.Contains("not the one that was trusted", again);
        Assert.Contains("--key", again);
        Assert.Equal(server.Fingerprint, (await alice.LogInAsync(server.Name, "alice", server.Fingerprint)).Key);
        await Scene.UntilAsync(
            async () => Assert.Single(await alice.AskAsync(Commands.AccountList, new())).State == "online",
                "it connects again");
    }

    [Fact]
    public async Task Wrong_passwords_names_and_sessions_are_refused_in_one_sentence()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var mallory = new TestNode("mallory");
        await alice.RegisterAsync(server.Name, "alice");
        Assert.Contains("password", (await alice.RefusalAsync(
            Commands.AccountLogin, new() { Server = server.Name, User = "alice", Password = [.. "wrong"u8] })).Error);
        // The name is another identity's.
        Assert.Contains("password", (await mallory.RefusalAsync(
            Commands.AccountLogin,
            new() { Server = server.Name, User = "alice", Password = [.. "correct horse battery staple"u8] })).Error);
        Assert.Contains("already", (await alice.RefusalAsync(
            Commands.AccountRegister, new() { Server = server.Name, User = "anna", Password = [.. "x"u8] })).Error);
        Assert.Contains("is called nobody", (await alice.RefusalAsync(
            Commands.Send, new() { To = $"nobody@{server.Name}", Text = "x" })).Error);
        Assert.Contains("no account", (await mallory.RefusalAsync(
            Commands.Send, new() { To = $"alice@{server.Name}", Text = "x" })).Error);

        Assert.Equal("logged-out", (await alice.AskAsync(Commands.AccountLogout,
            new() { Server = server.Name, User = "alice" })).State);
        await alice.LogInAsync(server.Name, "alice");
        await alice.AskAsync(Commands.AccountDelete, new() { Server = server.Name, User = "alice" });
        Assert.Empty(await alice.AskAsync(Commands.AccountList, new()));
        // The name is free again, and the key too.
        await alice.RegisterAsync(server.Name, "alice");
    }

    private static async Task SayAllAsync(TestNode node, string to, string[] texts, string? wait = null)
    {
        foreach (string text in texts)
            await node.SayAsync(to, text, wait).WaitAsync(Scene.Patience);
    }
}
