using Npgsql;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>KeyPackages in PostgreSQL.</summary>
internal sealed class PostgresKeyPackages(PostgresDatabase database, StoreLimits limits) : IKeyPackageStore
{
    private const string Insert =
        "INSERT INTO key_package (owner, fingerprint, package, last_resort) VALUES ($1, $2, $3, $4)";

    // Whoever asks at the same time takes the next one instead of waiting.
    private const string Take = """
        DELETE FROM key_package WHERE id = (SELECT id FROM key_package WHERE owner = $1 AND NOT last_resort ORDER BY id
            LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING package
        """;

    /// <inheritdoc/>
    public Task<int?> AddAsync(
        IdentityKey owner, ReadOnlyMemory<byte> fingerprint, ReadOnlyMemory<byte> package, bool lastResort) =>
        database.TransactAsync(
            opened => AddAsync(opened, owner.ToArray(), fingerprint.ToArray(), package.ToArray(), lastResort));

    /// <inheritdoc/>
    public Task<(byte[] Package, bool LastResort)?> TakeAsync(IdentityKey owner) =>
        database.RunAsync<(byte[] Package, bool LastResort)?>(async opened =>
        {
            byte[] key = owner.ToArray();
            if (await opened.ScalarAsync(Take, key) is byte[] package)
                return (package, false);
            return await opened.ScalarAsync("SELECT package FROM key_package WHERE owner = $1 AND last_resort", key)
                is byte[] last ? (last, true) : null;
        });

    private async Task<int?> AddAsync(
        NpgsqlConnection opened, byte[] owner, byte[] fingerprint, byte[] package, bool lastResort)
    {
        // One at a time for each owner, so that the bound is one. An account that is gone has no place.
        if (await opened.ScalarAsync("SELECT 1 FROM account WHERE identity = $1 FOR NO KEY UPDATE", owner) is null)
            return null;
        int there = (int)(long)(await opened.ScalarAsync(
            "SELECT count(*) FROM key_package WHERE owner = $1 AND NOT last_resort", owner))!;
        if (await opened.ScalarAsync(
            "SELECT 1 FROM key_package WHERE owner = $1 AND fingerprint = $2", owner, fingerprint) is not null)
            return there;
        if (lastResort)
            await opened.ExecuteAsync("DELETE FROM key_package WHERE owner = $1 AND last_resort", owner);
        else if (there >= limits.MaxKeyPackages)
            return null;
        await opened.ExecuteAsync(Insert, owner, fingerprint, package, lastResort);
        return lastResort ? there : there + 1;
    }
}
