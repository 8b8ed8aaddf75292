using System.Buffers;
using System.Net.WebSockets;
using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Hosting;

namespace QuicProChat.Mesh.Server.Connections;

/// <summary>
/// One client over WebSocket: a loop that reads frames and begins calls; each call sends its answer when it is done.
/// While too many calls run nothing is read.
/// </summary>
internal sealed class WebSocketClient : IDisposable
{
    // A frame's beginning; small ones fit as a whole.
    private const int FirstRead = 4096;

    // How long a client may take to answer a close frame.
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(1);

    private readonly WebSocket _socket;
    private readonly ClientSession _session;
    private readonly ConnectionServices _services;
    private readonly SemaphoreSlim _calls = new(ConnectionServices.MaxCalls);
    private readonly SemaphoreSlim _writing = new(1);
    private readonly CancellationTokenSource _gone;
    private int _closing;

    internal WebSocketClient(WebSocket socket, ClientSession session, ConnectionServices services)
    {
        _socket = socket;
        _session = session;
        _services = services;
        _gone = new CancellationTokenSource(
            session.IsKnown ? Timeout.InfiniteTimeSpan : ConnectionServices.StrangerPatience, services.Time);
        session.Close = reason => _ = CloseAsync(WebSocketCloseStatus.PolicyViolation, reason);
        session.Notify = happened => _ = NotifyAsync(happened);
    }

