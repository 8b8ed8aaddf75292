namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>Recovery bundles in PostgreSQL.</summary>
internal sealed class PostgresRecovery(PostgresDatabase database) : IRecoveryStore
{
    /// <summary>The tables. A version that was released never changes.</summary>
    internal const string Tables = $"""
        CREATE TABLE {PostgresSchema.Name}.recovery (
            owner  bytea PRIMARY KEY REFERENCES {PostgresSchema.Name}.account (identity) ON DELETE CASCADE,
            id     bytea NOT NULL UNIQUE, -- SHA-256
            bundle bytea NOT NULL
        );
        """;

    /// <inheritdoc/>
    public Task<RecoveryResult> PutAsync(IdentityKey owner, byte[] idHash, ReadOnlyMemory<byte> bundle) =>
        database.TransactAsync(async opened =>
        {
            byte[] key = owner.ToArray();
            if (await opened.ScalarAsync("SELECT 1 FROM account WHERE identity = $1 FOR NO KEY UPDATE", key) is null)
                return RecoveryResult.NoAccount;
            if (await opened.ScalarAsync("SELECT 1 FROM recovery WHERE id = $1 AND owner <> $2", idHash, key)
                is not null)
                return RecoveryResult.Conflict;
            await opened.ExecuteAsync("""
                INSERT INTO recovery (owner, id, bundle) VALUES ($1, $2, $3)
                ON CONFLICT (owner) DO UPDATE SET id = excluded.id, bundle = excluded.bundle
                """, key, idHash, bundle.ToArray());
            return RecoveryResult.Stored;
        });

    /// <inheritdoc/>
    public Task<byte[]?> FindAsync(byte[] idHash) => database.RunAsync(async opened =>
        await opened.ScalarAsync("SELECT bundle FROM recovery WHERE id = $1", idHash) as byte[]);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(IdentityKey owner) => database.RunAsync(async opened =>
        await opened.ExecuteAsync("DELETE FROM recovery WHERE owner = $1", owner.ToArray()) > 0);
}
