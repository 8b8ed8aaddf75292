namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>A RAM disk at a node's data directory, as /var is on many routers.</summary>
internal sealed class RamDisk : IDisposable
{
    private readonly string _directory;

    internal RamDisk(string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(directory);
        Mount();
    }

    /// <summary>What a reboot does to it.</summary>
    internal void Reboot()
    {
        Dispose();
        Mount();
    }

    private void Mount() => Shell.Do("mount", "-t", "tmpfs", "-o", "mode=700", "ram", _directory);

    /// <inheritdoc/>
    public void Dispose() => Shell.Do("umount", _directory);
}
