using QuicProChat.Mesh.Identity.Interop;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// Makes renames in a directory durable: on Unix that takes an fsync of the directory, for which the framework has no
/// call.
/// </summary>
public static class DurableDirectory
{
    /// <summary>
    /// Returns when what was made, renamed or removed in the directory survives a power cut; does nothing on Windows,
    /// where a rename does so itself.
    /// </summary>
    /// <exception cref="IOException">The directory cannot be opened or synchronised.</exception>
    public static void Flush(string directory)
    {
        if (!OperatingSystem.IsWindows())
            Posix.SyncDirectory(directory);
    }
}
