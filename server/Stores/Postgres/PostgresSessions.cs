using System.Text;
using Npgsql;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>Sessions and devices of accounts.</summary>
internal sealed class PostgresSessions(
    PostgresDatabase database, PostgresSignals signals, StoreLimits limits, TimeProvider time)
{
    private const string AccountOf = "(SELECT id FROM account WHERE identity = $1)";

    private const string Add = """
        INSERT INTO session (token, account, device, created, expires) SELECT $2, id, NULL, $3, $4 FROM account
        WHERE identity = $1
        """;

    // The oldest beyond the bound, and what has ended.
    private const string Trim = $"""
        DELETE FROM session WHERE account = {AccountOf} AND (expires <= $2 OR token IN
            (SELECT token FROM session WHERE account = {AccountOf} ORDER BY created DESC OFFSET $3))
        """;

    // A device that is removed at the same time is locked: whoever removes it waits, or is waited for.
    private const string Use = """
        WITH found AS (
            SELECT s.token, a.id, a.username, a.identity FROM session s JOIN account a ON a.id = s.account
            WHERE s.token = $1 AND s.expires > $2 AND (s.device IS NULL OR s.device = $3 OR s.device = ''::bytea)
        ), held AS (
            SELECT 1 FROM device d JOIN found f ON d.account = f.id WHERE d.device = $3 FOR KEY SHARE OF d
        )
        UPDATE session s SET device = $3, expires = $4 FROM found f
        WHERE s.token = f.token AND (s.device IS NULL OR s.device = $3 OR s.device = ''::bytea)
            AND ($3 = ''::bytea OR EXISTS (SELECT FROM held)) RETURNING f.username, f.identity
        """;

    private const string Register = """
        INSERT INTO device (account, device, name, registered)
        SELECT a.id, $2, $3, $4 FROM account a
        WHERE a.identity = $1 AND (SELECT count(*) FROM device d WHERE d.account = a.id) < $5
        ON CONFLICT DO NOTHING
        """;

    private const string EndProgress =
        "DELETE FROM progress WHERE device = $2 AND inbox IN (SELECT id FROM inbox WHERE recipient = $1)";

    private const string EndKeyPackages = "DELETE FROM key_package WHERE owner = $1 AND device = $2";

    // What is done to the devices of an account, and with the KeyPackages of one, is done one after the other.
    private const string LockAccount = "SELECT 1 FROM account WHERE identity = $1 FOR NO KEY UPDATE";

    private const string AreThere = """
        SELECT EXISTS (SELECT FROM account a WHERE a.identity = w.identity AND CASE w.device
            WHEN ''::bytea THEN NOT EXISTS (SELECT FROM device d WHERE d.account = a.id)
            ELSE EXISTS (SELECT FROM device d WHERE d.account = a.id AND d.device = w.device) END)
        FROM unnest($1::bytea[], $2::bytea[]) WITH ORDINALITY AS w (identity, device, place) ORDER BY w.place
        """;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    internal Task<int> AddAsync(byte[] tokenHash, byte[] identity, long lifetimeMs) => database.RunAsync(async opened =>
    {
        long now = Now;
        await using NpgsqlBatch batch = new(opened);
        return await batch.With(Add, identity, tokenHash, now, now + lifetimeMs)
            .With(Trim, identity, now, limits.MaxSessions).ExecuteNonQueryAsync();
    });

    internal Task<StoredSession?> UseAsync(byte[] tokenHash, DeviceId device, long lifetimeMs) =>
        database.RunAsync(async opened =>
        {
            long now = Now;
            await using NpgsqlCommand command =
                opened.Command(Use, tokenHash, now, device.ToArray(), now + lifetimeMs);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            return await reader.ReadAsync()
                ? new StoredSession(Encoding.UTF8.GetString(reader.Bytes(0)), reader.Key(1), device)
                : null;
        });

    internal Task<bool> AddDeviceAsync(byte[] identity, DeviceId device, string name) =>
        database.RunAsync(async opened =>
        {
            byte[] id = device.ToArray(), text = Encoding.UTF8.GetBytes(name);
            // One at a time for each account, so that the bound is one.
            await using NpgsqlBatch batch = new(opened);
            batch.With(LockAccount, identity)
                .With($"UPDATE device SET name = $3 WHERE account = {AccountOf} AND device = $2", identity, id, text)
                .With(Register, identity, id, text, Now, limits.MaxDevices)
                .With($"{EndKeyPackages} AND EXISTS (SELECT FROM device WHERE account = {AccountOf})",
                    identity, (object)Array.Empty<byte>())
                .With($"""
                    DELETE FROM push_token WHERE account = {AccountOf} AND device = ''
                        AND EXISTS (SELECT FROM device WHERE account = {AccountOf})
                    """, identity);
            await batch.ExecuteNonQueryAsync();
            return batch.BatchCommands[1].RecordsAffected + batch.BatchCommands[2].RecordsAffected > 0;
        });

    internal Task<IReadOnlyList<StoredDevice>> ListDevicesAsync(byte[] identity) =>
        database.RunAsync<IReadOnlyList<StoredDevice>>(async opened =>
        {
            List<StoredDevice> devices = [];
            await using NpgsqlCommand command = opened.Command(
                $"SELECT device, name, registered FROM device WHERE account = {AccountOf} ORDER BY registered, device",
                identity);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                _ = DeviceId.TryRead(reader.Bytes(0), out DeviceId id);
                devices.Add(new StoredDevice(id, Encoding.UTF8.GetString(reader.Bytes(1)), reader.GetInt64(2)));
            }

            return devices;
        });

    internal Task<bool> RemoveDeviceAsync(IdentityKey identity, DeviceId device) => database.RunAsync(async opened =>
    {
        byte[] key = identity.ToArray(), id = device.ToArray();
        // The device first: a session that is being bound to it is waited for, and then ended.
        await using NpgsqlBatch batch = new(opened);
        batch.With(LockAccount, key)
            .With($"DELETE FROM device WHERE account = {AccountOf} AND device = $2", key, id)
            .With($"DELETE FROM session WHERE account = {AccountOf} AND device = $2", key, id)
            .With(EndProgress, key, id)
            .With(EndKeyPackages, key, id)
            .With(PostgresSignals.Notify, signals.Ended(identity, device));
        await batch.ExecuteNonQueryAsync();
        return batch.BatchCommands[1].RecordsAffected > 0;
    });

    internal Task<IReadOnlyList<bool>> AreThereAsync(IReadOnlyList<(IdentityKey Identity, DeviceId Device)> asked) =>
        database.RunAsync<IReadOnlyList<bool>>(async opened =>
        {
            List<bool> there = [];
            await using NpgsqlCommand command = opened.Command(
                AreThere, asked.Select(a => a.Identity.ToArray()).ToArray(),
                asked.Select(a => a.Device.ToArray()).ToArray());
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                there.Add(reader.GetBoolean(0));
            return there;
        });
}
