using System.Text;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>Accounts, sessions, devices and invitations in SQLite.</summary>
internal sealed class SqliteAccounts : IAccountStore
{
    // Everything of an account, in one transaction. A channel with it ends for both; ids of messages in other inboxes
    // stay.
    private static readonly string[] Erasing =
    [
        "DELETE FROM message WHERE inbox IN (SELECT id FROM inbox WHERE recipient = ?1 OR channel IN (SELECT id FROM "
            + "channel WHERE first = ?1 OR second = ?1))",
        "DELETE FROM progress WHERE inbox IN (SELECT id FROM inbox WHERE recipient = ?1 OR channel IN (SELECT id FROM "
            + "channel WHERE first = ?1 OR second = ?1))",
        "DELETE FROM inbox WHERE recipient = ?1 OR channel IN (SELECT id FROM channel WHERE first = ?1 OR second = ?1)",
        "DELETE FROM channel WHERE first = ?1 OR second = ?1",
        "DELETE FROM key_package WHERE owner = ?1",
        "DELETE FROM group_member WHERE identity = ?1",
        SqliteRecovery.Erase,
        "DELETE FROM session WHERE account = (SELECT id FROM account WHERE identity = ?1)",
        "DELETE FROM device WHERE account = (SELECT id FROM account WHERE identity = ?1)",
        "DELETE FROM moderator WHERE identity = ?1",
        "DELETE FROM report WHERE reporter = ?1",
        "DELETE FROM account WHERE identity = ?1",
        .. SqliteCommitOrder.Erase,
    ];

    private readonly Database _database;
    private readonly SqliteGroup _group;
    private readonly StoreLimits _limits;
    private readonly TimeProvider _time;
    private readonly Action _forgetInboxes;
    private readonly SqliteBlobs _blobs;
    private readonly Statement _byName, _byKey, _taken, _count, _useInvite, _addInvite, _insert;
    private readonly Statement[] _erase;
    private readonly SqliteSessions _sessions;
    private readonly SqliteKeyLog _log;

    internal SqliteAccounts(
        Database database, SqliteGroup group, SqliteKeyLog log, StoreLimits limits, TimeProvider time,
        Action forgetInboxes, SqliteBlobs blobs)
    {
        _log = log;
        _database = database;
        _group = group;
        _limits = limits;
        _time = time;
        _forgetInboxes = forgetInboxes;
        _blobs = blobs;
        _sessions = new SqliteSessions(database, limits, time);
        _byName = database.Prepare("SELECT username, identity, record FROM account WHERE username = ?");
        _byKey = database.Prepare("SELECT username, identity, record FROM account WHERE identity = ?");
        _taken = database.Prepare("SELECT 1 FROM account WHERE username = ? OR identity = ?");
        _count = database.Prepare("SELECT count(*) FROM account");
        _useInvite = database.Prepare("DELETE FROM invite WHERE hash = ?");
        _addInvite = database.Prepare("INSERT OR IGNORE INTO invite (hash) VALUES (?)");
        _insert = database.Prepare("INSERT INTO account (username, identity, record, created) VALUES (?, ?, ?, ?)");
        _erase = [.. Erasing.Select(database.Prepare)];
    }

    /// <inheritdoc/>
    public Task<RegisterResult> RegisterAsync(StoredAccount account, byte[]? inviteHash) =>
        _group.RunAsync(() => Register(account, inviteHash));

    /// <inheritdoc/>
    public Task<StoredAccount?> FindAsync(string username) =>
        _group.RunAsync(() => Read(_byName.Bind(1, Encoding.UTF8.GetBytes(username))));

    /// <inheritdoc/>
    public Task<StoredAccount?> FindAsync(IdentityKey identity) =>
        _group.RunAsync(() => Read(_byKey.Bind(1, identity.ToArray())));

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(IdentityKey identity)
    {
        (bool isDeleted, List<BlobId> blobs) = await _group.RunAsync(() =>
        {
            _forgetInboxes();
            byte[] key = identity.ToArray();
            if (Read(_byKey.Bind(1, key)) is not { } account)
                return (false, []);
            List<BlobId> taken = _blobs.TakeOf(key);
            foreach (Statement statement in _erase)
                statement.Bind(1, key).Run();
            _log.Append(account.Username, []);
            return (true, taken);
        });
        await _blobs.DeleteAsync(blobs);
        return isDeleted;
    }

    /// <inheritdoc/>
    public Task AddSessionAsync(ReadOnlyMemory<byte> tokenHash, IdentityKey identity, long lifetimeMs) =>
        _group.RunAsync(() => _sessions.Add(tokenHash.Span, identity, lifetimeMs));

    /// <inheritdoc/>
    public Task<StoredSession?> UseSessionAsync(ReadOnlyMemory<byte> tokenHash, DeviceId device, long lifetimeMs) =>
        _group.RunAsync(() => _sessions.Use(tokenHash.Span, device, lifetimeMs));

    /// <inheritdoc/>
    public Task<bool> AddDeviceAsync(IdentityKey identity, DeviceId device, string name) =>
        _group.RunAsync(() => _sessions.AddDevice(identity, device, name));

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredDevice>> ListDevicesAsync(IdentityKey identity) =>
        _group.RunAsync(() => _sessions.ListDevices(identity));

    /// <inheritdoc/>
    public Task<bool> RemoveDeviceAsync(IdentityKey identity, DeviceId device) =>
        _group.RunAsync(() => _sessions.RemoveDevice(identity, device));

    /// <inheritdoc/>
    public Task<IReadOnlyList<bool>> AreThereAsync(IReadOnlyList<(IdentityKey Identity, DeviceId Device)> asked) =>
        _group.RunAsync<IReadOnlyList<bool>>(() => [.. asked.Select(a => IsThere(a.Identity, a.Device))]);

    /// <inheritdoc/>
    public Task AddInviteAsync(ReadOnlyMemory<byte> inviteHash) => _group.RunAsync(() =>
    {
        _addInvite.Bind(1, inviteHash.Span).Run();
        return true;
    });

    private RegisterResult Register(StoredAccount account, byte[]? inviteHash)
    {
        byte[] name = Encoding.UTF8.GetBytes(account.Username), key = account.Identity.ToArray();
        bool taken = _taken.Bind(1, name).Bind(2, key).Step();
        _taken.Reset();
        if (taken)
            return RegisterResult.Taken;
        _ = _count.Step();
        bool full = _count.Long(0) >= _limits.MaxAccounts;
        _count.Reset();
        if (full)
            return RegisterResult.Full;
        if (inviteHash is not null)
        {
            _useInvite.Bind(1, inviteHash).Run();
            if (_database.Changes == 0)
                return RegisterResult.NotInvited;
        }

        _insert.Bind(1, name).Bind(2, key).Bind(3, account.Record)
            .Bind(4, _time.GetUtcNow().ToUnixTimeMilliseconds()).Run();
        _log.Append(account.Username, key);
        return RegisterResult.Registered;
    }

    private bool IsThere(IdentityKey identity, DeviceId device) => device == default
        ? Read(_byKey.Bind(1, identity.ToArray())) is not null && _sessions.ListDevices(identity).Count == 0
        : _sessions.ListDevices(identity).Any(d => d.Id == device);

    private static StoredAccount? Read(Statement statement)
    {
        if (!statement.Step())
            return null;
        _ = IdentityKey.TryRead(statement.Blob(1, IdentityKey.Size), out IdentityKey identity);
        StoredAccount account = new(Encoding.UTF8.GetString(statement.Blob(0)), identity, statement.Blob(2).ToArray());
        statement.Reset();
        return account;
    }
}
