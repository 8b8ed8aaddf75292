using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Server.Limits;

namespace QuicProChat.Mesh.Server.Federation;

/// <summary>
/// The connection to another server, made when it is needed. One that does not answer costs its callers the patience of
/// a call, once: then all are refused at once for a pause that doubles. One that answers others and not this call costs
/// this call alone: whoever finds a request that takes long stops nobody.
/// </summary>
internal sealed class PeerLink(
    string domain, Func<string, CancellationToken, Task<IRpcConnection>> dial, FederationOptions options,
    TimeProvider time, Action<string, string> lost) : IAsyncDisposable
{
    /// <summary>Calls that wait for one server at once; more are refused. A connection has as many.</summary>
    internal const int MaxCalls = WebSocketRpcConnection.MaxCalls;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _connecting = new(1);
    private readonly Lock _guard = new();
    private IRpcConnection? _connection;
    private int _calls;
    private int _failures;
    private long _failedAt;
    private long _answeredAt;
    private bool _disposed;

    /// <summary>Nobody waits for it.</summary>
    internal bool IsIdle => Volatile.Read(ref _calls) == 0;

    /// <summary>Calls the server.</summary>
    /// <exception cref="CallException">It does not answer, or too many wait for it.</exception>
    internal async Task<RpcReply> CallAsync(RpcMethod method, ReadOnlyMemory<byte> request, CancellationToken gone)
    {
        if (Interlocked.Increment(ref _calls) > MaxCalls)
        {
            Interlocked.Decrement(ref _calls);
            throw Unavailable($"Too many calls wait for {domain}.", FirstPause);
        }

        using CancellationTokenSource limit = new(options.CallPatience, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, gone);
        IRpcConnection? connection = null;
        long began = time.GetTimestamp();
        try
        {
            connection = await ConnectAsync(either.Token);
            // A frame that the other side does not read is waited for no longer than an answer.
            RpcReply reply = await connection.CallAsync(method, request, either.Token).WaitAsync(either.Token);
            lock (_guard)
            {
                _failures = 0;
                _answeredAt = time.GetTimestamp();
            }

            return reply;
        }
        catch (IOException e)
        {
            throw await FailedAsync(connection, FaultText.Of(e));
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            if (connection is { Closed.IsCompleted: false } && HasAnsweredSince(began))
                throw Unavailable($"{domain} does not answer this.", FirstPause);
            throw await FailedAsync(
                connection, $"no answer within {options.CallPatience.TotalSeconds:0.#} s");
        }
        finally
        {
            Interlocked.Decrement(ref _calls);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _disposed, true);
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
            await connection.DisposeAsync();
    }

    private static CallException Unavailable(string message, TimeSpan retryAfter) =>
        new(RpcStatus.Unavailable, message) { RetryAfter = retryAfter };

    private async Task<IRpcConnection> ConnectAsync(CancellationToken cancellation)
    {
        CheckPause();
        if (Volatile.Read(ref _connection) is { Closed.IsCompleted: false } standing)
            return standing;
        await _connecting.WaitAsync(cancellation);
        try
        {
            if (Volatile.Read(ref _connection) is { } there)
            {
                if (!there.Closed.IsCompleted)
                    return there;
                await DropAsync(there);
            }

            // Whoever was before may have failed.
            CheckPause();
            using CancellationTokenSource limit = new(options.DialPatience, time);
            using CancellationTokenSource either =
                CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            try
            {
                IRpcConnection made = await dial(domain, either.Token);
                Volatile.Write(ref _connection, made);
                if (Volatile.Read(ref _disposed))
                    await DropAsync(made);
                return made;
            }
            catch (OperationCanceledException e) when (limit.IsCancellationRequested)
            {
                throw new IOException("it does not take the connection", e);
            }
        }
        finally
        {
            _connecting.Release();
        }
    }

    // A stamp of 0: it has answered nothing yet.
    private bool HasAnsweredSince(long began)
    {
        lock (_guard)
            return _answeredAt != 0 && _answeredAt - began > 0;
    }

    private void CheckPause()
    {
        lock (_guard)
        {
            TimeSpan left = _failures == 0 ? TimeSpan.Zero : Pause - time.GetElapsedTime(_failedAt);
            if (left > TimeSpan.Zero)
                throw Unavailable($"{domain} does not answer.", left);
        }
    }

    private TimeSpan Pause =>
        TimeSpan.FromTicks(Math.Min(MaxPause.Ticks, FirstPause.Ticks << Math.Min(_failures - 1, 6)));

    private async Task<CallException> FailedAsync(IRpcConnection? connection, string reason)
    {
        bool isFirst;
        TimeSpan pause;
        lock (_guard)
        {
            // Those that failed together are one failure.
            isFirst = _failures == 0 || time.GetElapsedTime(_failedAt) >= Pause;
            if (isFirst)
            {
                _failures++;
                _failedAt = time.GetTimestamp();
            }

            pause = Pause;
        }

        if (isFirst)
            lost(domain, reason);
        if (connection is not null)
            await DropAsync(connection);
        return Unavailable($"{domain} does not answer.", pause);
    }

    private async Task DropAsync(IRpcConnection connection)
    {
        if (Interlocked.CompareExchange(ref _connection, null, connection) == connection)
            await connection.DisposeAsync();
    }
}
