using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>Adds invitations from another process, beside a server that may be running.</summary>
internal static class SqliteInvites
{
    /// <summary>Adds one; it is on the disk when this returns.</summary>
    /// <exception cref="StoreException">There is no database of a server, or it cannot be written.</exception>
    internal static void Add(string directory, ReadOnlySpan<byte> inviteHash)
    {
        string path = Path.Combine(directory, SqliteServerStore.FileName);
        if (!File.Exists(path))
            throw new StoreException(StoreError.Io, $"{path} is not there; 'qpc-server run' makes it.");
        using Database database = Database.Open(path);
        database.Execute("PRAGMA synchronous = FULL");
        SqliteSchema.Prepare(database, path);
        using Statement add = database.PrepareOnce("INSERT OR IGNORE INTO invite (hash) VALUES (?)");
        add.Bind(1, inviteHash).Run();
    }
}
