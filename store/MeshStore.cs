using System.Buffers.Binary;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Store;

/// <summary>
/// What survives a power cut: messages, conversations, held envelopes, seen ids, announces, aliases,
/// values. One SQLite file
/// in WAL mode.
/// <code>
///  Begin -> Insert, PutEnvelope, UpdateState ... -> Commit      one owner at a time; many events, one transaction
///                                        '-> Rollback           after any StoreException, and work goes on
///  Reader                                                       any thread, sees what is committed
/// </code>
/// Commit appends to the log and, except in full durability, waits for no disk. A task of its own moves the log into
/// the database file.
/// </summary>
public sealed partial class MeshStore : IDisposable
{
    /// <summary>The database file's name in the data directory.</summary>
    public const string FileName = "store.db";

    // Ids are random, so each message touches index pages of its own: small pages halve what is written to flash
    // (5 instead of 11 kB a message in batches of 16) at the same cost in time.
    private const int PageSize = 1024;

    // Tuning: log pages that start a checkpoint in the background, and again each time so many have been added; log
    // pages that make the writer wait for one, and that do so where the disk is nearly full.
    private const int CheckpointPages = 2 * 1024;
    private const int LongestLogPages = 32 * 1024;
    private const int TightLogPages = 128;
    private const int LogBytesKept = CheckpointPages * PageSize;

    /// <summary>Seconds of running time worth saving with a commit that happens anyway.</summary>
    private const long WorthSaving = 60;

    private static ReadOnlySpan<byte> KeyCheckName => "key check"u8;

    private static ReadOnlySpan<byte> RunningTimeName => "running time"u8;

    private readonly DirectoryLock _lock;
    private readonly Database _database;
    private readonly Database _checkpointer;
    private readonly DiskSpace _space;
    private readonly RowCipher _cipher;
    private readonly RunningTime _running;
    private readonly SeenLog _seen;
    private readonly StoreOptions _options;
    private readonly Statements _statements;
    private readonly LogFile _log;
    private readonly Staging _staged = new();
    private Task _checkpoint = Task.CompletedTask;
    private int _checkpointAt = CheckpointPages;
    private bool _afterFailure;
    private bool _unproven;
    private readonly MessageShares _shares = new();
    private readonly PeerStandings _standings;
    private bool _eraseLog;
    private volatile bool _eraseLogSoon;

    private MeshStore(
        DirectoryLock held, Database database, Database checkpointer, DiskSpace space, RowCipher cipher,
        StoreReader reader,
        LogFile log, StoreOptions options, string path)
    {
        _lock = held;
        _database = database;
        _checkpointer = checkpointer;
        _cipher = cipher;
        _space = space;
        _running = reader.RunningTime;
        _standings = reader.PeerStandings;
        _options = options;
        _seen = new SeenLog(options.SeenCapacity);
        _statements = new Statements(database);
        _messages = new MessageStatements(database);
        _conversations = new ConversationStatements(database);
        _contents = new ContentStatements(database);
        _log = log;
        Reader = reader;
        Quota = DiskQuota.Of(options.DiskBytes, space.Free, BytesOf(path));
        RestoreSeen();
        RestoreShares();
    }

    /// <summary>Reads, from any thread, what is committed.</summary>
    public StoreReader Reader { get; }

    /// <summary>The rows that could not be read.</summary>
    public StoreDamage Damage => Reader.Damage;

    /// <summary>The quota of the data directory, and its shares.</summary>
    public DiskQuota Quota { get; }

    /// <summary>Free bytes of the disk when the last transaction began.</summary>
    public long FreeBytes => _space.Free;

    /// <summary>What others send finds no room, as of the last transaction.</summary>
    public bool IsFullForOthers => _space.IsFullForOthers;

    /// <summary>Bytes that requests of all strangers take.</summary>
    public long RequestBytes => _shares.Requests.Bytes;

    /// <summary>Transactions committed since the store was opened.</summary>
    public long Commits { get; private set; }

    /// <summary>
    /// Checkpoints begun in the background since the store was opened; each waits for the disk twice.
    /// </summary>
    public long Checkpoints { get; private set; }

    /// <summary>
    /// Why the last checkpoint in the background failed; null if it did not. The log grows meanwhile.
    /// </summary>
    public StoreException? CheckpointFault { get; private set; }

    /// <summary>
    /// Why a transaction that had to be on the disk may not be there; null if all are. It is committed, and each later
    /// commit tries again: not the log's, of which the system has forgotten after a failure what is not on the disk,
    /// but by moving it into the database file.
    /// </summary>
    public StoreException? SyncFault { get; private set; }

    /// <summary>Times that the log could not be brought to the disk after a transaction.</summary>
    public long SyncFailures { get; private set; }

    /// <summary>The log; for tests of disks that fail.</summary>
    internal LogFile Log => _log;

    /// <summary>Begins a transaction.</summary>
    /// <exception cref="StoreException">The disk fails or is full; <see cref="Rollback"/> is harmless.</exception>
    public void Begin()
    {
        if (_afterFailure || _database.WalPages > LongestLogPages)
            RestartLog();
        _afterFailure = false;
        MeasureSpace();
        if (_space.IsTight && _database.WalPages > TightLogPages)
        {
            RestartLog();
            MeasureSpace();
        }

        _statements.Begin.Run();
    }

    /// <summary>Makes everything since <see cref="Begin"/> last, as the durability says.</summary>
    /// <exception cref="StoreException">The disk fails or is full: nothing was written; call
    /// <see cref="Rollback"/>.</exception>
    public void Commit() => WriteAndCommit(closing: false);

