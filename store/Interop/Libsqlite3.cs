using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Store.Interop;

/// <summary>The part of sqlite3.h that the store uses, bound by source-generated P/Invoke.</summary>
internal static unsafe partial class Libsqlite3
{
    internal const string Library = "libsqlite3";

    // Result codes (sqlite3.h, "Result Codes"); the low byte of an extended code.
    internal const int Ok = 0, Busy = 5, ReadOnly = 8, IoError = 10, Corrupt = 11, Full = 13, CannotOpen = 14,
    NotADatabase = 26;
    // Datatypes (sqlite3.h, "Fundamental Datatypes").
    internal const int Null = 5;

    internal const int Row = 100, Done = 101;

    internal const int OpenReadWrite = 0x02, OpenCreate = 0x04, OpenNoMutex = 0x8000, OpenExtendedResult = 0x02000000;

    /// <summary>The statement will be used many times.</summary>
    internal const uint PreparePersistent = 1;

    /// <summary>Tells bind to copy the bytes before it returns.</summary>
    internal static readonly nint Transient = -1;

    private static readonly string[] SonameCandidates = ["libsqlite3.so.0", "libsqlite3.so"];

    // The resolver has to stand before the first call into the library, whoever makes it.
#pragma warning disable CA2255
    [ModuleInitializer]
    internal static void Initialize() => NativeLibrary.SetDllImportResolver(typeof(Libsqlite3).Assembly, Resolve);
#pragma warning restore CA2255

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
            return 0;
        foreach (string candidate in SonameCandidates)
        {
            if (NativeLibrary.TryLoad(candidate, assembly, path, out nint handle))
                return handle;
        }

        return 0;
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sqlite3_open_v2(string path, out nint database, int flags, nint vfs);

    [LibraryImport(Library)]
    internal static partial int sqlite3_close_v2(nint database);

    [LibraryImport(Library)]
    internal static partial int sqlite3_busy_timeout(nint database, int milliseconds);

    [LibraryImport(Library)]
    internal static partial byte* sqlite3_errmsg(nint database);

    [LibraryImport(Library)]
    internal static partial int sqlite3_get_autocommit(nint database);

    [LibraryImport(Library)]
    internal static partial int sqlite3_changes(nint database);

    [LibraryImport(Library)]
    internal static partial int sqlite3_prepare_v3(
        nint database, byte* sql, int length, uint flags, out nint statement, out byte* tail);

    [LibraryImport(Library)]
    internal static partial int sqlite3_step(nint statement);

    [LibraryImport(Library)]
    internal static partial int sqlite3_reset(nint statement);

    [LibraryImport(Library)]
    internal static partial int sqlite3_finalize(nint statement);

    [LibraryImport(Library)]
    internal static partial int sqlite3_bind_int64(nint statement, int index, long value);

    [LibraryImport(Library)]
    internal static partial int sqlite3_bind_blob(nint statement, int index, byte* value, int length, nint destructor);

    [LibraryImport(Library)]
    internal static partial int sqlite3_bind_null(nint statement, int index);

    [LibraryImport(Library)]
    internal static partial int sqlite3_column_type(nint statement, int column);

    [LibraryImport(Library)]
    internal static partial long sqlite3_column_int64(nint statement, int column);

    [LibraryImport(Library)]
    internal static partial byte* sqlite3_column_blob(nint statement, int column);

    [LibraryImport(Library)]
    internal static partial int sqlite3_column_bytes(nint statement, int column);

    [LibraryImport(Library)]
    internal static partial int sqlite3_wal_checkpoint_v2(
        nint database, nint name, int mode, out int pages, out int moved);

    [LibraryImport(Library)]
    internal static partial nint sqlite3_wal_hook(
        nint database, delegate* unmanaged[Cdecl]<nint, nint, nint, int, int> hook, nint context);
}
