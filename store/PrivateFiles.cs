using QuicProChat.Mesh.Store.Interop;

namespace QuicProChat.Mesh.Store;

/// <summary>
/// Files that nobody but their owner may open: names of contacts, addresses and times are in them in clear.
/// </summary>
public static class PrivateFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>From now on what this process makes is its owner's only, unless a mode is set explicitly.</summary>
    public static void MakePrivateByDefault() => _ = Libc.umask(0x3F); // 077

    /// <summary>Takes a file away from everybody but its owner, if it is there.</summary>
    internal static void Tighten(string path)
    {
        try
        {
            if (File.Exists(path) && (File.GetUnixFileMode(path) & ~OwnerOnly) != 0)
                File.SetUnixFileMode(path, OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file system without modes has none to set, and one that is read-only says so when it is written.
        }
    }
}
