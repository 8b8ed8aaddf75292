using Google.Protobuf;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>
/// From a request to its answer, the same for every kind of connection: there is no second path into the server.
/// </summary>
internal sealed class Dispatcher(
    IEnumerable<CallHandler> handlers, RateLimits rates, ServerMetrics metrics, ILogger<Dispatcher> logger)
{
    // Arbitrary: when to try again what the store did not take.
    private const uint RetryAfterMs = 1000;

    private readonly Dictionary<RpcMethod, CallHandler> _handlers = handlers.ToDictionary(h => h.Method);
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private volatile bool _draining;

    /// <summary>
    /// Does a call and sends its answer; whatever happens is an answer. The call runs until the answer is sent: who
    /// drains does not close a connection before it.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="method">What is called.</param>
    /// <param name="payload">Its request.</param>
    /// <param name="send">Sends the answer; what it throws is thrown.</param>
    internal async Task RunAsync(
        Call call, RpcMethod method, ReadOnlyMemory<byte> payload, Func<RpcStatus, IMessage, Task> send)
    {
        Interlocked.Increment(ref _running);
        try
        {
            (RpcStatus status, IMessage answer) = await AnswerAsync(call, method, payload);
            metrics.Count(method, status);
            await send(status, answer);
        }
        finally
        {
            if (Interlocked.Decrement(ref _running) == 0 && _draining)
                _idle.TrySetResult();
        }
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

    private async Task<(RpcStatus Status, IMessage Answer)> AnswerAsync(Call call, RpcMethod method,
        ReadOnlyMemory<byte> payload)
    {
        try
        {
            return (RpcStatus.Ok, await DoAsync(call, method, payload));
        }
        catch (CallException e)
        {
            return (e.Status, new Rpc.V1.Failure
            {
                Message = e.Message,
                RetryAfterMs = (uint)Math.Clamp(Math.Ceiling(e.RetryAfter.TotalMilliseconds), 0, uint.MaxValue),
                Epoch = e.Epoch,
            });
        }
        catch (StoreException e)
        {
            if (rates.MayTellOfStore())
                Log.StoreFailed(logger, method, e.Message);
            return (RpcStatus.Unavailable, new Rpc.V1.Failure
            {
                Message = "The server cannot store this now.",
                RetryAfterMs = RetryAfterMs,
            });
        }
        catch (OperationCanceledException) when (call.Gone.IsCancellationRequested)
        {
            return (RpcStatus.Unavailable, new Rpc.V1.Failure { Message = "The connection ends." });
        }
        catch (Exception e)
        {
            // One bad call costs that call.
            Log.CallFailed(logger, e, method);
            return (RpcStatus.Internal, new Rpc.V1.Failure { Message = "The server failed; its log says why." });
        }
    }

    private Task<IMessage> DoAsync(Call call, RpcMethod method, ReadOnlyMemory<byte> payload)
    {
        if (_draining)
            throw new CallException(RpcStatus.Unavailable, "The server stops; connect again.");
        if (!_handlers.TryGetValue(method, out CallHandler? handler))
            throw Refusal.NotFound($"There is no method {(ushort)method}.");
        // Those of other servers are counted by their domains.
        if ((handler.Callers == Callers.Servers) != (call.Client.Peer is not null))
            throw Refusal.Forbidden(call.Client.Peer is null ? "This method is for other servers."
                : "This method is for clients.");
        // A session without a device may be of whoever has the password: it takes nothing of what the owner may do.
        if (call.Client is { Account: { } account, LacksDevice: false })
            rates.TakeCall(account.Identity);
        else if (call.Client.Peer is null)
            rates.TakeCall(call.Client.Source);
        if (handler.Callers is Callers.Accounts or Callers.Owners)
            _ = call.Account;
        if (handler.Callers == Callers.Accounts)
            call.RequireDevice();
        return handler.RunAsync(call, payload);
    }
}
