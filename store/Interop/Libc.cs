using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace QuicProChat.Mesh.Store.Interop;

/// <summary>The part of libc that .NET does not offer.</summary>
internal static partial class Libc
{
    /// <summary>flock(2): exclusive, and fail at once if somebody has it.</summary>
    internal const int LockExclusiveNow = 2 | 4;

    /// <summary>flock(2): give it back.</summary>
    internal const int Unlock = 8;

    /// <summary>O_RDWR | O_CREAT | O_CLOEXEC: the same on every processor that .NET runs on.</summary>
    internal const int OpenOrCreate = 0x2 | 0x40 | 0x80000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc")]
    internal static partial uint umask(uint mask);
}
