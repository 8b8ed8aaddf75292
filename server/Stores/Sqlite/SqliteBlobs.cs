using System.Collections.Concurrent;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>
/// Blobs beside SQLite: what is known of them in the database, their bytes in files. A row says how much of a file is
/// on the disk, and is written after that. A file without a row is deleted, at the latest with the next start; a row
/// without its file is forgotten then.
/// <code>
///  Begin (row) -> file, fsync -> last one: hash -> Advance (row) -> answer
///  row deleted -> in the blob's turn, if there is no row again: file deleted
/// </code>
/// </summary>
internal sealed class SqliteBlobs : IBlobStore
{
    /// <summary>The tables. A version that was released never changes.</summary>
    internal const string Tables = """
        CREATE TABLE blob (
            id       BLOB PRIMARY KEY,
            owner    BLOB NOT NULL,
            hash     BLOB NOT NULL, -- SHA-256 of all of it
            size     INTEGER NOT NULL,
            received INTEGER NOT NULL, -- bytes on the disk; all of them once the hash was compared
            charge   INTEGER NOT NULL, -- what it counts as
            expires  INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX blob_owner ON blob (owner);
        CREATE INDEX blob_expires ON blob (expires);
        CREATE TABLE blob_total (bytes INTEGER NOT NULL);
        INSERT INTO blob_total VALUES (0);
        CREATE TRIGGER blob_added AFTER INSERT ON blob BEGIN UPDATE blob_total SET bytes = bytes + NEW.charge; END;
        CREATE TRIGGER blob_removed AFTER DELETE ON blob BEGIN UPDATE blob_total SET bytes = bytes - OLD.charge; END;
        """;

    // Arbitrary: blobs whose chunks are written side by side. Chunks of one blob are not.
    private const int Turns = 64;

