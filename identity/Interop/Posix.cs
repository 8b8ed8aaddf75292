using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Identity.Interop;

/// <summary>The part of libc that .NET does not offer: making a rename durable.</summary>
internal static partial class Posix
{
    private const int OpenDirectory = 0x10000 | 0x80000; // O_RDONLY | O_DIRECTORY | O_CLOEXEC on Linux, generic ABI
    private const int OpenDirectoryArm = 0x4000 | 0x80000; // O_DIRECTORY differs on ARM

    /// <summary>fsync of a directory, so that a rename in it survives a power cut.</summary>
    /// <exception cref="IOException">The directory cannot be opened or synchronised.</exception>
    internal static void SyncDirectory(string path)
    {
        bool arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64
            or Architecture.Armv6;
        int file = open(path, arm ? OpenDirectoryArm : OpenDirectory);
        if (file < 0)
            throw new IOException($"Cannot open directory {path}: {Marshal.GetLastPInvokeErrorMessage()}.");
        try
        {
            if (fsync(file) != 0)
                throw new IOException($"Cannot synchronise directory {path}: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
        finally
        {
            _ = close(file);
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int file);
}
