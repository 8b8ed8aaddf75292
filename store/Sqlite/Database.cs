using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using QuicProChat.Mesh.Store.Interop;

namespace QuicProChat.Mesh.Store.Sqlite;

/// <summary>How far a checkpoint goes (sqlite3.h, "Checkpoint Mode Values").</summary>
internal enum CheckpointMode
{
    /// <summary>Moves what can be moved without waiting for anybody.</summary>
    Passive = 0,

    /// <summary>Waits for readers, so that the log starts again at its beginning.</summary>
    Restart = 2,

    /// <summary>The same, and cuts the log file to nothing.</summary>
    Truncate = 3,
}

/// <summary>
/// One connection to a database file. Used by one thread at a time; every failure is a <see cref="StoreException"/>.
/// </summary>
internal sealed unsafe class Database : IDisposable
{
    private static readonly TimeSpan BusyPatience = TimeSpan.FromSeconds(5);

    private readonly string _path;
    private readonly List<Statement> _statements = [];
    private GCHandle _self;
    private nint _handle;

    private Database(string path, nint handle)
    {
        _path = path;
        _handle = handle;
    }

    /// <summary>Pages in the write-ahead log after this connection's last commit.</summary>
    internal int WalPages { get; private set; }

    /// <summary>True outside a transaction.</summary>
    internal bool IsIdle => Libsqlite3.sqlite3_get_autocommit(_handle) != 0;

    /// <summary>Rows that the last statement inserted, changed or deleted.</summary>
    internal int Changes => Libsqlite3.sqlite3_changes(_handle);

    internal static Database Open(string path)
    {
        int result;
        nint handle;
        try
        {
            result = Libsqlite3.sqlite3_open_v2(
                path, out handle,
                Libsqlite3.OpenReadWrite | Libsqlite3.OpenCreate | Libsqlite3.OpenNoMutex
                    | Libsqlite3.OpenExtendedResult, 0);
        }
        catch (DllNotFoundException e)
        {
            throw new StoreException(
                StoreError.Internal,
                "SQLite is not installed. Install libsqlite3-0 (Debian), sqlite-libs (Alpine) or libsqlite3-0 "
                    + "(OpenWrt).", e);
        }

        var database = new Database(path, handle);
        if (result != Libsqlite3.Ok)
        {
            StoreException failure = database.Failure(result);
            database.Dispose();
            throw failure;
        }

        _ = Libsqlite3.sqlite3_busy_timeout(handle, (int)BusyPatience.TotalMilliseconds);
        return database;
    }

    /// <summary>Compiles a statement that lives as long as the connection.</summary>
    internal Statement Prepare(string sql)
    {
        var statement = new Statement(this, Compile(sql, Libsqlite3.PreparePersistent));
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Compiles a statement that the caller disposes of.</summary>
    internal Statement PrepareOnce(string sql) => new(this, Compile(sql, 0));

    /// <summary>Runs one statement or several, separated by semicolons.</summary>
    internal void Execute(string sql)
    {
        byte[] text = Encoding.UTF8.GetBytes(sql);
        fixed (byte* start = text)
        {
            byte* next = start;
            byte* end = start + text.Length;
            while (next < end)
            {
                Check(Libsqlite3.sqlite3_prepare_v3(_handle, next, (int)(end - next), 0, out nint compiled, out next));
                if (compiled == 0)
                    continue;
                using var statement = new Statement(this, compiled);
                while (statement.Step())
                {
                }
            }
        }
    }

    /// <summary>The first column of a statement's first row; 0 if it has none.</summary>
    internal long Query(string sql)
    {
        using Statement statement = PrepareOnce(sql);
        return statement.Step() ? statement.Long(0) : 0;
    }

    /// <summary>The first column of a statement's first row as text.</summary>
    internal string QueryText(string sql)
    {
        using Statement statement = PrepareOnce(sql);
        return statement.Step() ? Encoding.UTF8.GetString(statement.Blob(0)) : "";
    }

    /// <summary>Begins to count <see cref="WalPages"/>; checkpoints are the caller's from now on.</summary>
    internal void CountWalPages()
    {
        _self = GCHandle.Alloc(this, GCHandleType.Weak);
        _ = Libsqlite3.sqlite3_wal_hook(_handle, &OnCommit, GCHandle.ToIntPtr(_self));
    }

    /// <summary>Moves pages from the log into the database file.</summary>
    /// <returns>False if somebody was in the way; the rest is moved another time.</returns>
    internal bool Checkpoint(CheckpointMode mode)
    {
        int result = Libsqlite3.sqlite3_wal_checkpoint_v2(_handle, 0, (int)mode, out int pages, out int moved);
        if ((result & 0xFF) == Libsqlite3.Busy)
            return false;
        Check(result);
        // Without a log that it knows of, SQLite says -1.
        if (pages < 0)
            throw new StoreException(StoreError.Internal, $"A checkpoint of {_path} found no log.");
        if (pages == moved)
            WalPages = 0;
        return pages == moved;
    }

    internal void Check(int result)
    {
        if (result != Libsqlite3.Ok)
            throw Failure(result);
    }

    internal StoreException Failure(int result)
    {
        byte* text = Libsqlite3.sqlite3_errmsg(_handle);
        string message = text is null ? $"code {result}" : Marshal.PtrToStringUTF8((nint)text) ?? "";
        (StoreError error, string what) = (result & 0xFF) switch
        {
            Libsqlite3.Full => (StoreError.Full, "has no space left"),
            Libsqlite3.IoError or Libsqlite3.ReadOnly or Libsqlite3.CannotOpen or Libsqlite3.Busy =>
                (StoreError.Io, "cannot be read or written"),
            Libsqlite3.Corrupt or Libsqlite3.NotADatabase => (StoreError.Corrupt, "is damaged"),
            _ => (StoreError.Internal, "refuses a statement"),
        };
        return new StoreException(error, $"The store {_path} {what}: {message} ({result}).");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Statement statement in _statements)
            statement.Dispose();
        _statements.Clear();
        if (_handle != 0)
            _ = Libsqlite3.sqlite3_close_v2(_handle);
        _handle = 0;
        if (_self.IsAllocated)
            _self.Free();
    }

    private nint Compile(string sql, uint flags)
    {
        byte[] text = Encoding.UTF8.GetBytes(sql);
        fixed (byte* start = text)
        {
            Check(Libsqlite3.sqlite3_prepare_v3(_handle, start, text.Length, flags, out nint statement, out _));
            return statement;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnCommit(nint context, nint database, nint name, int pages)
    {
        if (GCHandle.FromIntPtr(context).Target is Database self)
            self.WalPages = pages;
        return Libsqlite3.Ok;
    }
}
