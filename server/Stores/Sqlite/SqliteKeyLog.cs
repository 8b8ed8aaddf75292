using System.Text;
using QuicProChat.Mesh.Rpc.Transparency;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>The log of keys in SQLite, on the writer's thread.</summary>
internal sealed class SqliteKeyLog(Database database)
{
    /// <summary>Its tables, of version 3.</summary>
    internal const string Tables = """
        CREATE TABLE key_leaf (
            position INTEGER PRIMARY KEY,
            name     BLOB NOT NULL, -- a hash of the name
            counter  INTEGER NOT NULL,
            entry    BLOB NOT NULL
        );
        CREATE UNIQUE INDEX key_leaf_name ON key_leaf (name, counter);
        CREATE TABLE key_node ( -- hashes of whole subtrees
            level INTEGER NOT NULL,
            idx   INTEGER NOT NULL,
            hash  BLOB NOT NULL,
            PRIMARY KEY (level, idx)
        ) WITHOUT ROWID;
        """;

    private readonly Statement _count = database.Prepare("SELECT coalesce(max(position) + 1, 0) FROM key_leaf");
    private readonly Statement _counter =
        database.Prepare("SELECT coalesce(max(counter) + 1, 0) FROM key_leaf WHERE name = ?");
    private readonly Statement _addLeaf =
        database.Prepare("INSERT INTO key_leaf (position, name, counter, entry) VALUES (?, ?, ?, ?)");
    private readonly Statement _addNode = database.Prepare("INSERT INTO key_node (level, idx, hash) VALUES (?, ?, ?)");
    private readonly Statement _node = database.Prepare("SELECT hash FROM key_node WHERE level = ? AND idx = ?");
    private readonly Statement _leaves =
        database.Prepare("SELECT entry FROM key_leaf WHERE position >= ? ORDER BY position LIMIT ?");
    private readonly Statement _find = database.Prepare("""
        SELECT a.identity, l.position, l.counter FROM account a JOIN key_leaf l ON l.name = ?
        WHERE a.username = ? ORDER BY l.counter DESC LIMIT 1
        """);

    /// <summary>Appends an entry; within a transaction.</summary>
    /// <param name="username">The name.</param>
    /// <param name="key">Its key; empty where it has none from now on.</param>
    internal void Append(string username, ReadOnlySpan<byte> key)
    {
        long position = One(_count);
        long counter = One(_counter.Bind(1, KeyLeaf.NameOf(username)));
        KeyLeaf leaf = KeyLeaf.Of(username, key, (ulong)counter);
        _addLeaf.Bind(1, position).Bind(2, leaf.Name).Bind(3, counter).Bind(4, leaf.ToBytes()).Run();
        byte[] hash = leaf.Hash();
        AddNode(new TreePlace(0, (ulong)position), hash);
        foreach ((TreePlace place, byte[] node) in MerkleTree.Completed((ulong)position, hash, Node))
            AddNode(place, node);
    }

    internal ulong Count() => (ulong)One(_count);

    internal LoggedKey? Find(string username)
    {
        if (!_find.Bind(1, KeyLeaf.NameOf(username)).Bind(2, Encoding.UTF8.GetBytes(username)).Step())
            return null;
        _ = IdentityKey.TryRead(_find.Blob(0, IdentityKey.Size), out IdentityKey identity);
        LoggedKey found = new(identity, (ulong)_find.Long(1), (ulong)_find.Long(2));
        _find.Reset();
        return found;
    }

    internal List<KeyLeaf> Read(ulong from, int limit)
    {
        List<KeyLeaf> leaves = [];
        _leaves.Bind(1, (long)from).Bind(2, limit);
        while (_leaves.Step())
            leaves.Add(KeyLeaf.Read(_leaves.Blob(0, KeyLeaf.Size))!);
        return leaves;
    }

    internal byte[] Node(TreePlace place)
    {
        if (!_node.Bind(1, place.Level).Bind(2, (long)place.Index).Step())
            throw new InvalidOperationException($"The log of keys has no node {place}.");
        byte[] hash = _node.Blob(0, MerkleTree.HashSize).ToArray();
        _node.Reset();
        return hash;
    }

    private void AddNode(TreePlace place, byte[] hash) =>
        _addNode.Bind(1, place.Level).Bind(2, (long)place.Index).Bind(3, hash).Run();

    private static long One(Statement statement)
    {
        _ = statement.Step();
        long value = statement.Long(0);
        statement.Reset();
        return value;
    }
}

/// <summary>The log of keys, for any thread.</summary>
internal sealed class SqliteKeyLogReader(SqliteKeyLog log, SqliteGroup group) : IKeyLog
{
    /// <inheritdoc/>
    public Task<ulong> CountAsync() => group.RunAsync(log.Count);

    /// <inheritdoc/>
    public Task<LoggedKey?> FindAsync(string username) => group.RunAsync(() => log.Find(username));

    /// <inheritdoc/>
    public Task<IReadOnlyList<KeyLeaf>> ReadAsync(ulong from, int limit) =>
        group.RunAsync<IReadOnlyList<KeyLeaf>>(() => log.Read(from, limit));

    /// <inheritdoc/>
    public Task<IReadOnlyList<byte[]>> ReadNodesAsync(IReadOnlyList<TreePlace> places) =>
        group.RunAsync<IReadOnlyList<byte[]>>(() => [.. places.Select(log.Node)]);
}
