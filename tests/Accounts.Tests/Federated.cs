using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Accounts;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>Nodes with accounts on two servers that speak with each other.</summary>
public sealed class Federated
{
    [Fact]
    public async Task Users_of_two_servers_write_to_each_other_and_learn_that_it_arrived()
    {
        (LocalServer first, LocalServer second) = await LocalServer.StartTwoAsync();
        await using LocalServer a = first, b = second;
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await alice.RegisterAsync(a.Name, "alice");
        await bob.RegisterAsync(b.Name, "bob");

        SendInfo sent = await alice.SayAsync("bob@b.example", "good morning", "delivered").WaitAsync(Scene.Patience);
        Assert.Equal("delivered", sent.State);
        await bob.HasTextsAsync("good morning");
        await Scene.UntilAsync(
            async () => await bob.ConversationAsync("alice@a.example") is { State: "ready", Direct: true },
            "bob's side has the name of its user, with its domain");
        Assert.Equal("delivered", (await bob.SayAsync("alice@a.example", "and to you", "delivered")
            .WaitAsync(Scene.Patience)).State);
        await alice.HasTextsAsync("and to you");
        ServerConversationInfo? there = await alice.ConversationAsync("bob@b.example");
        Assert.Equal((a.Name, 0), (there!.Server, there.Waiting));
        // A user of the own server is found by its domain too, and is one conversation.
        await using var carol = new TestNode("carol");
        await carol.RegisterAsync(a.Name, "carol");
        await alice.SayAsync("carol@a.example", "one", "delivered").WaitAsync(Scene.Patience);
        await alice.SayAsync($"carol@{a.Name}", "two", "delivered").WaitAsync(Scene.Patience);
        await carol.HasTextsAsync("one", "two");
        Assert.Equal(2, (await alice.AskAsync(Commands.AccountConversations, new())).Count);
        foreach ((string to, string said) in new[]
        {
            ("nobody@b.example", "nobody on b.example is called nobody"),
            ("bob@c.example", "does not speak with c.example"),
        })
        {
            InvalidOperationException refused =
                await Assert.ThrowsAsync<InvalidOperationException>(() => alice.SayAsync(to, "x"));
            Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_group_of_users_of_both_servers_is_ordered_by_the_creators_one()
    {
        (LocalServer first, LocalServer second) = await LocalServer.StartTwoAsync();
        await using LocalServer a = first, b = second;
        await using var alice = new TestNode("alice");
        await using var carol = new TestNode("carol");
        await using var bob = new TestNode("bob");
        await using var dave = new TestNode("dave");
        TestNode[] all = [alice, bob, carol, dave];
        await JoinAsync(all, a, b);
        await alice.AskAsync(Commands.AccountCreate, new() { Server = a.Name, Name = "lake" });
        // The first commit has nobody else on the server that orders it.
        await alice.InviteAsync("lake", "bob@b.example");
        await HaveMembersAsync(2, alice, bob);
        // At once, from both servers, for users of both.
        await Task.WhenAll(alice.InviteAsync("lake", "dave@b.example"), bob.InviteAsync("lake", "carol@a.example"));
        await HaveMembersAsync(4, all);
        foreach ((TestNode node, int i) in all.Select((n, i) => (n, i)))
        {
            SendInfo sent = await node.SayAsync("server:lake", $"from {i}", "delivered").WaitAsync(Scene.Patience);
            Assert.Equal(("delivered", 3, 3), (sent.State, sent.Recipients, sent.DeliveredTo));
        }

        foreach ((TestNode node, int i) in all.Select((n, i) => (n, i)))
            await node.HasTextsAsync([.. Enumerable.Range(0, 4).Where(o => o != i).Select(o => $"from {o}")]);
        Assert.Equal(0, all.Sum(n => n.Node.Servers.Counters[ServerCount.Lost]));

        await alice.AskAsync(Commands.AccountRemove, new() { Group = "lake", User = "dave@b.example" });
        await HaveMembersAsync(3, alice, bob, carol);
        await Scene.UntilAsync(async () => await dave.ConversationAsync("lake") is { State: "out" }, "dave is out");
        await bob.AskAsync(Commands.AccountLeave, new() { Conversation = "lake" });
        await HaveMembersAsync(2, alice, carol);
        await Scene.UntilAsync(async () => await bob.ConversationAsync("lake") is null, "bob has forgotten it");
    }

    [Fact]
    public async Task What_is_for_a_server_that_is_away_waits_and_holds_up_nobody_else()
    {
        (LocalServer first, LocalServer second) = await LocalServer.StartTwoAsync();
        await using LocalServer a = first, b = second;
        await using var alice = new TestNode("alice");
        await using var carol = new TestNode("carol");
        await using var bob = new TestNode("bob");
        await using var dave = new TestNode("dave");
        TestNode[] all = [alice, bob, carol, dave];
        await JoinAsync(all, a, b);
        await alice.AskAsync(Commands.AccountCreate, new() { Server = a.Name, Name = "lake" });
        await alice.InviteAsync("lake", "bob@b.example");
        await HaveMembersAsync(2, alice, bob);
        await alice.SayAsync("bob@b.example", "first", "delivered").WaitAsync(Scene.Patience);
        await b.StopAsync();

        Assert.Equal("queued", (await alice.SayAsync("bob@b.example", "later")).State);
        // The group changes without b, and speaks in its new state: bob has the text before the commit, or after it.
        await alice.InviteAsync("lake", "carol");
        await HaveMembersAsync(3, alice, carol);
        await carol.SayAsync("server:lake", "from carol");
        await alice.HasTextsAsync("from carol");
        await alice.SayAsync("server:lake", "from alice");
        await carol.HasTextsAsync("from alice");

        await b.RestartAsync();
        await bob.HasTextsAsync("first", "later", "from carol", "from alice");
        await HaveMembersAsync(3, alice, bob, carol);
        await bob.SayAsync("server:lake", "from bob", "delivered").WaitAsync(Scene.Patience);
        await carol.HasTextsAsync("from alice", "from bob");
    }

    [Fact]
    public async Task A_server_that_signs_with_another_key_than_before_proves_nothing()
    {
        (LocalServer first, LocalServer second) = await LocalServer.StartTwoAsync();
        await using LocalServer a = first, b = second;
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await alice.RegisterAsync(a.Name, "alice");
        await bob.RegisterAsync(b.Name, "bob");
        await alice.SayAsync("bob@b.example", "one", "delivered").WaitAsync(Scene.Patience);
        await b.StopAsync();
        b.LoseKeys();
        await b.RestartAsync();
        // Bob's node does not go on there either, so that no receipt of his comes.
        SendInfo sent = await alice.SayAsync("bob@b.example", "two");
        await Scene.UntilAsync(
            () => Task.FromResult(alice.Log.Any(l => l.Contains(
                "b.example does not sign with the key", StringComparison.Ordinal))),
            "alice is told");
        Assert.Equal("queued", (await alice.AskAsync(Commands.Message, new() { Id = sent.Id })).State);
    }

    [Fact]
    public void Keys_of_servers_are_read_as_they_were_written_and_cut_ones_are_none_or_fewer()
    {
        (string, byte[])[] keys = [("b.example", Key(1)), ("c.example", Key(2))];
        byte[] bytes = PeerKeys.ToBytes(keys);
        Assert.Equal(bytes, PeerKeys.ToBytes(PeerKeys.Read(bytes)!));
        for (int length = 0; length < bytes.Length; length++)
        {
            List<(string, byte[])>? read = PeerKeys.Read(bytes.AsSpan(0, length));
            Assert.True(read is null || read.Count < 2);
        }

        for (int at = 0; at < bytes.Length; at++)
        {
            byte[] changed = [.. bytes];
            changed[at] ^= 0x80;
            _ = PeerKeys.Read(changed);
        }
    }

    [Fact]
    public void Terms_with_a_domain_are_read_as_they_were_written_and_never_when_cut()
    {
        var terms = new ServerTerms(Key(3), "lake") { Domain = "a.example" };
        Assert.True(terms.ToExtensions().TryFind(ServerTerms.Type, out ReadOnlyMemory<byte> bytes));
        Assert.True(ServerTerms.TryRead(terms.ToExtensions(), out ServerTerms? read));
        Assert.Equal(("lake", "a.example"), (read.Name, read.Domain));
        for (int length = 0; length < bytes.Length; length++)
            Assert.False(ServerTerms.TryRead(Extensions(bytes[..length]), out _));
        for (int at = 0; at < bytes.Length; at++)
        {
            byte[] changed = bytes.ToArray();
            changed[at] ^= 0x80;
            _ = ServerTerms.TryRead(Extensions(changed), out _);
        }

        Assert.True(ServerTerms.TryRead(new ServerTerms(Key(3), "lake").ToExtensions(), out read));
        Assert.Equal("", read.Domain);
    }

    [Fact]
    public void Early_messages_are_bounded_and_come_back_as_they_were()
    {
        var early = new EarlyMessages(3, 100);
        Assert.Equal(0, early.Add(new byte[40]) + early.Add(new byte[40]));
        Assert.Equal(1, early.Add(new byte[40]));
        Assert.Equal(1, early.Add(new byte[101]));
        Assert.Equal(2, early.All.Count);
        early.Add([1, 2]);
        Assert.Equal(1, early.Add([3]));
        var writer = new FrameWriter();
        early.Save(writer);
        byte[] bytes = writer.ToArray();
        var again = new EarlyMessages(3, 100);
        var reader = new FrameReader(bytes);
        Assert.True(again.TryLoad(ref reader) && reader.AtEnd);
        Assert.Equal(early.All, again.All);
        for (int length = 0; length < bytes.Length; length++)
        {
            var cut = new FrameReader(bytes.AsSpan(0, length));
            Assert.False(new EarlyMessages(3, 100).TryLoad(ref cut));
        }

        var tooMany = new FrameReader(bytes);
        Assert.False(new EarlyMessages(2, 100).TryLoad(ref tooMany));
    }

    private static byte[] Key(byte value) => [.. Enumerable.Repeat(value, 32)];

    private static Mls.Messages.ExtensionList Extensions(ReadOnlyMemory<byte> data) =>
        new([new Mls.Messages.Extension(ServerTerms.Type, data)]);

    // Nobody is put into a group by a stranger.
    private static async Task JoinAsync(TestNode[] all, LocalServer a, LocalServer b)
    {
        await all[0].RegisterAsync(a.Name, "alice");
        await all[1].RegisterAsync(b.Name, "bob");
        await all[2].RegisterAsync(a.Name, "carol");
        await all[3].RegisterAsync(b.Name, "dave");
        foreach (TestNode node in all)
        {
            foreach (TestNode other in all.Where(o => o != node))
                await node.AskAsync(Commands.Alias, new()
                {
                    Alias = $"n{Array.IndexOf(all, other)}",
                    To = other.Address,
                });
        }
    }

    private static Task HaveMembersAsync(int count, params TestNode[] nodes) => Scene.UntilAsync(
        async () =>
        {
            foreach (TestNode node in nodes)
            {
                if ((await node.ConversationAsync("lake"))?.Members.Count != count)
                    return false;
            }

            return true;
        },
        $"{count} members");
}
