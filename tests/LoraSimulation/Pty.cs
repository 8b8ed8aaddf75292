using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.LoraSimulation;

/// <summary>The master side of a pseudo terminal, and a link with a stable name to its other side.</summary>
public sealed unsafe partial class Pty : IDisposable
{
    private const int ReadWrite = 2, NoControllingTerminal = 0x100, NonBlocking = 0x800, CloseOnExec = 0x80000;
    private const int IoError = 5;

    private readonly string? _link;
    private int _master;

    /// <summary>Makes a pseudo terminal.</summary>
    /// <param name="link">A link to make, as udev makes those in /dev/serial/by-id; replaced if it exists.</param>
    public Pty(string? link = null)
    {
        _master = posix_openpt(ReadWrite | NoControllingTerminal | NonBlocking | CloseOnExec);
        byte* name = stackalloc byte[128];
        if (_master < 0 || grantpt(_master) != 0 || unlockpt(_master) != 0 || ptsname_r(_master, name, 128) != 0)
            throw new IOException("cannot make a pseudo terminal: " + Marshal.GetLastPInvokeErrorMessage());
        Device = Marshal.PtrToStringUTF8((nint)name)!;
        // Opened and closed once: raw from the start, and the master reads a hang-up until the client opens it.
        int client = open(Device, ReadWrite | NoControllingTerminal | CloseOnExec);
        byte* termios = stackalloc byte[64];
        _ = tcgetattr(client, termios);
        cfmakeraw(termios);
        _ = tcsetattr(client, 0, termios);
        _ = close(client);
        _link = link;
        if (link is null)
            return;
        File.Delete(link);
        File.CreateSymbolicLink(link, Device);
    }

    /// <summary>The device that the client opens.</summary>
    public string Device { get; }

    /// <summary>Pulls the cable: the client's side hangs up, the link disappears.</summary>
    public void Unplug()
    {
        if (_master < 0)
            return;
        if (_link is not null && Directory.Exists(Path.GetDirectoryName(_link)))
            File.Delete(_link);
        _ = close(_master);
        _master = -1;
    }

    /// <summary>Whether a client has the device open, as of the last <see cref="Read"/>.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Reads what the client wrote, without waiting. Empty: nothing there.</summary>
    public byte[] Read()
    {
        byte[] buffer = new byte[4096];
        fixed (byte* p = buffer)
        {
            nint count = _master < 0 ? 0 : read(_master, p, buffer.Length);
            IsOpen = _master >= 0 && (count >= 0 || Marshal.GetLastPInvokeError() != IoError);
            return count <= 0 ? [] : buffer[..(int)count];
        }
    }

    /// <summary>Waits until the client has written, at most this long.</summary>
    public void WaitReadable(TimeSpan most)
    {
        if (!IsOpen)
        {
            // A master without a client polls as hung up, at once.
            Thread.Sleep(1);
            return;
        }
        // struct pollfd: fd, events (POLLIN), revents.
        int* fds = stackalloc int[2] { _master, 1 };
        _ = poll(fds, 1, (int)Math.Clamp(Math.Ceiling(most.TotalMilliseconds), 0, 60_000));
    }

    /// <summary>Writes to the client; what does not fit is lost, as on a serial line without flow control.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes)
        {
            if (_master >= 0 && bytes.Length > 0)
                _ = write(_master, p, bytes.Length);
        }
    }

    /// <summary>
    /// The line settings that the client made: four flag words and the speeds in and out, as the kernel keeps them.
    /// </summary>
    public (uint Input, uint Output, uint Control, uint Local, uint SpeedIn, uint SpeedOut) Settings()
    {
        // struct termios2 of asm-generic/termbits.h; on the master it is the other side's.
        uint* words = stackalloc uint[16];
        if (ioctl(_master, 0x802C542A, words) != 0)
            throw new IOException("cannot read the line settings: " + Marshal.GetLastPInvokeErrorMessage());
        return (words[0], words[1], words[2], words[3], words[9], words[10]);
    }

    /// <inheritdoc/>
    public void Dispose() => Unplug();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int posix_openpt(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int grantpt(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlockpt(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ptsname_r(int fd, byte* name, nint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(int* fds, nuint count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcgetattr(int fd, byte* termios);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcsetattr(int fd, int when, byte* termios);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, void* argument);

    [LibraryImport("libc")]
    private static partial void cfmakeraw(byte* termios);
}
