using Npgsql;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>Push tokens in PostgreSQL.</summary>
internal sealed class PostgresPushTokens(PostgresDatabase database) : IPushTokenStore
{
    /// <summary>
    /// What <see cref="PostgresSchema"/> makes. A row without a device has an empty one, so that there is no foreign
    /// key to devices; a trigger does what one would.
    /// </summary>
    internal const string Tables = $"""
        CREATE TABLE {PostgresSchema.Name}.push_token (
            account bigint NOT NULL REFERENCES {PostgresSchema.Name}.account ON DELETE CASCADE,
            device  bytea NOT NULL, -- empty for none
            token   bytea NOT NULL,
            PRIMARY KEY (account, device)
        );
        CREATE FUNCTION {PostgresSchema.Name}.forget_push_token() RETURNS trigger LANGUAGE plpgsql AS
            $body$BEGIN
                DELETE FROM {PostgresSchema.Name}.push_token WHERE account = old.account AND device = old.device;
                RETURN NULL;
            END$body$;
        CREATE TRIGGER push_token_device AFTER DELETE ON {PostgresSchema.Name}.device
            FOR EACH ROW EXECUTE FUNCTION {PostgresSchema.Name}.forget_push_token();
        """;

    // A device that is removed at the same time is locked: whoever removes it waits, or is waited for.
    private const string Set = """
        WITH held AS (
            SELECT a.id FROM account a JOIN device d ON d.account = a.id
            WHERE a.identity = $1 AND d.device = $2 FOR KEY SHARE OF a, d
        ), nameless AS (
            SELECT id FROM account WHERE identity = $1 AND $2 = ''::bytea FOR KEY SHARE
        )
        INSERT INTO push_token (account, device, token)
        SELECT id, $2, $3 FROM (SELECT id FROM held UNION ALL SELECT id FROM nameless) AS owners
        ON CONFLICT (account, device) DO UPDATE SET token = excluded.token
        """;

    private const string Remove =
        "DELETE FROM push_token WHERE account = (SELECT id FROM account WHERE identity = $1) AND device = $2";

    private const string Waiting = """
        SELECT t.device, t.token FROM account a JOIN push_token t ON t.account = a.id
        WHERE a.identity = $1 AND EXISTS (SELECT FROM inbox i, LATERAL (SELECT 1 FROM message m
            WHERE m.inbox = i.id AND m.seq > coalesce(
                (SELECT p.acked FROM progress p WHERE p.inbox = i.id AND p.device = t.device), 0) LIMIT 1) AS first
            WHERE i.recipient = $1)
        """;

    /// <inheritdoc/>
    public Task<bool> SetAsync(IdentityKey identity, DeviceId device, PushToken? token) =>
        database.RunAsync(async opened =>
        {
            if (token is not null)
                return await opened.ExecuteAsync(Set, identity.ToArray(), device.ToArray(), token.ToArray()) > 0;
            await opened.ExecuteAsync(Remove, identity.ToArray(), device.ToArray());
            return true;
        });

    /// <inheritdoc/>
    public Task<IReadOnlyList<WaitingDevice>> ListWaitingAsync(IdentityKey identity) =>
        database.RunAsync<IReadOnlyList<WaitingDevice>>(async opened =>
        {
            List<WaitingDevice> waiting = [];
            await using NpgsqlCommand command = opened.Command(Waiting, identity.ToArray());
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                _ = DeviceId.TryRead(reader.Bytes(0), out DeviceId device);
                waiting.Add(new WaitingDevice(device, PushToken.Read(reader.Bytes(1))));
            }

            return waiting;
        });
}
