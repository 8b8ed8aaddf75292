using System.Text;
using Npgsql;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>Moderators, reports and bans in PostgreSQL.</summary>
internal sealed class PostgresModeration(
    PostgresDatabase database, PostgresSignals signals, StoreLimits limits, TimeProvider time) : IModerationStore
{
    private const string Schema = PostgresSchema.Name;

    /// <summary>Its tables, of version 3.</summary>
    internal const string Tables = $"""
        CREATE TABLE {Schema}.moderator (
            identity bytea PRIMARY KEY REFERENCES {Schema}.account (identity) ON DELETE CASCADE
        );
        CREATE TABLE {Schema}.report (
            id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            body         bytea NOT NULL, -- sealed to the moderators
            conversation bytea NOT NULL,
            reporter     bytea NOT NULL,
            time         bigint NOT NULL
        );
        ALTER TABLE {Schema}.report ALTER COLUMN body SET STORAGE EXTERNAL;
        CREATE INDEX report_reporter ON {Schema}.report (reporter);
        CREATE INDEX report_time ON {Schema}.report (time);
        CREATE TABLE {Schema}.ban (
            identity bytea PRIMARY KEY,
            reason   bytea NOT NULL,
            since    bigint NOT NULL,
            expires  bigint NOT NULL -- 0: never
        );
        """;

    private const string Bans = "SELECT identity, reason, since, expires FROM ban WHERE (expires = 0 OR expires > $1)";

    /// <summary>The advisory lock of whoever adds to what is bounded.</summary>
    private const long ModeratingLock = PostgresSchema.MakingLock + (3L << 32);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public Task<bool> AddModeratorAsync(string username) => database.TransactAsync(async opened =>
    {
        byte[] name = Encoding.UTF8.GetBytes(username);
        await opened.ExecuteAsync("SELECT pg_advisory_xact_lock($1)", ModeratingLock);
        if (await opened.ScalarAsync("SELECT identity FROM account WHERE username = $1 FOR KEY SHARE", name)
            is not byte[] key)
            return false;
        if ((long)(await opened.ScalarAsync("SELECT count(*) FROM moderator"))! >= limits.MaxModerators)
            throw new StoreException(
                StoreError.Full, $"There are {limits.MaxModerators} moderators already; remove one.");
        await opened.ExecuteAsync("INSERT INTO moderator (identity) VALUES ($1) ON CONFLICT DO NOTHING", key);
        return true;
    });

    /// <inheritdoc/>
    public Task<bool> RemoveModeratorAsync(string username) => database.RunAsync(async opened =>
        await opened.ExecuteAsync(
            "DELETE FROM moderator WHERE identity = (SELECT identity FROM account WHERE username = $1)",
            Encoding.UTF8.GetBytes(username)) > 0);

    /// <inheritdoc/>
    public Task<IReadOnlyList<(string Username, IdentityKey Identity)>> ListModeratorsAsync() =>
        database.RunAsync<IReadOnlyList<(string, IdentityKey)>>(async opened =>
        {
            List<(string, IdentityKey)> moderators = [];
            await using NpgsqlCommand command = opened.Command("""
                SELECT a.username, a.identity FROM moderator m JOIN account a ON a.identity = m.identity
                ORDER BY a.username
                """);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                moderators.Add((Encoding.UTF8.GetString(reader.Bytes(0)), reader.Key(1)));
            return moderators;
        });

    /// <inheritdoc/>
    public Task<bool> IsModeratorAsync(IdentityKey identity) => database.RunAsync(async opened =>
        await opened.ScalarAsync("SELECT 1 FROM moderator WHERE identity = $1", identity.ToArray()) is not null);

    /// <inheritdoc/>
    public Task<bool> AddReportAsync(
        IdentityKey reporter, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> conversation) =>
        database.TransactAsync(async opened =>
        {
            byte[] key = reporter.ToArray();
            await opened.ExecuteAsync("SELECT pg_advisory_xact_lock($1)", ModeratingLock);
            if ((long)(await opened.ScalarAsync("SELECT count(*) FROM report"))! >= limits.MaxReports
                || (long)(await opened.ScalarAsync("SELECT count(*) FROM report WHERE reporter = $1", key))!
                    >= limits.MaxReportsOfOne)
                return false;
            await opened.ExecuteAsync(
                "INSERT INTO report (body, conversation, reporter, time) VALUES ($1, $2, $3, $4)", body.ToArray(),
                conversation.ToArray(), key, Now);
            return true;
        });

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredReport>> ListReportsAsync(int offset, int limit) =>
        database.RunAsync<IReadOnlyList<StoredReport>>(async opened =>
        {
            List<StoredReport> reports = [];
            await using NpgsqlCommand command = opened.Command(
                "SELECT id, body, conversation, reporter, time FROM report ORDER BY id DESC LIMIT $1 OFFSET $2", limit,
                offset);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                reports.Add(new StoredReport(
                    reader.GetInt64(0), reader.Bytes(1), reader.Bytes(2), reader.Key(3), reader.GetInt64(4)));
            }

            return reports;
        });

    /// <inheritdoc/>
    public Task<bool> BanAsync(IdentityKey identity, string reason, long durationMs) =>
        database.TransactAsync(async opened =>
        {
            byte[] key = identity.ToArray();
            await opened.ExecuteAsync("SELECT pg_advisory_xact_lock($1)", ModeratingLock);
            if ((long)(await opened.ScalarAsync("SELECT count(*) FROM ban WHERE identity <> $1", key))!
                >= limits.MaxBans)
                return false;
            long now = Now;
            await opened.ExecuteAsync("""
                INSERT INTO ban (identity, reason, since, expires) VALUES ($1, $2, $3, $4)
                ON CONFLICT (identity) DO UPDATE SET reason = $2, since = $3, expires = $4
                """, key, Encoding.UTF8.GetBytes(reason), now, durationMs == 0 ? 0 : now + durationMs);
            // The other processes close the connections.
            await using NpgsqlBatch batch = new(opened);
            batch.With(PostgresSignals.Notify, signals.Ended(identity, default));
            await batch.ExecuteNonQueryAsync();
            return true;
        });

    /// <inheritdoc/>
    public Task<bool> UnbanAsync(IdentityKey identity) => database.RunAsync(async opened =>
        await opened.ExecuteAsync("DELETE FROM ban WHERE identity = $1", identity.ToArray()) > 0);

    /// <inheritdoc/>
    public Task<StoredBan?> FindBanAsync(IdentityKey identity) => database.RunAsync(async opened =>
        (await ReadBansAsync(opened.Command(Bans + " AND identity = $2", Now, identity.ToArray()))).FirstOrDefault());

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredBan>> ListBansAsync() => database.RunAsync<IReadOnlyList<StoredBan>>(
        async opened => await ReadBansAsync(opened.Command(Bans + " ORDER BY since DESC, identity", Now)));

    /// <inheritdoc/>
    public Task ExpireAsync() => database.RunAsync(async opened =>
    {
        await opened.ExecuteAsync(
            "DELETE FROM report WHERE time <= $1", Now - (long)limits.ReportLifetime.TotalMilliseconds);
        return await opened.ExecuteAsync("DELETE FROM ban WHERE expires <> 0 AND expires <= $1", Now);
    });

    private static async Task<List<StoredBan>> ReadBansAsync(NpgsqlCommand command)
    {
        List<StoredBan> bans = [];
        await using (command)
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                bans.Add(new StoredBan(
                    reader.Key(0), Encoding.UTF8.GetString(reader.Bytes(1)), reader.GetInt64(2), reader.GetInt64(3)));
            }
        }

        return bans;
    }
}
