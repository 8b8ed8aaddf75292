using System.Diagnostics;
using System.Text;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// A program at a pseudo terminal (script(1) of util-linux), with somebody who types and looks. What it shows is kept
/// as it was written, control sequences and all.
/// </summary>
internal sealed class Terminal : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly StringBuilder _shown = new();
    private readonly Process _process;
    private readonly Task _reading;
    private readonly string _device;
    private readonly string _pidFile;
    private int _seen;

    /// <param name="directory">Where its files are: the home of whoever sits there.</param>
    /// <param name="columns">How wide it is.</param>
    /// <param name="environment">More variables, as NAME=VALUE.</param>
    /// <param name="command">The program and its arguments; none of them has a quotation mark.</param>
    internal Terminal(string directory, int columns, IEnumerable<string> environment, params string[] command)
    {
        string device = Path.Combine(directory, $"tty-{Guid.NewGuid():N}");
        _pidFile = device + ".pid";
        string line = $"tty > {device}; stty cols {columns} rows 24; "
            + $"env HOME={directory} TERM=xterm {string.Join(' ', environment)} sh -c 'echo $$ > {_pidFile}; exec "
            + $"{string.Join(' ', command)}'; "
            + "echo \"ended with $?\"; stty -a";
        var start = new ProcessStartInfo("script")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (string argument in new[] { "-q", "-e", "-c", line, "/dev/null" })
            start.ArgumentList.Add(argument);
        start.Environment["SHELL"] = "/bin/sh";
        start.Environment.Remove("NO_COLOR");
        _process = Process.Start(start)!;
        _reading = ReadAsync();
        _device = device;
    }

    /// <summary>Everything that was shown.</summary>
    internal string Shown
    {
        get
        {
            lock (_shown)
                return _shown.ToString();
        }
    }

    /// <summary>Types.</summary>
    internal async Task TypeAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>
    /// Waits until a text is shown behind what was seen before, and says what was shown up to its end.
    /// </summary>
    internal async Task<string> SeesAsync(string text)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            string shown = Shown;
            int found = shown.IndexOf(text, _seen, StringComparison.Ordinal);
            if (found >= 0)
            {
                string seen = shown[_seen..(found + text.Length)];
                _seen = found + text.Length;
                return seen;
            }

            if (waited.Elapsed > Patience)
                throw new TimeoutException(
                    $"'{Visible(text)}' was not shown, but:\n{Visible(shown[_seen..])}\nand "
                        + $"before:\n{Visible(shown[.._seen])}");
            await Task.Delay(20);
        }
    }

    /// <summary>Makes it narrower or wider: the program is told by a signal.</summary>
    internal void Resize(int columns) => Shell.Do("stty", "-F", File.ReadAllText(_device).Trim(), "cols", $"{columns}");

    /// <summary>Sends a signal to the program.</summary>
    internal void Signal(string name) => Shell.Do("kill", "-s", name, File.ReadAllText(_pidFile).Trim());

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _reading.GetAwaiter().GetResult();
        _process.Dispose();
    }

    /// <summary>Control characters as symbols, for people who read why a test failed.</summary>
    private static string Visible(string text) =>
        string.Concat(text.Select(static c => c < ' ' && c != '\n' ? (char)('\u2400' + c) : c));

    private async Task ReadAsync()
    {
        char[] buffer = new char[4096];
        while (await _process.StandardOutput.ReadAsync(buffer) is > 0 and var read)
        {
            lock (_shown)
                _shown.Append(buffer, 0, read);
        }
    }
}
