namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>The data directory, held by one daemon at a time for as long as this object lives.</summary>
internal sealed class DataDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    internal string Path { get; }

    internal string KeyFile => KeyFileIn(Path);

    internal string Store => System.IO.Path.Combine(Path, "store.db");

    internal static string KeyFileIn(string directory) => System.IO.Path.Combine(directory, "identity.key");

    /// <summary>Makes the directory if needed.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    internal static void Make(string path) => Directory.CreateDirectory(path, OwnerOnly);

    /// <summary>Takes the directory; the error says who holds it or what is wrong with it.</summary>
    internal static DataDirectory? TryTake(string path, out string? error)
    {
        try
        {
            Make(path);
            string file = System.IO.Path.Combine(path, "lock");
            // The lock is the open file's (flock): a crash releases it, so the file may stay.
            var held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            error = null;
            return new DataDirectory(path, held);
        }
        catch (UnauthorizedAccessException e)
        {
            error = e.Message;
        }
        catch (IOException e)
        {
            error = Directory.Exists(path) && File.Exists(System.IO.Path.Combine(path, "lock"))
                ? $"another daemon uses the data directory {path}"
                : e.Message;
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
