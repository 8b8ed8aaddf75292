using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Files;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>Files between nodes of this process, over a server of this process.</summary>
public sealed class Files : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-files-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_file_goes_to_one_user_as_it_was_and_the_server_has_it_sealed_alone()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await alice.RegisterAsync(server.Name, "alice");
        await bob.RegisterAsync(server.Name, "bob");
        string path = Write("map of the lake.bin", 1_000_000, out byte[] content);
        FileTransferInfo sent = await SendAsync(alice, $"bob@{server.Name}", path);
        Assert.Equal(("out", 1_000_000L), (sent.Direction, sent.Size));
        FileTransferInfo offer = await OfferAsync(bob);
        Assert.Equal(("offered", "map of the lake.bin", alice.Address), (offer.State, offer.Name, offer.Peer));
        await bob.AskAsync(Commands.Accept, new() { To = alice.Address });
        Assert.Equal(content, await FetchAsync(bob, offer.Id));
        await Scene.UntilAsync(async () => (await ShowAsync(alice, sent.Id)).State == "here", "alice has brought it");
        string blob = Assert.Single(Directory.GetFiles(server.Blobs));
        byte[] sealedBytes = await File.ReadAllBytesAsync(blob);
        Assert.Equal(17 * 65536, sealedBytes.Length);
        for (int at = 0; at < content.Length; at += 100_000)
            Assert.Equal(-1, sealedBytes.AsSpan().IndexOf(content.AsSpan(at, 16)));
    }

    [Fact]
    public async Task A_file_goes_to_all_members_of_a_group()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await using var carol = new TestNode("carol");
        foreach ((TestNode node, string name) in new[] { (alice, "alice"), (bob, "bob"), (carol, "carol") })
            await node.RegisterAsync(server.Name, name);
        // Nobody is put into a group by a stranger.
        foreach (TestNode node in new[] { bob, carol })
            await node.AskAsync(Commands.Alias, new() { Alias = "alice", To = alice.Address });
        await alice.AskAsync(Commands.AccountCreate, new() { Server = server.Name, Name = "crew" });
        await alice.InviteAsync("crew", "bob");
        await Scene.UntilAsync(async () => await alice.ConversationAsync("crew") is { State: "ready" }, "bob is in");
        await alice.InviteAsync("crew", "carol");
        await Scene.UntilAsync(
            async () => await alice.ConversationAsync("crew") is { State: "ready", Members.Count: 3 }, "carol is in");
        string path = Write("song.bin", 300_000, out byte[] content);
        await SendAsync(alice, "crew", path);
        foreach (TestNode node in new[] { bob, carol })
        {
            FileTransferInfo offer = await OfferAsync(node);
            Assert.Equal(content, await FetchAsync(node, offer.Id));
        }
    }

    [Fact]
    public async Task What_begins_while_the_server_is_away_goes_on_when_it_is_back_and_says_why_it_waits()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await alice.RegisterAsync(server.Name, "alice");
        await bob.RegisterAsync(server.Name, "bob");
        await alice.SayAsync($"bob@{server.Name}", "hello", "delivered").WaitAsync(Scene.Patience);
        await bob.AskAsync(Commands.Accept, new() { To = alice.Address });
        string path = Write("a.bin", 700_000, out byte[] content);
        await server.StopAsync();
        FileTransferInfo sent = await SendAsync(alice, $"bob@{server.Name}", path);
        await Task.Delay(100);
        FileTransferInfo waiting = await ShowAsync(alice, sent.Id);
        Assert.Equal(("uploading", 0L), (waiting.State, waiting.Uploaded));
        await server.RestartAsync();
        FileTransferInfo offer = await OfferAsync(bob);
        Assert.Equal(content, await FetchAsync(bob, offer.Id));
    }

    [Fact]
    public async Task What_the_server_altered_is_not_taken_for_the_file()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await alice.RegisterAsync(server.Name, "alice");
        await bob.RegisterAsync(server.Name, "bob");
        FileTransferInfo sent = await SendAsync(alice, $"bob@{server.Name}", Write("a.bin", 700_000, out _));
        FileTransferInfo offer = await OfferAsync(bob);
        await Scene.UntilAsync(async () => (await ShowAsync(alice, sent.Id)).State == "here", "alice has brought it");
        string blob = Assert.Single(Directory.GetFiles(server.Blobs));
        byte[] altered = await File.ReadAllBytesAsync(blob);
        altered[600_000] ^= 1;
        await File.WriteAllBytesAsync(blob, altered);
        await bob.AskAsync(Commands.Accept, new() { To = alice.Address });
        IOException refused = await Assert.ThrowsAsync<IOException>(() => FetchAsync(bob, offer.Id));
        Assert.Contains("failed", refused.Message);
        Assert.Contains($"what {server.Name} has is not the file", refused.Message);
    }

    [Fact]
    public async Task A_file_that_no_server_takes_is_refused_at_once_and_one_that_is_cancelled_is_not_brought()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await alice.RegisterAsync(server.Name, "alice");
        await bob.RegisterAsync(server.Name, "bob");
        string large = Path.Combine(_folder, "large");
        await using (FileStream made = File.Create(large))
            made.SetLength(ServerFiles.MaxSize + 1);
        IOException refused = await Assert.ThrowsAsync<IOException>(
            () => SendAsync(alice, $"bob@{server.Name}", large));
        Assert.Contains($"may have {ServerFiles.MaxSize} bytes", refused.Message);
        await server.StopAsync();
        FileTransferInfo sent = await SendAsync(alice, $"bob@{server.Name}", Write("a.bin", 700_000, out _));
        await alice.AskAsync(Commands.FileCancel, new() { Id = sent.Id });
        await server.RestartAsync();
        await OfferAsync(bob);
        Assert.False(Directory.Exists(server.Blobs));
        Assert.Equal("offered", (await ShowAsync(alice, sent.Id)).State);
    }

    private string Write(string name, int size, out byte[] content)
    {
        content = new byte[size];
        new Random(size).NextBytes(content);
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private static async Task<FileTransferInfo> SendAsync(TestNode from, string to, string path)
    {
        using ControlClient client = from.Connect();
        return await new FileClient(new ReplyPages(client), static (_, _) => { })
            .SendAsync(to, path, null, false, CancellationToken.None);
    }

    private async Task<byte[]> FetchAsync(TestNode node, string id)
    {
        using ControlClient client = node.Connect();
        var files = new FileClient(new ReplyPages(client), static (_, _) => { });
        await files.AcceptAsync(id, false, CancellationToken.None);
        await files.WaitAsync(id, new CancellationTokenSource(Scene.Patience).Token);
        string saved = await files.SaveAsync(id, Path.Combine(_folder, Guid.NewGuid().ToString("N")),
            CancellationToken.None);
        return await File.ReadAllBytesAsync(saved);
    }

    private static Task<FileTransferInfo> ShowAsync(TestNode node, string id) =>
        node.AskAsync(Commands.FileShow, new() { Id = id });

    private static async Task<FileTransferInfo> OfferAsync(TestNode node)
    {
        FileTransferInfo? offer = null;
        await Scene.UntilAsync(
            async () => (offer = (await node.AskAsync(Commands.FileList)).FirstOrDefault(f => f.Direction == "in"))
                is not null, $"{node.DataDirectory} has an offer");
        return offer!;
    }
}
