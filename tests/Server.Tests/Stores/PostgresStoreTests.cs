using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Transparency;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Server.Stores.Postgres;
using QuicProChat.Mesh.Server.Tests.Postgres;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Tests.Stores;

/// <summary>The contract over PostgreSQL, and what two processes over one database promise.</summary>
[Collection(PostgresCluster.Collection)]
public class PostgresStoreTests(PostgresCluster cluster) : ServerStoreContract
{
    // From the present tables back to those of versions 3, 2 and 1.
    private const string BackToThird = """
        ALTER TABLE qpc_server.commit_order DROP COLUMN founder, DROP COLUMN origin, DROP COLUMN used;
        DROP TABLE qpc_server.blob_chunk, qpc_server.blob, qpc_server.blob_total, qpc_server.recovery;
        DROP FUNCTION qpc_server.count_blob;
        DROP TRIGGER push_token_device ON qpc_server.device; DROP FUNCTION qpc_server.forget_push_token();
        DROP TABLE qpc_server.push_token; UPDATE qpc_server.meta SET version = 3;
        """;

    private const string BackToSecond = BackToThird + """
        DROP TABLE qpc_server.key_log, qpc_server.key_leaf, qpc_server.key_node, qpc_server.moderator,
            qpc_server.report, qpc_server.ban;
        UPDATE qpc_server.meta SET version = 2;
        """;

    private const string BackToFirst = BackToSecond + """
        DROP INDEX qpc_server.key_package_device; ALTER TABLE qpc_server.key_package DROP COLUMN device;
        CREATE INDEX key_package_owner ON qpc_server.key_package (owner, last_resort, id);
        UPDATE qpc_server.meta SET version = 1;
        """;

    private string? _database;

    private protected override async Task<IServerStore> OpenAsync(StoreLimits limits)
    {
        _database ??= await cluster.MakeDatabaseAsync();
        return await OpenAsync(_database, limits);
    }

    private protected override Task RemoveAsync()
    {
        // The cluster is removed as a whole.
        _database = null;
        return Task.CompletedTask;
    }

    private protected override async Task<long> CountBytesAsync() => Convert.ToInt64(await cluster.ExecuteAsync(
        Name, "SELECT coalesce(sum(octet_length(bytes)), 0) FROM qpc_server.blob_chunk"),
        System.Globalization.CultureInfo.InvariantCulture);

    [PostgresFact]
    public async Task An_upload_goes_on_at_another_process()
    {
        (IdentityKey alice, _) = await TwoAsync();
        await using IServerStore other = await OpenAsync(_database!, new StoreLimits());
        (NewBlob blob, byte[] bytes) = Blob(alice, 1, BlobFormat.ChunkSize + 5);
        await AppendAsync(blob, bytes, 0);
        BlobOutcome there = await other.Blobs.AppendAsync(blob, BlobFormat.ChunkSize, bytes.AsMemory(^5..));
        Assert.Equal((BlobResult.Stored, blob.Size), (there.Result, there.Received));
        Assert.Equal(bytes[..10], (await Store.Blobs.ReadAsync(blob.Id, 0, 10))!.Bytes);
    }

