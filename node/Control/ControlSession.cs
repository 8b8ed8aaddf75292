using System.Net.Sockets;
using System.Threading.Channels;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// One client, of the control socket or a page: reads requests a line each, answers them in the order in which they
/// finish. Requests that arrive together are handed on together, so that they share a transaction and a wake-up. Every
/// request is answered, also to a client that has said its last word.
/// </summary>
internal sealed class ControlSession
{
    /// <summary>How long a line that is longer than most may take to come in.</summary>
    private static readonly TimeSpan LongLinePatience = TimeSpan.FromSeconds(30);

    /// <summary>How long a client without a place of its own may take to say what it wants.</summary>
    private static readonly TimeSpan GuestPatience = TimeSpan.FromSeconds(2);

    /// <summary>How long answers may take to reach a client whose session ends.</summary>
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(1);

    private const string Stops = "the daemon stops";

    private static readonly TimeSpan LookForHangUp = TimeSpan.FromSeconds(1);

    private readonly IClientConnection _client;
    private readonly ControlShared _shared;
    private readonly Func<CommandSpec, string?> _whyNot;
    private readonly ReplyQueue _replies;
    private readonly LineBuffer _lines;
    private readonly RequestWindow _underWay;
    private readonly List<Request> _sends = [];
    private readonly SemaphoreSlim _large = new(1);
    private readonly CancellationTokenSource _ends = new();
    private long _lastRequest;
    private volatile bool _watches;
    private volatile string? _farewell;

    /// <param name="client">Who asks.</param>
    /// <param name="shared">What all clients share.</param>
    /// <param name="isGuest">See <see cref="IsGuest"/>.</param>
    /// <param name="whyNot">Says why this client may not ask for a command; null where it may.</param>
    internal ControlSession(
        IClientConnection client, ControlShared shared, bool isGuest, Func<CommandSpec, string?> whyNot)
    {
        _client = client;
        _shared = shared;
        _whyNot = whyNot;
        IsGuest = isGuest;
        _replies = new ReplyQueue(client, shared.Bytes, shared.Time, _ => Cut());
        _lines = new LineBuffer(shared.Bytes);
        _underWay = new RequestWindow(shared.Requests);
        _lastRequest = shared.Time.GetTimestamp();
    }

    /// <summary>All places were taken: it may ask, and must not stay.</summary>
    internal bool IsGuest { get; }

    /// <summary>How long nothing has been under way; null while something is, or events are watched.</summary>
    /// <remarks>What was not read yet counts: on a busy machine that takes its time.</remarks>
    internal TimeSpan? Idle =>
        _watches || _underWay.Count > 0 || _replies.Waiting > 0 || _client.HasUnread ? null
            : _shared.Time.GetElapsedTime(Volatile.Read(ref _lastRequest));

    /// <summary>How long the client has not taken what waits for it.</summary>
    internal TimeSpan Stalled => _replies.Stalled;

