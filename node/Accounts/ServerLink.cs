using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.Transparency;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Node.Accounts;

/// <summary>How a node stands with a server.</summary>
internal enum LinkState
{
    /// <summary>No connection has stood yet.</summary>
    Connecting,

    /// <summary>The connection stands.</summary>
    Online,

    /// <summary>The connection has gone, and is made again.</summary>
    Offline,

    /// <summary>The session has ended, or the server is not who it was: nothing is tried any more.</summary>
    Refused,
}

/// <summary>
/// One account that is logged in: its connections, which come and go, the inboxes that it reads and the KeyPackages
/// that it leaves.
/// <code>
///  connect --> session --> server's key as before? --> inboxes, KeyPackages, calls
///     ^                        no: refused, for good          |
///     '------------------------ the connection goes ----------'
/// </code>
/// </summary>
internal sealed class ServerLink : IAsyncDisposable
{
    /// <summary>What somebody waits for is given up after this.</summary>
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(10);

    /// <summary>How often the server is asked how many KeyPackages are left.</summary>
    private static readonly TimeSpan RefillPause = TimeSpan.FromHours(12);

    private readonly AccountRecord _record;
    private readonly LocalIdentity _identity;
    private readonly ServerConversations _conversations;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Action<string> _warn;
    private readonly RpcClient _client;
    private readonly ServerCalls _calls;
    private readonly InboxReader _reader;
    private readonly KeyPackageShelf _shelf;
    private readonly ServerProofs _proofs;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _refill = new(0, 1);
    private readonly Lock _guard = new();
    private readonly Dictionary<string, Task> _readers = new(StringComparer.Ordinal);
    private Task _running = Task.CompletedTask;
    private Task _auditing = Task.CompletedTask;
    private string? _problem;
    private volatile string? _refusal;
    private LinkState _state;
    private int _connections;

    /// <summary>Makes it; <see cref="Start"/> begins.</summary>
    /// <param name="record">The account; its session is there.</param>
    /// <param name="place">The node.</param>
    /// <param name="peers">The keys of other servers.</param>
    /// <param name="watch">What is known of the server's log of keys.</param>
    /// <param name="keep">Writes that to the disk.</param>
    internal ServerLink(
        AccountRecord record, AccountPlace place, PeerKeys peers, KeyLogWatch watch, Func<byte[], Task> keep)
    {
        (_record, _identity, _conversations, _time, _log, _warn) =
            (record, place.Identity, place.Conversations, place.Time, place.Log, place.Warn);
        ServerTrust trust = record.ToTrust(
            "log in again with --key and the fingerprint that the operator names.");
        _client = new RpcClient(
            cancellation => DialAsync(trust, cancellation), new RpcClientOptions(), _time, RandomSource.Seeded())
        {
            IsServerKey = key => key.Span.SequenceEqual(record.ServerKey),
        };
        _calls = new ServerCalls(_client, _time, Refuse, reason => _refusal = reason);
        KeyLog = new KeyLogClient(
            watch, this, keep, _time, problem => _warn($"{record.User}@{record.Server}: {problem}"));
        _proofs = new ServerProofs(record, peers, _calls, _warn);
        _reader = new InboxReader(_calls, _conversations, record.Server, OwnKey, _time, _log);
        _shelf = new KeyPackageShelf(_calls, _conversations, record.Server, OwnKey);
    }

    /// <summary>How it stands, and why, where that needs saying.</summary>
    internal (LinkState State, string? Problem) State
    {
        get
        {
            lock (_guard)
                return (_state, _refusal ?? _problem);
        }
    }

    /// <summary>The server's log of keys.</summary>
    internal KeyLogClient KeyLog { get; }

    private ReadOnlyMemory<byte> Identity => _record.IdentityOf(_identity);

    private ByteString OwnKey => ByteString.CopyFrom(Identity.Span);

    /// <summary>Begins to connect.</summary>
    internal void Start() => _running = Task.Run(RunAsync);

    /// <summary>
    /// Stores messages until the server answers, or once; done only if each delivery proof is the server's.
    /// </summary>
    internal async Task<StoredAnswer> StoreAsync(
        IReadOnlyList<ServerMessage> messages, CommitPlace? place, bool once = false)
    {
        // Nothing goes to keys that a server names who contradicted itself; it waits until the owner accepts that.
        if (!await IsEnteredAsync(_stop.Token).ConfigureAwait(false) || KeyLog.IsForked)
            return new StoredAnswer(ServerStatus.Gone, 0);
        var batch = new BatchEnqueueRequest();
        batch.Items.AddRange(messages.Select(ServerProofs.Request));
        batch.Domain = messages.Count > 0 ? messages[0].Domain : "";
        if (place is not null)
        {
            (batch.GroupId, batch.Epoch) = (ByteString.CopyFrom(place.Group.Span), place.Number);
            batch.Elsewhere.AddRange(place.Elsewhere.Select(m => new MemberElsewhere
            {
                Domain = m.Domain,
                IdentityKey = ByteString.CopyFrom(m.Key.Span),
            }));
        }

        (ServerStatus known, byte[]? key) = await _proofs.FindKeyAsync(batch.Domain, once, _stop.Token)
            .ConfigureAwait(false);
        if (key is null)
            return new StoredAnswer(known, 0);
        ServerCalls.Result<BatchEnqueueResponse> stored = await _calls.AskAsync(
            RpcMethod.BatchEnqueue, batch, BatchEnqueueResponse.Parser, r => _proofs.IsProven(key, batch, r),
            _stop.Token, once: once).ConfigureAwait(false);
        return new StoredAnswer(stored.Status, stored.Epoch);
    }

