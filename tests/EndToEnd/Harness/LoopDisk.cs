namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// A disk of its own at a node's data directory: ext4 on a loop device, so that its pages are not memory.
/// </summary>
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
        Mount();
        Shell.Do("chmod", "700", directory);
    }

    /// <summary>Bytes used, as the file system counts them.</summary>
    internal long Used()
    {
        var drive = new DriveInfo(_directory);
        return drive.TotalSize - drive.TotalFreeSpace;
    }

    /// <summary>
    /// What a worn flash does: the file system meets an error and lets nothing be written any more, to files that are
    /// open either.
    /// </summary>
    internal void Fail()
    {
        // What the kernel has not written yet would be lost with it, as in a power cut.
        Shell.Do("sync", "-f", _directory);
        string device = File.ReadLines("/proc/self/mounts").Select(static l => l.Split(' '))
            .Last(words => words[1] == _directory)[0];
        File.WriteAllText($"/sys/fs/ext4/{Path.GetFileName(device)}/trigger_fs_error", "a test");
    }

    /// <summary>Somebody repaired it. Nobody may use it meanwhile.</summary>
    internal void Repair()
    {
        Shell.Do("umount", _directory);
        // Exit code 1: errors were corrected.
        Assert.InRange(Shell.Run("fsck.ext4", ["-y", "-f", _image]).ExitCode, 0, 1);
        Mount();
    }

    private void Mount() => Shell.Do("mount", "-o", "loop,errors=remount-ro", _image, _directory);

    /// <inheritdoc/>
    public void Dispose()
    {
        Shell.Do("umount", _directory);
        File.Delete(_image);
    }
}
