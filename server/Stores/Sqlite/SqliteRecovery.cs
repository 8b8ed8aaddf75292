using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>Recovery bundles in SQLite.</summary>
internal sealed class SqliteRecovery(Database database, SqliteGroup group) : IRecoveryStore
{
    /// <summary>The tables. A version that was released never changes.</summary>
    internal const string Tables = """
        CREATE TABLE recovery (
            owner  BLOB PRIMARY KEY,
            id     BLOB NOT NULL UNIQUE, -- SHA-256
            bundle BLOB NOT NULL
        );
        """;

    /// <summary>Takes what is there of an account (?1), with the rest of it.</summary>
    internal const string Erase = "DELETE FROM recovery WHERE owner = ?1";

    private readonly Statement _hasAccount = database.Prepare("SELECT 1 FROM account WHERE identity = ?");
    private readonly Statement _others = database.Prepare("SELECT 1 FROM recovery WHERE id = ? AND owner <> ?");
    private readonly Statement _put = database.Prepare("""
        INSERT INTO recovery (owner, id, bundle) VALUES (?, ?, ?)
        ON CONFLICT (owner) DO UPDATE SET id = excluded.id, bundle = excluded.bundle
        """);

    private readonly Statement _find = database.Prepare("SELECT bundle FROM recovery WHERE id = ?");
    private readonly Statement _delete = database.Prepare(Erase);

    /// <inheritdoc/>
    public Task<RecoveryResult> PutAsync(IdentityKey owner, byte[] idHash, ReadOnlyMemory<byte> bundle) =>
        group.RunAsync(() =>
        {
            byte[] key = owner.ToArray();
            if (!IsThere(_hasAccount.Bind(1, key)))
                return RecoveryResult.NoAccount;
            if (IsThere(_others.Bind(1, idHash).Bind(2, key)))
                return RecoveryResult.Conflict;
            _put.Bind(1, key).Bind(2, idHash).Bind(3, bundle.Span).Run();
            return RecoveryResult.Stored;
        });

    /// <inheritdoc/>
    public Task<byte[]?> FindAsync(byte[] idHash) => group.RunAsync(() =>
    {
        if (!_find.Bind(1, idHash).Step())
            return null;
        byte[] bundle = _find.Blob(0).ToArray();
        _find.Reset();
        return bundle;
    });

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(IdentityKey owner) => group.RunAsync(() =>
    {
        _delete.Bind(1, owner.ToArray()).Run();
        return database.Changes > 0;
    });

    private static bool IsThere(Statement statement)
    {
        bool isThere = statement.Step();
        if (isThere)
            statement.Reset();
        return isThere;
    }
}
