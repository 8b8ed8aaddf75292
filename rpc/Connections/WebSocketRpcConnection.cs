using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Rpc.Connections;

/// <summary>
/// Calls over one WebSocket: one binary message is one frame, answers come in any order. What the socket does not take
/// yet holds up the callers, not the memory.
/// </summary>
public sealed class WebSocketRpcConnection : IRpcConnection
{
    /// <summary>Calls that may be on their way at once; a server reads no more of one connection either.</summary>
    public const int MaxCalls = 64;

    // Arbitrary: a frame begins in this much memory, and takes more only when it comes.
    private const int FirstBuffer = 4096;

    private readonly WebSocket _socket;
    private readonly Action<V1.Event> _onEvent;
    private readonly int _maxAnswer;
    private readonly SemaphoreSlim _places = new(MaxCalls);
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<RpcReply>> _calls = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _loop;
    private int _lastId;
    private int _disposed;

    /// <summary>Takes a socket that is open, and owns it.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="onEvent">Called for each event, on the loop that reads: it must not wait.</param>
    /// <param name="maxAnswer">Bytes of an answer's payload at most; who sends more loses the connection.</param>
    public WebSocketRpcConnection(
        WebSocket socket, Action<V1.Event>? onEvent = null, int maxAnswer = FrameCodec.MaxPayload)
    {
        _socket = socket;
        _maxAnswer = maxAnswer;
        _onEvent = onEvent ?? (_ => { });
        _loop = Task.Run(ReadAsync);
    }

    /// <inheritdoc/>
    public Task<string> Closed => _closed.Task;

    /// <inheritdoc/>
    public async Task<RpcReply> CallAsync(
        RpcMethod method, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, FrameCodec.MaxPayload);
        await _places.WaitAsync(cancellation);
        uint id = NextId();
        TaskCompletionSource<RpcReply> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _calls[id] = answer;
            if (_closed.Task.IsCompleted)
                throw new IOException($"The connection has ended: {await _closed.Task}");
            await SendAsync(new RequestHeader(method, id, (uint)payload.Length), payload, cancellation);
            return await answer.Task.WaitAsync(cancellation);
        }
        finally
        {
            _calls.TryRemove(id, out _);
            _places.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync();
        await _loop;
        _socket.Dispose();
    }

    private async Task SendAsync(RequestHeader header, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        byte[] frame = ArrayPool<byte>.Shared.Rent(FrameCodec.RequestHeaderSize + payload.Length);
        try
        {
            FrameCodec.Write(header, frame);
            payload.CopyTo(frame.AsMemory(FrameCodec.RequestHeaderSize));
            await _writing.WaitAsync(cancellation);
            try
            {
                // A frame that was begun is finished: to give up in its middle would end the connection for all calls.
                await _socket.SendAsync(
                    frame.AsMemory(0, FrameCodec.RequestHeaderSize + payload.Length), WebSocketMessageType.Binary,
                    endOfMessage: true, _stop.Token);
            }
            finally
            {
                _writing.Release();
            }
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or InvalidOperationException)
        {
            throw new IOException($"The connection has ended: {FaultText.Of(e)}", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException("The connection was closed.", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    private async Task ReadAsync()
    {
        string reason = "it was closed";
        byte[] buffer = new byte[FirstBuffer];
        try
        {
            while (true)
            {
                int length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    if (length == buffer.Length)
                        Array.Resize(ref buffer,
                            Math.Min(2 * buffer.Length, FrameCodec.ResponseHeaderSize + _maxAnswer + 1));
                    part = await _socket.ReceiveAsync(buffer.AsMemory(length), _stop.Token);
                    length += part.Count;
                    if (length > FrameCodec.ResponseHeaderSize + _maxAnswer)
                        throw new InvalidDataException("the server sends more than a frame may have");
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    reason = _socket.CloseStatusDescription is { Length: > 0 } words ? words : "the server closed it";
                    break;
                }

                Take(buffer.AsSpan(0, length).ToArray());
                if (buffer.Length > FirstBuffer)
                    buffer = new byte[FirstBuffer];
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidDataException
            or ObjectDisposedException)
        {
            reason = FaultText.Of(e);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        finally
        {
            End(reason);
        }
    }

    private void Take(byte[] frame)
    {
        if (!FrameCodec.TryReadWhole(frame, out ResponseHeader header, out ReadOnlyMemory<byte> payload))
            throw new InvalidDataException("the server sends what is no frame");
        if (header.RequestId == FrameCodec.EventId)
        {
            if (!Messages.TryParse(V1.Event.Parser, payload, out V1.Event? happened))
                throw new InvalidDataException("the server sends what is no event");
            _onEvent(happened);
        }
        else if (_calls.TryRemove(header.RequestId, out TaskCompletionSource<RpcReply>? call))
        {
            call.TrySetResult(new RpcReply(header.Status, payload));
        }
    }

    private void End(string reason)
    {
        _closed.TrySetResult(reason);
        foreach (TaskCompletionSource<RpcReply> call in _calls.Values)
            call.TrySetException(new IOException($"The connection has ended: {reason}."));
        _socket.Abort();
    }

    private uint NextId()
    {
        uint id;
        do
        {
            id = unchecked((uint)Interlocked.Increment(ref _lastId));
        }
        while (id == FrameCodec.EventId);
        return id;
    }
}
