using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Storage;

public sealed class FileGroupStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mls-store-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_is_written_is_read_back_and_what_is_deleted_is_gone()
    {
        using (FileGroupStore store = new(_directory))
        {
            store.Write([new StoreChange("a/b", new byte[] { 1 }), new StoreChange("a/c", new byte[] { 2 })]);
            store.Write([new StoreChange("a/b", null), new StoreChange("a/c", new byte[] { 3 })]);
        }
        using FileGroupStore again = new(_directory);
        Assert.Null(again.Read("a/b"));
        Assert.Equal([3], again.Read("a/c"));
        Assert.Equal(["a/c"], again.Keys("a/"));
    }

    [Fact]
    public void Two_processes_cannot_share_a_directory()
    {
        using FileGroupStore store = new(_directory);
        Assert.Throws<IOException>(() => new FileGroupStore(_directory));
    }

    [Fact]
    public void A_key_that_could_leave_the_directory_is_refused()
    {
        using FileGroupStore store = new(_directory);
        foreach (string key in new[] { "../x", "A", "a.b", "", "a\0" })
            Assert.ThrowsAny<ArgumentException>(() => store.Write([new StoreChange(key, new byte[1])]));
    }

    [Fact]
    public void Files_are_for_their_owner_only()
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("Windows has no such modes.");
        using FileGroupStore store = new(_directory);
        store.Write([new StoreChange("k", new byte[] { 1 })]);
        UnixFileMode mode = File.GetUnixFileMode(Directory.GetFiles(_directory, "k*").Single());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode);
    }

    [Fact]
    public void A_half_written_journal_is_forgotten_and_a_damaged_one_is_not_trusted()
    {
        using (FileGroupStore store = new(_directory))
            store.Write([new StoreChange("old", new byte[] { 1 })]);
        File.WriteAllBytes(Path.Combine(_directory, "journal.tmp"), [1, 2, 3]);
        using (FileGroupStore again = new(_directory))
            Assert.Equal([1], again.Read("old"));
        Assert.False(File.Exists(Path.Combine(_directory, "journal.tmp")));
        File.WriteAllBytes(Path.Combine(_directory, "journal"), [1, 2, 3]);
        Assert.Throws<InvalidDataException>(() => new FileGroupStore(_directory));
    }

    [Fact]
    public void A_change_that_fails_at_any_step_is_done_whole_or_not_at_all_and_never_undoes_a_later_one()
    {
        int failures = 0;
        for (int step = 0; ; step++)
        {
            string directory = Path.Combine(_directory, $"{step}");
            using FileGroupStore store = new(directory);
            store.Write([new StoreChange("a", new byte[] { 1 }), new StoreChange("b", new byte[] { 1 }),
                new StoreChange("c", new byte[] { 1 })]);
            int left = step;
            store.BeforeStep = () =>
            {
                if (left-- == 0)
                    throw new IOException("No space left on device");
            };
            Exception? failure = Record.Exception(() => store.Write(
                [new StoreChange("a", new byte[] { 2 }), new StoreChange("b", null),
                    new StoreChange("d", new byte[] { 2 })]));
            store.BeforeStep = null;
            if (failure is null)
                break;
            failures++;
            bool happened = store.Read("a")![0] == 2;
            Assert.Equal(happened ? ["a", "c", "d"] : ["a", "b", "c"], store.Keys(""));

            // What is written now stays, whatever a journal that was left behind says.
            store.Write([new StoreChange("a", new byte[] { 3 })]);
            store.Write([new StoreChange("b", new byte[] { 3 }), new StoreChange("d", null)]);
            store.Dispose();
            using FileGroupStore again = new(directory);
            Assert.Equal([3], again.Read("a"));
            Assert.Equal([3], again.Read("b"));
            Assert.Equal(["a", "b", "c"], again.Keys(""));
            Assert.False(File.Exists(Path.Combine(directory, "journal")));
        }
        Assert.True(failures > 15, $"{failures} failures prove little.");
    }

    [Fact]
    public void While_a_left_over_journal_cannot_be_finished_nothing_is_read_or_written()
    {
        using FileGroupStore store = new(_directory);
        store.Write([new StoreChange("a", new byte[] { 1 }), new StoreChange("b", new byte[] { 1 })]);
        string inTheWay = Path.Combine(_directory, "c.v");
        Directory.CreateDirectory(inTheWay);
        StoreChange[] change = [new StoreChange("a", new byte[] { 2 }), new StoreChange("c", new byte[] { 2 })];
        Assert.NotNull(Record.Exception(() => store.Write(change)));
        Assert.NotNull(Record.Exception(() => store.Write([new StoreChange("a", new byte[] { 3 })])));
        Assert.NotNull(Record.Exception(() => store.Read("a")));
        Assert.NotNull(Record.Exception(() => store.Keys("")));
        Directory.Delete(inTheWay);
        Assert.Equal([2], store.Read("a"));
        Assert.Equal(["a", "b", "c"], store.Keys(""));
    }

    [Fact]
    public void A_merge_that_a_full_disk_interrupts_takes_no_key_back()
    {
        TestClient bob = new("bob");
        TestClient alice;
        Group[] g;
        using (FileGroupStore store = new(_directory))
        {
            alice = new("alice", store: store);
            g = TestClient.GroupOf("g", alice, bob);
            PendingCommit pending = g[0].Commit(new CommitRequest()).Value;
            g[1].Follow(pending.Message);
            string inTheWay = Directory.GetFiles(_directory, "*.pending-epoch.v").Single()
                .Replace("pending-epoch", $"epoch-{g[1].Epoch:x16}", StringComparison.Ordinal);
            Directory.CreateDirectory(inTheWay);
            Assert.NotNull(Record.Exception(g[0].MergePending));
            Directory.Delete(inTheWay);
            Assert.Equal("one", g[1].Process(g[0].Send("one")).Text());
            Assert.False(File.Exists(Path.Combine(_directory, "journal")));
        }
        using FileGroupStore again = new(_directory);
        TestClient back = new("alice", store: again, identity: alice.Identity);
        Assert.Equal("two", g[1].Process(back.Client.FindGroup("g"u8)!.Send("two")).Text());
        GroupTests.AssertAgreed(back.Client.FindGroup("g"u8)!, g[1]);
    }

    [Fact]
    public void Used_keys_are_in_no_file_of_the_store()
    {
        using FileGroupStore store = new(_directory);
        TestClient alice = new("alice", store: store);
        TestClient bob = new("bob");
        Group[] g = TestClient.GroupOf("g", alice, bob);
        byte[] first = RatchetSecret(g[1]);
        byte[] message = g[1].Send("x");
        g[0].Process(message);
        byte[] before = g[0].Current.Keys[0]!.ToArray();
        Assert.False(Holds(first));
        g[1].Follow(g[0].Commit(new CommitRequest()).Value.Message);
        Assert.True(Holds(before));
        g[0].MergePending();
        Assert.False(Holds(before));
        GroupTests.AssertAgreed(g);
    }

    [Fact]
    public void Used_keys_are_zeroed_in_memory()
    {
        TestClient alice = new("alice");
        TestClient bob = new("bob");
        Group[] g = TestClient.GroupOf("g", alice, bob);
        Schedule.HashRatchet ratchet = g[0].Current.SecretTree.Ratchet(g[1].Self, handshake: false);
        Assert.False(ratchet.Peek(g[0].Current.Suite, 0, 32, 1000, out Schedule.RatchetPeek peek).Failed);
        ratchet.Consume(peek, 32);
        Assert.All(peek.Key.Key, b => Assert.Equal(0, b));
        Assert.All(peek.Key.Nonce, b => Assert.Equal(0, b));

        byte[] leafKey = g[0].Current.Keys[0]!;
        byte[] init = g[0].Current.Secrets.InitSecret;
        byte[] membership = g[0].Current.Secrets.MembershipKey;
        g[1].Follow(g[0].Commit(new CommitRequest()).Value.Message);
        g[0].MergePending();
        Assert.All(leafKey.Concat(init).Concat(membership), b => Assert.Equal(0, b));
    }

    private static byte[] RatchetSecret(Group group)
    {
        using Codec.MlsWriter writer = new();
        group.Current.SecretTree.Ratchet(group.Self, handshake: false).Write(writer);
        return writer.Written.Slice(5, 32).ToArray();
    }

    private bool Holds(byte[] secret) =>
        Directory.GetFiles(_directory, "*.v").Any(f => File.ReadAllBytes(f).AsSpan().IndexOf(secret) >= 0);
}
