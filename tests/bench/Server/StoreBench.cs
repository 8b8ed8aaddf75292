using System.Diagnostics;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Server.Stores.Postgres;
using QuicProChat.Mesh.Server.Stores.Sqlite;

namespace QuicProChat.Mesh.Bench.Server;

/// <summary>Durable messages of 1 KiB into the store, without a network.</summary>
internal static class StoreBench
{
    private const int Messages = 100_000, Inboxes = 64, Callers = 512;

    private static readonly StoreLimits Limits = new() { MaxInboxMessages = Messages, SenderShare = 1 };

    internal static async Task<string> RunAsync()
    {
        string directory = Directory.CreateTempSubdirectory("qpc-bench-").FullName;
        await using IServerStore store = SqliteServerStore.Open(directory, Limits, TimeProvider.System);
        string said = await RunAsync(store, "store");
        await store.DisposeAsync();
        Directory.Delete(directory, recursive: true);
        return said;
    }

    /// <summary>The same over PostgreSQL; the database has to be empty.</summary>
    internal static async Task<string> RunPostgresAsync(PostgresConnection connection)
    {
        await using IServerStore store = await PostgresServerStore.OpenAsync(
            connection, make: true, Limits, TimeProvider.System, RandomSource.System);
        return await RunAsync(store, "store over PostgreSQL");
    }

    private static async Task<string> RunAsync(IServerStore store, string name)
    {
        for (int i = 0; i < Inboxes; i++)
            await store.Accounts.RegisterAsync(new StoredAccount($"user{i}", Key(i), new byte[192]), null);
        byte[] payload = new byte[1024];
        int next = 0;
        Stopwatch watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (int i = Interlocked.Increment(ref next); i <= Messages; i = Interlocked.Increment(ref next))
            {
                NewMessage message =
                    new(new InboxId(Key(i % Inboxes), default), new MessageId((UInt128)i), payload, 3_600_000);
                EnqueueOutcome outcome = await store.Inboxes.EnqueueAsync(Key(0), [message], order: null);
                if (outcome.Result != EnqueueResult.Stored)
                    throw new InvalidOperationException(outcome.Result.ToString());
            }
        })));
        watch.Stop();
        return $"{name}: {Messages / watch.Elapsed.TotalSeconds:0} durable messages of 1 KiB a second";
    }

    private static IdentityKey Key(int i) => new((UInt128)(i + 1), (UInt128)(i + 1));
}
