using System.Globalization;
using System.Text;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// Lines on their way to the log. Whoever logs never waits: one thread writes, and where it is held up (a full disk, a
/// pipe that nobody reads) lines are dropped and counted. The first line after a gap says how many are missing.
/// </summary>
internal sealed class LogQueue : IDisposable
{
    /// <summary>Bytes that may wait. Arbitrary: some hundred lines.</summary>
    internal const int MaxBytes = 64 << 10;

    private const int StackBytes = 256 << 10;

    /// <summary>How long the end of the program waits for the last lines.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(250);

    private readonly ILogSink _sink;
    private readonly Lock _guard = new();
    private readonly AutoResetEvent _work = new(false);
    private readonly ManualResetEventSlim _idle = new(true);
    private readonly Thread _thread;
    private byte[] _filling = new byte[MaxBytes];
    private byte[] _writing = new byte[MaxBytes];
    private int _filled;
    private int _lines;
    private long _missing;
    private long _lost;
    private volatile bool _ends;

    internal LogQueue(ILogSink sink)
    {
        _sink = sink;
        _thread = new Thread(Run, StackBytes) { IsBackground = true, Name = "log" };
        _thread.Start();
    }

    /// <summary>Lines that were dropped, since the start.</summary>
    internal long Lost => Volatile.Read(ref _lost);

    /// <summary>
    /// Adds a line with its end, or drops it: for want of room, or because the log has ended. Never fails.
    /// </summary>
    internal void Add(ReadOnlySpan<byte> line)
    {
        lock (_guard)
        {
            if (_ends)
            {
                // Threads may outlive the log; whatever they say must not end them.
                _lost++;
                return;
            }

            if (_missing > 0
                && TryAdd(Encoding.ASCII.GetBytes(
                    string.Create(CultureInfo.InvariantCulture, $"({_missing} log lines are missing here)\n"))))
                _missing = 0;
            if (_missing > 0 || !TryAdd(line))
            {
                _missing++;
                _lost++;
                return;
            }

            _idle.Reset();
            _work.Set();
        }
    }

    /// <summary>Waits until everything was written, at most so long; false if something is left.</summary>
    internal bool Flush(TimeSpan most) => _idle.Wait(most);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ends)
            return;
        Flush(LastWords);
        lock (_guard)
        {
            _ends = true;
            _work.Set();
        }

        // A thread that is held up is left behind: it ends with the process.
        if (_thread.Join(LastWords))
        {
            _work.Dispose();
            _idle.Dispose();
        }
    }

    private bool TryAdd(ReadOnlySpan<byte> line)
    {
        if (line.Length > MaxBytes - _filled)
            return false;
        line.CopyTo(_filling.AsSpan(_filled));
        _filled += line.Length;
        _lines++;
        return true;
    }

    private bool TryWrite(ReadOnlySpan<byte> lines)
    {
        try
        {
            return _sink.Write(lines);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // There is nowhere to say so but in the count.
            return false;
        }
    }

    private void Run()
    {
        while (true)
        {
            int length, lines;
            lock (_guard)
            {
                (_filling, _writing) = (_writing, _filling);
                (length, lines) = (_filled, _lines);
                _filled = _lines = 0;
                if (length == 0)
                    _idle.Set();
            }

            if (length == 0)
            {
                if (_ends)
                    return;
                _work.WaitOne();
                continue;
            }

            if (TryWrite(_writing.AsSpan(0, length)))
                continue;
            lock (_guard)
            {
                _missing += lines;
                _lost += lines;
            }
        }
    }
}

/// <summary>Where log lines end.</summary>
internal interface ILogSink
{
    /// <summary>
    /// Writes whole lines, as long as that may take; false if they are not there, or not all of them.
    /// </summary>
    bool Write(ReadOnlySpan<byte> lines);
}

/// <summary>The log on a descriptor: standard error.</summary>
internal sealed class DescriptorSink(int descriptor) : ILogSink
{
    private const int StandardError = 2;
    private const int LookAgainMilliseconds = 1000;

    private bool _midLine;

    internal static DescriptorSink ForStandardError { get; } = new(StandardError);

    /// <inheritdoc/>
    public bool Write(ReadOnlySpan<byte> lines)
    {
        // What was cut off must not swallow the next line.
        if (_midLine && Put("\n"u8) > 0)
            return false;
        int left = Put(lines);
        _midLine = left < lines.Length && lines[^(left + 1)] != '\n';
        return left == 0;
    }

    /// <summary>Bytes that could not be written.</summary>
    private int Put(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int written = Libc.Write(descriptor, bytes);
            if (written >= 0)
                bytes = bytes[written..];
            else if (written == -Libc.Eagain)
                Libc.WaitForRoom(descriptor, LookAgainMilliseconds);
            else if (written != -Libc.Eintr)
                return bytes.Length;
        }

        return 0;
    }
}

/// <summary>The log on a writer, for tests.</summary>
internal sealed class WriterSink(TextWriter output) : ILogSink
{
    /// <inheritdoc/>
    public bool Write(ReadOnlySpan<byte> lines)
    {
        output.Write(Encoding.UTF8.GetString(lines));
        output.Flush();
        return true;
    }
}