    /// <summary>Undoes everything since <see cref="Begin"/>; does nothing outside a transaction.</summary>
    public void Rollback()
    {
        _afterFailure = true;
        _unproven = true;
        _mustLast = false;
        _staged.Clear();
        _shares.Rollback();
        _standings.Rollback();
        _eraseLog = false;
        // What was taken out is back; how many there are does not matter, as long as it is not none.
        _early = Math.Max(_early, 1);
        // SQLite ends the transaction itself where the failure was grave.
        if (!_database.IsIdle)
            _statements.Rollback.Run();
    }

    /// <summary>
    /// Saves the running time by which held envelopes age, if minutes have passed that no commit saved, and tries again
    /// what <see cref="SyncFault"/> tells, and to erase the log where somebody was in the way. To be called every ten
    /// minutes or so; between <see cref="Commit"/> and <see cref="Begin"/>.
    /// </summary>
    /// <exception cref="StoreException">The disk fails or is full.</exception>
    public void KeepTime()
    {
        bool isWorthSaving = _options.Durability != Durability.Memory && _running.Unsaved >= WorthSaving;
        if (SyncFault is null && !isWorthSaving && !_eraseLogSoon)
            return;
        Begin();
        Commit();
    }

    /// <summary>Saves what may be written lazily, and closes the file.</summary>
    public void Dispose()
    {
        try
        {
            if (!_database.IsIdle)
                Rollback();
            Begin();
            WriteAndCommit(closing: true);
        }
        catch (StoreException)
        {
            // Only what was lazy is lost: seen ids and seconds of running time. Whoever waited for a commit had its
            // own.
            Rollback();
        }

        _checkpoint.Wait();
        Reader.Dispose();
        _checkpointer.Dispose();
        _log.Dispose();
        _database.Dispose();
        _cipher.Dispose();
        _lock.Dispose();
    }

    private void WriteAndCommit(bool closing)
    {
        _staged.WriteTo(_statements.PutEnvelope);
        foreach (SeenLog.Block block in _seen.Pending(all: closing))
            _statements.PutSeen.Bind(1, _seen.Slot(block)).Bind(2, block.Number).Bind(3, block.Entries).Run();
        long running = _running.Seconds;
        // A transaction without a write would succeed on a disk that takes none: after a failure each has one.
        bool saveTime = _unproven
            || (running - _running.Saved >= (closing ? 1 : WorthSaving) && _options.Durability != Durability.Memory);
        if (saveTime)
        {
            Span<byte> seconds = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64BigEndian(seconds, running);
            PutValue(RunningTimeName, seconds);
        }

        _statements.Commit.Run();
        SyncLog();
        _unproven = false;
        _mustLast = false;
        _staged.Clear();
        _shares.Commit();
        _standings.Commit();
        if (_eraseLog)
            _eraseLogSoon = true;
        _eraseLog = false;
        _seen.WasWritten(all: closing);
        if (saveTime)
            _running.WasSaved(running);
        Commits++;
        CheckpointWhenDue();
    }

    // The log starts again only if nothing was added to it during the checkpoint. Where commits follow each other
    // without a pause that seldom happens, and the next checkpoint would start at once, for a few pages.
    private void CheckpointWhenDue()
    {
        int pages = _database.WalPages;
        if (pages < CheckpointPages)
            _checkpointAt = CheckpointPages;
        if ((pages < _checkpointAt && !_eraseLogSoon) || !_checkpoint.IsCompleted)
            return;
        _checkpointAt = pages + CheckpointPages;
        Checkpoints++;
        _checkpoint = Task.Run(CheckpointInBackground);
    }

    // After a failure the log may hold the space that the next transaction needs; and a log that never gets a pause in
    // which to start again would grow for ever.
    private void RestartLog()
    {
        _checkpoint.Wait();
        try
        {
            _ = _database.Checkpoint(CheckpointMode.Restart);
        }
        catch (StoreException e)
        {
            // Whether there is room for the transaction shows when it commits.
            CheckpointFault = e;
        }
    }

    private void MeasureSpace() =>
        _space.Measure(inLog: (long)_database.WalPages * PageSize, freeInFile: _statements.FreePages() * PageSize);

    /// <summary>Waits until no checkpoint runs; for tests.</summary>
    internal void WaitForCheckpoint() => _checkpoint.Wait();

    // Libraries before 3.51.3 can damage the file (sqlite.org/wal.html, "The WAL-Reset Bug") where one checkpoint
    // begins when another has moved the whole log, just as a commit starts the log again. So checkpoints take turns,
    // and each begins after a commit that no earlier one has moved.
    private void CheckpointInBackground()
    {
        bool erase = false;
        try
        {
            bool isInTheWay;
            do
            {
                erase = _eraseLogSoon;
                _eraseLogSoon = false;
                bool isWhole = _checkpointer.Checkpoint(erase ? CheckpointMode.Truncate : CheckpointMode.Passive);
                // What was erased still stands in the log; whoever is in the way lets it stand until a later commit.
                isInTheWay = erase && !isWhole;
                if (isInTheWay)
                    _eraseLogSoon = true;
            }
            while (_eraseLogSoon && !isInTheWay);
            CheckpointFault = null;
        }
        catch (StoreException e)
        {
            if (erase)
                _eraseLogSoon = true;
            CheckpointFault = e;
        }
    }
}