    /// <summary>Asks something that somebody waits for.</summary>
    internal async Task<ServerAnswer<TResult>> AskAsync<T, TResult>(
        RpcMethod method, IMessage request, MessageParser<T> parser, Func<T, TResult?> read)
        where T : class, IMessage<T>
        where TResult : class
    {
        using var limit = new CancellationTokenSource(AskPatience, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token,
            _stop.Token);
        if (!await IsEnteredAsync(either.Token).ConfigureAwait(false))
            return new ServerAnswer<TResult>(ServerStatus.Gone, null);
        ServerCalls.Result<T> answer = await _calls.AskAsync(
            method, request, parser, r => read(r) is not null, either.Token).ConfigureAwait(false);
        return new ServerAnswer<TResult>(answer.Status, answer.Value is { } value ? read(value) : null);
    }

    /// <summary>Asks something that somebody waits for, and that this node signs.</summary>
    internal async Task<ServerAnswer<T>> AskProvenAsync<T>(
        RpcMethod method, Func<CallProof, IMessage> request, MessageParser<T> parser)
        where T : class, IMessage<T>
    {
        using var limit = new CancellationTokenSource(AskPatience, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token,
            _stop.Token);
        if (!await IsEnteredAsync(either.Token).ConfigureAwait(false))
            return new ServerAnswer<T>(ServerStatus.Gone, null);
        ServerCalls.Result<T> answer =
            await _calls.AskProvenAsync(method, request, parser, either.Token).ConfigureAwait(false);
        return new ServerAnswer<T>(answer.Status, answer.Value);
    }

