using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc.Connections;

namespace QuicProChat.Mesh.Rpc;

/// <summary>How a client waits.</summary>
public sealed record RpcClientOptions
{
    /// <summary>The longest that an answer may take.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest that a connection may take to stand.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The pause after a first connection that failed; it doubles up to <see cref="MaxPause"/>.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest pause between two connections.</summary>
    public TimeSpan MaxPause { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A connection that stood for so long is made again at once. Arbitrary.</summary>
    public TimeSpan SteadyAfter { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>
/// Calls to one server over connections that come and go. Once a connection stood, a call that may be repeated is,
/// until its caller gives up; any other fails with the connection. Safe for use by several threads at once.
/// </summary>
/// <param name="dial">Makes a connection.</param>
/// <param name="options">How long to wait.</param>
/// <param name="time">The clock.</param>
/// <param name="jitter">Spreads the clients of a server that was away.</param>
public sealed class RpcClient(
    Func<CancellationToken, Task<IRpcConnection>> dial, RpcClientOptions options, TimeProvider time, Random jitter)
        : IAsyncDisposable
{
    private readonly SemaphoreSlim _connecting = new(1);
    private IRpcConnection? _connection;
    private Session? _session;
    private TimeSpan _pause;
    private long? _since;
    private bool _stood;
    private bool _disposed;

    private sealed record Session(ReadOnlyMemory<byte> Token, LocalIdentity? Device);

    /// <summary>
    /// Whether a key is the server's, as far as that is known. Nothing is signed for a server with another one: it
    /// could hand the signature on to the server whose key it names.
    /// </summary>
    public Func<ReadOnlyMemory<byte>, bool> IsServerKey { get; init; } = static _ => true;

    /// <summary>Gives this client, and each connection that it makes, a session.</summary>
    /// <param name="token">From <see cref="Account.LoginAsync"/>.</param>
    /// <param name="device">The key of this device; null where the session is of none.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The identity key of the session's account.</returns>
    /// <exception cref="RpcException">The token is not, or no longer, one of the server's.</exception>
    public async Task<ReadOnlyMemory<byte>> AuthenticateAsync(
        ReadOnlyMemory<byte> token, LocalIdentity? device, CancellationToken cancellation)
    {
        Session session = new(token, device);
        IRpcConnection connection = await ConnectionAsync(cancellation);
        V1.AuthResponse answer = await OpenAsync(connection, session, cancellation);
        _session = session;
        return answer.IdentityKey.Memory;
    }

    /// <summary>Calls a method.</summary>
    /// <param name="method">Its number.</param>
    /// <param name="request">Its request.</param>
    /// <param name="parser">Reads its answer.</param>
    /// <param name="cancellation">Gives up; the server may have done it all the same.</param>
    /// <param name="patience">The longest that an answer may take, if it is another than usual.</param>
    /// <exception cref="RpcException">The server refused.</exception>
    /// <exception cref="IOException">There is no connection, and the call may not be repeated.</exception>
    /// <exception cref="TimeoutException">The answer took too long.</exception>
    /// <exception cref="InvalidDataException">The answer is no message of this method.</exception>
    public Task<TResponse> CallAsync<TResponse>(
        RpcMethod method, IMessage request, MessageParser<TResponse> parser, CancellationToken cancellation,
        TimeSpan? patience = null)
        where TResponse : class, IMessage<TResponse> => RepeatAsync(
            method, _ => Task.FromResult(request), parser, patience ?? options.CallTimeout, cancellation);

    /// <summary>Calls a method whose request is signed, for each connection anew.</summary>
    /// <param name="method">Its number.</param>
    /// <param name="request">Makes its request for a connection, as <see cref="ProvenCall"/> does.</param>
    /// <param name="parser">Reads its answer.</param>
    /// <param name="cancellation">Gives up; the server may have done it all the same.</param>
    /// <exception cref="RpcException">The server refused.</exception>
    /// <exception cref="IOException">There is no connection, and the call may not be repeated.</exception>
    /// <exception cref="TimeoutException">The answer took too long.</exception>
    /// <exception cref="InvalidDataException">
    /// The answer is no message of this method, or the server has another key than it should.
    /// </exception>
    public Task<TResponse> CallProvenAsync<TResponse>(
        RpcMethod method, Func<CallProof, IMessage> request, MessageParser<TResponse> parser,
        CancellationToken cancellation)
        where TResponse : class, IMessage<TResponse> => RepeatAsync(
            method, async connection => request(await ProofForAsync(connection, cancellation)), parser,
            options.CallTimeout, cancellation);

    private async Task<TResponse> RepeatAsync<TResponse>(
        RpcMethod method, Func<IRpcConnection, Task<IMessage>> request, MessageParser<TResponse> parser,
        TimeSpan patience, CancellationToken cancellation)
        where TResponse : class, IMessage<TResponse>
    {
        while (true)
        {
            IRpcConnection? connection = null;
            try
            {
                connection = await ConnectionAsync(cancellation);
                return await CallOnAsync(
                    connection, method, await request(connection), parser, patience, cancellation);
            }
            catch (Exception e) when (e is IOException or TimeoutException && _stood && MayRepeat(method) && !_disposed)
            {
                await DropAsync(connection);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
            await connection.DisposeAsync();
    }

    // Those whose second time changes nothing: messages have ids, acknowledgements are numbers, the rest reads.
    private static bool MayRepeat(RpcMethod method) => method is RpcMethod.Enqueue or RpcMethod.BatchEnqueue
        or RpcMethod.Fetch
        or RpcMethod.FetchWait or RpcMethod.Peek or RpcMethod.Ack or RpcMethod.CreateChannel or RpcMethod.ResolveUser
        or RpcMethod.ResolveIdentity or RpcMethod.RegisterDevice or RpcMethod.ListDevices or RpcMethod.RevokeDevice
        or RpcMethod.UploadKeyPackage or RpcMethod.AuditKeyTransparency or RpcMethod.ListModerators
        or RpcMethod.ListReports or RpcMethod.ListBanned or RpcMethod.UploadBlob or RpcMethod.DownloadBlob
        or RpcMethod.StoreRecoveryBundle or RpcMethod.FetchRecoveryBundle or RpcMethod.Health;

    private async Task<TResponse> CallOnAsync<TResponse>(
        IRpcConnection connection, RpcMethod method, IMessage request, MessageParser<TResponse> parser,
        TimeSpan patience,
        CancellationToken cancellation)
        where TResponse : class, IMessage<TResponse>
    {
        using CancellationTokenSource limit = new(patience, time);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        RpcReply reply;
        try
        {
            reply = await connection.CallAsync(method, request.ToByteArray(), either.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"The server did not answer within {patience.TotalSeconds:0} s.", e);
        }

        if (reply.Status != RpcStatus.Ok)
            throw Failure(reply);
        return Messages.TryParse(parser, reply.Payload, out TResponse? response) ? response
            : throw new InvalidDataException("The server's answer cannot be read.");
    }

    private static RpcException Failure(RpcReply reply)
    {
        if (!Messages.TryParse(V1.Failure.Parser, reply.Payload, out V1.Failure? failure))
            failure = new V1.Failure();
        string words = failure.Message.Length > 0 ? failure.Message
            : $"The server answered with status {(byte)reply.Status}.";
        return new RpcException(reply.Status, words)
        {
            RetryAfter = TimeSpan.FromMilliseconds(failure.RetryAfterMs),
            Epoch = failure.Epoch,
        };
    }

    private async Task<IRpcConnection> ConnectionAsync(CancellationToken cancellation)
    {
        await _connecting.WaitAsync(cancellation);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connection is { Closed.IsCompleted: false } standing)
                return standing;
            if (_connection is { } ended)
                await ended.DisposeAsync();
            _connection = null;
            // After a connection that stood for a while the next one is tried at once; else after a pause that grows: a
            // server
            // that takes connections and ends them is not dialled in a loop.
            if (_since is { } since && time.GetElapsedTime(since) >= options.SteadyAfter)
                _pause = TimeSpan.Zero;
            _since = null;
            await Task.Delay(_pause * (0.5 + (jitter.NextDouble() / 2)), time, cancellation);
            _pause = _pause == TimeSpan.Zero ? options.FirstPause
                : TimeSpan.FromTicks(Math.Min(2 * _pause.Ticks, options.MaxPause.Ticks));
            _connection = await ConnectAsync(cancellation);
            _since = time.GetTimestamp();
            _stood = true;
            return _connection;
        }
        finally
        {
            _connecting.Release();
        }
    }

    private async Task<IRpcConnection> ConnectAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource limit = new(options.ConnectTimeout, time);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        IRpcConnection connection;
        try
        {
            connection = await dial(either.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"The server did not answer within {options.ConnectTimeout.TotalSeconds:0} s.", e);
        }

        try
        {
            if (_session is { } session)
                _ = await OpenAsync(connection, session, cancellation);
            return connection;
        }
        catch (RpcException e)
        {
            await connection.DisposeAsync();
            throw new RpcException(e.Status, e.Message) { RetryAfter = e.RetryAfter, IsOfSession = true };
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task<V1.AuthResponse> OpenAsync(
        IRpcConnection connection, Session session, CancellationToken cancellation)
    {
        V1.Auth request = session.Device is { } device
            ? ProvenCall.Authenticate(await ProofForAsync(connection, cancellation), session.Token, device)
            : new V1.Auth { AccessToken = ByteString.CopyFrom(session.Token.Span) };
        return await CallOnAsync(
            connection, RpcMethod.Authenticate, request, V1.AuthResponse.Parser, options.CallTimeout, cancellation);
    }

    private async Task<CallProof> ProofForAsync(IRpcConnection connection, CancellationToken cancellation)
    {
        V1.HealthResponse health = await CallOnAsync(
            connection, RpcMethod.Health, new V1.HealthRequest(), V1.HealthResponse.Parser, options.CallTimeout,
            cancellation);
        if (health.ServerKey.Length != Ed25519.PublicKeySize || health.Nonce.Length != CallProof.NonceSize)
            throw new InvalidDataException("The server says neither its key nor what to sign for this connection.");
        return IsServerKey(health.ServerKey.Memory) ? new CallProof(health.ServerKey.Memory, health.Nonce.Memory)
            : throw new InvalidDataException("The server signs with another key than it should.");
    }

    private async Task DropAsync(IRpcConnection? connection)
    {
        if (connection is not null && Interlocked.CompareExchange(ref _connection, null, connection) == connection)
            await connection.DisposeAsync();
    }
}
