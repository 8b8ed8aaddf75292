using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>All stores of a server in a database of PostgreSQL, which any number of processes use.</summary>
internal sealed class PostgresServerStore : IServerStore
{
    private readonly PostgresDatabase _database;
    private readonly PostgresSignals _signals;
    private readonly PostgresInboxes _inboxes;

    private PostgresServerStore(PostgresDatabase database, StoreLimits limits, TimeProvider time, RandomFill random)
    {
        _database = database;
        Span<byte> instance = stackalloc byte[sizeof(ulong)];
        random(instance);
        _signals = new PostgresSignals(database, BinaryPrimitives.ReadUInt64BigEndian(instance), time);
        _inboxes = new PostgresInboxes(database, _signals, limits, time);
        Accounts = new PostgresAccounts(
            database, new PostgresSessions(database, _signals, limits, time), _signals, limits, time);
        KeyPackages = new PostgresKeyPackages(database, limits);
        Channels = new PostgresChannels(database, limits);
        KeyLog = new PostgresKeyLog(database);
        Moderation = new PostgresModeration(database, _signals, limits, time);
        Blobs = new PostgresBlobs(database, limits.Blobs, time);
        Recovery = new PostgresRecovery(database);
        PushTokens = new PostgresPushTokens(database);
    }

    /// <inheritdoc/>
    public IInboxStore Inboxes => _inboxes;

    /// <inheritdoc/>
    public IAccountStore Accounts { get; }

    /// <inheritdoc/>
    public IKeyPackageStore KeyPackages { get; }

    /// <inheritdoc/>
    public IChannelStore Channels { get; }

    /// <inheritdoc/>
    public IKeyLog KeyLog { get; }

    /// <inheritdoc/>
    public IModerationStore Moderation { get; }

    /// <inheritdoc/>
    public IBlobStore Blobs { get; }

    /// <inheritdoc/>
    public IRecoveryStore Recovery { get; }

    /// <inheritdoc/>
    public IPushTokenStore PushTokens { get; }

    /// <inheritdoc/>
    public IOtherProcesses Others => _signals;

    /// <summary>Opens the store.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="make">Whether its tables are made where there are none.</param>
    /// <param name="limits">Its bounds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Chance, for a number of this process.</param>
    /// <exception cref="StoreException">It cannot be reached or used; the sentence says what to do.</exception>
    internal static async Task<PostgresServerStore> OpenAsync(
        PostgresConnection connection, bool make, StoreLimits limits, TimeProvider time, RandomFill random)
    {
        PostgresServerStore store = new(new PostgresDatabase(connection), limits, time, random);
        try
        {
            await store._database.TransactAsync(async opened =>
            {
                await PostgresSchema.PrepareAsync(opened, make);
                return true;
            });
            await store._signals.StartAsync();
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>The hash of the keys that the processes of this database have; null before the first one.</summary>
    internal Task<byte[]?> ReadKeysAsync() =>
        _database.RunAsync(async opened => await opened.ScalarAsync("SELECT keys FROM meta") as byte[]);

    /// <summary>Writes the hash of the keys down, if none is, and returns the one that is.</summary>
    internal Task<byte[]> ClaimKeysAsync(byte[] hash) => _database.TransactAsync(async opened =>
    {
        await opened.ExecuteAsync("UPDATE meta SET keys = $1 WHERE keys IS NULL", hash);
        return (byte[])(await opened.ScalarAsync("SELECT keys FROM meta"))!;
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _inboxes.DisposeAsync();
        await _signals.DisposeAsync();
        await _database.DisposeAsync();
    }
}
