using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Connections;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>
/// The server without its sockets: everything that a connection is given, and the work in the background.
/// </summary>
internal sealed class ServerCore : IAsyncDisposable
{
    /// <summary>The event that tells clients to connect again: this server stops.</summary>
    internal const uint DrainingEvent = 1;

    private const int ExpiryBatch = 2000;

    private static readonly TimeSpan ExpiryPause = TimeSpan.FromMinutes(1);

    private readonly IServerStore _store;
    private readonly ServerKeys _keys;
    private readonly Dispatcher _dispatcher;
    private readonly ServerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ServerCore> _logger;
    private readonly OtherProcesses? _others;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _expiry;

    internal ServerCore(
        ServerOptions options, IServerStore store, ServerKeys keys, TimeProvider time, RandomFill random,
        ILoggerFactory logs)
    {
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
        store.Inboxes.Arrived = Waiters.Wake;
        _others = store.Others is null ? null : new OtherProcesses(store, Waiters, Clients, _logger);
        AuthCalls auth = new(
            store.Accounts, keys.Opaque, keys, options.Registration, Rates, Clients, random, time,
            logs.CreateLogger<AuthCalls>());
        UserCalls users = new(store.Accounts, store.Channels, Rates, Clients, random, logs.CreateLogger<UserCalls>());
        DeliveryCalls delivery = new(store.Inboxes, store.Channels, Waiters, keys, time);
        _dispatcher = new Dispatcher(
            [.. auth.Handlers, .. users.Handlers, .. delivery.Handlers,
                .. new KeyPackageCalls(store.KeyPackages, Rates).Handlers,
             .. new ServiceCalls(keys, time).Handlers],
            Rates, Metrics, logs.CreateLogger<Dispatcher>());
        Connections = new ConnectionServices(_dispatcher, Clients, Budget, time, _logger);
        _expiry = Task.Run(ExpireAsync);
    }

    internal RateLimits Rates { get; }

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
        await _store.DisposeAsync();
        _keys.Dispose();
        _stop.Dispose();
    }

    private async Task ExpireAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                while (await _store.Inboxes.ExpireAsync(ExpiryBatch) > 0 && !_stop.IsCancellationRequested)
                {
                }

                if (_others is not null)
                    await _others.CheckSessionsAsync();
            }
            catch (StoreException e)
            {
                Log.ExpiryFailed(_logger, e.Message);
            }

            await Task.Delay(ExpiryPause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
