using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Server.Hosting;

namespace QuicProChat.Mesh.Server.Hooks;

/// <summary>
/// A process of the operator's that listens on a Unix socket: it is told what happens, and may be asked about
/// registrations. Nothing waits for it but a registration, and that with a deadline: what has no room in the queue is
/// dropped and counted.
/// <code><![CDATA[
///   Tell -- queue (bounded) ------------\
///                                        > one loop: connect, write lines  -- socket --> hook
///   Ask --- queue (bounded), goes first -/            read answers, by id   <-- socket --
/// ]]></code>
/// </summary>
internal sealed class Hook : IAsyncDisposable
{
    // Arbitrary. An event has some 200 bytes: a megabyte waits for a hook that is away.
    private const int MaxEvents = 4096;
    private const int MaxQuestions = 64;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    // A connection that stood for so long is made again at once. Arbitrary.
    private static readonly TimeSpan SteadyAfter = TimeSpan.FromSeconds(10);

    // A hook that takes nothing for so long is as good as dead.
    private static readonly TimeSpan WritePatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(2);

    private readonly Channel<byte[]> _lines = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MaxEvents)
    {
        FullMode = BoundedChannelFullMode.Wait,
        SingleReader = true,
    });

    private readonly ConcurrentDictionary<long, TaskCompletionSource<HookVerdict>> _questions = new();
    private readonly ConcurrentQueue<byte[]> _asked = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly UnixDomainSocketEndPoint _endpoint;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Task _loop;
    private long _lastQuestion;
    private volatile bool _connected;

    internal Hook(string path, HookCounters counters, TimeProvider time, ILogger logger)
    {
        _path = path;
        Counters = counters;
        _endpoint = new UnixDomainSocketEndPoint(path);
        _time = time;
        _logger = logger;
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>What was told and what was not.</summary>
    internal HookCounters Counters { get; }

    /// <summary>How long a registration waits for an answer. Arbitrary.</summary>
    internal TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Tells the hook; never waits.</summary>
    internal void Tell(HookEvent happened)
    {
        if (!_lines.Writer.TryWrite(HookLines.Write(happened)))
            Counters.CountDropped();
    }

    /// <summary>Asks the hook; null where it does not answer in time, is away, or has too many questions.</summary>
    internal async Task<HookVerdict?> AskAsync(RegistrationQuestion question)
    {
        long id = Interlocked.Increment(ref _lastQuestion);
        TaskCompletionSource<HookVerdict> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            if (!_connected || _questions.Count >= MaxQuestions || !_questions.TryAdd(id, answer))
            {
                Counters.CountUnanswered();
                return null;
            }

            _asked.Enqueue(HookLines.Write(id, question));
            // Wakes the writer. Where there is no room for it, the writer is awake and looks before its next line.
            _ = _lines.Writer.TryWrite([]);
            HookVerdict verdict = await answer.Task.WaitAsync(Deadline, _time);
            Counters.CountAnswer(verdict.Allow);
            return verdict;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            Counters.CountUnanswered();
            return null;
        }
        finally
        {
            _questions.TryRemove(id, out _);
        }
    }

    /// <summary>Writes what waits, if the hook takes it at once, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        _stop.CancelAfter(LastPatience);
        if (!_connected)
            await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        TimeSpan pause = FirstPause;
        while (!_stop.IsCancellationRequested && !_lines.Reader.Completion.IsCompleted)
        {
            string reason;
            long started = _time.GetTimestamp();
            try
            {
                using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(_endpoint, _stop.Token);
                await using NetworkStream stream = new(socket);
                _connected = true;
                Log.HookThere(_logger, _path);
                reason = await ServeAsync(stream);
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
            {
                reason = FaultText.Of(e);
            }

            if (_connected)
                Log.HookGone(_logger, _path, reason);
            _connected = false;
            _asked.Clear();
            foreach (TaskCompletionSource<HookVerdict> question in _questions.Values)
                question.TrySetCanceled();
            if (_time.GetElapsedTime(started) > SteadyAfter)
                pause = FirstPause;
            await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }

    // Until the hook ends the connection, takes nothing, or says what is no answer.
    private async Task<string> ServeAsync(NetworkStream stream)
    {
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task<string> reading = ReadAsync(stream, both.Token), writing = WriteAsync(stream, both.Token);
        Task<string> first = await Task.WhenAny(reading, writing);
        await both.CancelAsync();
        await Task.WhenAll(reading, writing);
        return await first;
    }

    private async Task<string> WriteAsync(NetworkStream stream, CancellationToken cancellation)
    {
        bool isWriting = false;
        try
        {
            while (await _lines.Reader.WaitToReadAsync(cancellation))
            {
                while (_lines.Reader.TryRead(out byte[]? line))
                {
                    while (_asked.TryDequeue(out byte[]? question))
                        await WriteAsync(stream, question, cancellation);
                    if (line.Length == 0)
                        continue;
                    isWriting = true;
                    await WriteAsync(stream, line, cancellation);
                    isWriting = false;
                    Counters.CountTold();
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
                Counters.CountDropped();
        }
    }

    private Task WriteAsync(NetworkStream stream, byte[] line, CancellationToken cancellation) =>
        stream.WriteAsync(line, cancellation).AsTask().WaitAsync(WritePatience, _time, cancellation);

    private async Task<string> ReadAsync(NetworkStream stream, CancellationToken cancellation)
    {
        byte[] buffer = new byte[HookLines.MaxLine];
        int size = 0;
        try
        {
            while (true)
            {
                int read = await stream.ReadAsync(buffer.AsMemory(size), cancellation);
                if (read == 0)
                    return "it ended the connection";
                size += read;
                int end;
                while ((end = buffer.AsSpan(0, size).IndexOf((byte)'\n')) >= 0)
                {
                    if (!HookLines.TryRead(buffer.AsSpan(0, end), out long id, out HookVerdict verdict))
                        return "it said what is no answer";
                    if (_questions.TryGetValue(id, out TaskCompletionSource<HookVerdict>? question))
                        question.TrySetResult(verdict);
                    buffer.AsSpan(end + 1, size - end - 1).CopyTo(buffer);
                    size -= end + 1;
                }

                if (size == buffer.Length)
                    return $"its line has more than {HookLines.MaxLine} bytes";
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return FaultText.Of(e);
        }
    }
}
