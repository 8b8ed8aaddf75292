using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>The data directory, held by one daemon at a time for as long as this object lives.</summary>
internal sealed class DataDirectory : IDisposable
{
    // TMPFS_MAGIC, RAMFS_MAGIC: statfs(2).
    private const uint TmpFs = 0x01021994;
    private const uint RamFs = 0x858458F6;

    private readonly DirectoryLock _lock;

    private DataDirectory(string path, DirectoryLock held)
    {
        Path = path;
        _lock = held;
    }

    internal string Path { get; }

    internal string KeyFile => KeyFileIn(Path);

    /// <summary>Something has the key file's name, even if it leads nowhere.</summary>
    internal bool HasKey => File.Exists(KeyFile) || Directory.Exists(KeyFile) || new FileInfo(KeyFile).LinkTarget is not null;

    /// <summary>What is here does not survive a reboot.</summary>
    internal bool IsOnRamDisk => (uint)Libc.FileSystemOf(Path) is TmpFs or RamFs;

    internal static string KeyFileIn(string directory) => System.IO.Path.Combine(directory, "identity.key");

    /// <summary>Takes the directory, making it if needed.</summary>
    /// <exception cref="StoreException">Another process holds it, or it cannot be used; the message says which.</exception>
    internal static DataDirectory Take(string path) => new(path, DirectoryLock.Take(path));

    /// <summary>
    /// Refuses a new key where a store is: whoever had a key here has lost it, and is somebody else with another one.
    /// </summary>
    /// <exception cref="KeyFileException">There is a store.</exception>
    internal void RefuseNewKey()
    {
        if (Directory.EnumerateFiles(Path, MeshStore.FileName + "*").Any())
        {
            throw new KeyFileException(
                KeyFileError.Missing,
                $"the key file {KeyFile} is missing, but there is a store that belongs to it: without that key it cannot be read, and this node would be somebody else. "
                + $"Restore the key: qpc-mesh identity import --data-dir {Path} BACKUP. If it is lost for good, move {MeshStore.FileName}* away");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
