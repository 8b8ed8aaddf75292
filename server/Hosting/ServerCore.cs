using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Connections;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Hooks;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Push;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>
/// The server without its sockets: everything that a connection is given, and the work in the background.
/// </summary>
internal sealed class ServerCore : IAsyncDisposable
{
    /// <summary>The event that tells clients to connect again: this server stops.</summary>
    internal const uint DrainingEvent = 1;

    private const int ExpiryBatch = 2000;
    private const int BlobExpiryBatch = 64;

    private static readonly TimeSpan ExpiryPause = TimeSpan.FromMinutes(1);

    private readonly IServerStore _store;
    private readonly ServerKeys _keys;
    private readonly Dispatcher _dispatcher;
    private readonly ServerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ServerCore> _logger;
    private readonly OtherProcesses? _others;
    private readonly RemoteServers _remote;
    private readonly Hook? _hook;
    private readonly PushNotifier? _push;
    private readonly PushCommand? _pushCommand;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _expiry;

    internal ServerCore(
        ServerOptions options, ServerStorage storage, TimeProvider time, RandomFill random, ILoggerFactory logs)
    {
        (IServerStore store, ServerKeys keys) = (storage.Store, storage.Keys);
        _options = options;
        _store = store;
        _keys = keys;
        _time = time;
        _logger = logs.CreateLogger<ServerCore>();
        Rates = new RateLimits(options.Rates, time);
        Clients = new ClientRegistry(options.MaxClients, options.MaxClientsPerSource);
        Budget = new ByteBudget(options.MemoryBytes);
        Health = new ServerHealth(store, time);
        Waiters = new InboxWaiters(store.Others is null ? null : OtherProcesses.PollEvery);
        if (options.HookSocket is { } socket)
            _hook = new Hook(socket, Metrics.Hook, time, _logger);
        if (options.PushCommand is { } file)
        {
            _pushCommand = new PushCommand(file, options.PushPause, Metrics.Push, time, _logger);
            _push = new PushNotifier(
                store.PushTokens, Clients, options.PushInterval, _pushCommand.TryWake, Metrics.Push, time, _logger);
        }

        store.Inboxes.Arrived = Arrived;
        IInboxStore inboxes = _hook is null ? store.Inboxes : new HookedInboxes(store.Inboxes, _hook);
        AccountHook accountHook = new(_hook, options.HookRegistration, time);
        _others = store.Others is null ? null : new OtherProcesses(store, Waiters, Clients, _logger);
        AuthCalls auth = new(
            store.Accounts, store.Moderation, keys.Opaque, keys, options.Registration, Rates, Clients, accountHook,
            random, time, logs.CreateLogger<AuthCalls>());
        PeerLimits = new PeerLimits(options.Federation, Rates, time);
        PeerTrust = new PeerTrust(options.Federation);
        _remote = new RemoteServers(
            options.Federation, storage.Federation,
            storage.Federation is { } shown ? new PeerDialer(options.Federation, shown, PeerTrust).DialAsync
                : (_, _) => throw new InvalidOperationException("There is no federation."),
            time, _logger);
        UserCalls users = new(
            store.Accounts, store.Channels, keys, _remote, Rates, Clients, accountHook, random,
            logs.CreateLogger<UserCalls>());
        Deliveries deliveries = new(inboxes, keys);
        DeliveryCalls delivery = new(inboxes, store.Channels, deliveries, _remote, Waiters, time);
        FederationCalls federation = new(
            options.Federation, store, deliveries, keys, PeerLimits, time, _logger);
        _dispatcher = new Dispatcher(
            [.. auth.Handlers, .. users.Handlers, .. delivery.Handlers,
                .. new KeyPackageCalls(store.KeyPackages, _remote, Rates).Handlers,
                .. new KeyLogCalls(store.KeyLog, _remote, keys, Rates, time).Handlers,
                .. new ModerationCalls(store.Moderation, Rates, Clients, logs.CreateLogger<ModerationCalls>()).Handlers,
                .. new BlobCalls(store.Blobs, options.Limits.Blobs, Rates).Handlers,
                .. new RecoveryCalls(store.Recovery, keys, Rates, logs.CreateLogger<RecoveryCalls>()).Handlers,
                .. new PushCalls(store.PushTokens, _push is not null).Handlers,
                .. new ServiceCalls(keys, _remote, Rates, random, time).Handlers,
                .. storage.Federation is null ? [] : federation.Handlers],
            Rates, Metrics, logs.CreateLogger<Dispatcher>());
        Connections = new ConnectionServices(_dispatcher, Clients, Budget, time, _logger);
        if (store.Blobs.Missing > 0)
            Log.BlobsMissing(_logger, store.Blobs.Missing);
        _expiry = Task.Run(ExpireAsync);
    }

    internal RateLimits Rates { get; }

    internal PeerLimits PeerLimits { get; }

    internal PeerTrust PeerTrust { get; }

    internal ClientRegistry Clients { get; }

    internal ByteBudget Budget { get; }

    internal InboxWaiters Waiters { get; }

    internal ServerHealth Health { get; }

    internal ServerMetrics Metrics { get; } = new();

    internal ConnectionServices Connections { get; }

    /// <summary>Lets calls finish, then closes all connections.</summary>
    internal async Task DrainAsync()
    {
        Log.Draining(_logger);
        Health.Stop();
        Clients.NotifyAll(new Event { Type = DrainingEvent });
        Waiters.End();
        await _dispatcher.DrainAsync(_options.DrainPatience, _time);
        Clients.CloseAll("the server stops");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _expiry;
        try
        {
            if (_push is not null)
                await _push.DisposeAsync();
            if (_pushCommand is not null)
                await _pushCommand.DisposeAsync();
            if (_hook is not null)
                await _hook.DisposeAsync();
            await _remote.DisposeAsync();
        }
        finally
        {
            // Whatever one of them ends with: what was acknowledged is in order on the disk.
            await _store.DisposeAsync();
            _keys.Dispose();
            _stop.Dispose();
        }
    }

    private void Arrived(InboxId inbox)
    {
        Waiters.Wake(inbox);
        _push?.Arrived(inbox.Recipient);
    }

    private async Task ExpireAsync()
    {
        // One that fails costs its turn, and nothing of the others.
        Func<Task>[] all =
        [
            () => AllOfAsync(() => _store.Inboxes.ExpireAsync(ExpiryBatch)),
            () => AllOfAsync(() => _store.Blobs.ExpireAsync(BlobExpiryBatch)),
            _store.Moderation.ExpireAsync,
            () => _others?.CheckSessionsAsync() ?? Task.CompletedTask,
        ];
        while (!_stop.IsCancellationRequested)
        {
            foreach (Func<Task> one in all)
            {
                try
                {
                    await one();
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    Log.ExpiryFailed(_logger, e.Message);
                }
            }

            await Task.Delay(ExpiryPause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AllOfAsync(Func<Task<int>> expire)
    {
        while (await expire() > 0 && !_stop.IsCancellationRequested)
        {
        }
    }
}
