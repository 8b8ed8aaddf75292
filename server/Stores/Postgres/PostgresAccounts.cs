using System.Text;
using Npgsql;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>Accounts, sessions, devices and invitations in PostgreSQL.</summary>
internal sealed class PostgresAccounts(
    PostgresDatabase database, PostgresSessions sessions, PostgresSignals signals, StoreLimits limits,
    TimeProvider time) : IAccountStore
{
    private const string Select = "SELECT username, identity, record FROM account WHERE ";

    /// <inheritdoc/>
    public Task<RegisterResult> RegisterAsync(StoredAccount account, byte[]? inviteHash) =>
        database.TransactAsync(opened => RegisterAsync(opened, account, inviteHash));

    /// <inheritdoc/>
    public Task<StoredAccount?> FindAsync(string username) =>
        FindAsync("username = $1", Encoding.UTF8.GetBytes(username));

    /// <inheritdoc/>
    public Task<StoredAccount?> FindAsync(IdentityKey identity) => FindAsync("identity = $1", identity.ToArray());

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(IdentityKey identity) =>
        database.TransactAsync(opened => DeleteAsync(opened, identity));

    /// <inheritdoc/>
    public Task AddSessionAsync(ReadOnlyMemory<byte> tokenHash, IdentityKey identity, long lifetimeMs) =>
        sessions.AddAsync(tokenHash.ToArray(), identity.ToArray(), lifetimeMs);

    /// <inheritdoc/>
    public Task<StoredSession?> UseSessionAsync(ReadOnlyMemory<byte> tokenHash, DeviceId device, long lifetimeMs) =>
        sessions.UseAsync(tokenHash.ToArray(), device, lifetimeMs);

    /// <inheritdoc/>
    public Task<bool> AddDeviceAsync(IdentityKey identity, DeviceId device, string name) =>
        sessions.AddDeviceAsync(identity.ToArray(), device, name);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredDevice>> ListDevicesAsync(IdentityKey identity) =>
        sessions.ListDevicesAsync(identity.ToArray());

    /// <inheritdoc/>
    public Task<bool> RemoveDeviceAsync(IdentityKey identity, DeviceId device) =>
        sessions.RemoveDeviceAsync(identity, device);

    /// <inheritdoc/>
    public Task<IReadOnlyList<bool>> AreThereAsync(IReadOnlyList<(IdentityKey Identity, DeviceId Device)> asked) =>
        sessions.AreThereAsync(asked);

    /// <inheritdoc/>
    public Task AddInviteAsync(ReadOnlyMemory<byte> inviteHash) => database.RunAsync(opened =>
        opened.ExecuteAsync("INSERT INTO invite (hash) VALUES ($1) ON CONFLICT DO NOTHING", inviteHash.ToArray()));

    private async Task<RegisterResult> RegisterAsync(NpgsqlConnection opened, StoredAccount account, byte[]? inviteHash)
    {
        byte[] name = Encoding.UTF8.GetBytes(account.Username), key = account.Identity.ToArray();
        // One at a time over all processes, so that the bound is one.
        await opened.ExecuteAsync("SELECT pg_advisory_xact_lock($1)", PostgresSchema.RegisteringLock);
        if (await opened.ScalarAsync(
            "SELECT 1 FROM account WHERE username = $1 OR identity = $2", name, key) is not null)
            return RegisterResult.Taken;
        if ((long)(await opened.ScalarAsync("SELECT count(*) FROM account"))! >= limits.MaxAccounts)
            return RegisterResult.Full;
        if (inviteHash is not null && await opened.ExecuteAsync("DELETE FROM invite WHERE hash = $1", inviteHash) == 0)
            return RegisterResult.NotInvited;
        await opened.ExecuteAsync(
            "INSERT INTO account (username, identity, record, created) VALUES ($1, $2, $3, $4)", name, key,
            account.Record, time.GetUtcNow().ToUnixTimeMilliseconds());
        await PostgresKeyLog.AppendAsync(opened, account.Username, key);
        return RegisterResult.Registered;
    }

    // Everything of an account. A channel with it ends for both; ids of messages in other inboxes stay. The locks are
    // taken in the order of PostgresSchema: nobody begins an inbox or a channel with the account any more.
    private async Task<bool> DeleteAsync(NpgsqlConnection opened, IdentityKey identity)
    {
        byte[] key = identity.ToArray();
        if (await opened.ScalarAsync("SELECT username FROM account WHERE identity = $1 FOR UPDATE", key)
            is not byte[] username)
            return false;
        byte[][] channels = await ColumnAsync<byte[]>(
            opened, "SELECT id FROM channel WHERE first = $1 OR second = $1 ORDER BY id FOR UPDATE", key);
        long[] inboxes = await ColumnAsync<long>(
            opened,
            "SELECT id FROM inbox WHERE recipient = $1 OR channel = ANY($2) ORDER BY recipient, channel FOR UPDATE",
            key, channels);
        await using NpgsqlBatch batch = new(opened);
        foreach (string table in (string[])["message", "message_id", "progress", "share"])
            batch.With($"DELETE FROM {table} WHERE inbox = ANY($1)", inboxes);
        batch.With("DELETE FROM inbox WHERE id = ANY($1)", inboxes)
            .With("DELETE FROM channel WHERE id = ANY($1)", (object)channels)
            .With("DELETE FROM group_member WHERE identity = $1", key)
            .With("DELETE FROM report WHERE reporter = $1", key)
            .With("DELETE FROM account WHERE identity = $1", key)
            .With(PostgresCommitOrder.Erase, key)
            .With(PostgresSignals.Notify, signals.Ended(identity, default));
        await batch.ExecuteNonQueryAsync();
        await PostgresKeyLog.AppendAsync(opened, Encoding.UTF8.GetString(username), []);
        return true;
    }

    private Task<StoredAccount?> FindAsync(string where, byte[] value) => database.RunAsync(async opened =>
    {
        await using NpgsqlCommand command = opened.Command(Select + where, value);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync()
            ? new StoredAccount(Encoding.UTF8.GetString(reader.Bytes(0)), reader.Key(1), reader.Bytes(2))
            : null;
    });

    private static async Task<T[]> ColumnAsync<T>(NpgsqlConnection opened, string sql, params object[] values)
    {
        List<T> column = [];
        await using NpgsqlCommand command = opened.Command(sql, values);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            column.Add(reader.GetFieldValue<T>(0));
        return [.. column];
    }
}
