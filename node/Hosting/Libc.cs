using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// The part of libc that .NET does not offer: what stands behind a path, whether a client hung up, writing a log.
/// </summary>
internal static partial class Libc
{
    internal const int Eintr = 4;
    internal const int Eagain = 11;

    // SIGTSTP: the same on all processors that .NET runs on.
    private const int StopFromTerminal = 20;

    private const short PollOut = 4;
    private const short PollError = 8;
    private const short PollHangUp = 16;

    private const int PathMax = 4096;

    // SOL_SOCKET and SO_PEERCRED: the same on x86-64 and arm64.
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    // statx(2), whose structure is the same on all architectures.
    private const int AtCurrentDirectory = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const uint StatxTypeAndInode = 0x1 | 0x100;
    private const uint StatxOwner = 0x8 | 0x10;
    private const int TypeMask = 0xF000;
    private const int TypeSocket = 0xC000;

    /// <summary>Gives a file to a group; false if the system refuses.</summary>
    internal static bool TrySetGroup(string path, uint group) => chown(path, uint.MaxValue, group) == 0;

    /// <summary>Gives a file to the owner and group of its directory; false if the system refuses.</summary>
    internal static unsafe bool TryGiveToOwnerOfDirectory(string path)
    {
        byte* buffer = stackalloc byte[256];
        // stx_uid lies at 20, stx_gid at 24.
        return statx(AtCurrentDirectory, Path.GetDirectoryName(path)!, 0, StatxOwner, buffer) == 0
            && chown(path, *(uint*)(buffer + 20), *(uint*)(buffer + 24)) == 0;
    }

    /// <summary>
    /// Whether a file or folder belongs to the owner of another one; null where the system does not say.
    /// </summary>
    internal static unsafe bool? HasOwnerOf(string path, string other)
    {
        byte* buffer = stackalloc byte[256];
        if (statx(AtCurrentDirectory, path, 0, StatxOwner, buffer) != 0)
            return null;
        uint owner = *(uint*)(buffer + 20);
        return statx(AtCurrentDirectory, other, 0, StatxOwner, buffer) == 0 ? *(uint*)(buffer + 20) == owner : null;
    }

    /// <summary>The path without symbolic links, or as it is where there is none such.</summary>
    internal static unsafe string RealPath(string path)
    {
        byte* buffer = stackalloc byte[PathMax];
        return realpath(path, buffer) is null ? path : Marshal.PtrToStringUTF8((nint)buffer) ?? path;
    }

    /// <summary>The number of the file system's kind, statfs(2); 0 if it does not say.</summary>
    internal static unsafe long FileSystemOf(string path)
    {
        // The kind is the first member everywhere; the rest is larger on some architectures than on others.
        byte* buffer = stackalloc byte[512];
        return statfs(path, buffer) == 0 ? (long)*(nuint*)buffer : 0;
    }

    /// <summary>
    /// A number for the socket file at a path, which another one there would not have; null if there is no socket.
    /// </summary>
    internal static unsafe long? SocketAt(string path)
    {
        byte* buffer = stackalloc byte[256];
        if (statx(AtCurrentDirectory, path, AtSymlinkNoFollow, StatxTypeAndInode, buffer) != 0)
            return null;
        // stx_mode lies at 28, stx_ino at 32.
        return (*(ushort*)(buffer + 28) & TypeMask) == TypeSocket ? *(long*)(buffer + 32) : null;
    }

    /// <summary>
    /// Tells whether the other end is closed altogether. A client that has only said its last word (shutdown(2)) still
    /// listens.
    /// </summary>
    internal static unsafe bool HasHungUp(Socket socket)
    {
        var asked = new PollFile { File = (int)socket.Handle };
        return poll(&asked, 1, 0) > 0 && (asked.Came & (PollHangUp | PollError)) != 0;
    }

    /// <summary>
    /// Whether the other end of a Unix socket was connected by this process's user, or by root: SO_PEERCRED, unix(7).
    /// </summary>
    internal static bool IsOwnUser(Socket socket)
    {
        // struct ucred: process, user, group.
        Span<int> credentials = stackalloc int[3];
        try
        {
            return socket.GetRawSocketOption(SocketLevel, PeerCredentials, MemoryMarshal.AsBytes(credentials))
                == MemoryMarshal.AsBytes(credentials).Length
                && ((uint)credentials[1] == 0 || (uint)credentials[1] == geteuid());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Waits until a descriptor takes bytes, at most so long.</summary>
    internal static unsafe void WaitForRoom(int descriptor, int milliseconds)
    {
        var asked = new PollFile { File = descriptor, Wanted = PollOut };
        _ = poll(&asked, 1, milliseconds);
    }

    /// <summary>Writes what it takes; the number of bytes, or the negative error number.</summary>
    internal static unsafe int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint written = write(descriptor, start, (nuint)bytes.Length);
            return written >= 0 ? (int)written : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Ends the process at once: nothing is flushed, nobody is asked.</summary>
    internal static void ExitNow(int code) => _exit(code);

    /// <summary>
    /// The number of a group: digits, or a name in /etc/group. Not by libc's name services, which a static program must
    /// not use.
    /// </summary>
    internal static uint? FindGroup(string name, string file = "/etc/group")
    {
        if (name.Length > 0 && name.All(char.IsAsciiDigit))
            return uint.TryParse(name, out uint number) && number != uint.MaxValue ? number : null;
        foreach (string line in File.ReadLines(file, Encoding.Latin1))
        {
            string[] fields = line.Split(':');
            if (fields.Length >= 3 && fields[0] == name && fields[2].Length > 0 && fields[2].All(char.IsAsciiDigit)
                && uint.TryParse(fields[2], out uint found))
                return found;
        }

        return null;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFile
    {
        internal int File;
        internal short Wanted;
        internal short Came;
    }

    /// <summary>
    /// Starts a program with one argument and this process's environment, and does not wait for it; 0, or the error
    /// number.
    /// </summary>
    internal static int Spawn(string program, string argument)
    {
        var environment = new List<string?>();
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
            environment.Add($"{entry.Key}={entry.Value}");
        return posix_spawn(out _, program, 0, 0, [program, argument, null], [.. environment, null]);
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(
        out int process, string program, nint actions, nint attributes, string?[] arguments, string?[] environment);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint owner, uint group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial byte* realpath(string path, byte* resolved);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statfs(string path, byte* buffer);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int directory, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int poll(PollFile* files, nuint count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(int descriptor, byte* bytes, nuint count);

    /// <summary>
    /// Stops every process of this one's group, as a terminal does at Ctrl-Z, until they are told to go on.
    /// </summary>
    internal static void Suspend() => _ = kill(0, StopFromTerminal);

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);

    [LibraryImport("libc")]
    private static partial void _exit(int code);
}
