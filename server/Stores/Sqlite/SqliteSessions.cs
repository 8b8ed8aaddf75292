using System.Text;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>Sessions and devices of accounts, on the writer's thread.</summary>
internal sealed class SqliteSessions(Database database, StoreLimits limits, TimeProvider time)
{
    private readonly Statement _add = database.Prepare("""
        INSERT INTO session (token, account, device, created, expires) SELECT ?, id, NULL, ?,
            ? FROM account WHERE identity = ?
        """);

    // The oldest beyond the bound, and what has ended.
    private readonly Statement _trim = database.Prepare("""
        DELETE FROM session WHERE account = (SELECT id FROM account WHERE identity = ?1) AND (expires <= ?2 OR token IN
            (SELECT token FROM session WHERE account = (SELECT id FROM account WHERE identity = ?1)
             ORDER BY created DESC LIMIT -1 OFFSET ?3))
        """);

    private readonly Statement _find = database.Prepare("""
        SELECT a.username, a.identity, s.device, a.id FROM session s JOIN account a ON a.id = s.account
        WHERE s.token = ? AND s.expires > ?
        """);

    private readonly Statement _bind = database.Prepare("UPDATE session SET device = ?, expires = ? WHERE token = ?");
    private readonly Statement _isDevice = database.Prepare("SELECT 1 FROM device WHERE account = ? AND device = ?");
    private readonly Statement _rename = database.Prepare("""
        UPDATE device SET name = ? WHERE account = (SELECT id FROM account WHERE identity = ?) AND device = ?
        """);

    private readonly Statement _register = database.Prepare("""
        INSERT INTO device (account, device, name, registered)
        SELECT id, ?, ?, ? FROM account WHERE identity = ? AND (SELECT count(*) FROM device WHERE account =
            account.id) < ?
        """);

    private readonly Statement _devices = database.Prepare("""
        SELECT device, name, registered FROM device WHERE account = (SELECT id FROM account WHERE identity = ?)
        ORDER BY registered, device
        """);

    private readonly Statement _remove = database.Prepare(
        "DELETE FROM device WHERE account = (SELECT id FROM account WHERE identity = ?) AND device = ?");

    private readonly Statement _endSessions = database.Prepare(
        "DELETE FROM session WHERE account = (SELECT id FROM account WHERE identity = ?) AND device = ?");

    private readonly Statement _endProgress = database.Prepare(
        "DELETE FROM progress WHERE device = ?2 AND inbox IN (SELECT id FROM inbox WHERE recipient = ?1)");

    private readonly Statement _endPushToken = database.Prepare(
        "DELETE FROM push_token WHERE account = (SELECT id FROM account WHERE identity = ?1) AND device = x''");

    private readonly Statement _endKeyPackages =
        database.Prepare("DELETE FROM key_package WHERE owner = ? AND device = ?");

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    internal bool Add(ReadOnlySpan<byte> tokenHash, IdentityKey identity, long lifetimeMs)
    {
        byte[] key = identity.ToArray();
        long now = Now;
        _add.Bind(1, tokenHash).Bind(2, now).Bind(3, now + lifetimeMs).Bind(4, key).Run();
        _trim.Bind(1, key).Bind(2, now).Bind(3, limits.MaxSessions).Run();
        return true;
    }

    internal StoredSession? Use(ReadOnlySpan<byte> tokenHash, DeviceId device, long lifetimeMs)
    {
        long now = Now;
        _find.Bind(1, tokenHash).Bind(2, now);
        if (!_find.Step())
            return null;
        string username = Encoding.UTF8.GetString(_find.Blob(0));
        _ = IdentityKey.TryRead(_find.Blob(1, IdentityKey.Size), out IdentityKey identity);
        byte[] wanted = device.ToArray();
        bool fits = _find.IsNull(2) || _find.Blob(2).SequenceEqual(wanted) || _find.Blob(2).IsEmpty;
        long account = _find.Long(3);
        _find.Reset();
        if (!fits || (wanted.Length > 0 && !IsDevice(account, wanted)))
            return null;
        _bind.Bind(1, wanted).Bind(2, now + lifetimeMs).Bind(3, tokenHash).Run();
        return new StoredSession(username, identity, device);
    }

    internal bool AddDevice(IdentityKey identity, DeviceId device, string name)
    {
        byte[] key = identity.ToArray(), id = device.ToArray(), text = Encoding.UTF8.GetBytes(name);
        _rename.Bind(1, text).Bind(2, key).Bind(3, id).Run();
        if (database.Changes > 0)
            return true;
        _register.Bind(1, id).Bind(2, text).Bind(3, Now).Bind(4, key).Bind(5, limits.MaxDevices).Run();
        if (database.Changes == 0)
            return false;
        // What began without a device may be of whoever has the password.
        _endKeyPackages.Bind(1, key).Bind(2, []).Run();
        _endPushToken.Bind(1, key).Run();
        return true;
    }

    internal IReadOnlyList<StoredDevice> ListDevices(IdentityKey identity)
    {
        List<StoredDevice> devices = [];
        _devices.Bind(1, identity.ToArray());
        while (_devices.Step())
        {
            _ = DeviceId.TryRead(_devices.Blob(0), out DeviceId id);
            devices.Add(new StoredDevice(id, Encoding.UTF8.GetString(_devices.Blob(1)), _devices.Long(2)));
        }

        return devices;
    }

    internal bool RemoveDevice(IdentityKey identity, DeviceId device)
    {
        byte[] key = identity.ToArray(), id = device.ToArray();
        _endSessions.Bind(1, key).Bind(2, id).Run();
        _endProgress.Bind(1, key).Bind(2, id).Run();
        _endKeyPackages.Bind(1, key).Bind(2, id).Run();
        _remove.Bind(1, key).Bind(2, id).Run();
        return database.Changes > 0;
    }

    private bool IsDevice(long account, byte[] device)
    {
        bool there = _isDevice.Bind(1, account).Bind(2, device).Step();
        _isDevice.Reset();
        return there;
    }
}
