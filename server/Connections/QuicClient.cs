using System.Buffers;
using System.Net.Quic;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Hosting;

namespace QuicProChat.Mesh.Server.Connections;

/// <summary>
/// One client over QUIC: each stream that it opens is a call; events go out on streams that the server opens.
/// </summary>
internal sealed class QuicClient : IDisposable
{
    private readonly QuicConnection _connection;
    private readonly ClientSession _session;
    private readonly ConnectionServices _services;
    private readonly SemaphoreSlim _calls = new(ConnectionServices.MaxCalls);
    private readonly CancellationTokenSource _gone;

    internal QuicClient(QuicConnection connection, ClientSession session, ConnectionServices services)
    {
        _connection = connection;
        _session = session;
        _services = services;
        _gone = new CancellationTokenSource(ConnectionServices.StrangerPatience, services.Time);
        session.Close = _ => Leave();
        session.Notify = happened => _ = NotifyAsync(happened);
    }

    /// <summary>Serves the client until it is gone.</summary>
    internal async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await _calls.WaitAsync(_gone.Token);
                QuicStream stream;
                try
                {
                    stream = await _connection.AcceptInboundStreamAsync(_gone.Token);
                }
                catch
                {
                    _calls.Release();
                    throw;
                }

                _ = RunCallAsync(stream);
            }
        }
        catch (Exception e) when (e is QuicException or OperationCanceledException or ObjectDisposedException)
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

    private async Task RunCallAsync(QuicStream stream)
    {
        try
        {
            await using (stream)
                await ServeAsync(stream);
            if (_session.ClosingReason is not null)
                Leave();
        }
        catch (Exception e) when (e is QuicException or OperationCanceledException or IOException
            or ObjectDisposedException)
        {
            // The answer finds nobody; the loop that accepts notices too.
        }
        catch (Exception e)
        {
            Log.ConnectionFailed(_services.Logger, e);
        }
        finally
        {
            _calls.Release();
        }
    }

    private async Task ServeAsync(QuicStream stream)
    {
        byte[] head = new byte[FrameCodec.RequestHeaderSize];
        await stream.ReadExactlyAsync(head, _gone.Token);
        _ = FrameCodec.TryRead(head, out RequestHeader header);
        if (header.Length > FrameCodec.MaxPayload)
        {
            await RefuseAsync(stream, RpcStatus.TooLarge, header, "A request has at most 4 MiB.");
            return;
        }

        using Call call = new(_session, _services.Budget, _gone.Token);
        if (!call.TryCharge(header.Length))
        {
            await RefuseAsync(stream, RpcStatus.Unavailable, header,
                "The server has no memory left for this; try again later.");
            return;
        }

        byte[] payload = ArrayPool<byte>.Shared.Rent((int)header.Length);
        try
        {
            int read = await stream.ReadAtLeastAsync(payload.AsMemory(0, (int)header.Length), (int)header.Length,
                throwOnEndOfStream: false, _gone.Token);
            if (read != header.Length || await stream.ReadAsync(new byte[1], _gone.Token) != 0)
            {
                await RefuseAsync(stream, RpcStatus.BadRequest, header,
                    "The frame has not the length that its header says.");
                return;
            }

            await _services.Dispatcher.RunAsync(call, header.Method, payload.AsMemory(0, (int)header.Length),
                async (status, answer) =>
            {
                if (_session.Account is not null)
                    _gone.CancelAfter(Timeout.InfiniteTimeSpan);
                using AnswerFrame frame = new(status, header.RequestId, answer);
                await stream.WriteAsync(frame.Bytes, completeWrites: true, _gone.Token);
            });
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(payload);
        }
    }

    private async Task RefuseAsync(QuicStream stream, RpcStatus status, RequestHeader header, string message)
    {
        stream.Abort(QuicAbortDirection.Read, 0);
        using AnswerFrame frame = new(status, header.RequestId, new Failure { Message = message });
        await stream.WriteAsync(frame.Bytes, completeWrites: true, _gone.Token);
    }

    private async Task NotifyAsync(Event happened)
    {
        try
        {
            await using QuicStream stream =
                await _connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional, _gone.Token);
            using AnswerFrame frame = new(RpcStatus.Ok, FrameCodec.EventId, happened);
            await stream.WriteAsync(frame.Bytes, completeWrites: true, _gone.Token);
        }
        catch (Exception e) when (e is QuicException or OperationCanceledException or IOException
            or ObjectDisposedException)
        {
            // Events may be lost with their connection.
        }
    }

    private void Leave()
    {
        try
        {
            _gone.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It is gone already.
        }
    }
}
