using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>Accounts with several devices, over a server of this process.</summary>
public sealed class Devices
{
    [Fact]
    public async Task A_second_device_is_in_conversations_of_before_and_later_and_has_what_is_written_from_then_on()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await using var bob = new TestNode("bob");
        await using var carol = new TestNode("carol");
        await phone.RegisterAsync(server.Name, "alice");
        await bob.RegisterAsync(server.Name, "bob");
        await carol.RegisterAsync(server.Name, "carol");
        string withBob = $"bob@{server.Name}", withAlice = $"alice@{server.Name}";
        await phone.SayAsync(withBob, "before", "delivered").WaitAsync(Scene.Patience);
        await phone.AddDeviceAsync(server.Name, "alice", laptop);
        await IsInAsync(laptop, withBob);
        await AreAtOneAsync((phone, withBob), (laptop, withBob), (bob, withAlice));

        await bob.SayAsync(withAlice, "to both", "delivered").WaitAsync(Scene.Patience);
        await phone.HasTextsAsync("to both");
        await laptop.HasTextsAsync("to both");
        SendInfo sent = await laptop.SayAsync(withBob, "from the laptop", "delivered").WaitAsync(Scene.Patience);
        Assert.Equal("delivered", sent.State);
        await bob.HasTextsAsync("before", "from the laptop");
        await HasSaidAsync(phone, "before", "from the laptop");
        // An edit by the other device is the same person's.
        await phone.AskAsync(Commands.Edit, new() { Id = sent.Id, Text = "from us" });
        await bob.HasTextsAsync("before", "from us");
        await HasSaidAsync(laptop, "from us");
        MessageInfo got = (await bob.AskAsync(Commands.Messages, new())).Single(m => m.Text == "from us");
        Assert.Equal(phone.Address, got.Peer);

