namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>A disk of its own at a node's data directory: ext4 on a loop device, so that its pages are not memory.</summary>
internal sealed class LoopDisk : IDisposable
{
    private readonly string _directory;
    private readonly string _image;

    internal LoopDisk(string directory, int megabytes)
    {
        _directory = directory;
        _image = directory + ".img";
        Directory.CreateDirectory(directory);
        using (FileStream image = File.Create(_image))
            image.SetLength((long)megabytes << 20);
        Shell.Do("mkfs.ext4", "-q", "-F", "-m", "0", _image);
        Shell.Do("mount", "-o", "loop", _image, directory);
        Shell.Do("chmod", "700", directory);
    }

    /// <summary>Bytes used, as the file system counts them.</summary>
    internal long Used()
    {
        var drive = new DriveInfo(_directory);
        return drive.TotalSize - drive.TotalFreeSpace;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Shell.Do("umount", _directory);
        File.Delete(_image);
    }
}
