using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>KeyPackages in SQLite.</summary>
internal sealed class SqliteKeyPackages(Database database, SqliteGroup group, StoreLimits limits) : IKeyPackageStore
{
    private readonly Statement _count =
        database.Prepare("SELECT count(*) FROM key_package WHERE owner = ? AND device = ? AND last_resort = 0");
    private readonly Statement _known =
        database.Prepare("SELECT last_resort FROM key_package WHERE owner = ? AND fingerprint = ?");
    private readonly Statement _replace =
        database.Prepare("DELETE FROM key_package WHERE owner = ? AND device = ? AND last_resort = 1");
    private readonly Statement _add = database.Prepare(
        "INSERT INTO key_package (owner, device, fingerprint, package, last_resort) VALUES (?, ?, ?, ?, ?)");

    // A device that is registered; or none, where none is.
    private readonly Statement _isLive = database.Prepare("""
        SELECT 1 FROM account a WHERE a.identity = ?1 AND CASE WHEN ?2 = x''
            THEN NOT EXISTS (SELECT 1 FROM device d WHERE d.account = a.id)
            ELSE EXISTS (SELECT 1 FROM device d WHERE d.account = a.id AND d.device = ?2) END
        """);

    private readonly Statement _devices =
        database.Prepare("SELECT DISTINCT device FROM key_package WHERE owner = ? ORDER BY device");

    private readonly Statement _next = database.Prepare(
        "SELECT device FROM key_package WHERE owner = ? ORDER BY last_resort, id LIMIT 1");

    private readonly Statement _take = database.Prepare("""
        DELETE FROM key_package WHERE id = (SELECT id FROM key_package WHERE owner = ? AND device = ? AND
            last_resort = 0 ORDER BY id LIMIT 1) RETURNING package
        """);

    private readonly Statement _lastResort =
        database.Prepare("SELECT package FROM key_package WHERE owner = ? AND device = ? AND last_resort = 1");

    /// <inheritdoc/>
    public Task<(KeyPackageResult Result, int Available)> AddAsync(
        DeviceKeyPackage package, ReadOnlyMemory<byte> fingerprint) =>
        group.RunAsync(() => Add(package, fingerprint.Span));

    /// <inheritdoc/>
    public Task<(byte[] Package, bool LastResort)?> TakeAsync(IdentityKey owner) =>
        group.RunAsync<(byte[] Package, bool LastResort)?>(() =>
        {
            bool isAny = _next.Bind(1, owner.ToArray()).Step();
            DeviceId device = isAny ? ReadDevice(_next) : default;
            _next.Reset();
            return isAny && Take(owner, device) is { } taken ? (taken.Package.ToArray(), taken.LastResort) : null;
        });

    /// <inheritdoc/>
    public Task<IReadOnlyList<DeviceKeyPackage>> TakeOfEachAsync(IdentityKey owner, Func<DeviceId, bool>? isMeant) =>
        group.RunAsync<IReadOnlyList<DeviceKeyPackage>>(() =>
        {
            List<DeviceId> devices = [];
            _devices.Bind(1, owner.ToArray());
            while (_devices.Step())
                devices.Add(ReadDevice(_devices));
            return [.. devices.Where(isMeant ?? (static _ => true)).Select(d => Take(owner, d))
                .OfType<DeviceKeyPackage>()];
        });

    private (KeyPackageResult Result, int Available) Add(DeviceKeyPackage package, ReadOnlySpan<byte> fingerprint)
    {
        byte[] owner = package.Owner.ToArray(), device = package.Device.ToArray();
        if (!IsAny(_isLive.Bind(1, owner).Bind(2, device)))
            return (KeyPackageResult.NoDevice, 0);
        int there = Count(owner, device);
        if (IsAny(_known.Bind(1, owner).Bind(2, fingerprint)))
            return (KeyPackageResult.Added, there);
        if (package.LastResort)
            _replace.Bind(1, owner).Bind(2, device).Run();
        else if (there >= limits.MaxKeyPackages)
            return (KeyPackageResult.Full, there);
        _add.Bind(1, owner).Bind(2, device).Bind(3, fingerprint).Bind(4, package.Package.Span)
            .Bind(5, package.LastResort ? 1 : 0).Run();
        return (KeyPackageResult.Added, package.LastResort ? there : there + 1);
    }

    private DeviceKeyPackage? Take(IdentityKey owner, DeviceId device)
    {
        byte[] key = owner.ToArray(), id = device.ToArray();
        if (TryReadOne(_take.Bind(1, key).Bind(2, id), out byte[] package))
            return new DeviceKeyPackage(owner, device, package, LastResort: false);
        return TryReadOne(_lastResort.Bind(1, key).Bind(2, id), out package)
            ? new DeviceKeyPackage(owner, device, package, LastResort: true) : null;
    }

    private int Count(byte[] owner, byte[] device)
    {
        _count.Bind(1, owner).Bind(2, device);
        _ = _count.Step();
        int count = (int)_count.Long(0);
        _count.Reset();
        return count;
    }

    private static DeviceId ReadDevice(Statement statement)
    {
        _ = DeviceId.TryRead(statement.Blob(0), out DeviceId device);
        return device;
    }

    private static bool IsAny(Statement statement)
    {
        bool there = statement.Step();
        statement.Reset();
        return there;
    }

    private static bool TryReadOne(Statement statement, out byte[] blob)
    {
        bool there = statement.Step();
        blob = there ? statement.Blob(0).ToArray() : [];
        if (there)
            statement.Reset();
        return there;
    }
}
