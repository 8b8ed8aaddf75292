using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Interop;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store.Sqlite;

/// <summary>A compiled statement. Parameters count from 1, columns from 0, as in SQLite.</summary>
internal sealed unsafe class Statement(Database database, nint handle) : IDisposable
{
    private nint _handle = handle;

    internal Statement Bind(int index, long value)
    {
        database.Check(Libsqlite3.sqlite3_bind_int64(_handle, index, value));
        return this;
    }

    internal Statement Bind(int index, ReadOnlySpan<byte> value)
    {
        // An empty span has no address, and a null pointer would bind NULL.
        byte nothing = 0;
        fixed (byte* bytes = value)
            database.Check(Libsqlite3.sqlite3_bind_blob(_handle, index, bytes is null ? &nothing
                : bytes, value.Length, Libsqlite3.Transient));
        return this;
    }

    internal Statement Bind(int index, in EnvelopeId id)
    {
        Span<byte> bytes = stackalloc byte[EnvelopeId.Size];
        id.Write(bytes);
        return Bind(index, bytes);
    }

    internal Statement Bind(int index, in NodeAddress address)
    {
        Span<byte> bytes = stackalloc byte[NodeAddress.Size];
        address.Write(bytes);
        return Bind(index, bytes);
    }

    internal Statement BindNull(int index)
    {
        database.Check(Libsqlite3.sqlite3_bind_null(_handle, index));
        return this;
    }

    /// <summary>Moves to the next row; false (and ready for the next use) after the last.</summary>
    internal bool Step()
    {
        int result = Libsqlite3.sqlite3_step(_handle);
        if (result == Libsqlite3.Row)
            return true;
        if (result != Libsqlite3.Done)
        {
            StoreException failure = database.Failure(result);
            Reset();
            throw failure;
        }

        Reset();
        return false;
    }

    /// <summary>Runs a statement that yields no rows.</summary>
    internal void Run()
    {
        while (Step())
        {
        }
    }

    /// <summary>Ends a read before its last row.</summary>
    internal void Reset() => _ = Libsqlite3.sqlite3_reset(_handle);

    internal long Long(int column) => Libsqlite3.sqlite3_column_int64(_handle, column);

    internal bool IsNull(int column) => Libsqlite3.sqlite3_column_type(_handle, column) == Libsqlite3.Null;

    /// <summary>The bytes of a column, empty for NULL; valid until the next step.</summary>
    internal ReadOnlySpan<byte> Blob(int column) =>
        new(Libsqlite3.sqlite3_column_blob(_handle, column), Libsqlite3.sqlite3_column_bytes(_handle, column));

    /// <summary>The bytes of a column that always has the same size.</summary>
    /// <exception cref="StoreException">It has another.</exception>
    internal ReadOnlySpan<byte> Blob(int column, int size)
    {
        ReadOnlySpan<byte> bytes = Blob(column);
        return bytes.Length == size ? bytes
            : throw new StoreException(StoreError.Corrupt, "A row of the store has a value of the wrong size.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_handle != 0)
            _ = Libsqlite3.sqlite3_finalize(_handle);
        _handle = 0;
    }
}
