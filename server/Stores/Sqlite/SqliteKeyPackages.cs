using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>KeyPackages in SQLite.</summary>
internal sealed class SqliteKeyPackages(Database database, SqliteGroup group, StoreLimits limits) : IKeyPackageStore
{
    private readonly Statement _count =
        database.Prepare("SELECT count(*) FROM key_package WHERE owner = ? AND last_resort = 0");
    private readonly Statement _known =
        database.Prepare("SELECT last_resort FROM key_package WHERE owner = ? AND fingerprint = ?");
    private readonly Statement _replace =
        database.Prepare("DELETE FROM key_package WHERE owner = ? AND last_resort = 1");
    private readonly Statement _add = database.Prepare(
        "INSERT INTO key_package (owner, fingerprint, package, last_resort) VALUES (?, ?, ?, ?)");

    private readonly Statement _take = database.Prepare("""
        DELETE FROM key_package
        WHERE id = (SELECT id FROM key_package WHERE owner = ? AND last_resort =
            0 ORDER BY id LIMIT 1) RETURNING package
        """);

    private readonly Statement _lastResort =
        database.Prepare("SELECT package FROM key_package WHERE owner = ? AND last_resort = 1");

    /// <inheritdoc/>
    public Task<int?> AddAsync(
        IdentityKey owner, ReadOnlyMemory<byte> fingerprint, ReadOnlyMemory<byte> package, bool lastResort) =>
        group.RunAsync(() => Add(owner.ToArray(), fingerprint.Span, package.Span, lastResort));

    /// <inheritdoc/>
    public Task<(byte[] Package, bool LastResort)?> TakeAsync(IdentityKey owner) =>
        group.RunAsync(() => Take(owner.ToArray()));

    private int? Add(byte[] owner, ReadOnlySpan<byte> fingerprint, ReadOnlySpan<byte> package, bool lastResort)
    {
        int there = Count(owner);
        _known.Bind(1, owner).Bind(2, fingerprint);
        bool known = _known.Step();
        _known.Reset();
        if (known)
            return there;
        if (lastResort)
            _replace.Bind(1, owner).Run();
        else if (there >= limits.MaxKeyPackages)
            return null;
        _add.Bind(1, owner).Bind(2, fingerprint).Bind(3, package).Bind(4, lastResort ? 1 : 0).Run();
        return lastResort ? there : there + 1;
    }

    private (byte[] Package, bool LastResort)? Take(byte[] owner)
    {
        if (TryReadOne(_take.Bind(1, owner), out byte[] package))
            return (package, false);
        return TryReadOne(_lastResort.Bind(1, owner), out package) ? (package, true) : null;
    }

    private int Count(byte[] owner)
    {
        _count.Bind(1, owner);
        _ = _count.Step();
        int count = (int)_count.Long(0);
        _count.Reset();
        return count;
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
