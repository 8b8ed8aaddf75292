using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Files;
using QuicProChat.Mesh.Node.Repl;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Node.Tests.Files;

/// <summary>Whole nodes that send each other files: real router, real store, real disk.</summary>
public sealed class FilesBetweenNodes : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-files-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

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

    private static async Task<string> SaveAsync(TestNode from, string id, string path)
    {
        using ControlClient client = from.Connect();
        var files = new FileClient(new ReplyPages(client), static (_, _) => { });
        await files.AcceptAsync(id, false, CancellationToken.None);
        await files.WaitAsync(id, new CancellationTokenSource(Patience).Token);
        return await files.SaveAsync(id, path, CancellationToken.None);
    }

    private static async Task<FileTransferInfo> OfferAtAsync(TestNode node, Func<FileTransferInfo, bool>? which = null)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            IReadOnlyList<FileTransferInfo> files = await node.AskAsync(Commands.FileList);
            if (files.FirstOrDefault(f => which is null ? f.Direction == "in" : which(f)) is { } there)
                return there;
            await Task.Delay(20, limit.Token);
        }
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!holds())
            await Task.Delay(20, limit.Token);
    }

    private static string[] Blobs(TestNode node)
    {
        string folder = Path.Combine(node.DataDirectory, FileBlobs.FolderName);
        return Directory.Exists(folder) ? Directory.GetFiles(folder) : [];
    }

    private static async Task<(TestNode Alice, TestNode Bob)> PairAsync(
        Action<NodeConfiguration>? bobs = null, Action<NodeConfiguration>? alices = null)
    {
        var alice = new TestNode("alice", configure: alices);
        var bob = new TestNode("bob", configure: bobs);
        await TestNode.JoinAsync(alice, bob);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        await bob.AskAsync(Commands.Alias, new AliasRequest { Alias = "alice", To = alice.Address });
        await alice.AskAsync(Commands.Alias, new AliasRequest { Alias = "bob", To = bob.Address });
        return (alice, bob);
    }

    [Fact]
    public async Task A_file_arrives_as_it_was_and_lies_on_no_disk_in_clear()
    {
        (TestNode alice, TestNode bob) = await PairAsync();
        await using (alice)
        await using (bob)
        {
            string path = Write("map of the lake.bin", 1_000_000, out byte[] content);
            FileTransferInfo sent = await SendAsync(alice, "bob", path);
            Assert.Equal(("out", "here", 1_000_000L, "application/octet-stream"),
                (sent.Direction, sent.State, sent.Size, sent.MediaType));
            FileTransferInfo offer = await OfferAtAsync(bob);
            Assert.Equal(("offered", "map of the lake.bin", 0L), (offer.State, offer.Name, offer.Received));
            Assert.Empty(Blobs(bob));
            string saved = await SaveAsync(bob, offer.Id, _folder + "/bobs");
            Assert.Equal(content, await File.ReadAllBytesAsync(saved));
            foreach (string blob in (string[])[.. Blobs(alice), .. Blobs(bob)])
            {
                byte[] bytes = await File.ReadAllBytesAsync(blob);
                Assert.Equal(-1, bytes.AsSpan().IndexOf(content.AsSpan(1000, 16)));
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(blob));
            }

            Assert.Equal("here", (await bob.AskAsync(Commands.FileShow, new FileShowRequest { Id = offer.Id })).State);
        }
    }

    [Fact]
    public async Task Deleting_the_message_deletes_key_and_bytes_on_both_sides()
    {
        (TestNode alice, TestNode bob) = await PairAsync(c => c.Downloads = Path.Combine(_folder, "downloads"));
        await using (alice)
        await using (bob)
        {
            FileTransferInfo sent = await SendAsync(alice, "bob", Write("a.txt", 100_000, out byte[] content));
            FileTransferInfo offer = await OfferAtAsync(bob);
            await SaveAsync(bob, offer.Id, _folder + "/elsewhere");
            string downloaded = Path.Combine(_folder, "downloads", "a.txt");
            await UntilAsync(() => File.Exists(downloaded) && new FileInfo(downloaded).Length == content.Length);
            Assert.Equal(content, await File.ReadAllBytesAsync(downloaded));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(downloaded));
            Assert.Single(Blobs(bob));
            // An own message that is deleted everywhere is a tombstone at both.
            await alice.AskAsync(Commands.Delete, new DeleteRequest { Id = sent.Id, Everywhere = true });
            await UntilAsync(() => Blobs(alice).Length == 0 && Blobs(bob).Length == 0 && !File.Exists(downloaded));
            Assert.Empty(await bob.AskAsync(Commands.FileList));
            Assert.True(File.Exists(_folder + "/elsewhere"));
        }
    }

    [Fact]
    public async Task Cancelling_deletes_the_bytes_and_the_offer_can_be_taken_again()
    {
        (TestNode alice, TestNode bob) = await PairAsync();
        await using (alice)
        await using (bob)
        {
            await SendAsync(alice, "bob", Write("a.bin", 300_000, out byte[] content));
            FileTransferInfo offer = await OfferAtAsync(bob);
            await SaveAsync(bob, offer.Id, _folder + "/one");
            await bob.AskAsync(Commands.FileCancel, new FileCancelRequest { Id = offer.Id });
            await UntilAsync(() => Blobs(bob).Length == 0);
            Assert.Equal("offered",
                (await bob.AskAsync(Commands.FileShow, new FileShowRequest { Id = offer.Id })).State);
            Assert.Equal(content, await File.ReadAllBytesAsync(await SaveAsync(bob, offer.Id, _folder + "/two")));
        }
    }

    [Fact]
    public async Task What_was_cancelled_is_offered_again_as_soon_as_the_command_is_done()
    {
        (TestNode alice, TestNode bob) = await PairAsync();
        await using (alice)
        await using (bob)
        {
            await SendAsync(alice, "bob", Write("a.bin", 3_000_000, out _));
            FileTransferInfo offer = await OfferAtAsync(bob);
            for (int i = 0; i < 10; i++)
            {
                await bob.AskAsync(Commands.FileAccept, new FileAcceptRequest { Id = offer.Id });
                await bob.AskAsync(Commands.FileCancel, new FileCancelRequest { Id = offer.Id });
                Assert.Equal("offered",
                    (await bob.AskAsync(Commands.FileShow, new FileShowRequest { Id = offer.Id })).State);
            }

            await UntilAsync(() => Blobs(bob).Length == 0);
        }
    }

    [Fact]
    public async Task Nodes_that_start_again_have_their_files_and_delete_what_a_crash_left()
    {
        string aliceFolder = Directory.CreateTempSubdirectory("qpc-node-").FullName;
        using LocalIdentity identity = LocalIdentity.Generate();
        await using var bob = new TestNode("bob");
        var alice = new TestNode("alice", lives: (aliceFolder, identity));
        await TestNode.JoinAsync(alice, bob);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        await bob.AskAsync(Commands.Alias, new AliasRequest { Alias = "alice", To = alice.Address });
        await SendAsync(alice, bob.Address, Write("a.bin", 500_000, out byte[] content));
        FileTransferInfo offer = await OfferAtAsync(bob);
        string left = Path.Combine(aliceFolder, FileBlobs.FolderName, new string('0', 31) + "7");
        await File.WriteAllTextAsync(left, "an upload that was cut off");
        await alice.DisposeAsync();
        alice = new TestNode("alice", lives: (aliceFolder, identity));
        await using (alice)
        {
            await TestNode.JoinAsync(alice, bob);
            await bob.HasRouteAsync(alice);
            Assert.Equal("here", Assert.Single(await alice.AskAsync(Commands.FileList)).State);
            Assert.Equal(content, await File.ReadAllBytesAsync(await SaveAsync(bob, offer.Id, _folder + "/saved")));
            await UntilAsync(() => !File.Exists(left));
            Assert.Single(Blobs(alice));
        }

        Directory.Delete(aliceFolder, recursive: true);
    }

    [Fact]
    public async Task Files_of_contacts_come_unasked_where_that_is_set_and_those_of_strangers_never()
    {
        (TestNode alice, TestNode bob) = await PairAsync(c => c.FileAutoAcceptBytes = 200_000);
        await using (alice)
        await using (bob)
        {
            await using var eve = new TestNode("eve");
            await TestNode.JoinAsync(eve, bob);
            await eve.HasRouteAsync(bob);
            await SendAsync(alice, "bob", Write("small.bin", 100_000, out _));
            await SendAsync(alice, "bob", Write("large.bin", 300_000, out _));
            await SendAsync(eve, bob.Address, Write("eves.bin", 1000, out _));
            FileTransferInfo small = await OfferAtAsync(bob, f => f.Name == "small.bin" && f.State == "here");
            FileTransferInfo large = await OfferAtAsync(bob, f => f.Name == "large.bin");
            FileTransferInfo eves = await OfferAtAsync(bob, f => f.Name == "eves.bin");
            Assert.Equal(("here", "offered", "offered"), (small.State, large.State, eves.State));
            (_, string refused) = await bob.RefusalAsync(Commands.FileAccept, new() { Id = eves.Id });
            Assert.Contains("accept", refused, StringComparison.Ordinal);
            Assert.Single(Blobs(bob));
        }
    }

    [Fact]
    public async Task What_is_too_large_or_wrong_is_refused_with_what_to_do()
    {
        (TestNode alice, TestNode bob) = await PairAsync(c => c.FileMaxBytes = 1000);
        await using (alice)
        await using (bob)
        {
            IOException tooLarge =
                await Assert.ThrowsAsync<IOException>(() => SendAsync(bob, "alice", Write("a", 1001, out _)));
            Assert.Contains("fileMaxBytes", tooLarge.Message, StringComparison.Ordinal);
            await SendAsync(alice, "bob", Write("b", 5000, out _));
            FileTransferInfo offer = await OfferAtAsync(bob);
            IOException refused = await Assert.ThrowsAsync<IOException>(() => SaveAsync(bob, offer.Id, _folder + "/x"));
            Assert.Contains("fileMaxBytes", refused.Message, StringComparison.Ordinal);
            Assert.False(File.Exists(_folder + "/x"));
            await bob.RefusalAsync(Commands.FileData);
            await bob.RefusalAsync(Commands.FileOffer, new() { To = "alice" });
            await bob.RefusalAsync(Commands.FileShow, new() { Id = "1" });
            await bob.RefusalAsync(Commands.FileRead, new() { Id = offer.Id });
            await bob.RefusalAsync(Commands.FileCancel, new() { Id = new string('1', 32) });
            await bob.RefusalAsync(Commands.FileBegin, new() { Name = "x" });
            await bob.RefusalAsync(Commands.FileAccept, new() { Id = new string('2', 32) });
            await bob.RefusalAsync(Commands.FileData, new() { Upload = new string('1', 32), Data = "AAAA" });
        }
    }

    [Fact]
    public async Task A_group_fetches_from_whoever_has_the_file()
    {
        var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await using var carol = new TestNode("carol");
        await TestNode.JoinAsync(alice, bob);
        await TestNode.JoinAsync(bob, carol);
        await alice.HasRouteAsync(carol);
        await carol.HasRouteAsync(alice);
        await alice.AskAsync(Commands.LiteCreate, new LiteCreateRequest { Name = "lake" });
        foreach (TestNode other in (TestNode[])[bob, carol])
        {
            string uri = (await alice.AskAsync(Commands.LiteInvite, new LiteInviteRequest { Group = "lake" })).Uri;
            await other.AskAsync(Commands.LiteJoin, new LiteJoinRequest { Uri = uri });
        }

        using (var limit = new CancellationTokenSource(Patience))
        {
            while ((await carol.AskAsync(Commands.LiteShow, new LiteShowRequest { Group = "lake" })).Members.Count < 3)
                await Task.Delay(20, limit.Token);
        }

        await SendAsync(alice, "lake", Write("plan.bin", 400_000, out byte[] content));
        FileTransferInfo atBob = await OfferAtAsync(bob), atCarol = await OfferAtAsync(carol);
        Assert.Equal(content, await File.ReadAllBytesAsync(await SaveAsync(bob, atBob.Id, _folder + "/bobs")));
        // Carol's only way to anybody is bob, and alice is gone.
        await alice.DisposeAsync();
        Assert.Equal(content, await File.ReadAllBytesAsync(await SaveAsync(carol, atCarol.Id, _folder + "/carols")));
    }

    [Fact]
    public async Task The_console_sends_and_fetches_files()
    {
        (TestNode alice, TestNode bob) = await PairAsync();
        await using (alice)
        await using (bob)
        {
            string path = Write("with blanks in it.txt", 10, out byte[] content);
            SlashLine send = SlashCommand.Parse($"/send-file bob {path}", null);
            string said = await FileSlash.RunAsync(alice.ControlPath, send, CancellationToken.None);
            Assert.Contains("with blanks in it.txt", said, StringComparison.Ordinal);
            FileTransferInfo offer = await OfferAtAsync(bob);
            string folder = Directory.CreateDirectory(_folder + "/in").FullName;
            SlashLine fetch = SlashCommand.Parse($"/download {offer.Id} {folder}", null);
            Assert.Contains(folder, await FileSlash.RunAsync(bob.ControlPath, fetch, CancellationToken.None),
                StringComparison.Ordinal);
            Assert.Equal(content, await File.ReadAllBytesAsync(Path.Combine(folder, "with blanks in it.txt")));
            Assert.Equal(SlashAction.Wrong, SlashCommand.Parse("/send-file bob", null).Action);
            Assert.Equal(SlashAction.Wrong, SlashCommand.Parse("/download", null).Action);
            // Nothing is overwritten.
            await Assert.ThrowsAsync<IOException>(
                () => FileSlash.RunAsync(bob.ControlPath, fetch, CancellationToken.None));
        }
    }
}
