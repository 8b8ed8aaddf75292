using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace QuicProChat.Mesh.Store.Interop;

/// <summary>The part of libc that .NET does not offer.</summary>
internal static partial class Libc
{
    /// <summary>flock(2): exclusive, and fail at once if somebody has it.</summary>
    internal const int LockExclusiveNow = 2 | 4;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(SafeFileHandle file, int operation);
}
