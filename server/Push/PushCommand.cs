using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Push;

/// <summary>
/// A program of the operator's that runs as long as the server: it reads lines <c>PLATFORM TOKEN</c> from its standard
/// input, and wakes those devices as it knows how. A program that ends is started again, later each time.
/// </summary>
internal sealed class PushCommand : IAsyncDisposable
{
    // Arbitrary. A line has a kilobyte at most.
    private const int MaxLines = 1024;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    // A program that takes nothing for so long is ended; one that ran for so long had no fault at its start.
    private static readonly TimeSpan WritePatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WellAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    private readonly Channel<PushToken> _lines =
        Channel.CreateBounded<PushToken>(new BoundedChannelOptions(MaxLines) { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly string _file;
    private readonly TimeSpan _firstPause;
    private readonly PushCounters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Task _loop;

    internal PushCommand(
        string file, TimeSpan firstPause, PushCounters counters, TimeProvider time, ILogger logger)
    {
        _file = file;
        _firstPause = firstPause;
        _counters = counters;
        _time = time;
        _logger = logger;
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Hands a token on; false where there is no room for it. Never waits.</summary>
    internal bool TryWake(PushToken token) => _lines.Writer.TryWrite(token);

    /// <summary>Ends the program: its standard input ends, and a little later it is killed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        TimeSpan pause = _firstPause;
        while (!_stop.IsCancellationRequested)
        {
            long started = _time.GetTimestamp();
            string reason = await RunAsync();
            if (_stop.IsCancellationRequested)
                return;
            pause = _time.GetElapsedTime(started) > WellAfter ? _firstPause : pause;
            Log.PushCommandEnded(_logger, _file, reason, pause.TotalSeconds);
            _counters.CountRestart();
            await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }

    private async Task<string> RunAsync()
    {
        Process process;
        try
        {
            // Its standard output and error are the server's: the log.
            process = Process.Start(new ProcessStartInfo(_file)
            {
                RedirectStandardInput = true,
                UseShellExecute = false,
            })!;
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return FaultText.Of(e);
        }

        using (process)
        {
            using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            Task ended = process.WaitForExitAsync(both.Token);
            Task<string> writing = WriteAsync(process, both.Token);
            Task first = await Task.WhenAny(ended, writing);
            bool isOver = first == ended && !_stop.IsCancellationRequested;
            await both.CancelAsync();
            string reason = await writing;
            await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await EndAsync(process);
            return isOver && process.HasExited ? $"exit code {process.ExitCode}" : reason;
        }
    }

    private async Task<string> WriteAsync(Process process, CancellationToken cancellation)
    {
        bool isWriting = false;
        try
        {
            Stream input = process.StandardInput.BaseStream;
            while (await _lines.Reader.WaitToReadAsync(cancellation))
            {
                while (_lines.Reader.TryRead(out PushToken? token))
                {
                    isWriting = true;
                    byte[] line = Encoding.ASCII.GetBytes($"{token.Platform} {token.Token}\n");
                    // A pipe that is full holds the write up: it ends when the program is killed.
                    await Task.Run(() => input.WriteAsync(line, cancellation).AsTask(), cancellation)
                        .WaitAsync(WritePatience, _time, cancellation);
                    await input.FlushAsync(cancellation);
                    isWriting = false;
                    _counters.CountHanded();
                }
            }

            return "the server stops";
        }
        catch (TimeoutException)
        {
            return $"it takes nothing for {WritePatience.TotalSeconds} seconds";
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return FaultText.Of(e);
        }
        finally
        {
            if (isWriting)
                _counters.CountDropped();
        }
    }

    private async Task EndAsync(Process process)
    {
        try
        {
            process.StandardInput.BaseStream.Close();
            await process.WaitForExitAsync().WaitAsync(EndPatience, _time);
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            await KillAsync(process);
        }
    }

    // What cannot be killed is left behind: it costs this program a start, not the one that comes.
    private async Task KillAsync(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync().WaitAsync(EndPatience, _time);
        }
        catch (Exception e) when (e is Win32Exception or AggregateException or InvalidOperationException
            or TimeoutException)
        {
            Log.PushCommandStays(_logger, FaultText.Of(e));
        }
    }
}
