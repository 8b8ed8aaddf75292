using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>Files that only their owner reads.</summary>
internal static class PrivateFile
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a file as a whole: after a power cut there is the old one or the new one.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    internal static void Write(string path, ReadOnlySpan<byte> content)
    {
        string fresh = path + ".new";
        using (FileStream file = new(
            fresh, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Owner }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
        DurableDirectory.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Refuses a file that others may read or write.</summary>
    /// <exception cref="IOException">They may.</exception>
    internal static void RequirePrivate(string path)
    {
        if ((File.GetUnixFileMode(path) & ~(Owner | UnixFileMode.UserExecute)) != 0)
            throw new IOException($"Others may read {path}: chmod 600 it, and ask yourself who did.");
    }
}
