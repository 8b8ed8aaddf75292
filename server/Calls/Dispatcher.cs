using Google.Protobuf;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>From a request to its answer, the same for every kind of connection: there is no second path into the server.</summary>
internal sealed class Dispatcher(
    IEnumerable<CallHandler> handlers, RateLimits rates, ServerMetrics metrics, ILogger<Dispatcher> logger)
{
    private readonly Dictionary<RpcMethod, CallHandler> _handlers = handlers.ToDictionary(h => h.Method);
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private volatile bool _draining;

    /// <summary>Does a call. Never throws: whatever happens is an answer.</summary>
    internal async Task<(RpcStatus Status, IMessage Answer)> RunAsync(Call call, RpcMethod method, ReadOnlyMemory<byte> payload)
    {
        Interlocked.Increment(ref _running);
        (RpcStatus Status, IMessage Answer) result;
        try
        {
            result = (RpcStatus.Ok, await DoAsync(call, method, payload));
        }
        catch (CallException e)
        {
            result = (e.Status, new Rpc.V1.Failure
            {
                Message = e.Message,
                RetryAfterMs = (uint)Math.Clamp(Math.Ceiling(e.RetryAfter.TotalMilliseconds), 0, uint.MaxValue),
                Epoch = e.Epoch,
            });
        }
        catch (StoreException e)
        {
            Log.StoreFailed(logger, method, e.Message);
            result = (RpcStatus.Unavailable, new Rpc.V1.Failure { Message = "The server cannot store this now." });
        }
        catch (OperationCanceledException) when (call.Gone.IsCancellationRequested)
        {
            result = (RpcStatus.Unavailable, new Rpc.V1.Failure { Message = "The connection ends." });
        }
        catch (Exception e)
        {
            // One bad call costs that call.
            Log.CallFailed(logger, e, method);
            result = (RpcStatus.Internal, new Rpc.V1.Failure { Message = "The server failed; its log says why." });
        }

        metrics.Count(method, result.Status);
        if (Interlocked.Decrement(ref _running) == 0 && _draining)
            _idle.TrySetResult();
        return result;
    }

    /// <summary>Refuses new calls from now on, and waits for those that run.</summary>
    internal async Task DrainAsync(TimeSpan patience, TimeProvider time)
    {
        _draining = true;
        if (Volatile.Read(ref _running) == 0)
            return;
        try
        {
            await _idle.Task.WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            Log.DrainTooLong(logger, Volatile.Read(ref _running));
        }
    }

    private Task<IMessage> DoAsync(Call call, RpcMethod method, ReadOnlyMemory<byte> payload)
    {
        if (_draining)
            throw new CallException(RpcStatus.Unavailable, "The server stops; connect again.");
        if (!_handlers.TryGetValue(method, out CallHandler? handler))
            throw Refusal.NotFound($"There is no method {(ushort)method}.");
        if (call.Client.Account is { } account)
            rates.TakeCall(account.Identity);
        else
            rates.TakeCall(call.Client.Source);
        if (handler.NeedsSession)
            _ = call.Account;
        return handler.RunAsync(call, payload);
    }
}
