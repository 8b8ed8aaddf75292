using System.Text;
using Npgsql;
using QuicProChat.Mesh.Rpc.Transparency;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>The log of keys in PostgreSQL.</summary>
internal sealed class PostgresKeyLog(PostgresDatabase database) : IKeyLog
{
    private const string Schema = PostgresSchema.Name;

    /// <summary>Its tables, of version 3.</summary>
    internal const string Tables = $"""
        CREATE TABLE {Schema}.key_log (one boolean PRIMARY KEY CHECK (one), size bigint NOT NULL);
        INSERT INTO {Schema}.key_log VALUES (true, 0);
        CREATE TABLE {Schema}.key_leaf (
            position bigint PRIMARY KEY,
            name     bytea NOT NULL, -- a hash of the name
            counter  bigint NOT NULL,
            entry    bytea NOT NULL,
            UNIQUE (name, counter)
        );
        CREATE TABLE {Schema}.key_node ( -- hashes of whole subtrees
            level integer NOT NULL,
            idx   bigint NOT NULL,
            hash  bytea NOT NULL,
            PRIMARY KEY (level, idx)
        );
        """;

    private const string Nodes = """
        SELECT n.hash FROM unnest($1, $2) WITH ORDINALITY AS p (level, idx, n),
            LATERAL (SELECT hash FROM key_node k WHERE k.level = p.level AND k.idx = p.idx OFFSET 0) AS n
        ORDER BY p.n
        """;

    private const string Last = """
        SELECT a.identity, l.position, l.counter FROM account a JOIN key_leaf l ON l.name = $1
        WHERE a.username = $2 ORDER BY l.counter DESC LIMIT 1
        """;

    /// <summary>Appends an entry; within a transaction, as the last lock that it takes.</summary>
    /// <param name="opened">The connection.</param>
    /// <param name="username">The name.</param>
    /// <param name="key">Its key; empty where it has none from now on.</param>
    internal static async Task AppendAsync(NpgsqlConnection opened, string username, byte[] key)
    {
        // Whoever holds the row appends; the others wait for its commit.
        long position = (long)(await opened.ScalarAsync("UPDATE key_log SET size = size + 1 RETURNING size - 1"))!;
        byte[] name = KeyLeaf.NameOf(username);
        long counter = (long)(await opened.ScalarAsync(
            "SELECT coalesce(max(counter) + 1, 0) FROM key_leaf WHERE name = $1", name))!;
        KeyLeaf leaf = KeyLeaf.Of(username, key, (ulong)counter);
        byte[] hash = leaf.Hash();
        IReadOnlyList<TreePlace> needed = MerkleTree.Needed(
            nodes => _ = MerkleTree.Completed((ulong)position, hash, nodes).Count());
        Dictionary<TreePlace, byte[]> there = [];
        foreach ((TreePlace place, byte[] node) in needed.Zip(await ReadNodesAsync(opened, needed)))
            there[place] = node;
        await using NpgsqlBatch batch = new(opened);
        batch.With("INSERT INTO key_leaf (position, name, counter, entry) VALUES ($1, $2, $3, $4)",
            position, name, counter, leaf.ToBytes());
        foreach ((TreePlace place, byte[] node) in MerkleTree.Completed((ulong)position, hash, p => there[p])
            .Prepend((new TreePlace(0, (ulong)position), hash)))
        {
            batch.With("INSERT INTO key_node (level, idx, hash) VALUES ($1, $2, $3)", place.Level, (long)place.Index,
                node);
        }

        await batch.ExecuteNonQueryAsync();
    }

    /// <inheritdoc/>
    public Task<ulong> CountAsync() => database.RunAsync(
        async opened => (ulong)(long)(await opened.ScalarAsync("SELECT size FROM key_log"))!);

    /// <inheritdoc/>
    public Task<LoggedKey?> FindAsync(string username) => database.RunAsync(async opened =>
    {
        await using NpgsqlCommand command =
            opened.Command(Last, KeyLeaf.NameOf(username), Encoding.UTF8.GetBytes(username));
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync()
            ? new LoggedKey(reader.Key(0), (ulong)reader.GetInt64(1), (ulong)reader.GetInt64(2)) : null;
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<KeyLeaf>> ReadAsync(ulong from, int limit) =>
        database.RunAsync<IReadOnlyList<KeyLeaf>>(async opened =>
        {
            List<KeyLeaf> leaves = [];
            await using NpgsqlCommand command = opened.Command(
                "SELECT entry FROM key_leaf WHERE position >= $1 ORDER BY position LIMIT $2", (long)from, limit);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                leaves.Add(KeyLeaf.Read(reader.Bytes(0))!);
            return leaves;
        });

    /// <inheritdoc/>
    public Task<IReadOnlyList<byte[]>> ReadNodesAsync(IReadOnlyList<TreePlace> places) =>
        database.RunAsync<IReadOnlyList<byte[]>>(async opened => await ReadNodesAsync(opened, places));

    private static async Task<List<byte[]>> ReadNodesAsync(NpgsqlConnection opened, IReadOnlyList<TreePlace> places)
    {
        List<byte[]> hashes = [];
        if (places.Count == 0)
            return hashes;
        await using (NpgsqlCommand command = opened.Command(
            Nodes, places.Select(p => p.Level).ToArray(), places.Select(p => (long)p.Index).ToArray()))
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                hashes.Add(reader.Bytes(0));
        }

        return hashes.Count == places.Count ? hashes
            : throw new InvalidOperationException("The log of keys lacks nodes that it has written.");
    }
}
