using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace QuicProChat.Mesh.Mls.Storage;

/// <summary>Makes a rename durable: on Unix that takes an fsync of the directory, for which the framework has no call.</summary>
internal static partial class DirectorySync
{
    private const int ReadOnly = 0;

    internal static void Flush(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = open(directory, ReadOnly);
        if (descriptor < 0)
            throw new IOException($"Cannot open '{directory}' (errno {Marshal.GetLastPInvokeError()}).");
        using SafeFileHandle handle = new(descriptor, ownsHandle: true);
        if (fsync(descriptor) != 0)
            throw new IOException($"Cannot flush '{directory}' (errno {Marshal.GetLastPInvokeError()}).");
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);
}
