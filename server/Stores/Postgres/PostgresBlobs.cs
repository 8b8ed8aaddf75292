using System.Security.Cryptography;
using Npgsql;
using QuicProChat.Mesh.Rpc;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>
/// Blobs in PostgreSQL, their bytes too: processes share no disk. Each chunk is a row. A chunk, and what says that it
/// is there, are one transaction, which has locked the blob's row.
/// </summary>
internal sealed class PostgresBlobs(PostgresDatabase database, BlobLimits limits, TimeProvider time) : IBlobStore
{
    /// <summary>The tables. A version that was released never changes.</summary>
    internal const string Tables = $"""
        CREATE TABLE {PostgresSchema.Name}.blob (
            id       bytea PRIMARY KEY,
            owner    bytea NOT NULL REFERENCES {PostgresSchema.Name}.account (identity) ON DELETE CASCADE,
            hash     bytea NOT NULL, -- SHA-256 of all of it
            size     bigint NOT NULL,
            received bigint NOT NULL, -- bytes that are there; all of them once the hash was compared
            charge   bigint NOT NULL, -- what it counts as
            expires  bigint NOT NULL
        );
        CREATE INDEX blob_owner ON {PostgresSchema.Name}.blob (owner);
        CREATE INDEX blob_expires ON {PostgresSchema.Name}.blob (expires);
        CREATE TABLE {PostgresSchema.Name}.blob_chunk (
            blob  bytea NOT NULL REFERENCES {PostgresSchema.Name}.blob ON DELETE CASCADE,
            place integer NOT NULL,
            bytes bytea NOT NULL,
            PRIMARY KEY (blob, place)
        );
        ALTER TABLE {PostgresSchema.Name}.blob_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;
        CREATE TABLE {PostgresSchema.Name}.blob_total (bytes bigint NOT NULL);
        INSERT INTO {PostgresSchema.Name}.blob_total VALUES (0);
        CREATE FUNCTION {PostgresSchema.Name}.count_blob() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                UPDATE {PostgresSchema.Name}.blob_total SET bytes = bytes + NEW.charge;
            ELSE
                UPDATE {PostgresSchema.Name}.blob_total SET bytes = bytes - OLD.charge;
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER blob_counted AFTER INSERT OR DELETE ON {PostgresSchema.Name}.blob
            FOR EACH ROW EXECUTE FUNCTION {PostgresSchema.Name}.count_blob();
        """;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public int Missing => 0; // bytes and rows are in one database

    /// <inheritdoc/>
    public Task<BlobOutcome> AppendAsync(NewBlob blob, long offset, ReadOnlyMemory<byte> chunk) =>
        database.TransactAsync(opened => AppendAsync(opened, blob, offset, chunk.ToArray()));

    /// <inheritdoc/>
    public Task<BlobPart?> ReadAsync(BlobId id, long offset, int length) =>
        database.RunAsync<BlobPart?>(async opened =>
        {
            byte[] key = id.ToArray();
            if (await opened.ScalarAsync(
                "SELECT size FROM blob WHERE id = $1 AND received = size AND expires > $2", key, Now) is not long size)
                return null;
            int wanted = (int)Math.Clamp(size - offset, 0, length);
            byte[] part = new byte[wanted];
            // At most two rows: a part is no longer than a chunk.
            for (int read = 0; read < wanted;)
            {
                (long place, long skip) = Math.DivRem(offset + read, BlobFormat.ChunkSize);
                if (await opened.ScalarAsync(
                    "SELECT substring(bytes FROM $3 FOR $4) FROM blob_chunk WHERE blob = $1 AND place = $2", key,
                    (int)place, (int)skip + 1, wanted - read) is not byte[] { Length: > 0 } some)
                    return null;
                some.CopyTo(part, read);
                read += some.Length;
            }

            return new BlobPart(part, size);
        });

    /// <inheritdoc/>
    public Task<int> ExpireAsync(int limit) => database.RunAsync(opened => opened.ExecuteAsync("""
        DELETE FROM blob WHERE id IN (SELECT id FROM blob WHERE expires <= $1 ORDER BY id LIMIT $2
            FOR UPDATE SKIP LOCKED)
        """, Now, limit));

