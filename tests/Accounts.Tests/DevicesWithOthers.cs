using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>
/// Devices beside what else an account has: other servers, files, the log of keys, an end, a second life.
/// </summary>
public sealed class DevicesWithOthers : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-devices-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Users_of_two_servers_with_two_devices_each_are_one_conversation_on_all_of_them()
    {
        (LocalServer first, LocalServer second) = await LocalServer.StartTwoAsync();
        await using LocalServer a = first, b = second;
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await using var tablet = new TestNode("tablet");
        await using var desk = new TestNode("desk");
        await phone.RegisterAsync(a.Name, "alice");
        await tablet.RegisterAsync(b.Name, "bob");
        // One device is there before the conversation, the other comes into it.
        await phone.AddDeviceAsync(a.Name, "alice", laptop);
        await phone.SayAsync("bob@b.example", "one", "delivered").WaitAsync(Scene.Patience);
        await tablet.AddDeviceAsync(b.Name, "bob", desk);
        TestNode[] alices = [phone, laptop], bobs = [tablet, desk];
        await AreReadyAsync("bob@b.example", alices);
        await AreReadyAsync("alice@a.example", bobs);
        await HaveOneEpochAsync([.. alices, .. bobs]);

        Assert.Equal("delivered", (await desk.SayAsync("alice@a.example", "from the desk", "delivered")
            .WaitAsync(Scene.Patience)).State);
        foreach (TestNode node in alices)
            await node.HasTextsAsync("from the desk");
        await HasSaidAsync(tablet, "from the desk");
        Assert.Equal("delivered", (await laptop.SayAsync("bob@b.example", "from the laptop", "delivered")
            .WaitAsync(Scene.Patience)).State);
        await tablet.HasTextsAsync("one", "from the laptop");
        await HasAmongTextsAsync(desk, "from the laptop");
        await HasAmongSaidAsync(phone, "from the laptop");
        foreach (TestNode node in bobs)
        {
            MessageInfo got = (await node.AskAsync(Commands.Messages, new())).Single(m => m.Text == "from the laptop");
            Assert.Equal(phone.Address, got.Peer);
        }

        await tablet.AskAsync(Commands.AccountDeviceRevoke, new() { Server = b.Name, User = "bob", Device = "desk" });
        await HaveOneEpochAsync([.. alices, tablet]);
        await Scene.UntilAsync(async () => (await desk.AskAsync(Commands.AccountList, new()))[0].State == "refused",
            "the desk is put out");
        await phone.SayAsync("bob@b.example", "only the tablet", "delivered").WaitAsync(Scene.Patience);
        await HasAmongTextsAsync(tablet, "only the tablet");
        Assert.DoesNotContain("only the tablet", await desk.TextsAsync());
    }

    [Fact]
    public async Task A_group_over_two_servers_has_all_devices_of_its_persons()
    {
        (LocalServer first, LocalServer second) = await LocalServer.StartTwoAsync();
        await using LocalServer a = first, b = second;
        await using var alice = new TestNode("alice");
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await alice.RegisterAsync(a.Name, "alice");
        await phone.RegisterAsync(b.Name, "bob");
        await phone.AskAsync(Commands.Alias, new() { Alias = "a", To = alice.Address });
        await alice.AskAsync(Commands.AccountCreate, new() { Server = a.Name, Name = "lake" });
        await alice.InviteAsync("lake", "bob@b.example");
        await AreReadyAsync("lake", phone);
        // Bob's server orders nothing of this group: his commit goes to Alice's, and its copies to his own.
        await phone.AddDeviceAsync(b.Name, "bob", laptop);
        await AreReadyAsync("lake", alice, phone, laptop);
        await HaveOneEpochAsync(alice, phone, laptop);
        foreach (TestNode node in new[] { alice, phone, laptop })
            Assert.Equal(2, (await node.ConversationAsync("lake"))!.Members.Count);
        SendInfo sent = await alice.SayAsync("server:lake", "to all", "delivered").WaitAsync(Scene.Patience);
        Assert.Equal((1, 1), (sent.Recipients, sent.DeliveredTo));
        await phone.HasTextsAsync("to all");
        await laptop.HasTextsAsync("to all");
        await laptop.SayAsync("server:lake", "from the laptop", "delivered").WaitAsync(Scene.Patience);
        await alice.HasTextsAsync("from the laptop");
        await HasSaidAsync(phone, "from the laptop");
        await alice.AskAsync(Commands.AccountRemove, new() { Group = "lake", User = "bob@b.example" });
        await Scene.UntilAsync(
            async () => await phone.ConversationAsync("lake") is { State: "out" }
                && await laptop.ConversationAsync("lake") is { State: "out" }, "both devices are out");
    }

    [Fact]
    public async Task A_file_is_fetched_by_each_device_of_the_receiver_and_by_the_other_one_of_the_sender()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await alice.RegisterAsync(server.Name, "alice");
        await phone.RegisterAsync(server.Name, "bob");
        await phone.AddDeviceAsync(server.Name, "bob", laptop);
        await alice.SayAsync($"bob@{server.Name}", "one", "delivered").WaitAsync(Scene.Patience);
        await AreReadyAsync($"alice@{server.Name}", phone, laptop);
        await HaveOneEpochAsync(alice, phone, laptop);
        foreach (TestNode node in new[] { phone, laptop })
            await node.AskAsync(Commands.Accept, new() { To = alice.Address });

        byte[] content = Content(300_000);
        await SendAsync(alice, $"bob@{server.Name}", content);
        foreach (TestNode node in new[] { phone, laptop })
            Assert.Equal(content, await FetchAsync(node, (await OfferAsync(node, "in")).Id));

        byte[] back = Content(200_000);
        await SendAsync(laptop, $"alice@{server.Name}", back);
        FileTransferInfo own = await OfferAsync(phone, "out");
        Assert.Equal("offered", own.State);
        Assert.Equal(back, await FetchAsync(phone, own.Id));
        await alice.AskAsync(Commands.Accept, new() { To = phone.Address });
        Assert.Equal(back, await FetchAsync(alice, (await OfferAsync(alice, "in")).Id));
    }

    [Fact]
    public async Task A_second_device_finds_the_accounts_own_key_in_the_log_and_asks_it_who_others_are()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await using var bob = new TestNode("bob");
        await phone.RegisterAsync(server.Name, "alice");
        await phone.AddDeviceAsync(server.Name, "alice", laptop);
        await bob.RegisterAsync(server.Name, "bob");
        await laptop.SayAsync($"bob@{server.Name}", "one", "delivered").WaitAsync(Scene.Patience);
        await bob.HasTextsAsync("one");
        Assert.Null(Assert.Single(await laptop.AskAsync(Commands.AccountList, new())).Problem);
        // Who takes the name over has another identity: devices of the one before are no devices of the name.
        await phone.AskAsync(Commands.AccountDelete, new() { Server = server.Name, User = "alice" });
        await using var other = new TestNode("other");
        await other.RegisterAsync(server.Name, "alice");
        await bob.AskAsync(Commands.AccountLeave, new() { Conversation = $"alice@{server.Name}" });
        Assert.Contains("has another key", (await bob.RefusalAsync(
            Commands.AccountOpen, new() { To = $"alice@{server.Name}" })).Error);
    }

    [Fact]
    public async Task When_the_account_is_deleted_all_devices_are_out_and_only_the_first_one_can_do_it()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await phone.RegisterAsync(server.Name, "alice");
        await phone.AddDeviceAsync(server.Name, "alice", laptop);
        await Scene.UntilAsync(async () => (await laptop.AskAsync(Commands.AccountList, new()))[0].State == "online",
            "the laptop is there");
        AccountDeleteRequest delete = new() { Server = server.Name, User = "alice" };
        Assert.Contains("first device", (await laptop.RefusalAsync(Commands.AccountDelete, delete)).Error);
        Assert.Contains("first device", (await laptop.RefusalAsync(
            Commands.AccountRecoveryCreate, new() { Server = server.Name, User = "alice" })).Error);
        await phone.AskAsync(Commands.AccountDelete, delete);
        await Scene.UntilAsync(async () => (await laptop.AskAsync(Commands.AccountList, new()))[0].State == "refused",
            "the laptop is put out");
        delete.Local = true;
        await laptop.AskAsync(Commands.AccountDelete, delete);
        Assert.Empty(await laptop.AskAsync(Commands.AccountList, new()));
    }

    [Fact]
    public async Task Who_came_back_knows_the_devices_that_are_added_again()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var laptop = new TestNode("laptop");
        await using var bob = new TestNode("bob");
        await using var carol = new TestNode("carol");
        using LocalIdentity identity = LocalIdentity.Generate();
        string withBob = $"bob@{server.Name}", withAlice = $"alice@{server.Name}";
        await bob.RegisterAsync(server.Name, "bob");
        await carol.RegisterAsync(server.Name, "carol");
        await using (var phone = new TestNode("phone", lives: (Made("before"), identity)))
        {
            await phone.RegisterAsync(server.Name, "alice");
            await phone.AddDeviceAsync(server.Name, "alice", laptop);
            await phone.SayAsync(withBob, "one", "delivered").WaitAsync(Scene.Patience);
            await AreReadyAsync(withBob, laptop);
            await HaveOneEpochAsync(phone, laptop, bob);
        }

        // The other device goes on without it, and with it.
        await laptop.SayAsync(withBob, "two", "delivered").WaitAsync(Scene.Patience);
        await bob.HasTextsAsync("one", "two");
        await using var again = new TestNode("phone", lives: (Made("after"), identity));
        await again.LogInAsync(server.Name, "alice");
        Assert.Empty(await again.Node.Servers.ListDevicesAsync(server.Name));
        Assert.Contains(laptop.Address, (await again.AskAsync(
            Commands.AccountDeviceList, new() { Server = server.Name, User = "alice" })).Select(d => d.Address));
        await bob.SayAsync(withAlice, "three");
        await laptop.HasTextsAsync("three");

        await again.AskAsync(Commands.AccountDeviceAdd, new()
        {
            Server = server.Name,
            User = "alice",
            Name = "laptop",
            Card = (await laptop.AskAsync(Commands.ContactShow, new())).Uri,
        });
        // It founds a group, which has a member first, and then the device that it knows again.
        await carol.AskAsync(Commands.Alias, new() { Alias = "a", To = again.Address });
        await again.AskAsync(Commands.AccountCreate, new() { Server = server.Name, Name = "lake" });
        await again.InviteAsync("lake", "carol");
        await AreReadyAsync("lake", again, laptop, carol);
        await again.SayAsync("server:lake", "back", "delivered").WaitAsync(Scene.Patience);
        await HasAmongSaidAsync(laptop, "back");
        // What others begin has both: KeyPackages of the life before are gone.
        await carol.SayAsync(withAlice, "hello", "delivered").WaitAsync(Scene.Patience);
        await HasAmongTextsAsync(laptop, "hello");
        await HasAmongTextsAsync(again, "hello");
        // And it can be revoked again.
        await again.AskAsync(
            Commands.AccountDeviceRevoke, new() { Server = server.Name, User = "alice", Device = laptop.Address });
        await Scene.UntilAsync(async () => (await laptop.AskAsync(Commands.AccountList, new()))[0].State == "refused",
            "the laptop is put out");
    }

    private string Made(string name) => Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;

    private static byte[] Content(int size)
    {
        byte[] content = new byte[size];
        new Random(size).NextBytes(content);
        return content;
    }

    private async Task SendAsync(TestNode from, string to, byte[] content)
    {
        string path = Path.Combine(_folder, $"{content.Length}.bin");
        await File.WriteAllBytesAsync(path, content);
        using ControlClient client = from.Connect();
        await new FileClient(new ReplyPages(client), static (_, _) => { })
            .SendAsync(to, path, null, false, CancellationToken.None);
    }

    private async Task<byte[]> FetchAsync(TestNode node, string id)
    {
        using ControlClient client = node.Connect();
        var files = new FileClient(new ReplyPages(client), static (_, _) => { });
        await files.AcceptAsync(id, false, CancellationToken.None);
        using var limit = new CancellationTokenSource(Scene.Patience);
        await files.WaitAsync(id, limit.Token);
        string saved = await files.SaveAsync(
            id, Path.Combine(_folder, Guid.NewGuid().ToString("N")), CancellationToken.None);
        return await File.ReadAllBytesAsync(saved);
    }

    private static async Task<FileTransferInfo> OfferAsync(TestNode node, string direction)
    {
        FileTransferInfo? offer = null;
        await Scene.UntilAsync(
            async () => (offer = (await node.AskAsync(Commands.FileList)).FirstOrDefault(f => f.Direction == direction))
                is not null, $"{node.DataDirectory} has an offer");
        return offer!;
    }

    private static Task AreReadyAsync(string conversation, params TestNode[] nodes) => Scene.UntilAsync(
        async () => (await Task.WhenAll(nodes.Select(n => n.ConversationAsync(conversation))))
            .All(c => c is { State: "ready" }),
        $"all are in {conversation}");

    /// <summary>Waits until the one conversation of each node has the same keys.</summary>
    private static Task HaveOneEpochAsync(params TestNode[] nodes) => Scene.UntilAsync(
        async () => (await Task.WhenAll(nodes.Select(n => n.AskAsync(Commands.AccountConversations, new()))))
            .Select(c => c.Count == 1 && c[0].State == "ready" ? c[0].Epoch : -1).Distinct().ToArray() is [> 0],
        "all have the same keys");

    private static async Task<string[]> SaidAsync(TestNode node) =>
        [.. (await node.AskAsync(Commands.Messages, new() { Limit = 1000 })).Where(m => m.Direction == "out")
            .Select(m => m.Text)];

    private static Task HasSaidAsync(TestNode node, params string[] texts) => Scene.UntilAsync(
        async () => (await SaidAsync(node)).Order(StringComparer.Ordinal)
            .SequenceEqual(texts.Order(StringComparer.Ordinal)),
        $"{node.DataDirectory} has said {string.Join(", ", texts)}");

    private static Task HasAmongSaidAsync(TestNode node, string text) => Scene.UntilAsync(
        async () => (await SaidAsync(node)).Contains(text), $"{node.DataDirectory} has said {text}");

    private static Task HasAmongTextsAsync(TestNode node, string text) => Scene.UntilAsync(
        async () => (await node.TextsAsync()).Contains(text), $"{node.DataDirectory} has {text}");
}
