using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// Writes log lines to standard error: with a time for people, or with the <c>&lt;N&gt;</c> priority prefix of
/// sd-daemon(3) where the journal reads along. Its level can change while the program runs. Logging never waits and
/// never fails, see <see cref="LogQueue"/>.
/// </summary>
internal sealed class ConsoleLog : ILoggerFactory
{
    /// <summary>Longer lines are cut: what others send may be in them. Arbitrary.</summary>
    private const int MaxLineCharacters = 8192;

    private readonly Lock _writing = new();
    private readonly StringBuilder _line = new();
    private readonly LogQueue _queue;
    private readonly bool _journal;
    private readonly TimeProvider _time;

    internal ConsoleLog(ILogSink sink, bool journal, TimeProvider time)
    {
        _queue = new LogQueue(sink);
        _journal = journal;
        _time = time;
    }

    /// <summary>Least level that is written.</summary>
    internal LogLevel Level { get; set; } = LogLevel.Information;

    /// <summary>Lines that were dropped because the log was full or held up.</summary>
    internal long Lost => _queue.Lost;

    /// <summary>The journal reads standard error of a unit; systemd says so in JOURNAL_STREAM.</summary>
    internal static bool UnderJournal => Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 };

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) =>
        new Category(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one output only.");

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();

    /// <summary>Waits until what was logged is written; false if that takes longer.</summary>
    internal bool Flush(TimeSpan most) => _queue.Flush(most);

    private void Write(LogLevel level, string category, string text, Exception? exception)
    {
        lock (_writing)
        {
            _line.Clear();
            if (_journal)
                _line.Append('<').Append(Priority(level)).Append('>');
            else
                _line.Append(_time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z' ", CultureInfo.InvariantCulture))
                    .Append(Word(level)).Append(' ');
            _line.Append(category).Append(": ");
            AppendOneLine(text);
            if (exception is not null)
            {
                _line.Append(": ");
                AppendOneLine(Level <= LogLevel.Debug ? exception.ToString() : FaultText.Of(exception));
            }

            if (_line.Length > MaxLineCharacters)
                _line.Length = MaxLineCharacters;
            _line.Append('\n');
            _queue.Add(Encoding.UTF8.GetBytes(_line.ToString()));
        }
    }

    /// <summary>Names and reasons come from other nodes: control characters must not reach a terminal.</summary>
    private void AppendOneLine(string text)
    {
        foreach (char c in text)
            _line.Append(char.IsControl(c) ? ' ' : c);
    }

    // sd-daemon(3): SD_ERR 3, SD_WARNING 4, SD_INFO 6, SD_DEBUG 7.
    private static char Priority(LogLevel level) => level switch
    {
        LogLevel.Critical => '2',
        LogLevel.Error => '3',
        LogLevel.Warning => '4',
        LogLevel.Information => '6',
        _ => '7',
    };

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Critical => "crit ",
        LogLevel.Error => "error",
        LogLevel.Warning => "warn ",
        LogLevel.Information => "info ",
        LogLevel.Debug => "debug",
        _ => "trace",
    };

    private sealed class Category(ConsoleLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= log.Level && logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                log.Write(logLevel, name, formatter(state, exception), exception);
        }
    }
}
