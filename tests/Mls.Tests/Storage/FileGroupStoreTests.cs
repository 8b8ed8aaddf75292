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
