using System.Text;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>Moderators in SQLite: for the writer, and for a command beside a server that may be running.</summary>
internal sealed class SqliteModerators(Database database)
{
    private readonly Statement _count = database.Prepare("SELECT count(*) FROM moderator");
    private readonly Statement _key = database.Prepare("SELECT identity FROM account WHERE username = ?");
    private readonly Statement _add = database.Prepare("INSERT OR IGNORE INTO moderator (identity) VALUES (?)");
    private readonly Statement _remove = database.Prepare(
        "DELETE FROM moderator WHERE identity = (SELECT identity FROM account WHERE username = ?)");
    private readonly Statement _list = database.Prepare("""
        SELECT a.username, a.identity FROM moderator m JOIN account a ON a.identity = m.identity ORDER BY a.username
        """);

    /// <summary>Does something with the database of a data directory.</summary>
    /// <exception cref="StoreException">There is no database of a server, or it cannot be written.</exception>
    internal static T With<T>(string directory, Func<SqliteModerators, T> work)
    {
        string path = Path.Combine(directory, SqliteServerStore.FileName);
        if (!File.Exists(path))
            throw new StoreException(StoreError.Io, $"{path} is not there; 'qpc-server run' makes it.");
        using Database opened = Database.Open(path);
        opened.Execute("PRAGMA synchronous = FULL");
        SqliteSchema.Prepare(opened, path);
        return work(new SqliteModerators(opened));
    }

    internal bool Add(string username, int most)
    {
        byte[] name = Encoding.UTF8.GetBytes(username);
        if (!_key.Bind(1, name).Step())
            return false;
        byte[] key = _key.Blob(0, IdentityKey.Size).ToArray();
        _key.Reset();
        _ = _count.Step();
        bool full = _count.Long(0) >= most;
        _count.Reset();
        if (full)
            throw new StoreException(StoreError.Full, $"There are {most} moderators already; remove one.");
        _add.Bind(1, key).Run();
        return true;
    }

    internal bool Remove(string username)
    {
        _remove.Bind(1, Encoding.UTF8.GetBytes(username)).Run();
        return database.Changes > 0;
    }

    internal IReadOnlyList<(string Username, IdentityKey Identity)> List()
    {
        List<(string, IdentityKey)> moderators = [];
        while (_list.Step())
        {
            _ = IdentityKey.TryRead(_list.Blob(1, IdentityKey.Size), out IdentityKey identity);
            moderators.Add((Encoding.UTF8.GetString(_list.Blob(0)), identity));
        }

        return moderators;
    }
}