        // One that somebody else begins has both at once, one that the second device begins the first one, too.
        await carol.SayAsync(withAlice, "hello", "delivered").WaitAsync(Scene.Patience);
        await phone.HasTextsAsync("to both", "hello");
        await laptop.HasTextsAsync("to both", "hello");
        await IsInAsync(laptop, $"carol@{server.Name}");
        await laptop.SayAsync($"carol@{server.Name}", "hello carol", "delivered").WaitAsync(Scene.Patience);
        await HasSaidAsync(phone, "before", "from us", "hello carol");
        Assert.Equal(2, (await bob.ConversationAsync(withAlice))!.Members.Count);
    }

    [Fact]
    public async Task A_group_counts_persons_and_who_is_removed_is_out_with_all_devices()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await alice.RegisterAsync(server.Name, "alice");
        await phone.RegisterAsync(server.Name, "bob");
        await phone.AskAsync(Commands.Alias, new() { Alias = "a", To = alice.Address });
        await alice.AskAsync(Commands.AccountCreate, new() { Server = server.Name, Name = "lake" });
        await alice.InviteAsync("lake", "bob");
        await IsInAsync(phone, "lake");
        await phone.AddDeviceAsync(server.Name, "bob", laptop);
        await IsInAsync(laptop, "lake");
        await AreAtOneAsync((alice, "lake"), (phone, "lake"), (laptop, "lake"));
        foreach (TestNode node in new[] { alice, phone, laptop })
            Assert.Equal(2, (await node.ConversationAsync("lake"))!.Members.Count);
        SendInfo sent = await alice.SayAsync("server:lake", "to all", "delivered").WaitAsync(Scene.Patience);
        Assert.Equal(1, sent.Recipients);
        await phone.HasTextsAsync("to all");
        await laptop.HasTextsAsync("to all");
        await laptop.SayAsync("server:lake", "from bob", "delivered").WaitAsync(Scene.Patience);
        await alice.HasTextsAsync("from bob");

        await alice.AskAsync(Commands.AccountRemove, new() { Group = "lake", User = "bob" });
        await Scene.UntilAsync(
            async () => await phone.ConversationAsync("lake") is { State: "out" }
                && await laptop.ConversationAsync("lake") is { State: "out" }, "both devices are out");
    }

    [Fact]
    public async Task Who_leaves_a_group_leaves_with_all_devices()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await alice.RegisterAsync(server.Name, "alice");
        await phone.RegisterAsync(server.Name, "bob");
        await phone.AddDeviceAsync(server.Name, "bob", laptop);
        await phone.AskAsync(Commands.Alias, new() { Alias = "a", To = alice.Address });
        await alice.AskAsync(Commands.AccountCreate, new() { Server = server.Name, Name = "lake" });
        await alice.InviteAsync("lake", "bob");
        await IsInAsync(phone, "lake");
        await Scene.UntilAsync(async () => (await laptop.AskAsync(Commands.AccountConversations, new()))
            .Any(c => c is { State: "ready", Direct: false }), "the laptop is in it");
        await phone.AskAsync(Commands.AccountLeave, new() { Conversation = "lake" });
        await Scene.UntilAsync(async () => await alice.ConversationAsync("lake") is { Members.Count: 1 },
            "alice is alone");
        await Scene.UntilAsync(async () => (await laptop.AskAsync(Commands.AccountConversations, new()))
            .All(c => c.Direct || c.State == "out"), "the laptop is out");
    }

    [Fact]
    public async Task A_revoked_device_is_out_of_the_account_and_of_its_conversations()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await using var bob = new TestNode("bob");
        await phone.RegisterAsync(server.Name, "alice");
        await bob.RegisterAsync(server.Name, "bob");
        string withBob = $"bob@{server.Name}", withAlice = $"alice@{server.Name}";
        await phone.SayAsync(withBob, "one", "delivered").WaitAsync(Scene.Patience);
        string certificate = await phone.AddDeviceAsync(server.Name, "alice", laptop);
        await IsInAsync(laptop, withBob);
        await AreAtOneAsync((phone, withBob), (laptop, withBob), (bob, withAlice));
        Assert.Equal([(phone.Address, true), (laptop.Address, false)],
            (await phone.AskAsync(Commands.AccountDeviceList, new() { Server = server.Name, User = "alice" }))
                .Select(d => (d.Address, d.This)));
        (_, string refusal) = await laptop.RefusalAsync(Commands.AccountDeviceRevoke, new()
        {
            Server = server.Name,
            User = "alice",
            Device = phone.Address,
        });
        Assert.Contains("only the first device", refusal);
        long before = (await bob.ConversationAsync(withAlice))!.Epoch;

        await phone.AskAsync(Commands.AccountDeviceRevoke,
            new() { Server = server.Name, User = "alice", Device = "laptop" });
        await Scene.UntilAsync(
            async () => Assert.Single(await laptop.AskAsync(Commands.AccountList, new())).State == "refused",
            "the laptop is put out");
        await Scene.UntilAsync(
            async () => await bob.ConversationAsync(withAlice) is { } c && c.Epoch == before + 1,
            "bob's keys are others than the laptop's");
        await bob.SayAsync(withAlice, "only the phone", "delivered").WaitAsync(Scene.Patience);
        await phone.HasTextsAsync("only the phone");
        Assert.Empty(await laptop.TextsAsync());
        // The password alone brings it back as little as its certificate does.
        (_, refusal) = await laptop.RefusalAsync(Commands.AccountLogin, new()
        {
            Server = server.Name,
            User = "alice",
            Password = [.. "correct horse battery staple"u8],
            Device = certificate,
        });
        Assert.Contains("was revoked", refusal);
        Assert.Equal(phone.Address, Assert.Single(await phone.AskAsync(
            Commands.AccountDeviceList, new() { Server = server.Name, User = "alice" })).Address);
    }

    [Fact]
    public async Task A_certificate_is_of_use_to_its_device_only_and_the_first_device_needs_none()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await using var mallory = new TestNode("mallory");
        await phone.RegisterAsync(server.Name, "alice");
        string certificate = await phone.AddDeviceAsync(server.Name, "alice", laptop);
        AccountLoginRequest Login(string device) => new()
        {
            Server = server.Name,
            User = "alice",
            Password = [.. "correct horse battery staple"u8],
            Device = device,
        };
        Assert.Contains("another device",
            (await mallory.RefusalAsync(Commands.AccountLogin, Login(certificate))).Error);
        Assert.Contains("no certificate",
            (await mallory.RefusalAsync(Commands.AccountLogin, Login(certificate[..^1]))).Error);
        Assert.Contains("another device", (await phone.RefusalAsync(Commands.AccountLogin, Login(certificate))).Error);
        // One that somebody made for himself names another identity than the server has.
        string forged = DeviceCertificate.Sign(
            laptop.Identity, mallory.Identity.PublicKey.Span, TimeProvider.System.GetUtcNow().AddDays(1)).ToString();
        Assert.Contains("another identity", (await mallory.RefusalAsync(Commands.AccountLogin, Login(forged))).Error);
        Assert.Contains("card of this node", (await phone.RefusalAsync(Commands.AccountDeviceAdd, new()
        {
            Server = server.Name,
            User = "alice",
            Name = "x",
            Card = (await phone.AskAsync(Commands.ContactShow, new())).Uri,
        })).Error);
    }

    [Fact]
    public async Task A_device_is_revoked_by_the_name_that_this_node_gave_it_whatever_the_server_calls_it()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await using var tablet = new TestNode("tablet");
        await phone.RegisterAsync(server.Name, "alice");
        await phone.AddDeviceAsync(server.Name, "alice", laptop);
        await phone.AddDeviceAsync(server.Name, "alice", tablet);
        foreach ((TestNode node, string name) in new[] { (laptop, "tablet"), (tablet, "laptop") })
        {
            await phone.Node.Accounts.CallProvenAsync(
                server.Name, "alice", RpcMethod.RegisterDevice,
                proof => ProvenCall.RegisterDevice(proof, phone.Identity, node.Identity.PublicKey.Span, name),
                RegisterDeviceResponse.Parser, CancellationToken.None);
        }

        Assert.Equal([(laptop.Address, "laptop"), (tablet.Address, "tablet")],
            (await phone.AskAsync(Commands.AccountDeviceList, new() { Server = server.Name, User = "alice" }))
                .Where(d => !d.This).Select(d => (d.Address, d.Name)).OrderBy(d => d.Name, StringComparer.Ordinal));
        AccountDeviceRevokeRequest revoke = new() { Server = server.Name, User = "alice", Device = "laptop" };
        // The conversations do not wait for the server.
        await server.StopAsync();
        Assert.Contains("revoke", (await phone.RefusalAsync(Commands.AccountDeviceRevoke, revoke)).Error);
        Assert.Equal([laptop.Identity.PublicKey.ToArray()],
            (await phone.Node.Servers.ListDevicesAsync(server.Name)).Where(d => d.IsRevoked)
                .Select(d => d.Key.ToArray()));
        await server.RestartAsync();
        await Scene.UntilAsync(
            async () => Assert.Single(await phone.AskAsync(Commands.AccountList, new())).State == "online",
            "the phone is connected again");
        await phone.AskAsync(Commands.AccountDeviceRevoke, revoke);
        await Scene.UntilAsync(
            async () => Assert.Single(await laptop.AskAsync(Commands.AccountList, new())).State == "refused",
            "the laptop is put out");
        await Scene.UntilAsync(
            async () => Assert.Single(await tablet.AskAsync(Commands.AccountList, new())).State == "online",
            "the tablet is not");
        revoke.Device = "nobody's";
        Assert.Contains(
            "called no device", (await phone.RefusalAsync(Commands.AccountDeviceRevoke, revoke)).Error);
    }

    private static Task IsInAsync(TestNode node, string conversation) => Scene.UntilAsync(
        async () => await node.ConversationAsync(conversation) is { State: "ready" },
        $"{node.DataDirectory} is in {conversation}");

    /// <summary>Waits until all have followed the last commit.</summary>
    private static Task AreAtOneAsync(params (TestNode Node, string Conversation)[] all) => Scene.UntilAsync(
        async () => (await Task.WhenAll(all.Select(a => a.Node.ConversationAsync(a.Conversation)))) is { } there
            && there.All(c => c is { State: "ready" } && c.Epoch == there[0]!.Epoch),
        "all have the same keys");

    private static Task HasSaidAsync(TestNode node, params string[] texts) => Scene.UntilAsync(
        async () => (await node.AskAsync(Commands.Messages, new() { Limit = 1000 })).Where(m => m.Direction == "out")
            .Select(m => m.Text).Order(StringComparer.Ordinal).SequenceEqual(texts.Order(StringComparer.Ordinal)),
        $"{node.DataDirectory} has said {string.Join(", ", texts)}");
}
