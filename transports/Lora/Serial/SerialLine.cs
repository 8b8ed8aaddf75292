using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Transports.Lora.Serial;

/// <summary>
/// A serial device or pseudo terminal, raw, 8N1, at any speed (termios2 with BOTHER), held exclusively: TIOCEXCL keeps
/// others from opening it, a lock on the file keeps out those for whom that does not hold (root).
/// </summary>
public sealed unsafe class SerialLine : ISerialLine
{
    private readonly string _path;
    private readonly string _device;
    private readonly Lock _wakeLock = new();
    private int _fd;
    private int _wakeFd;

    private SerialLine(string path, string device, int fd, int wakeFd)
    {
        _path = path;
        _device = device;
        _fd = fd;
        _wakeFd = wakeFd;
    }

    /// <summary>Opens a device.</summary>
    /// <param name="path">The device or a link to it, for example in /dev/serial/by-id.</param>
    /// <param name="baud">Bits a second.</param>
    /// <exception cref="DeviceHeldException">Another process, or another part of this one, holds the
    /// device.</exception>
    /// <exception cref="IOException">The device is absent, or no terminal.</exception>
    /// <exception cref="PlatformNotSupportedException">See <see cref="TermiosAbi"/>.</exception>
    public static SerialLine Open(string path, int baud)
    {
        TermiosAbi.ThrowIfUnsupported();
        string device = Resolve(path) ?? throw new IOException($"{path}: there is no such device.");
        int fd = Retry(() => Libc.Open(
            device, Libc.ReadWrite | Libc.NoControllingTerminal | Libc.NonBlocking | Libc.CloseOnExec));
        if (fd < 0)
        {
            throw Marshal.GetLastPInvokeError() == Libc.Ebusy
                ? new DeviceHeldException(path)
                : Failure(path, "cannot be opened");
        }
        SerialLine? line = null;
        try
        {
            if (Libc.Flock(fd, Libc.LockExclusive | Libc.LockNonBlocking) < 0)
            {
                throw Marshal.GetLastPInvokeError() == Libc.Eagain
                    ? new DeviceHeldException(path)
                    : Failure(path, "cannot be locked");
            }
            if (Libc.Ioctl(fd, TermiosAbi.Tiocexcl, null) < 0)
                throw Failure(path, "is not a serial device");
            int wakeFd = Libc.EventFd(0, Libc.NonBlocking | Libc.CloseOnExec);
            if (wakeFd < 0)
                throw Failure(path, "cannot be watched");
            line = new SerialLine(path, device, fd, wakeFd);
            line.SetBaud(baud);
            line.Flush();
            return line;
        }
        catch
        {
            if (line is not null)
                line.Dispose();
            else
                _ = Libc.Close(fd);
            throw;
        }
    }

