using System.Buffers;
using System.Net.Quic;
using System.Net.Sockets;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Rpc.Connections;

/// <summary>Calls over QUIC: one bidirectional stream each; events come on streams that the server opens.</summary>
public sealed class QuicRpcConnection : IRpcConnection
{
    private readonly QuicConnection _connection;
    private readonly Action<V1.Event> _onEvent;
    private readonly SemaphoreSlim _places = new(WebSocketRpcConnection.MaxCalls);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _loop;
    private int _lastId;
    private int _disposed;

    /// <summary>Takes a connection that stands, and owns it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="onEvent">Called for each event, on the loop that reads: it must not wait.</param>
    public QuicRpcConnection(QuicConnection connection, Action<V1.Event>? onEvent = null)
    {
        _connection = connection;
        _onEvent = onEvent ?? (_ => { });
        _loop = Task.Run(AcceptEventsAsync);
    }

    /// <inheritdoc/>
    public Task<string> Closed => _closed.Task;

    /// <inheritdoc/>
    public async Task<RpcReply> CallAsync(
        RpcMethod method, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, FrameCodec.MaxPayload);
        await _places.WaitAsync(cancellation);
        uint id = Math.Max(1, unchecked((uint)Interlocked.Increment(ref _lastId)));
        byte[] frame = ArrayPool<byte>.Shared.Rent(FrameCodec.RequestHeaderSize + payload.Length);
        try
        {
            FrameCodec.Write(new RequestHeader(method, id, (uint)payload.Length), frame);
            payload.CopyTo(frame.AsMemory(FrameCodec.RequestHeaderSize));
            await using QuicStream stream =
                await _connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellation);
            await stream.WriteAsync(
                frame.AsMemory(0, FrameCodec.RequestHeaderSize + payload.Length), completeWrites: true, cancellation);
            (ResponseHeader header, ReadOnlyMemory<byte> answer) = await ReadFrameAsync(stream, cancellation);
            if (header.RequestId != id)
                throw new IOException("The server answers something else than it was asked.");
            return new RpcReply(header.Status, answer);
        }
        catch (Exception e) when (e is QuicException or ObjectDisposedException)
        {
            throw new IOException($"The connection has ended: {FaultText.Of(e)}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
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
        await _connection.DisposeAsync();
    }

    private static async Task<(ResponseHeader Header, ReadOnlyMemory<byte> Payload)> ReadFrameAsync(
        QuicStream stream, CancellationToken cancellation)
    {
        byte[] head = new byte[FrameCodec.ResponseHeaderSize];
        await stream.ReadExactlyAsync(head, cancellation);
        _ = FrameCodec.TryRead(head, out ResponseHeader header);
        if (header.Length > FrameCodec.MaxPayload)
            throw new IOException("The server sends more than a frame may have.");
        byte[] payload = new byte[header.Length];
        await stream.ReadExactlyAsync(payload, cancellation);
        return (header, payload);
    }

    private async Task AcceptEventsAsync()
    {
        string reason = "it was closed";
        try
        {
            while (true)
            {
                await using QuicStream stream = await _connection.AcceptInboundStreamAsync(_stop.Token);
                (ResponseHeader header, ReadOnlyMemory<byte> payload) = await ReadFrameAsync(stream, _stop.Token);
                if (header.RequestId != FrameCodec.EventId
                    || !Messages.TryParse(V1.Event.Parser, payload, out V1.Event? happened))
                    throw new IOException("the server sends what is no event");
                _onEvent(happened);
            }
        }
        catch (Exception e) when (e is QuicException or IOException or SocketException or ObjectDisposedException)
        {
            reason = FaultText.Of(e);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        finally
        {
            _closed.TrySetResult(reason);
        }
    }
}