    private async Task<BlobOutcome> AppendAsync(NpgsqlConnection opened, NewBlob blob, long offset, byte[] chunk)
    {
        byte[] id = blob.Id.ToArray();
        (byte[] hash, long size, long received) = await FindAsync(opened, id);
        if (size > 0 && (size != blob.Size || !hash.AsSpan().SequenceEqual(blob.Hash)))
            return new BlobOutcome(BlobResult.Conflict, 0);
        if (chunk.Length > 0 && offset > received)
            return new BlobOutcome(BlobResult.OutOfOrder, received);
        if (chunk.Length == 0 || offset < received)
            return new BlobOutcome(BlobResult.Stored, received);
        if (size == 0 && await BeginAsync(opened, blob, id) is var begun && begun != BlobResult.Stored)
            return new BlobOutcome(begun, 0);
        await opened.ExecuteAsync("INSERT INTO blob_chunk (blob, place, bytes) VALUES ($1, $2, $3)", id,
            (int)(offset / BlobFormat.ChunkSize), chunk);
        received = offset + chunk.Length;
        bool isWhole = received == blob.Size;
        if (isWhole && !await FitsAsync(opened, id, blob.Hash))
        {
            await RemoveAsync(opened, id);
            return new BlobOutcome(BlobResult.Corrupt, 0);
        }

        TimeSpan lifetime = isWhole ? limits.Lifetime : limits.UploadLifetime;
        await opened.ExecuteAsync("UPDATE blob SET received = $2, expires = $3 WHERE id = $1", id, received,
            Now + (long)lifetime.TotalMilliseconds);
        return new BlobOutcome(BlobResult.Stored, received);
    }

    private async Task<BlobResult> BeginAsync(NpgsqlConnection opened, NewBlob blob, byte[] id)
    {
        byte[] owner = blob.Owner.ToArray();
        // One at a time for each account, so that the bound is one.
        if (await opened.ScalarAsync("SELECT 1 FROM account WHERE identity = $1 FOR NO KEY UPDATE", owner) is null)
            return BlobResult.NoAccount;
        await opened.ExecuteAsync(
            "INSERT INTO blob (id, owner, hash, size, received, charge, expires) VALUES ($1, $2, $3, $4, 0, $5, $6)",
            id, owner, blob.Hash, blob.Size, BlobLimits.ChargeOf(blob.Size),
            Now + (long)limits.UploadLifetime.TotalMilliseconds);
        // The total is this transaction's until it ends: nobody else begins a blob meanwhile.
        if (await opened.ScalarAsync("""
            SELECT 1 FROM blob_total t,
                (SELECT sum(charge) AS used, count(*) FILTER (WHERE received < size) AS unfinished FROM blob
                WHERE owner = $1) o
            WHERE t.bytes <= $2 AND o.used <= $3 AND o.unfinished <= $4
            """, owner, limits.MaxInAll, limits.MaxOfAccount, limits.MaxUnfinished) is not null)
            return BlobResult.Stored;
        await RemoveAsync(opened, id);
        return BlobResult.Full;
    }

    private static Task<int> RemoveAsync(NpgsqlConnection opened, byte[] id) =>
        opened.ExecuteAsync("DELETE FROM blob WHERE id = $1", id);

    // Size 0: there is none.
    private static async Task<(byte[] Hash, long Size, long Received)> FindAsync(NpgsqlConnection opened, byte[] id)
    {
        await using NpgsqlCommand command =
            opened.Command("SELECT hash, size, received FROM blob WHERE id = $1 FOR UPDATE", id);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? (reader.Bytes(0), reader.GetInt64(1), reader.GetInt64(2)) : ([], 0, 0);
    }

    private static async Task<bool> FitsAsync(NpgsqlConnection opened, byte[] id, byte[] expected)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using NpgsqlCommand command =
            opened.Command("SELECT bytes FROM blob_chunk WHERE blob = $1 ORDER BY place", id);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            hash.AppendData(reader.Bytes(0));
        return hash.GetHashAndReset().AsSpan().SequenceEqual(expected);
    }
}
