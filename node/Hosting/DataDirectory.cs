using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>The data directory, held by one daemon at a time for as long as this object lives.</summary>
internal sealed class DataDirectory : IDisposable
{
    private readonly DirectoryLock _lock;

    private DataDirectory(string path, DirectoryLock held)
    {
        Path = path;
        _lock = held;
    }

    internal string Path { get; }

    internal string KeyFile => KeyFileIn(Path);

    internal static string KeyFileIn(string directory) => System.IO.Path.Combine(directory, "identity.key");

    /// <summary>Takes the directory, making it if needed.</summary>
    /// <exception cref="StoreException">Another process holds it, or it cannot be used; the message says which.</exception>
    internal static DataDirectory Take(string path) => new(path, DirectoryLock.Take(path));

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
