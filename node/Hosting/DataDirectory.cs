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

    private DataDirectory(string path, string keyFile, DirectoryLock held)
    {
        Path = path;
        KeyFile = keyFile;
        _lock = held;
    }

    internal string Path { get; }

    internal string KeyFile { get; }

    /// <summary>
    /// Something has the key file's name, even if it leads nowhere, or nobody can tell: a directory that this user may
    /// not look into is no proof that there is no key.
    /// </summary>
    internal bool HasKey
    {
        get
        {
            try
            {
                _ = File.GetAttributes(KeyFile);
                return true;
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                return new FileInfo(KeyFile).LinkTarget is not null;
            }
            catch (UnauthorizedAccessException)
            {
                return true;
            }
        }
    }

    /// <summary>The key does not survive a reboot.</summary>
    internal bool IsKeyOnRamDisk => IsOnRamDisk(KeyFile);

    /// <summary>A file, or one that will be at this path, does not survive a reboot.</summary>
    internal static bool IsOnRamDisk(string path) => (uint)Libc.FileSystemOf(System.IO.Path.GetDirectoryName(path)!)
        is TmpFs or RamFs;

    internal static string KeyFileIn(string directory) => System.IO.Path.Combine(directory, "identity.key");

    /// <summary>Takes the directory, making it if needed.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="keyFile">Where the key is, if not in the directory.</param>
    /// <exception cref="StoreException">Another process holds it, or it cannot be used; the message says
    /// which.</exception>
    internal static DataDirectory Take(string path, string? keyFile = null) =>
        new(path, keyFile ?? KeyFileIn(path), DirectoryLock.Take(path));

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
                $"the key file {KeyFile} is missing, but there is a store that belongs to it: without that key it "
                    + "cannot be read, and this node would be somebody else. "
                + "Restore the key: qpc-mesh identity import --data-dir "
                + $"{Path}{(KeyFile == KeyFileIn(Path) ? "" : " --key-file " + KeyFile)} BACKUP. If it is lost for "
                + $"good, move {MeshStore.FileName}* away");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