    private readonly Database _database;
    private readonly SqliteGroup _group;
    private readonly BlobFiles _files;
    private readonly BlobLimits _limits;
    private readonly TimeProvider _time;
    private readonly Statement _find, _hasAccount, _used, _total, _insert, _advance, _remove, _ofOwner, _expired;
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, Turns).Select(_ => new SemaphoreSlim(1))];

    // Blobs without a row whose files have not been deleted yet.
    private readonly ConcurrentQueue<BlobId> _gone = new();

    internal SqliteBlobs(
        Database database, SqliteGroup group, BlobFiles files, BlobLimits limits, TimeProvider time)
    {
        _database = database;
        _group = group;
        _files = files;
        _limits = limits;
        _time = time;
        _find = database.Prepare("SELECT hash, size, received, expires FROM blob WHERE id = ?");
        _hasAccount = database.Prepare("SELECT 1, 0 FROM account WHERE identity = ?");
        _used = database.Prepare("SELECT coalesce(sum(charge), 0), coalesce(sum(received < size), 0) FROM blob "
            + "WHERE owner = ?");
        _total = database.Prepare("SELECT bytes, 0 FROM blob_total");
        _insert = database.Prepare(
            "INSERT INTO blob (id, owner, hash, size, received, charge, expires) VALUES (?, ?, ?, ?, 0, ?, ?)");
        _advance = database.Prepare("UPDATE blob SET received = ?, expires = ? WHERE id = ?");
        _remove = database.Prepare("DELETE FROM blob WHERE id = ?");
        _ofOwner = database.Prepare("SELECT id FROM blob WHERE owner = ?");
        _expired = database.Prepare("SELECT id FROM blob WHERE expires <= ? LIMIT ?");
        Missing = Reconcile();
    }

    /// <inheritdoc/>
    public int Missing { get; }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public async Task<BlobOutcome> AppendAsync(NewBlob blob, long offset, ReadOnlyMemory<byte> chunk)
    {
        SemaphoreSlim turn = TurnOf(blob.Id);
        await turn.WaitAsync();
        try
        {
            long free = _files.Free;
            BlobOutcome begun = await _group.RunAsync(() => Begin(blob, offset, chunk.Length, free));
            return begun.Result == BlobResult.Stored && begun.Received == offset && !chunk.IsEmpty
                ? await StoreAsync(blob, offset, chunk) : begun;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<BlobPart?> ReadAsync(BlobId id, long offset, int length)
    {
        (long size, long received, long expires) = await _group.RunAsync(() => Find(id, out _));
        if (size == 0 || received < size || expires <= Now)
            return null;
        if (offset >= size)
            return new BlobPart([], size);
        byte[]? part = await Task.Run(() => _files.Read(id, offset, (int)Math.Min(length, size - offset)));
        return part is null ? null : new BlobPart(part, size);
    }

    /// <inheritdoc/>
    public async Task<int> ExpireAsync(int limit)
    {
        List<BlobId> expired = await _group.RunAsync(() => Take(_expired.Bind(1, Now).Bind(2, limit)));
        Enqueue(expired);
        await DeleteGoneAsync();
        return expired.Count;
    }

    /// <summary>Takes the blobs of an owner out of the database; on the writer's thread.</summary>
    /// <returns>Those whose files are to be deleted once that is on the disk.</returns>
    internal List<BlobId> TakeOf(byte[] owner) => Take(_ofOwner.Bind(1, owner));

    /// <summary>
    /// Deletes files of blobs that are gone. What the disk does not let go of does not concern who is called:
    /// <see cref="ExpireAsync"/> tries it again, and fails with the reason.
    /// </summary>
    internal async Task DeleteAsync(IReadOnlyList<BlobId> gone)
    {
        Enqueue(gone);
        try
        {
            await DeleteGoneAsync();
        }
        catch (StoreException)
        {
            // It is in the queue.
        }
    }

    private void Enqueue(IEnumerable<BlobId> gone)
    {
        foreach (BlobId id in gone)
            _gone.Enqueue(id);
    }

    private SemaphoreSlim TurnOf(BlobId id) => _turns[(int)(ulong)(id.Hash.Low % Turns)];

    private async Task DeleteGoneAsync()
    {
        StoreException? failure = null;
        for (int left = _gone.Count; left > 0 && _gone.TryDequeue(out BlobId id); left--)
        {
            SemaphoreSlim turn = TurnOf(id);
            await turn.WaitAsync();
            try
            {
                // Its owner may have begun it anew.
                if (await _group.RunAsync(() => Find(id, out _)) is (0, _, _))
                    await Task.Run(() => _files.Delete(id));
            }
            catch (StoreException e)
            {
                // One that stays does not keep the others.
                _gone.Enqueue(id);
                failure = e;
            }
            finally
            {
                turn.Release();
            }
        }

        if (failure is not null)
            throw new StoreException(failure.Error, failure.Message, failure);
    }

    private BlobOutcome Begin(NewBlob blob, long offset, int length, long free)
    {
        (long size, long received, _) = Find(blob.Id, out byte[] hash);
        if (size > 0 && (size != blob.Size || !hash.AsSpan().SequenceEqual(blob.Hash)))
            return new BlobOutcome(BlobResult.Conflict, 0);
        if (length > 0 && offset > received)
            return new BlobOutcome(BlobResult.OutOfOrder, received);
        if (length > 0 && offset == received && free - length < _limits.LeaveFree)
            return new BlobOutcome(BlobResult.Full, received);
        if (size > 0 || length == 0)
            return new BlobOutcome(BlobResult.Stored, received);
        byte[] owner = blob.Owner.ToArray();
        if (!One(_hasAccount.Bind(1, owner), out _, out _))
            return new BlobOutcome(BlobResult.NoAccount, 0);
        _ = One(_used.Bind(1, owner), out long used, out long unfinished);
        _ = One(_total, out long all, out _);
        long charge = BlobLimits.ChargeOf(blob.Size);
        if (used + charge > _limits.MaxOfAccount || unfinished >= _limits.MaxUnfinished
            || all + charge > _limits.MaxInAll || free - blob.Size < _limits.LeaveFree)
            return new BlobOutcome(BlobResult.Full, 0);
        _insert.Bind(1, blob.Id.ToArray()).Bind(2, owner).Bind(3, blob.Hash).Bind(4, blob.Size).Bind(5, charge)
            .Bind(6, Now + (long)_limits.UploadLifetime.TotalMilliseconds).Run();
        return new BlobOutcome(BlobResult.Stored, 0);
    }

    private async Task<BlobOutcome> StoreAsync(NewBlob blob, long offset, ReadOnlyMemory<byte> chunk)
    {
        long received = offset + chunk.Length;
        bool isWhole = received == blob.Size;
        bool fits = await Task.Run(() =>
        {
            _files.Write(blob.Id, offset, chunk.Span);
            return !isWhole || _files.Fits(blob.Id, blob.Size, blob.Hash);
        });
        TimeSpan lifetime = isWhole ? _limits.Lifetime : _limits.UploadLifetime;
        bool isThere = await _group.RunAsync(() =>
        {
            if (fits)
                _advance.Bind(1, received).Bind(2, Now + (long)lifetime.TotalMilliseconds).Bind(3, blob.Id.ToArray())
                    .Run();
            else
                _remove.Bind(1, blob.Id.ToArray()).Run();
            return _database.Changes > 0;
        });
        if (fits && isThere)
            return new BlobOutcome(BlobResult.Stored, received);
        // Its account, or its lifetime, ended meanwhile; or the bytes are wrong. The turn is still this blob's.
        await Task.Run(() => _files.Delete(blob.Id));
        return new BlobOutcome(fits ? BlobResult.NoAccount : BlobResult.Corrupt, 0);
    }

    // Size 0: there is none.
    private (long Size, long Received, long Expires) Find(BlobId id, out byte[] hash)
    {
        hash = [];
        if (!_find.Bind(1, id.ToArray()).Step())
            return default;
        hash = _find.Blob(0).ToArray();
        (long, long, long) found = (_find.Long(1), _find.Long(2), _find.Long(3));
        _find.Reset();
        return found;
    }

    private List<BlobId> Take(Statement which)
    {
        List<BlobId> taken = Ids(which);
        foreach (BlobId id in taken)
            _remove.Bind(1, id.ToArray()).Run();
        return taken;
    }

    // A process that ended leaves files without rows, and a backup may lack files of its rows.
    private int Reconcile()
    {
        Dictionary<BlobId, long> known = [];
        using (Statement all = _database.PrepareOnce("SELECT id, received FROM blob"))
        {
            while (all.Step())
            {
                _ = BlobId.TryRead(all.Blob(0), out BlobId id);
                known[id] = all.Long(1);
            }
        }

        if (!_files.IsThere && known.Values.Count(received => received > 0) is > 0 and int lost)
            throw new StoreException(StoreError.Io, $"{_files.Folder} is not there, and the database knows of {lost} "
                + "blobs in it: bring it from where the database came from, or make it, empty, to go on without them.");
        foreach (BlobId stray in _files.All().Where(f => !known.ContainsKey(f)))
            _files.Delete(stray);
        BlobId[] missing = [.. known.Where(k => k.Value > _files.SizeOf(k.Key)).Select(k => k.Key)];
        if (missing.Length == 0)
            return 0;
        _database.Execute("BEGIN IMMEDIATE");
        foreach (BlobId id in missing)
            _remove.Bind(1, id.ToArray()).Run();
        _database.Execute("COMMIT");
        return missing.Length;
    }

    private static List<BlobId> Ids(Statement which)
    {
        List<BlobId> ids = [];
        while (which.Step())
        {
            _ = BlobId.TryRead(which.Blob(0), out BlobId id);
            ids.Add(id);
        }

        return ids;
    }

    private static bool One(Statement statement, out long first, out long second)
    {
        (first, second) = (0, 0);
        if (!statement.Step())
            return false;
        (first, second) = (statement.Long(0), statement.Long(1));
        statement.Reset();
        return true;
    }
}
