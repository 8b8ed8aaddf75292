using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace QuicProChat.Mesh.Bench;

/// <summary>One daemon of the published program, with its figures as the kernel keeps them.</summary>
internal sealed class Daemon : IDisposable
{
    private static readonly long ClockTicks = 100;

    private readonly Process _process;

    private Daemon(Process process, string control, TimeSpan started)
    {
        _process = process;
        Control = control;
        StartTime = started;
    }

    internal string Control { get; }

    /// <summary>From the start of the process until it listens and answers.</summary>
    internal TimeSpan StartTime { get; }

    internal string Address { get; private set; } = "";

    /// <summary>Where it listens; null if nowhere.</summary>
    internal string? Uri { get; private set; }

    /// <summary>Resident memory in bytes (proc_pid_status(5), VmRSS).</summary>
    internal long ResidentBytes =>
        long.Parse(
            File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;

    /// <summary>
    /// Resident bytes that are the process's own, and those that are pages of files (proc_pid_status(5)).
    /// </summary>
    internal (long Own, long File) Memory()
    {
        string[] lines = File.ReadAllLines($"/proc/{_process.Id}/status");
        return (Kilobytes("RssAnon:") * 1024, Kilobytes("RssFile:") * 1024);

        long Kilobytes(string what) => long.Parse(
            lines.First(l => l.StartsWith(what, StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }

    /// <summary>Processor time used so far, user and system (proc_pid_stat(5), fields 14 and 15).</summary>
    internal TimeSpan ProcessorTime
    {
        get
        {
            string stat = File.ReadAllText($"/proc/{_process.Id}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            long ticks = long.Parse(fields[11], CultureInfo.InvariantCulture)
                + long.Parse(fields[12], CultureInfo.InvariantCulture);
            return TimeSpan.FromSeconds((double)ticks / ClockTicks);
        }
    }

    internal static async Task<Daemon> StartAsync(
        string program, string directory, string name, params string[] arguments)
    {
        string data = Path.Combine(directory, name);
        var start = new ProcessStartInfo(program) { RedirectStandardError = true };
        foreach (string argument in (string[])["run", "--data-dir", data, "--name", name, "--log-level", "warning",
            .. arguments])
            start.ArgumentList.Add(argument);
        string control = Path.Combine(data, "control.sock");
        var clock = Stopwatch.StartNew();
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        while (!Answers(control))
        {
            if (process.HasExited)
                throw new InvalidOperationException($"{name} ended with {process.ExitCode}");
            await Task.Delay(1);
        }

        var daemon = new Daemon(process, control, clock.Elapsed);
        using var client = new Client(control);
        using JsonDocument status = client.Ask("{\"command\":\"status\"}");
        JsonElement result = status.RootElement.GetProperty("result");
        daemon.Address = result.GetProperty("address").GetString()!;
        daemon.Uri = result.GetProperty("listen").EnumerateArray().Select(u => u.GetString()).FirstOrDefault();
        return daemon;
    }

    /// <summary>Waits until a route to another daemon is there.</summary>
    internal async Task HasRouteAsync(string address)
    {
        using var client = new Client(Control);
        while (true)
        {
            using JsonDocument routes = client.Ask("{\"command\":\"routes\"}");
            if (routes.RootElement.GetProperty("result").EnumerateArray().Any(r =>
                    r.GetProperty("destination").GetString() == address
                        && r.GetProperty("nextHop").ValueKind == JsonValueKind.String))
                return;
            await Task.Delay(5);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static bool Answers(string control)
    {
        try
        {
            using var client = new Client(control);
            using JsonDocument reply = client.Ask("{\"command\":\"identity\"}");
            return true;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}

/// <summary>
/// A client of the control socket. It blocks: threads that look for work would take time from what is measured.
/// </summary>
internal sealed class Client : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly byte[] _buffer = new byte[1 << 20];
    private int _start;
    private int _end;

    internal Client(string control) => _socket.Connect(new UnixDomainSocketEndPoint(control));

    internal JsonDocument Ask(string request)
    {
        Send(Encoding.UTF8.GetBytes(request + "\n"));
        return JsonDocument.Parse(ReadLine().ToArray());
    }

    internal void Send(ReadOnlySpan<byte> lines)
    {
        while (!lines.IsEmpty)
            lines = lines[_socket.Send(lines)..];
    }

    /// <summary>The next line; valid until the next call.</summary>
    internal ReadOnlyMemory<byte> ReadLine()
    {
        while (true)
        {
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, length);
                _start += length + 1;
                return line;
            }

            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
            int read = _socket.Receive(_buffer.AsSpan(_end));
            if (read == 0)
                throw new IOException("the daemon went away");
            _end += read;
        }
    }

    /// <summary>True if a whole line is there without waiting.</summary>
    internal bool HasLine => _buffer.AsSpan(_start, _end - _start).Contains((byte)'\n');

    public void Dispose() => _socket.Dispose();
}