    /// <summary>Serves the client until it goes, or the daemon stops.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        using CancellationTokenRegistration stopping =
            cancellation.UnsafeRegister(static session => ((ControlSession)session!).Cut(), this);
        try
        {
            if (_farewell is null && await ReadAsync(_ends.Token).ConfigureAwait(false))
                await AnswerTheRestAsync(_ends.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client went away, its place was needed, or the daemon stops: all of these end the session.
        }
        finally
        {
            _shared.Events.Remove(this);
            if (cancellation.IsCancellationRequested)
                await SettledAsync(_underWay.WhenEmpty()).ConfigureAwait(false);
            if (_underWay.Count > 0)
                _farewell ??= Stops;
            if (_farewell is { } why)
                _replies.Add(ReplyWriter.Failed(null, ErrorCode.Refused, why).Span);
            await SettledAsync(_replies.DrainAsync()).ConfigureAwait(false);
            _replies.End();
            _underWay.Clear();
            _lines.Dispose();
            // Nobody reads any more: only now may the connection go.
            await _client.CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Answers one request; the line is sent with the next <see cref="Flush"/>.</summary>
    internal void Reply(ReadOnlySpan<byte> line)
    {
        _replies.Add(line);
        Answered();
    }

    internal void Event(ReadOnlySpan<byte> line) => _replies.AddEvent(line);

    /// <summary>Sends what was replied; called once after a batch.</summary>
    internal void Flush() => _replies.Flush();

    /// <summary>Ends the session for a reason that the client is told.</summary>
    internal void Dismiss(string why)
    {
        _farewell = why;
        Cut();
    }

    private void Answered()
    {
        Volatile.Write(ref _lastRequest, _shared.Time.GetTimestamp());
        _underWay.Leave();
    }

    // Whoever waits continues on a thread of the pool, not on the caller's, which may be the loop's.
    private void Cut() => _ = _ends.CancelAsync();

    private static async Task SettledAsync(Task task) =>
        await task.WaitAsync(LastPatience, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Reads to the end of what the client says; false if the session ends over a line.</summary>
    private async Task<bool> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            switch (_lines.MakeRoom())
            {
                case LineBuffer.Refusal.TooLong:
                    RefuseLine(ErrorCode.Usage, $"a request may have {LineBuffer.MaxLineBytes} bytes");
                    return false;
                case LineBuffer.Refusal.NoRoom:
                    RefuseLine(ErrorCode.Refused, "all clients together ask for too much at the moment; try again");
                    return false;
                case LineBuffer.Refusal.None:
                    break;
            }

            int read;
            using (CancellationTokenSource? patience = Patience(cancellation))
            {
                try
                {
                    read = await _client.ReceiveAsync(_lines.Room, patience?.Token ?? cancellation)
                        .ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
                {
                    RefuseLine(ErrorCode.Refused, IsGuest ? ControlServer.Crowded
                        : $"a request has to be whole within {LongLinePatience.TotalSeconds} s");
                    return false;
                }
            }

            if (read == 0)
                return true;
            _lines.Add(read);
            // A guest is heard once.
            if (await TakeLinesAsync(cancellation).ConfigureAwait(false) && IsGuest)
                return true;
        }
    }

    /// <summary>A limit of time where there is one: for long lines, and for whoever has no place of its own.</summary>
    private CancellationTokenSource? Patience(CancellationToken cancellation)
    {
        if (!_lines.IsLarge && !IsGuest)
            return null;
        CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(IsGuest ? GuestPatience : LongLinePatience);
        return patience;
    }

    private void RefuseLine(ErrorCode code, string why) =>
        _replies.Add(ReplyWriter.Failed(RequestReader.FindTag(_lines.Pending), code, why).Span);

    /// <summary>The client says no more: it stays until all is answered, or until it hangs up.</summary>
    private async Task AnswerTheRestAsync(CancellationToken cancellation)
    {
        Task answered = _watches ? Task.Delay(Timeout.InfiniteTimeSpan, cancellation) : _underWay.WhenEmpty();
        while (!answered.IsCompleted && !_client.HasHungUp)
            await Task.WhenAny(answered, Task.Delay(LookForHangUp, _shared.Time, cancellation)).ConfigureAwait(false);
    }

    /// <summary>Takes the whole lines that came; true if there were any.</summary>
    private async ValueTask<bool> TakeLinesAsync(CancellationToken cancellation)
    {
        int start = 0;
        while (_lines.TryFind(start, out Range line))
        {
            if (!_underWay.TryEnter())
            {
                // What has been read has to be under way before waiting for it.
                await HandOnAsync().ConfigureAwait(false);
                Flush();
                await _underWay.EnterAsync(cancellation).ConfigureAwait(false);
            }

            // What follows a send has to see its effect.
            Request? other = Take(_lines[line]);
            start = line.End.Value + 1;
            if (other is { } request)
            {
                await HandOnAsync().ConfigureAwait(false);
                _ = ExecuteAsync(request, cancellation);
            }
        }

        _lines.Consume(start);
        await HandOnAsync().ConfigureAwait(false);
        Flush();
        return start > 0;
    }

    private async ValueTask HandOnAsync()
    {
        if (_sends.Count == 0)
            return;
        Request[] sends = [.. _sends];
        _sends.Clear();
        try
        {
            await _shared.Target.SendAsync(sends, this).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            _farewell = Stops;
            throw new OperationCanceledException();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Which of them were answered is not known: the client learns that something is wrong by the end.
            _shared.Failed(Commands.Send.Name, e);
            _farewell = $"a fault of this program: {FaultText.Of(e)}";
            throw new OperationCanceledException();
        }
    }

    /// <summary>
    /// Parses a line. Sends are collected, what is no request is answered; anything else is returned.
    /// </summary>
    private Request? Take(ReadOnlySpan<byte> line)
    {
        Volatile.Write(ref _lastRequest, _shared.Time.GetTimestamp());
        if (RequestReader.Read(line, _shared.Target.Commands, out RequestTag? tag, out string? error)
            is not { } request)
        {
            Reply(ReplyWriter.Failed(tag, ErrorCode.Usage, error!).Span);
            return null;
        }

        if (_whyNot(request.Command) is { } why)
        {
            Reply(ReplyWriter.Failed(tag, ErrorCode.Refused, why).Span);
            return null;
        }

        if (IsGuest && request.Command.Stays(request.Arguments))
        {
            Reply(ReplyWriter.Failed(tag, ErrorCode.Refused, ControlServer.Crowded).Span);
            return null;
        }

        if (request.Command != Commands.Send)
            return request;
        _sends.Add(request);
        return null;
    }

    private async Task ExecuteAsync(Request request, CancellationToken cancellation)
    {
        if (request.Command == Commands.WatchEvents)
        {
            // The reply comes first: events may follow as soon as this client is on the list.
            _watches = true;
            Reply(ReplyWriter.Done(request.Tag, new DoneInfo("events follow"), ApiJson.Default.DoneInfo).Span);
            _shared.Events.Add(this);
            Flush();
            return;
        }

        if (request.Command.IsBrief)
        {
            Reply((await AnswerAsync(request, cancellation).ConfigureAwait(false)).Span);
            Flush();
            return;
        }

        // Long replies are made one by one, and not before the client has taken the one before.
        long reserved = 0;
        bool entered = false;
        ReadOnlyMemory<byte> reply;
        try
        {
            await _large.WaitAsync(cancellation).ConfigureAwait(false);
            entered = true;
            await _shared.ReserveAsync(_replies, cancellation).ConfigureAwait(false);
            reserved = ReplyWriter.MaxBytes;
            reply = await AnswerAsync(request, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            reply = ReplyWriter.Failed(request.Tag, ErrorCode.Refused, Stops);
        }

        _replies.Add(reply.Span, reserved);
        Answered();
        Flush();
        if (entered)
            _large.Release();
    }

    /// <summary>Does a request; whatever happens, the result is its reply.</summary>
    private async Task<ReadOnlyMemory<byte>> AnswerAsync(Request request, CancellationToken cancellation)
    {
        try
        {
            return await _shared.Target.ExecuteAsync(request, cancellation).ConfigureAwait(false);
        }
        catch (ControlException e)
        {
            return ReplyWriter.Failed(request.Tag, e.Code, e.Message);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            return ReplyWriter.Failed(request.Tag, ErrorCode.Refused, Stops);
        }
        catch (Exception e)
        {
            // Nobody awaits this: a fault in a command costs that command, and is known.
            _shared.Failed(request.Command.Name, e);
            return ReplyWriter.Failed(request.Tag, ErrorCode.Refused, $"a fault of this program: {FaultText.Of(e)}");
        }
    }
}
