using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Server.Stores.Sqlite;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Tests.Stores;

/// <summary>The contract over SQLite, and what SQLite alone promises.</summary>
public class SqliteStoreTests : ServerStoreContract
{
    // From the present tables back to those of versions 3, 2 and 1.
    private const string BackToThird = """
        DROP INDEX commit_order_founder; DROP INDEX commit_order_origin; DROP INDEX commit_order_used;
        ALTER TABLE commit_order DROP COLUMN founder; ALTER TABLE commit_order DROP COLUMN origin;
        ALTER TABLE commit_order DROP COLUMN used;
        DROP TABLE blob; DROP TABLE blob_total; DROP TABLE recovery;
        DROP TRIGGER push_token_account; DROP TRIGGER push_token_device; DROP TABLE push_token;
        PRAGMA user_version = 3;
        """;

    private const string BackToSecond = BackToThird + """
        DROP TABLE key_leaf; DROP TABLE key_node; DROP TABLE moderator; DROP TABLE report; DROP TABLE ban;
        PRAGMA user_version = 2;
        """;

    private const string BackToFirst = BackToSecond + """
        DROP INDEX key_package_device; ALTER TABLE key_package DROP COLUMN device;
        CREATE INDEX key_package_owner ON key_package (owner, last_resort, id); PRAGMA user_version = 1
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-server-").FullName;

    private string Blobs => Path.Combine(_directory, BlobFiles.FolderName);

    private protected override Task<IServerStore> OpenAsync(StoreLimits limits) =>
        Task.FromResult<IServerStore>(SqliteServerStore.Open(_directory, limits, Time));

    private protected override Task RemoveAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return Task.CompletedTask;
    }

    private protected override Task<long> CountBytesAsync() => Task.FromResult(
        Directory.Exists(Blobs) ? Directory.GetFiles(Blobs).Sum(f => new FileInfo(f).Length) : 0);

    [Fact]
    public void A_second_process_is_refused()
    {
        StoreException refused =
            Assert.Throws<StoreException>(() => SqliteServerStore.Open(_directory, new StoreLimits(), Time));
        Assert.Equal(StoreError.InUse, refused.Error);
    }

    [Fact]
    public async Task In_a_directory_open_to_all_no_file_of_the_server_is()
    {
        await Store.DisposeAsync();
        await RemoveAsync();
        Directory.CreateDirectory(_directory);
        File.SetUnixFileMode(_directory, (UnixFileMode)0x1FF);
        await InitializeAsync();
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        await EnqueueAsync(alice, Message(bob, 1));
        string[] files = Directory.GetFiles(_directory);
        Assert.Contains(files, f => f.EndsWith("-wal", StringComparison.Ordinal));
        Assert.All(files, f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
    }

    [Fact]
    public async Task An_invitation_is_added_beside_a_server_that_runs()
    {
        byte[] hash = [5, 6, 7];
        SqliteInvites.Add(_directory, hash);
        Assert.Equal(
            RegisterResult.Registered,
            await Store.Accounts.RegisterAsync(new StoredAccount("alice", Key(1), new byte[192]), hash));
    }

    [Fact]
    public async Task A_file_of_the_version_before_gets_a_log_with_the_accounts_that_are_there()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        await Store.DisposeAsync();
        using (Database database = Database.Open(Path.Combine(_directory, SqliteServerStore.FileName)))
            database.Execute(BackToSecond);
        await InitializeAsync();
        Assert.Equal(new LoggedKey(alice, 0, 0), await Store.KeyLog.FindAsync("alice"));
        Assert.Equal(new LoggedKey(bob, 1, 0), await Store.KeyLog.FindAsync("bob"));
        await ReopenAsync();
        Assert.Equal(2UL, await Store.KeyLog.CountAsync());
        Assert.Empty(await Store.Moderation.ListModeratorsAsync());
    }

    [Fact]
    public async Task A_file_from_before_push_tokens_takes_them()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        await EnqueueAsync(alice, Message(bob, 1));
        await Store.DisposeAsync();
        using (Database database = Database.Open(Path.Combine(_directory, SqliteServerStore.FileName)))
            database.Execute(BackToThird);

        await InitializeAsync();
        Assert.True(await Store.PushTokens.SetAsync(bob, default, new PushToken("test", "token")));
        Assert.Single(await Store.PushTokens.ListWaitingAsync(bob));
        Assert.Equal(new LoggedKey(bob, 1, 0), await Store.KeyLog.FindAsync("bob"));
    }

    [Fact]
    public async Task A_moderator_is_named_beside_a_server_that_runs()
    {
        (IdentityKey alice, _) = await TwoAsync();
        Assert.True(SqliteModerators.With(_directory, m => m.Add("alice", 16)));
        Assert.False(SqliteModerators.With(_directory, m => m.Add("nobody", 16)));
        Assert.Throws<StoreException>(() => SqliteModerators.With(_directory, m => m.Add("bob", 1)));
        Assert.True(await Store.Moderation.IsModeratorAsync(alice));
        Assert.Equal([("alice", alice)], SqliteModerators.With(_directory, m => m.List()));
        Assert.True(SqliteModerators.With(_directory, m => m.Remove("alice")));
        Assert.False(await Store.Moderation.IsModeratorAsync(alice));
    }

    [Fact]
    public async Task A_file_of_something_else_is_left_alone()
    {
        await Store.DisposeAsync();
        string path = Path.Combine(_directory, SqliteServerStore.FileName);
        File.WriteAllText(path, "no database at all, but a text that somebody may need");
        Assert.Throws<StoreException>(() => SqliteServerStore.Open(_directory, new StoreLimits(), Time));
        Assert.StartsWith("no database", File.ReadAllText(path));
        File.Delete(path);
        await InitializeAsync();
    }

    [Fact]
    public async Task A_file_that_belongs_to_no_blob_is_deleted_at_the_start_and_others_are_left_alone()
    {
        (IdentityKey alice, _) = await TwoAsync();
        (NewBlob blob, byte[] bytes) = Blob(alice, 1, 1000);
        await AppendAsync(blob, bytes, 0);
        string leftOver = Path.Combine(Blobs, new string('a', 64)), foreign = Path.Combine(Blobs, "README");
        File.WriteAllText(leftOver, "what a server left that was killed while it deleted an account");
        File.WriteAllText(foreign, "somebody's");
        await ReopenAsync();
        Assert.False(File.Exists(leftOver));
        Assert.True(File.Exists(foreign));
        Assert.Equal(bytes, (await Store.Blobs.ReadAsync(blob.Id, 0, 1000))!.Bytes);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(Blobs, blob.Id.ToString())));
    }

    [Fact]
    public async Task A_blob_whose_bytes_a_backup_lacks_is_forgotten_and_can_be_sent_again()
    {
        (IdentityKey alice, _) = await TwoAsync();
        (NewBlob gone, byte[] bytes) = Blob(alice, 1, 1000);
        (NewBlob cut, byte[] cutBytes) = Blob(alice, 2, BlobFormat.ChunkSize + 1000);
        (NewBlob there, byte[] thereBytes) = Blob(alice, 3, 1000);
        foreach ((NewBlob blob, byte[] all) in new[] { (gone, bytes), (cut, cutBytes), (there, thereBytes) })
            for (int at = 0; at < all.Length; at += BlobFormat.ChunkSize)
                Assert.Equal(BlobResult.Stored, (await AppendAsync(blob, all, at)).Item1);
        await Store.DisposeAsync();
        File.Delete(Path.Combine(Blobs, gone.Id.ToString()));
        using (FileStream file = File.OpenWrite(Path.Combine(Blobs, cut.Id.ToString())))
            file.SetLength(BlobFormat.ChunkSize + 999);
        await InitializeAsync();
        Assert.Equal(2, Store.Blobs.Missing);
        Assert.Null(await Store.Blobs.ReadAsync(gone.Id, 0, 1000));
        Assert.Null(await Store.Blobs.ReadAsync(cut.Id, 0, 1000));
        Assert.Equal(thereBytes, (await Store.Blobs.ReadAsync(there.Id, 0, 1000))!.Bytes);
        Assert.Equal((BlobResult.Stored, 0L), await AppendAsync(gone, bytes, 0, isEmpty: true));
        Assert.Equal((BlobResult.Stored, 1000L), await AppendAsync(gone, bytes, 0));
        await ReopenAsync();
        Assert.Equal(0, Store.Blobs.Missing);
        Assert.Equal(bytes, (await Store.Blobs.ReadAsync(gone.Id, 0, 1000))!.Bytes);
    }

    [Fact]
    public async Task A_database_without_its_folder_of_blobs_is_not_opened_until_the_operator_says_so()
    {
        (IdentityKey alice, _) = await TwoAsync();
        (NewBlob blob, byte[] bytes) = Blob(alice, 1, 1000);
        await AppendAsync(blob, bytes, 0);
        await Store.DisposeAsync();
        Directory.Delete(Blobs, recursive: true);
        StoreException refused =
            Assert.Throws<StoreException>(() => SqliteServerStore.Open(_directory, new StoreLimits(), Time));
        Assert.Contains("1 blobs in it: bring it", refused.Message);
        Directory.CreateDirectory(Blobs);
        await InitializeAsync();
        Assert.Equal(1, Store.Blobs.Missing);
    }

    [Fact]
    public async Task A_file_that_the_disk_does_not_let_go_of_is_deleted_later_and_the_account_is_gone_at_once()
    {
        (IdentityKey alice, _) = await TwoAsync();
        (NewBlob blob, byte[] bytes) = Blob(alice, 1, 1000);
        await AppendAsync(blob, bytes, 0);
        string path = Path.Combine(Blobs, blob.Id.ToString());
        File.Delete(path);
        Directory.CreateDirectory(path);
        Assert.True(await Store.Accounts.DeleteAsync(alice));
        Assert.Null(await Store.Accounts.FindAsync(alice));
        await Assert.ThrowsAsync<StoreException>(() => Store.Blobs.ExpireAsync(10));
        await Assert.ThrowsAsync<StoreException>(() => Store.Blobs.ExpireAsync(10));
        Directory.Delete(path);
        await File.WriteAllBytesAsync(path, bytes);
        Assert.Equal(0, await Store.Blobs.ExpireAsync(10));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task A_blob_that_is_begun_anew_while_its_old_file_is_deleted_keeps_its_bytes()
    {
        (IdentityKey alice, _) = await TwoAsync();
        (NewBlob blob, byte[] bytes) = Blob(alice, 1, 1000);
        int stored = 0;
        for (int round = 0; round < 200; round++)
        {
            await AppendAsync(blob, bytes, 0);
            Time.Advance(new BlobLimits().Lifetime + TimeSpan.FromHours(1));
            Task<int> expiring = Task.Run(() => Store.Blobs.ExpireAsync(10));
            // Before it, into it, and after it.
            if (round % 10 == 0)
                await expiring;
            else
                Thread.SpinWait(round * 50);
            (BlobResult result, long received) = await AppendAsync(blob, bytes, 0);
            await expiring;
            if ((result, received) == (BlobResult.Stored, 1000L)
                && await Store.Blobs.AppendAsync(blob, 0, default) is { Received: 1000 })
            {
                stored++;
                Assert.True(File.Exists(Path.Combine(Blobs, blob.Id.ToString())), $"round {round}");
            }
        }

        Assert.True(stored > 0);
    }

    [Fact]
    public async Task A_blob_for_which_the_disk_has_no_room_is_refused_before_anything_is_written()
    {
        await Store.DisposeAsync();
        await InitializeAsync(new StoreLimits { Blobs = new BlobLimits { LeaveFree = long.MaxValue } });
        (IdentityKey alice, _) = await TwoAsync();
        (NewBlob blob, byte[] bytes) = Blob(alice, 1, 1000);
        Assert.Equal((BlobResult.Full, 0L), await AppendAsync(blob, bytes, 0));
        Assert.False(Directory.Exists(Blobs));
    }

    [Fact]
    public async Task A_file_of_the_first_version_is_brought_up_to_date_and_keeps_what_it_has()
    {
        (IdentityKey alice, _) = await TwoAsync();
        await LeaveAsync(alice, default, 1);
        await Store.DisposeAsync();
        using (Database old = Database.Open(Path.Combine(_directory, SqliteServerStore.FileName)))
            old.Execute(BackToFirst);
        await InitializeAsync();
        Assert.Equal([(default, 1, false)], await TakenAsync(alice));
        Assert.True(await Store.Accounts.AddDeviceAsync(alice, Phone, "phone"));
        Assert.Equal((KeyPackageResult.Added, 1), await LeaveAsync(alice, Phone, 2));
        (NewBlob blob, byte[] bytes) = Blob(alice, 1, 1000);
        Assert.Equal((BlobResult.Stored, 1000L), await AppendAsync(blob, bytes, 0));
    }

    [Fact]
    public async Task Work_that_fails_costs_nobody_else_anything()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        NewMessage broken = Message(bob, 1) with { Payload = new BrokenMemory().Memory };
        Task<EnqueueOutcome>[] all =
        [
            .. Enumerable.Range(10, 20).Select(i => EnqueueAsync(alice, Message(bob, i))),
            .. Enumerable.Range(40, 20).Select(i => EnqueueAsync(alice, Message(bob, i))),
        ];
        await Assert.ThrowsAsync<InvalidOperationException>(() => EnqueueAsync(alice, broken));
        await Task.WhenAll(all);
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i),
            (await ReadAsync(bob)).Messages.Select(m => m.Sequence).Order());
    }

    /// <summary>Memory that can be read once: the digest of the caller, but not the writer's insertion.</summary>
    private sealed class BrokenMemory : System.Buffers.MemoryManager<byte>
    {
        private readonly byte[] _bytes = new byte[10];
        private int _reads;

        public override Span<byte> GetSpan() =>
            ++_reads <= 1 ? _bytes : throw new InvalidOperationException("The memory is broken.");

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => default;

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
