using System.Net.Sockets;
using System.Text.Json;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// One client of the control socket: reads requests a line each, answers them in the order in which they finish.
/// Requests that arrive together are handed on together, so that they share a transaction and a wake-up.
/// </summary>
internal sealed class ControlSession
{
    /// <summary>Longest request line in bytes: the longest text, fully escaped, and a little.</summary>
    private const int MostLineBytes = 6 * ushort.MaxValue + 4096;

    /// <summary>Requests of one client that may be unanswered; more are not read meanwhile.</summary>
    private const int MostUnderWay = 1024;

    private readonly Socket _socket;
    private readonly IControlTarget _target;
    private readonly EventHub _events;
    private readonly ReplyQueue _replies;
    private readonly SemaphoreSlim _underWay = new(MostUnderWay);
    private readonly List<ControlRequest> _sends = [];
    private byte[] _buffer = new byte[4096];
    private int _filled;

    internal ControlSession(Socket socket, IControlTarget target, EventHub events)
    {
        _socket = socket;
        _target = target;
        _events = events;
        _replies = new ReplyQueue(socket);
    }

    /// <summary>Serves the client until it goes or the daemon stops.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            while (true)
            {
                if (_filled == _buffer.Length && !Grow())
                    break;
                int read = await _socket.ReceiveAsync(_buffer.AsMemory(_filled), ends.Token).ConfigureAwait(false);
                if (read == 0)
                    break;
                _filled += read;
                await TakeLinesAsync(ends.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client went away or the daemon stops: both end the session.
        }
        finally
        {
            await ends.CancelAsync().ConfigureAwait(false);
            _events.Remove(this);
            await _replies.DrainAsync().WaitAsync(TimeSpan.FromSeconds(1), CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _socket.Dispose();
        }
    }

    /// <summary>Answers one request; the line is sent with the next <see cref="Flush"/>.</summary>
    internal void Reply(ReadOnlySpan<byte> line)
    {
        _replies.Add(line);
        _underWay.Release();
    }

    internal void Event(ReadOnlySpan<byte> line, TimeProvider time) => _replies.AddEvent(line, time);

    /// <summary>Sends what was replied; called once after a batch.</summary>
    internal void Flush() => _replies.Flush();

    /// <summary>Makes room for a longer line; a client that exceeds the limit is told and left.</summary>
    private bool Grow()
    {
        if (_buffer.Length >= MostLineBytes)
        {
            _replies.Add(ControlReply.Failed(null, ControlErrorCode.Usage, $"a request may have {MostLineBytes} bytes").Span);
            return false;
        }

        Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, MostLineBytes));
        return true;
    }

    private async ValueTask TakeLinesAsync(CancellationToken cancellation)
    {
        int start = 0;
        while (true)
        {
            int length = _buffer.AsSpan(start, _filled - start).IndexOf((byte)'\n');
            if (length < 0)
                break;
            if (!_underWay.Wait(0, CancellationToken.None))
            {
                // What has been read has to be under way before waiting for it.
                await HandOnAsync().ConfigureAwait(false);
                await _underWay.WaitAsync(cancellation).ConfigureAwait(false);
            }

            // What follows a send has to see its effect.
            ControlRequest? other = Take(_buffer.AsSpan(start, length));
            start += length + 1;
            if (other is not null)
            {
                await HandOnAsync().ConfigureAwait(false);
                _ = ExecuteAsync(other, cancellation);
            }
        }

        _buffer.AsSpan(start, _filled - start).CopyTo(_buffer);
        _filled -= start;
        await HandOnAsync().ConfigureAwait(false);
        Flush();
    }

    private ValueTask HandOnAsync()
    {
        if (_sends.Count == 0)
            return ValueTask.CompletedTask;
        ControlRequest[] sends = [.. _sends];
        _sends.Clear();
        return _target.SendAsync(sends, this);
    }

    /// <summary>Parses a line. Sends are collected, what is no request is answered; anything else is returned.</summary>
    private ControlRequest? Take(ReadOnlySpan<byte> line)
    {
        ControlRequest? request;
        try
        {
            request = JsonSerializer.Deserialize(line, ControlJson.Default.ControlRequest);
        }
        catch (JsonException)
        {
            request = null;
        }

        if (request?.Command is not { } command)
        {
            Reply(ControlReply.Failed(null, ControlErrorCode.Usage, "a request is one line of JSON with a \"command\"").Span);
            return null;
        }

        if (command != ControlCommands.Send)
            return request;
        _sends.Add(request);
        return null;
    }

    private async Task ExecuteAsync(ControlRequest request, CancellationToken cancellation)
    {
        if (request.Command == ControlCommands.Events)
        {
            // The reply comes first: events may follow as soon as this client is on the list.
            Reply(ControlReply.Done(request.Tag, new DoneInfo("events follow"), ControlJson.Default.DoneInfo).Span);
            _events.Add(this);
            Flush();
            return;
        }

        ReadOnlyMemory<byte> reply;
        try
        {
            reply = await _target.ExecuteAsync(request, cancellation).ConfigureAwait(false);
        }
        catch (ControlException e)
        {
            reply = ControlReply.Failed(request.Tag, e.Code, e.Message);
        }
        catch (OperationCanceledException)
        {
            reply = ControlReply.Failed(request.Tag, ControlErrorCode.Refused, "the daemon stops");
        }

        Reply(reply.Span);
        Flush();
    }
}