    /// <inheritdoc/>
    public LineEvent Wait(Span<byte> buffer, bool wantWrite, TimeSpan timeout, out int count)
    {
        count = 0;
        Libc.PollFd* fds = stackalloc Libc.PollFd[2];
        fds[0] = new Libc.PollFd { Fd = _fd, Events = (short)(Libc.PollIn | (wantWrite ? Libc.PollOut : 0)) };
        fds[1] = new Libc.PollFd { Fd = _wakeFd, Events = Libc.PollIn };
        int milliseconds = (int)Math.Clamp(Math.Ceiling(timeout.TotalMilliseconds), 0, int.MaxValue);
        int ready = Libc.Poll(fds, 2, milliseconds);
        if (ready < 0 && Marshal.GetLastPInvokeError() != Libc.Eintr)
            return LineEvent.HungUp;
        if (ready <= 0)
            return LineEvent.Timeout;
        // What came before a hang-up is still to be read.
        if ((fds[0].Returned & Libc.PollIn) != 0)
        {
            fixed (byte* p = buffer)
            {
                nint read = Libc.Read(_fd, p, buffer.Length);
                if (read > 0)
                {
                    count = (int)read;
                    return LineEvent.Data;
                }
                if (read == 0 || Marshal.GetLastPInvokeError() is not (Libc.Eagain or Libc.Eintr))
                    return LineEvent.HungUp;
            }
        }
        if ((fds[0].Returned & (Libc.PollHangUp | Libc.PollError | Libc.PollInvalid)) != 0)
            return LineEvent.HungUp;
        if ((fds[1].Returned & Libc.PollIn) != 0)
        {
            ulong counter;
            _ = Libc.Read(_wakeFd, (byte*)&counter, sizeof(ulong));
            return LineEvent.Woken;
        }
        return (fds[0].Returned & Libc.PollOut) != 0 ? LineEvent.Writable : LineEvent.Timeout;
    }

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return 0;
        fixed (byte* p = bytes)
        {
            nint written = Libc.Write(_fd, p, bytes.Length);
            if (written >= 0)
                return (int)written;
            return Marshal.GetLastPInvokeError() is Libc.Eagain or Libc.Eintr ? 0 : -1;
        }
    }

    /// <inheritdoc/>
    public void SetBaud(int baud)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(baud);
        Span<byte> termios = stackalloc byte[64];
        termios.Clear();
        fixed (byte* p = termios)
        {
            if (Libc.Ioctl(_fd, TermiosAbi.Tcgets2, p) < 0)
                throw Failure(_path, "is not a serial device");
            // Raw: no translation in, none out, no echo, no signals, no flow control; read returns what there is.
            BinaryPrimitives.WriteUInt32LittleEndian(termios[TermiosAbi.InputFlagsAt..], 0);
            BinaryPrimitives.WriteUInt32LittleEndian(termios[TermiosAbi.OutputFlagsAt..], 0);
            WriteNative(termios[TermiosAbi.ControlFlagsAt..],
                TermiosAbi.EightBits | TermiosAbi.Receiver | TermiosAbi.Local | TermiosAbi.SpeedAsNumber);
            BinaryPrimitives.WriteUInt32LittleEndian(termios[TermiosAbi.LocalFlagsAt..], 0);
            termios.Slice(TermiosAbi.ControlCharactersAt, TermiosAbi.ControlCharacters).Clear();
            termios[TermiosAbi.MinimumAt] = 1;
            WriteNative(termios[TermiosAbi.InputSpeedAt..], (uint)baud);
            WriteNative(termios[TermiosAbi.OutputSpeedAt..], (uint)baud);
            if (Libc.Ioctl(_fd, TermiosAbi.Tcsetsw2, p) < 0)
                throw Failure(_path, $"does not take {baud} bits a second");
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
        // A pseudo terminal whose other end is gone refuses; the next wait reports that as a hang-up.
        _ = Libc.Ioctl(_fd, TermiosAbi.Tcflsh, (void*)TermiosAbi.FlushBoth);
    }

    /// <inheritdoc/>
    public bool NameStillMeansThis() => Resolve(_path) == _device;

    /// <inheritdoc/>
    public void Wake()
    {
        lock (_wakeLock)
        {
            if (_wakeFd < 0)
                return;
            ulong one = 1;
            _ = Libc.Write(_wakeFd, (byte*)&one, sizeof(ulong));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_fd < 0)
            return;
        _ = Libc.Ioctl(_fd, TermiosAbi.Tiocnxcl, null);
        _ = Libc.Close(_fd);
        _fd = -1;
        lock (_wakeLock)
        {
            _ = Libc.Close(_wakeFd);
            _wakeFd = -1;
        }
    }

    private static void WriteNative(Span<byte> at, uint value) => MemoryMarshal.Write(at, value);

    /// <summary>The device behind a chain of links; null when nothing is there.</summary>
    private static string? Resolve(string path)
    {
        try
        {
            string full = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
            return File.Exists(full) ? full : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static int Retry(Func<int> call)
    {
        int result;
        do
        {
            result = call();
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == Libc.Eintr);
        return result;
    }

    private static IOException Failure(string path, string what) =>
        new($"{path} {what}: {Marshal.GetLastPInvokeErrorMessage()}.");
}
