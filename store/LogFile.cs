using Microsoft.Win32.SafeHandles;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Store;

/// <summary>
/// The write-ahead log's file, held open as long as the store is: whether a transaction reaches the disk must not hang
/// on a descriptor that is free by chance. SQLite cuts the file, and never makes another while a connection is open.
/// </summary>
internal sealed class LogFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    /// <summary>Opens it, and brings its name in the directory to the disk.</summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    internal LogFile(string path)
    {
        try
        {
            _handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite
                | FileShare.Delete);
            DurableDirectory.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _handle?.Dispose();
            throw new StoreException(StoreError.Io, $"The store's log {path} cannot be used: {FaultText.Of(e)}", e);
        }
    }

    /// <summary>Brings what was written to it to the disk; a test puts a disk that fails in its place.</summary>
    internal Action<SafeFileHandle> Flush { get; set; } = RandomAccess.FlushToDisk;

    /// <summary>Returns when what was written to it is on the disk.</summary>
    /// <exception cref="IOException">The disk fails. What was written may be on it or not.</exception>
    internal void Sync() => Flush(_handle);

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
