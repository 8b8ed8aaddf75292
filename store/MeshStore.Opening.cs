using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// What happens between the file and the first transaction: which files are taken, and which are refused with a reason.
public sealed partial class MeshStore
{
    /// <summary>There was no store; this one was made.</summary>
    public bool IsNew { get; private init; }

    /// <summary>
    /// Opens the store of a data directory, makes it if there is none, and brings an older file up to date.
    /// </summary>
    /// <param name="directory">The data directory; made for the owner only if it is missing.</param>
    /// <param name="storageKey">32 bytes that belong to this store alone, from the key file.</param>
    /// <param name="options">How it is opened.</param>
    /// <param name="time">Measures running time.</param>
    /// <param name="random">Draws nonce prefixes; null for the system's.</param>
    /// <exception cref="StoreException">It cannot be used; the error and the message say why.</exception>
    public static MeshStore Open(
        string directory, ReadOnlySpan<byte> storageKey, StoreOptions options, TimeProvider time,
        RandomFill? random = null)
    {
        string path = Path.Combine(directory, FileName);
        DirectoryLock held = DirectoryLock.Take(directory, "store.lock");
        Database? database = null, checkpointer = null;
        RowCipher? cipher = null;
        StoreReader? reader = null;
        LogFile? log = null;
        try
        {
            bool isNew = MakeIfMissing(directory, path);
            // SQLite gives its log and its index the mode of the file.
            foreach (string suffix in (ReadOnlySpan<string>)["", "-wal", "-shm"])
                PrivateFiles.Tighten(path + suffix);
            // A log that was left behind means that the last owner did not end in order.
            bool suspect = HasBytes(path + "-wal");
            database = OpenDatabase(path, options);
            if (suspect)
                CheckIntegrity(database, path);
            Schema.Upgrade(database, path, Schema.Current);
            database.CountWalPages();
            cipher = new RowCipher(storageKey, random ?? RandomSource.System);
            checkpointer = OpenForCheckpoints(path);
            reader = new StoreReader(OpenForReading(path), cipher, new RunningTime(time), options.SeenCapacity);
            log = new LogFile(path + "-wal");
            var store = new MeshStore(held, database, checkpointer, new DiskSpace(directory), cipher, reader, log,
                options, path)
            {
                IsNew = isNew,
            };
            store.CheckKey(path);
            store._running.Restore(store.SavedRunningTime());
            return store;
        }
        catch
        {
            log?.Dispose();
            reader?.Dispose();
            checkpointer?.Dispose();
            database?.Dispose();
            cipher?.Dispose();
            held.Dispose();
            throw;
        }
    }

    // The file gets its name when its tables are on the disk. So an empty one was never a store that was just being
    // made: it was emptied, and what it held must not be replaced without a word.
    private static bool MakeIfMissing(string directory, string path)
    {
        if (File.Exists(path))
        {
            return HasBytes(path) ? false : throw new StoreException(
                StoreError.Corrupt,
                $"The store {path} is empty (0 bytes): messages, names and groups that were in it are lost. Restore a "
                    + "backup, or remove the file to start with an empty store (the identity is not in it).");
        }

        if (HasBytes(path + "-wal"))
        {
            throw new StoreException(
                StoreError.Corrupt,
                $"The store {path} is gone, but its log {path}-wal is there. Bring the file back, or remove the log "
                    + "to start with an empty store (the identity is not in it).");
        }

        string fresh = path + ".new";
        try
        {
            File.Delete(fresh);
            File.Delete(fresh + "-journal");
            using (Database database = Database.Open(fresh))
            {
                database.Execute($"PRAGMA page_size = {PageSize}; PRAGMA synchronous = FULL");
                Schema.Upgrade(database, fresh, Schema.Current);
            }

            File.Move(fresh, path);
            DurableDirectory.Flush(directory);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreError.Io, $"The store {path} cannot be made: {e.Message}", e);
        }
    }

    private static bool HasBytes(string path) => new FileInfo(path) is { Exists: true, Length: > 0 };

    private static Database OpenDatabase(string path, StoreOptions options)
    {
        Database database = Database.Open(path);
        try
        {
            database.Execute($"PRAGMA page_size = {PageSize}");
            string mode = database.QueryText("PRAGMA journal_mode = WAL");
            if (mode != "wal")
                throw new StoreException(StoreError.Io,
                    $"The file system of {path} does not support a write-ahead log (journal mode {mode}).");
            database.Execute(
                $"PRAGMA synchronous = {(options.Durability == Durability.Full ? "FULL" : "NORMAL")};"
                + $"PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = {LogBytesKept};"
                + $"PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY; {FastErasing}");
            if (options.MaxBytes > 0)
                database.Execute(
                    $"PRAGMA max_page_count = {Math.Max(1, options.MaxBytes / database.Query("PRAGMA page_size"))}");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static Database OpenForCheckpoints(string path)
    {
        Database database = Database.Open(path);
        // A connection that has read nothing knows of no log, and its checkpoints move nothing.
        _ = database.Query("SELECT count(*) FROM sqlite_schema");
        return database;
    }

    private static Database OpenForReading(string path)
    {
        Database database = Database.Open(path);
        database.Execute("PRAGMA query_only = ON; PRAGMA cache_size = -512; PRAGMA temp_store = MEMORY");
        return database;
    }

    // Reading every page takes a second for some hundred megabytes, so it is done only where a crash or a power cut
    // may have done harm; damage elsewhere shows when the page is read.
    private static void CheckIntegrity(Database database, string path)
    {
        string result = database.QueryText("PRAGMA quick_check(1)");
        if (result != "ok")
        {
            throw new StoreException(
                StoreError.Corrupt,
                $"The store {path} is damaged: {result}. Move it away to start with an empty one (the identity is not "
                    + "in it), or restore a backup.");
        }
    }

    // The row that tells another identity's store is a row like others: where it alone does not open, it is damaged.
    private void CheckKey(string path)
    {
        if (_database.Query("SELECT count(*) FROM value") > 0)
        {
            if (Reader.TryFindValue(KeyCheckName) is not null)
                return;
            if (!Reader.OpensAnything())
                throw new StoreException(
                    StoreError.WrongKey, $"The store {path} was written with another identity's key.");
        }

        Begin();
        PutValue(KeyCheckName, KeyCheckName);
        Commit();
    }

    // No envelope outlives the longest lifetime, so the latest end says how long this node has run at least: a start
    // from there takes lifetime from none.
    private long SavedRunningTime()
    {
        if (Reader.TryFindValue(RunningTimeName) is { Length: sizeof(long) } saved)
            return BinaryPrimitives.ReadInt64BigEndian(saved);
        long latest = _database.Query("SELECT max(expires) FROM envelope");
        return Math.Max(0, latest - (long)Limits.MaxLifetime.TotalSeconds);
    }

    private void RestoreSeen()
    {
        Statement last = _database.Prepare("SELECT number, entries FROM seen ORDER BY number DESC LIMIT 1");
        if (!last.Step())
            return;
        try
        {
            _seen.Restore(last.Long(0), StoreReader.CheckedEntries(last.Blob(1)));
        }
        catch (StoreException e) when (e.Error == StoreError.Corrupt)
        {
            Damage.Note("seen", e.Message);
            _seen.Restore(last.Long(0) + 1, []);
        }
        finally
        {
            last.Reset();
        }
    }
}
