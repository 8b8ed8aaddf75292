using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>Push tokens in SQLite.</summary>
internal sealed class SqlitePushTokens : IPushTokenStore
{
    /// <summary>What <see cref="SqliteSchema"/> makes. A token goes with its account and its device.</summary>
    internal const string Tables = """
        CREATE TABLE push_token (
            account INTEGER NOT NULL,
            device  BLOB NOT NULL, -- empty for none
            token   BLOB NOT NULL,
            PRIMARY KEY (account, device)
        ) WITHOUT ROWID;
        CREATE TRIGGER push_token_account AFTER DELETE ON account
            BEGIN DELETE FROM push_token WHERE account = old.id; END;
        CREATE TRIGGER push_token_device AFTER DELETE ON device
            BEGIN DELETE FROM push_token WHERE account = old.account AND device = old.device; END;
        """;

    private readonly Database _database;
    private readonly SqliteGroup _group;
    private readonly Statement _set, _remove, _waiting;

    internal SqlitePushTokens(Database database, SqliteGroup group)
    {
        _database = database;
        _group = group;
        _set = database.Prepare("""
            INSERT OR REPLACE INTO push_token (account, device, token)
            SELECT id, ?2, ?3 FROM account WHERE identity = ?1
                AND (?2 = x'' OR EXISTS (SELECT 1 FROM device d WHERE d.account = account.id AND d.device = ?2))
            """);
        _remove = database.Prepare(
            "DELETE FROM push_token WHERE account = (SELECT id FROM account WHERE identity = ?1) AND device = ?2");
        _waiting = database.Prepare("""
            SELECT t.device, t.token FROM account a JOIN push_token t ON t.account = a.id
            WHERE a.identity = ?1 AND EXISTS (SELECT 1 FROM inbox i JOIN message m ON m.inbox = i.id AND m.live = 1
                WHERE i.recipient = ?1 AND m.seq > coalesce(
                    (SELECT p.acked FROM progress p WHERE p.inbox = i.id AND p.device = t.device), 0))
            """);
    }

    /// <inheritdoc/>
    public Task<bool> SetAsync(IdentityKey identity, DeviceId device, PushToken? token) => _group.RunAsync(() =>
    {
        byte[] key = identity.ToArray(), id = device.ToArray();
        if (token is null)
        {
            _remove.Bind(1, key).Bind(2, id).Run();
            return true;
        }

        _set.Bind(1, key).Bind(2, id).Bind(3, token.ToArray()).Run();
        return _database.Changes > 0;
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<WaitingDevice>> ListWaitingAsync(IdentityKey identity) =>
        _group.RunAsync<IReadOnlyList<WaitingDevice>>(() =>
        {
            List<WaitingDevice> waiting = [];
            _waiting.Bind(1, identity.ToArray());
            while (_waiting.Step())
            {
                _ = DeviceId.TryRead(_waiting.Blob(0), out DeviceId device);
                waiting.Add(new WaitingDevice(device, PushToken.Read(_waiting.Blob(1))));
            }

            return waiting;
        });
}