    /// <summary>Deletes the account at the server.</summary>
    /// <exception cref="RpcException">The server does not.</exception>
    /// <exception cref="IOException">There is no answer.</exception>
    internal async Task DeleteAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(AskPatience, _time);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        _ = await CallProvenAsync(
            RpcMethod.DeleteAccount, proof => ProvenCall.DeleteAccount(proof, _identity), DeleteAccountResponse.Parser,
            either.Token).ConfigureAwait(false);
    }

    /// <summary>Calls a method; what the server refuses, for a time or for good, its caller sees.</summary>
    /// <exception cref="RpcException">The server refused.</exception>
    /// <exception cref="IOException">There is no session, or no answer.</exception>
    internal Task<T> CallAsync<T>(
        RpcMethod method, IMessage request, MessageParser<T> parser, CancellationToken cancellation)
        where T : class, IMessage<T> =>
        EnteredAsync(token => _client.CallAsync(method, request, parser, token), cancellation);

    /// <summary>The same with a request that this node signs.</summary>
    internal Task<T> CallProvenAsync<T>(
        RpcMethod method, Func<CallProof, IMessage> request, MessageParser<T> parser, CancellationToken cancellation)
        where T : class, IMessage<T> =>
        EnteredAsync(token => _client.CallProvenAsync(method, request, parser, token), cancellation);

    private async Task<T> EnteredAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellation)
    {
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, cancellation);
        if (!await IsEnteredAsync(either.Token).ConfigureAwait(false))
            throw new IOException(State.Problem ?? $"{_record.Server} cannot be reached");
        return await call(either.Token).ConfigureAwait(false);
    }

    /// <summary>Reads an inbox from now on.</summary>
    internal void Read(ReadOnlyMemory<byte> channel)
    {
        lock (_guard)
        {
            string name = Convert.ToHexString(channel.Span);
            if (_stop.IsCancellationRequested || (_readers.TryGetValue(name, out Task? there) && !there.IsCompleted))
                return;
            _readers[name] = Task.Run(async () =>
            {
                if (await IsEnteredAsync(_stop.Token).ConfigureAwait(false))
                    await ContainAsync(() => _reader.RunAsync(channel, _stop.Token)).ConfigureAwait(false);
            });
        }
    }

    /// <summary>Somebody else was shown a head of the server's log of keys.</summary>
    internal void Compare(ReadOnlyMemory<byte> head) => _ = ContainAsync(() => KeyLog.CompareAsync(head));

    /// <summary>A KeyPackage was used.</summary>
    internal void Refill()
    {
        lock (_guard)
        {
            if (_refill.CurrentCount == 0)
                _refill.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _entered.TrySetCanceled();
        await _running.ConfigureAwait(false);
        await _auditing.ConfigureAwait(false);
        Task[] readers;
        lock (_guard)
            readers = [.. _readers.Values];
        await Task.WhenAll(readers).ConfigureAwait(false);
        await _client.DisposeAsync().ConfigureAwait(false);
        CryptographicOperations.ZeroMemory(_record.Token);
    }

    private async Task RunAsync() => await ContainAsync(async () =>
    {
        await _conversations.SetOpenAsync(_record.Server, isOpen: true).ConfigureAwait(false);
        if (!await EnterAsync().ConfigureAwait(false))
            return;
        await _conversations.SetDomainAsync(_record.Server, _proofs.OwnDomain).ConfigureAwait(false);
        _entered.TrySetResult();
        Read(ReadOnlyMemory<byte>.Empty);
        _auditing = Task.Run(() => ContainAsync(() => KeyLog.RunAsync(_stop.Token)));
        bool isAnnounced = false;
        while (!_stop.IsCancellationRequested)
        {
            await _shelf.FillAsync(_stop.Token).ConfigureAwait(false);
            if (!isAnnounced)
                await _conversations.AnnounceDeviceAsync(_record.Server).ConfigureAwait(false);
            isAnnounced = true;
            _ = await _refill.WaitAsync(RefillPause, _stop.Token).ConfigureAwait(false);
        }
    }).ConfigureAwait(false);

    private async Task ContainAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It ends, or the node does.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Nobody awaits this.
            _log.AccountFailed(_record.Server, e);
        }
    }

    /// <summary>Gets the session, and sees whether this is the server that the account was made at.</summary>
    private async Task<bool> EnterAsync()
    {
        TimeSpan pause = TimeSpan.FromSeconds(1);
        while (true)
        {
            try
            {
                // First of all: a server with another key is shown neither the token nor a signature.
                HealthResponse health = await _client.CallAsync(
                    RpcMethod.Health, new HealthRequest(), HealthResponse.Parser, _stop.Token).ConfigureAwait(false);
                if (!health.ServerKey.Span.SequenceEqual(_record.ServerKey))
                    Refuse("the server signs with another key than before: it is not where this account was made");
                else if (!(await _client.AuthenticateAsync(
                    _record.Token, _record.IsDevice ? _identity : null, _stop.Token).ConfigureAwait(false))
                    .Span.SequenceEqual(Identity.Span))
                    Refuse("the session is of another identity: log in again");
                else
                {
                    _proofs.OwnDomain = health.Domain;
                    return true;
                }

                return false;
            }
            catch (RpcException e) when (e.Status == RpcStatus.Unauthenticated)
            {
                Refuse("the server has ended the session, or revoked this device: log in again");
                return false;
            }
            catch (Exception e) when (e is IOException or TimeoutException or InvalidDataException or RpcException)
            {
                if (e is RpcException { Status: RpcStatus.Forbidden })
                    _refusal = e.Message;
                Note(LinkState.Offline, FaultText.Of(e));
                await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(false);
                pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, TimeSpan.TicksPerMinute));
            }
        }
    }

    private async Task<bool> IsEnteredAsync(CancellationToken cancellation)
    {
        await _entered.Task.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _entered.Task.IsCompletedSuccessfully && !_stop.IsCancellationRequested;
    }

    private async Task<IRpcConnection> DialAsync(ServerTrust trust, CancellationToken cancellation)
    {
        try
        {
            IRpcConnection connection = await _record.Endpoint.ConnectAsync(trust, null, cancellation)
                .ConfigureAwait(false);
            int number = Interlocked.Increment(ref _connections);
            Note(LinkState.Online, null);
            _ = NoteEndAsync(connection, number);
            return connection;
        }
        catch (IOException e)
        {
            Note(LinkState.Offline, e.Message);
            throw;
        }
    }

    private async Task NoteEndAsync(IRpcConnection connection, int number)
    {
        string reason = await connection.Closed.ConfigureAwait(false);
        if (Volatile.Read(ref _connections) == number)
            Note(LinkState.Offline, reason);
    }

    private void Note(LinkState state, string? problem)
    {
        LinkState before;
        string? said;
        lock (_guard)
        {
            if (_state == LinkState.Refused)
                return;
            (before, said) = (_state, _problem);
            (_state, _problem) = (state, problem);
        }

        if (state == LinkState.Online && before != LinkState.Online)
            _log.AccountOnline(_record.User, _record.Server);
        else if (state == LinkState.Offline && (before != LinkState.Offline || said != problem))
            _log.AccountOffline(_record.User, _record.Server, problem ?? "");
    }

    /// <summary>Ends it for good.</summary>
    private void Refuse(string reason)
    {
        Note(LinkState.Refused, reason);
        _stop.Cancel();
        _entered.TrySetCanceled();
        _warn($"{_record.User}@{_record.Server}: {reason}");
        _ = ContainAsync(() => _conversations.SetOpenAsync(_record.Server, isOpen: false));
    }
}