    [PostgresFact]
    public async Task Two_processes_give_rising_numbers_without_gaps_and_store_an_id_once()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        await using IServerStore other = await OpenAsync(_database!, new StoreLimits());
        IServerStore[] both = [Store, other];
        EnqueueOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Task.Run(
            () => both[i % 2].Inboxes.EnqueueAsync(alice, [Message(bob, i / 4)], order: null))));
        Assert.All(outcomes, o => Assert.Equal(EnqueueResult.Stored, o.Result));
        Assert.Equal(250, outcomes.Count(o => !o.Messages[0].Duplicate));
        Assert.Equal(Enumerable.Range(1, 250).Select(i => (long)i),
            (await ReadAsync(bob)).Messages.Select(m => m.Sequence));
    }

    [PostgresFact]
    public async Task Batches_over_the_same_inboxes_in_any_order_do_not_block_each_other()
    {
        List<IdentityKey> all = [];
        for (byte i = 1; i <= 6; i++)
            all.Add(await RegisterAsync($"user{i}", i));
        await using IServerStore other = await OpenAsync(_database!, new StoreLimits());
        IServerStore[] both = [Store, other];
        Random random = new(7);
        List<Task<EnqueueOutcome>> sending = [];
        for (int i = 0; i < 200; i++)
        {
            IdentityKey[] to = [.. all];
            random.Shuffle(to);
            NewMessage[] batch = [.. to.Select(t => Message(t, i))];
            IServerStore store = both[i % 2];
            CommitOrder? order = i % 3 == 0 ? new CommitOrder(new byte[] { (byte)i }, 0) : null;
            sending.Add(Task.Run(() => store.Inboxes.EnqueueAsync(to[0], batch, order)));
        }

        Assert.All(await Task.WhenAll(sending), o => Assert.Equal(EnqueueResult.Stored, o.Result));
        foreach (IdentityKey owner in all)
            Assert.Equal(Enumerable.Range(1, 200).Select(i => (long)i),
                (await ReadAsync(owner)).Messages.Select(m => m.Sequence));
        Assert.Equal(0L, await cluster.ExecuteAsync(Name, "SELECT deadlocks FROM pg_stat_database WHERE datname = '"
            + Name + "'"));
    }

    [PostgresFact]
    public async Task What_an_inbox_counts_is_what_is_in_it()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        for (int i = 0; i < 20; i++)
            await EnqueueAsync(i % 2 == 0 ? alice : bob, Message(bob, i) with { LifetimeMs = 1000 * (i + 1) });
        await Store.Inboxes.AcknowledgeAsync(Inbox(bob), default, 5);
        Time.Advance(TimeSpan.FromSeconds(10.5));
        Assert.Equal(5, await Store.Inboxes.ExpireAsync(100));
        Assert.Equal("10 10 100 100", await cluster.ExecuteAsync(Name, """
            SELECT concat_ws(' ', i.messages, (SELECT count(*) FROM qpc_server.message), i.bytes,
                (SELECT sum(bytes) FROM qpc_server.share)) FROM qpc_server.inbox i
            """));
    }

    [PostgresFact]
    public async Task Who_waits_at_another_process_is_told_and_an_account_that_ends_there_too()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        await using IServerStore other = await OpenAsync(_database!, new StoreLimits());
        TaskCompletionSource<InboxHash> arrived = new();
        TaskCompletionSource<(IdentityKey, DeviceId)> device = new(), account = new();
        other.Others!.Arrived = inbox => arrived.TrySetResult(inbox);
        other.Others.SessionsEnded = (identity, of) => (of == default ? account : device).TrySetResult((identity, of));
        await EnqueueAsync(alice, Message(bob, 1));
        Assert.Equal(InboxHash.Of(Inbox(bob)), await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        DeviceId phone = new(5);
        await Store.Accounts.AddDeviceAsync(bob, phone, "phone");
        await Store.Accounts.RemoveDeviceAsync(bob, phone);
        Assert.Equal((bob, phone), await device.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        await Store.Accounts.DeleteAsync(bob);
        Assert.Equal((bob, default), await account.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [PostgresFact]
    public async Task Notices_of_strangers_change_nothing()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        TaskCompletionSource<InboxHash> arrived = new();
        Store.Others!.SessionsEnded = (_, _) => arrived.TrySetException(new InvalidOperationException("nothing ended"));
        Store.Others.Arrived = hash => arrived.TrySetResult(hash);
        string own = new('f', 16);
        string[] bodies =
        [
            "", "e", "e00ff", "ezz", "i", "iabc", "i" + new string('z', 16), "?" + own, "e" + new string('0', 66),
            "i0000000000000007",
        ];
        foreach (string payload in (string[])["", "x", .. bodies.Select(b => own + b)])
            await cluster.ExecuteAsync(Name, $"SELECT pg_notify('qpc_server', '{payload}')");
        Assert.Equal(new InboxHash(7), await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(EnqueueResult.Stored, (await EnqueueAsync(alice, Message(bob, 1))).Result);
    }

    [PostgresFact]
    public async Task A_connection_that_ends_is_made_again_and_all_is_read_again()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        TaskCompletionSource lost = new(), missed = new();
        Store.Others!.Lost = reason => lost.TrySetResult();
        Store.Others.Missed = () => missed.TrySetResult();
        await cluster.ExecuteAsync("postgres",
            $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{Name}'");
        await lost.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await missed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        for (int tries = 0; ; tries++)
        {
            try
            {
                Assert.Equal(EnqueueResult.Stored, (await EnqueueAsync(alice, Message(bob, 1))).Result);
                break;
            }
            catch (StoreException) when (tries < 100)
            {
                // A connection of the pool that was ended, too.
            }
        }

        Assert.Single((await ReadAsync(bob)).Messages);
    }

    [PostgresFact]
    public async Task A_database_of_the_version_before_gets_a_log_with_the_accounts_that_are_there()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        await cluster.ExecuteAsync(Name, BackToSecond);
        await ReopenAsync();
        Assert.Equal(new LoggedKey(alice, 0, 0), await Store.KeyLog.FindAsync("alice"));
        Assert.Equal(new LoggedKey(bob, 1, 0), await Store.KeyLog.FindAsync("bob"));
        await ReopenAsync();
        Assert.Equal(2UL, await Store.KeyLog.CountAsync());
    }

    [PostgresFact]
    public async Task A_database_from_before_push_tokens_takes_them()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        await EnqueueAsync(alice, Message(bob, 1));
        await cluster.ExecuteAsync(Name, BackToThird);
        await ReopenAsync();
        Assert.True(await Store.PushTokens.SetAsync(bob, default, new PushToken("test", "token")));
        Assert.Single(await Store.PushTokens.ListWaitingAsync(bob));
        Assert.Equal(new LoggedKey(bob, 1, 0), await Store.KeyLog.FindAsync("bob"));
    }

    [PostgresFact]
    public async Task What_owners_left_for_their_devices_is_counted_in_a_database_of_before()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        ChannelId channel = (await Store.Channels.OpenAsync(new ChannelId(5), alice, bob))!.Value.Channel;
        for (int i = 1; i <= 3; i++)
            await EnqueueAsync(alice, Message(alice, i, channel: channel));
        await EnqueueAsync(bob, Message(alice, 4, channel: channel));
        const string shares = "SELECT sum(messages) FROM qpc_server.share";
        object? before = await cluster.ExecuteAsync(Name, shares);
        await cluster.ExecuteAsync(Name, "DELETE FROM qpc_server.share; UPDATE qpc_server.meta SET version = 6");
        await ReopenAsync();
        Assert.Equal(3L, before);
        Assert.Equal(3L, await cluster.ExecuteAsync(Name, shares));
    }

    [PostgresFact]
    public async Task Who_is_banned_at_one_process_is_put_out_at_the_others()
    {
        (IdentityKey alice, _) = await TwoAsync();
        await using IServerStore other = await OpenAsync(_database!, new StoreLimits());
        TaskCompletionSource<(IdentityKey, DeviceId)> ended = new();
        other.Others!.SessionsEnded = (identity, device) => ended.TrySetResult((identity, device));
        Assert.True(await Store.Moderation.BanAsync(alice, "spam", 0));
        Assert.Equal((alice, default), await ended.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.NotNull(await other.Moderation.FindBanAsync(alice));
    }

    [PostgresFact]
    public async Task Two_processes_append_to_one_log()
    {
        await using IServerStore other = await OpenAsync(_database!, new StoreLimits());
        IServerStore[] both = [Store, other];
        ParallelOptions eight = new() { MaxDegreeOfParallelism = 8 };
        await Parallel.ForEachAsync(Enumerable.Range(1, 40), eight, async (i, _) =>
        {
            IServerStore store = both[i % 2];
            Assert.Equal(RegisterResult.Registered, await store.Accounts.RegisterAsync(
                new StoredAccount($"user{i}", Key((byte)i), new byte[192]), null));
            if (i % 4 == 0)
                Assert.True(await both[i / 4 % 2].Accounts.DeleteAsync(Key((byte)i)));
        });
        TreeFrontier read = new();
        foreach (KeyLeaf leaf in await Store.KeyLog.ReadAsync(0, 100))
            read.Add(leaf.Hash());
        Assert.Equal((50UL, 50UL), (read.Size, await other.KeyLog.CountAsync()));
        IReadOnlyList<TreePlace> needed = MerkleTree.Needed(nodes => _ = MerkleTree.Root(50, nodes));
        IReadOnlyList<byte[]> hashes = await other.KeyLog.ReadNodesAsync(needed);
        Assert.Equal(read.Root, MerkleTree.Root(50, p => hashes[needed.ToList().IndexOf(p)]));
    }

    [PostgresFact]
    public async Task A_database_of_a_later_version_and_one_that_may_lose_messages_are_refused()
    {
        await cluster.ExecuteAsync(Name, "UPDATE qpc_server.meta SET version = 99");
        StoreException refused =
            await Assert.ThrowsAsync<StoreException>(() => OpenAsync(_database!, new StoreLimits()));
        Assert.Equal(StoreError.NewerSchema, refused.Error);
        Assert.Contains("99", refused.Message);
        await cluster.ExecuteAsync("postgres", $"ALTER DATABASE {Name} SET synchronous_commit = off");
        refused = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(_database!, new StoreLimits()));
        Assert.Contains("synchronous_commit is off", refused.Message);
    }

    [PostgresFact]
    public async Task A_database_of_the_first_version_is_brought_up_to_date_and_keeps_what_it_has()
    {
        (IdentityKey alice, _) = await TwoAsync();
        await LeaveAsync(alice, default, 1);
        await cluster.ExecuteAsync(Name, BackToFirst);
        await ReopenAsync();
        Assert.Equal([(default, 1, false)], await TakenAsync(alice));
        Assert.True(await Store.Accounts.AddDeviceAsync(alice, Phone, "phone"));
        Assert.Equal((KeyPackageResult.Added, 1), await LeaveAsync(alice, Phone, 2));
        (NewBlob blob, byte[] bytes) = Blob(alice, 1, 1000);
        Assert.Equal((BlobResult.Stored, 1000L), await AppendAsync(blob, bytes, 0));
    }

    [PostgresFact]
    public async Task Work_that_fails_costs_nobody_else_anything()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        // The database refuses a time below zero: a stand-in for any statement that fails.
        await cluster.ExecuteAsync(Name, "ALTER TABLE qpc_server.message ADD CHECK (expires > 0)");
        Task<EnqueueOutcome>[] all = [.. Enumerable.Range(10, 40).Select(i => EnqueueAsync(alice, Message(bob, i)))];
        StoreException refused = await Assert.ThrowsAsync<StoreException>(
            () => EnqueueAsync(alice, Message(bob, 1) with { LifetimeMs = -4_000_000_000_000 }));
        Assert.Contains("check constraint", refused.Message);
        await Task.WhenAll(all);
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i),
            (await ReadAsync(bob)).Messages.Select(m => m.Sequence));
    }

    private string Name => PostgresPrograms.Read(_database!).Database;

    private async Task<IServerStore> OpenAsync(string database, StoreLimits limits) =>
        await PostgresServerStore.OpenAsync(
            PostgresPrograms.Read(database), make: true, limits, Time, RandomSource.System);
}