    /// <summary>Serves the client until it is gone.</summary>
    internal async Task RunAsync()
    {
        try
        {
            while (await ReadFrameAsync())
            {
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException
            or ObjectDisposedException)
        {
            // The client is gone; why is its own affair.
        }
        finally
        {
            await _gone.CancelAsync();
            for (int i = 0; i < ConnectionServices.MaxCalls; i++)
                await _calls.WaitAsync();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gone.Dispose();

    private async Task<bool> ReadFrameAsync()
    {
        // Waits without memory: most connections are idle.
        ValueWebSocketReceiveResult part = await _socket.ReceiveAsync(Memory<byte>.Empty, _gone.Token);
        if (part.MessageType == WebSocketMessageType.Close)
            return await EndAsync(WebSocketCloseStatus.NormalClosure, "");
        byte[] first = ArrayPool<byte>.Shared.Rent(FirstRead);
        try
        {
            int length = 0;
            do
            {
                part = await _socket.ReceiveAsync(first.AsMemory(length, FirstRead - length), _gone.Token);
                length += part.Count;
            }
            while (!part.EndOfMessage && length < FrameCodec.RequestHeaderSize
                && part.MessageType != WebSocketMessageType.Close);
            if (part.MessageType == WebSocketMessageType.Close)
                return await EndAsync(WebSocketCloseStatus.NormalClosure, "");
            if (part.MessageType != WebSocketMessageType.Binary
                || !FrameCodec.TryRead(first.AsSpan(0, length), out RequestHeader header))
                return await EndAsync(WebSocketCloseStatus.ProtocolError, "no frame");
            if (header.Length > FrameCodec.MaxPayload)
            {
                await SendAsync(RpcStatus.TooLarge, header.RequestId, TooLarge);
                return await EndAsync(WebSocketCloseStatus.MessageTooBig, "a frame has at most 4 MiB");
            }

            return await TakeFrameAsync(header,
                first.AsMemory(FrameCodec.RequestHeaderSize, length - FrameCodec.RequestHeaderSize), part.EndOfMessage);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(first);
        }
    }

    private static Failure TooLarge { get; } = new() { Message = "A request has at most 4 MiB." };

    private async Task<bool> TakeFrameAsync(RequestHeader header, ReadOnlyMemory<byte> beginning, bool complete)
    {
        await _calls.WaitAsync(_gone.Token);
        Call call = new(_session, _services.Budget, _gone.Token);
        byte[]? payload = null;
        bool begun = false;
        try
        {
            bool charged = call.TryCharge(header.Length);
            payload = ArrayPool<byte>.Shared.Rent(charged ? (int)header.Length : FirstRead);
            long length = beginning.Length;
            if (length <= header.Length && charged)
                beginning.CopyTo(payload);
            while (!complete && length <= header.Length)
            {
                // One byte more than there should be is room enough to see that there is one.
                Memory<byte> room = charged && length < header.Length
                    ? payload.AsMemory((int)length, (int)(header.Length - length)) : new byte[64];
                ValueWebSocketReceiveResult part = await _socket.ReceiveAsync(room, _gone.Token);
                if (part.MessageType == WebSocketMessageType.Close)
                    return await EndAsync(WebSocketCloseStatus.NormalClosure, "");
                length += part.Count;
                complete = part.EndOfMessage;
            }

            if (length != header.Length)
            {
                await SendAsync(RpcStatus.BadRequest, header.RequestId,
                    new Failure { Message = "The frame has not the length that its header says." });
                return await EndAsync(WebSocketCloseStatus.ProtocolError, "a frame of the wrong length");
            }

            if (!charged)
            {
                await SendAsync(RpcStatus.Unavailable, header.RequestId,
                    new Failure { Message = "The server has no memory left for this; try again later." });
                return true;
            }

            // Whoever is being sent away may still write until the close frame has come: nothing is done of it.
            if (Volatile.Read(ref _closing) != 0)
                return true;
            begun = true;
            _ = RunCallAsync(call, header, payload);
            return true;
        }
        finally
        {
            if (!begun)
            {
                if (payload is not null)
                    ArrayPool<byte>.Shared.Return(payload);
                call.Dispose();
                _calls.Release();
            }
        }
    }

    private async Task RunCallAsync(Call call, RequestHeader header, byte[] payload)
    {
        try
        {
            await _services.Dispatcher.RunAsync(call, header.Method, payload.AsMemory(0, (int)header.Length),
                async (status, answer) =>
            {
                if (_session.IsKnown)
                    Stay();
                await SendAsync(status, header.RequestId, answer);
            });
            if (_session.ClosingReason is { } reason)
                await CloseAsync(WebSocketCloseStatus.PolicyViolation, reason);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException
            or ObjectDisposedException
            or InvalidOperationException)
        {
            // The answer finds nobody; the loop that reads notices too.
        }
        catch (Exception e)
        {
            Log.ConnectionFailed(_services.Logger, e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(payload);
            call.Dispose();
            _calls.Release();
        }
    }

    // Whoever is known may stay, unless it is being sent away.
    private void Stay()
    {
        if (Volatile.Read(ref _closing) != 0)
            return;
        _gone.CancelAfter(Timeout.InfiniteTimeSpan);
        if (Volatile.Read(ref _closing) != 0)
            _gone.CancelAfter(ClosePatience);
    }

    private async Task SendAsync(RpcStatus status, uint requestId, IMessage message)
    {
        using AnswerFrame frame = new(status, requestId, message);
        await _writing.WaitAsync(_gone.Token);
        try
        {
            await _socket.SendAsync(frame.Bytes, WebSocketMessageType.Binary, endOfMessage: true, _gone.Token);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task NotifyAsync(Event happened)
    {
        try
        {
            await SendAsync(RpcStatus.Ok, FrameCodec.EventId, happened);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException
            or ObjectDisposedException
            or InvalidOperationException)
        {
            // Events may be lost with their connection.
        }
    }

    private async Task<bool> EndAsync(WebSocketCloseStatus status, string reason)
    {
        await CloseAsync(status, reason);
        return false;
    }

    private async Task CloseAsync(WebSocketCloseStatus status, string reason)
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0)
            return;
        try
        {
            using CancellationTokenSource limit = new(ClosePatience, _services.Time);
            await _writing.WaitAsync(limit.Token);
            try
            {
                await _socket.CloseOutputAsync(status, reason, limit.Token);
            }
            finally
            {
                _writing.Release();
            }

            // The loop that reads ends with the client's close frame, or after this.
            _gone.CancelAfter(ClosePatience);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException
            or ObjectDisposedException
            or InvalidOperationException)
        {
            _socket.Abort();
        }
    }
}
