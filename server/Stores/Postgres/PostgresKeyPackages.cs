using Npgsql;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>KeyPackages in PostgreSQL.</summary>
internal sealed class PostgresKeyPackages(PostgresDatabase database, StoreLimits limits) : IKeyPackageStore
{
    private const string Insert =
        "INSERT INTO key_package (owner, device, fingerprint, package, last_resort) VALUES ($1, $2, $3, $4, $5)";

    // A device that is registered; or none, where none is.
    private const string IsLive = """
        SELECT 1 FROM account a WHERE a.identity = $1 AND CASE WHEN $2 = ''::bytea
            THEN NOT EXISTS (SELECT FROM device d WHERE d.account = a.id)
            ELSE EXISTS (SELECT FROM device d WHERE d.account = a.id AND d.device = $2) END
        """;

    // Whoever asks at the same time takes the next one instead of waiting.
    private const string TakeAny = """
        DELETE FROM key_package WHERE id = (SELECT id FROM key_package WHERE owner = $1
            AND NOT last_resort ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING package
        """;

    private const string TakeOfDevice = """
        DELETE FROM key_package WHERE id = (SELECT id FROM key_package WHERE owner = $1 AND device = $2
            AND NOT last_resort ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING package
        """;

    /// <inheritdoc/>
    public Task<(KeyPackageResult Result, int Available)> AddAsync(
        DeviceKeyPackage package, ReadOnlyMemory<byte> fingerprint) =>
        database.TransactAsync(opened => AddAsync(opened, package, fingerprint.ToArray()));

    /// <inheritdoc/>
    public Task<(byte[] Package, bool LastResort)?> TakeAsync(IdentityKey owner) =>
        database.RunAsync<(byte[] Package, bool LastResort)?>(async opened =>
        {
            byte[] key = owner.ToArray();
            if (await opened.ScalarAsync(TakeAny, key) is byte[] package)
                return (package, false);
            return await opened.ScalarAsync(
                "SELECT package FROM key_package WHERE owner = $1 AND last_resort ORDER BY id LIMIT 1", key)
                is byte[] last ? (last, true) : null;
        });

    /// <inheritdoc/>
    public Task<IReadOnlyList<DeviceKeyPackage>> TakeOfEachAsync(IdentityKey owner, Func<DeviceId, bool>? isMeant) =>
        database.RunAsync<IReadOnlyList<DeviceKeyPackage>>(async opened =>
        {
            List<DeviceKeyPackage> taken = [];
            List<byte[]> devices = [];
            await using (NpgsqlCommand command = opened.Command(
                "SELECT DISTINCT device FROM key_package WHERE owner = $1 ORDER BY device", owner.ToArray()))
            await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                    devices.Add(reader.Bytes(0));
            }

            foreach (byte[] device in devices)
            {
                _ = DeviceId.TryRead(device, out DeviceId id);
                if (isMeant?.Invoke(id) == false)
                    continue;
                if (await TakeAsync(opened, owner, device) is { } package)
                    taken.Add(package);
            }

            return taken;
        });

    private static async Task<DeviceKeyPackage?> TakeAsync(NpgsqlConnection opened, IdentityKey owner, byte[] device)
    {
        byte[] key = owner.ToArray();
        _ = DeviceId.TryRead(device, out DeviceId id);
        if (await opened.ScalarAsync(TakeOfDevice, key, device) is byte[] package)
            return new DeviceKeyPackage(owner, id, package, LastResort: false);
        return await opened.ScalarAsync(
            "SELECT package FROM key_package WHERE owner = $1 AND device = $2 AND last_resort", key, device)
            is byte[] last ? new DeviceKeyPackage(owner, id, last, LastResort: true) : null;
    }

    private async Task<(KeyPackageResult Result, int Available)> AddAsync(
        NpgsqlConnection opened, DeviceKeyPackage package, byte[] fingerprint)
    {
        byte[] owner = package.Owner.ToArray(), device = package.Device.ToArray();
        // One at a time for each owner, so that the bound is one, and a device that is revoked leaves none behind.
        if (await opened.ScalarAsync("SELECT 1 FROM account WHERE identity = $1 FOR NO KEY UPDATE", owner) is null
            || await opened.ScalarAsync(IsLive, owner, device) is null)
            return (KeyPackageResult.NoDevice, 0);
        int there = (int)(long)(await opened.ScalarAsync(
            "SELECT count(*) FROM key_package WHERE owner = $1 AND device = $2 AND NOT last_resort", owner, device))!;
        if (await opened.ScalarAsync(
            "SELECT 1 FROM key_package WHERE owner = $1 AND fingerprint = $2", owner, fingerprint) is not null)
            return (KeyPackageResult.Added, there);
        if (package.LastResort)
            await opened.ExecuteAsync(
                "DELETE FROM key_package WHERE owner = $1 AND device = $2 AND last_resort", owner, device);
        else if (there >= limits.MaxKeyPackages)
            return (KeyPackageResult.Full, there);
        await opened.ExecuteAsync(Insert, owner, device, fingerprint, package.Package.ToArray(), package.LastResort);
        return (KeyPackageResult.Added, package.LastResort ? there : there + 1);
    }
}
