using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Transports.Lora.Serial;

/// <summary>The few calls of libc that a serial line needs.</summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    /// <summary>errno of a signal that came between.</summary>
    internal const int Eintr = 4;

    /// <summary>errno of a call that would have to wait.</summary>
    internal const int Eagain = 11;

    /// <summary>errno of a device that somebody else holds.</summary>
    internal const int Ebusy = 16;

    /// <summary>open(2), and the same on every architecture that <see cref="TermiosAbi"/> lists.</summary>
    internal const int ReadWrite = 0x2, NoControllingTerminal = 0x100, NonBlocking = 0x800, CloseOnExec = 0x80000;

    /// <summary>flock(2).</summary>
    internal const int LockExclusive = 2, LockNonBlocking = 4;

    /// <summary>poll(2).</summary>
    internal const short PollIn = 0x1, PollOut = 0x4, PollError = 0x8, PollHangUp = 0x10, PollInvalid = 0x20;

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollFd
    {
        internal int Fd;
        internal short Events;
        internal short Returned;
    }

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int fd, byte* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int fd, byte* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollFd* fds, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Ioctl(int fd, nuint request, void* argument);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    internal static partial int Flock(int fd, int operation);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventFd(uint initial, int flags);
}
