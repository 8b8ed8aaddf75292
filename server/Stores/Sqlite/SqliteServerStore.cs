using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>All stores of a server in one SQLite file, used by one process.</summary>
internal sealed class SqliteServerStore : IServerStore
{
    /// <summary>The file's name in the data directory.</summary>
    internal const string FileName = "server.db";

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string LockName = "server.lock";

    // Pages of 4 KiB in the log before they are moved: 32 MiB.
    private const int CheckpointPages = 8192;

    private readonly DirectoryLock _lock;
    private readonly SqliteGroup _group;
    private readonly SqliteInboxReaders _readers;
    private readonly SqliteInboxes _inboxes;

    private SqliteServerStore(DirectoryLock directoryLock, string path, StoreLimits limits, TimeProvider time)
    {
        _lock = directoryLock;
        Database database = OpenDatabase(path);
        _group = new SqliteGroup(database);
        _readers = new SqliteInboxReaders(path, time);
        _inboxes = new SqliteInboxes(database, _group, _readers, limits, time);
        SqliteKeyLog log = new(database);
        KeyLog = new SqliteKeyLogReader(log, _group);
        Moderation = new SqliteModeration(database, _group, limits, time);
        SqliteBlobs blobs = new(
            database, _group, new BlobFiles(Path.Combine(Path.GetDirectoryName(path)!, BlobFiles.FolderName)),
            limits.Blobs, time);
        Accounts = new SqliteAccounts(database, _group, log, limits, time, _inboxes.Forget, blobs);
        Blobs = blobs;
        Recovery = new SqliteRecovery(database, _group);
        KeyPackages = new SqliteKeyPackages(database, _group, limits);
        Channels = new SqliteChannels(database, _group, limits);
        PushTokens = new SqlitePushTokens(database, _group);
        _group.BeforeCommit = _inboxes.WriteNumbers;
        _group.AfterRollback = _inboxes.Forget;
        _group.Start();
    }

    /// <inheritdoc/>
    public IInboxStore Inboxes => _inboxes;

    /// <inheritdoc/>
    public IAccountStore Accounts { get; }

    /// <inheritdoc/>
    public IKeyPackageStore KeyPackages { get; }

    /// <inheritdoc/>
    public IChannelStore Channels { get; }

    /// <inheritdoc/>
    public IKeyLog KeyLog { get; }

    /// <inheritdoc/>
    public IModerationStore Moderation { get; }

    /// <inheritdoc/>
    public IBlobStore Blobs { get; }

    /// <inheritdoc/>
    public IRecoveryStore Recovery { get; }

    /// <inheritdoc/>
    public IPushTokenStore PushTokens { get; }

    /// <inheritdoc/>
    public IOtherProcesses? Others => null;

    /// <summary>Opens the store of a data directory, or makes it.</summary>
    /// <exception cref="StoreException">It is in use, damaged, or of a later version.</exception>
    internal static SqliteServerStore Open(string directory, StoreLimits limits, TimeProvider time)
    {
        DirectoryLock held = DirectoryLock.Take(directory, LockName);
        try
        {
            return new SqliteServerStore(held, Path.Combine(directory, FileName), limits, time);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _group.DisposeAsync();
        _readers.Dispose();
        _lock.Dispose();
    }

    private static Database OpenDatabase(string path)
    {
        // SQLite gives its log the mode of the database: private before there is one.
        using (new FileStream(
            path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                UnixCreateMode = Private
            }))
            File.SetUnixFileMode(path, Private);
        Database database = Database.Open(path);
        try
        {
            string mode = database.QueryText("PRAGMA journal_mode = WAL");
            if (mode != "wal")
                throw new StoreException(StoreError.Io,
                    $"The file system of {path} does not support a write-ahead log (journal mode {mode}).");
            database.Execute(
                $"PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = {CheckpointPages}; PRAGMA cache_size = -16384;"
                + "PRAGMA temp_store = MEMORY; PRAGMA secure_delete = FAST");
            SqliteSchema.Prepare(database, path);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }
}
