using System.Net;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>What discovery goes by.</summary>
/// <param name="Mode">What is wanted.</param>
/// <param name="Interfaces">Only interfaces of these names; empty for all.</param>
public sealed record DiscoverySettings(DiscoveryMode Mode, IReadOnlyCollection<string> Interfaces);

/// <summary>
/// Finds other nodes on the links of this machine, and lets itself be found (docs/reference/discovery.md): sockets,
/// interfaces and timers around <see cref="MdnsEngine"/>, which decides. Nodes that were found are dialled by the link
/// manager.
/// </summary>
public sealed class LanDiscovery : IMdnsSender, IAsyncDisposable
{
    /// <summary>Ways to one node that are shown: a report of all nodes has to fit a reply. Arbitrary.</summary>
    private const int MaxShownUris = 4;

    // The kernel tells of changes; these find what it did not tell.
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(50);

    // An address that is new is checked by the kernel for a second or two, and nothing leaves from it.
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private DiscoverySettings _settings;
    private readonly LinkManager _manager;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly NetworkTag? _tag;
    private readonly MdnsEngine _engine;
    private readonly ITimer _timer;
    private readonly ITimer _retry;
    private readonly MdnsSockets _sockets;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _poke = new(0, 1);
    private bool _isRetrying;
    private TimeSpan _retryAfter = FirstRetry;
    private Task _loop = Task.CompletedTask;

    /// <summary>Makes it; nothing is done before <see cref="Start"/>.</summary>
    /// <param name="settings">What to go by.</param>
    /// <param name="networkKey">The community's key; empty for an open network. The caller zeroes it.</param>
    /// <param name="manager">Who listens, and dials what is found.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">For names, fit for keys.</param>
    /// <param name="lots">For delays and choices.</param>
    /// <param name="logger">Where it tells.</param>
    public LanDiscovery(
        DiscoverySettings settings, ReadOnlySpan<byte> networkKey, LinkManager manager, TimeProvider time,
        RandomFill random, Random lots, ILogger logger)
    {
        _settings = settings;
        _manager = manager;
        _time = time;
        _logger = logger;
        _tag = networkKey.IsEmpty ? null : new NetworkTag(networkKey);
        _engine = new MdnsEngine(new OwnInstance(random, _tag), _tag, manager, lots);
        _sockets = new MdnsSockets(Receive, time, logger);
        _timer = time.CreateTimer(static self => ((LanDiscovery)self!).Do(static (_, _) => { }), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _retry = time.CreateTimer(static self => ((LanDiscovery)self!).Refresh(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Begins. Call it when the node listens.</summary>
    public void Start() => _loop = Task.Run(FollowAsync);

    /// <summary>Goes by other settings from now on.</summary>
    public void Change(DiscoverySettings settings)
    {
        lock (_gate)
            _settings = settings;
        Refresh();
    }

    /// <summary>Where this node listens has changed.</summary>
    public void Refresh()
    {
        lock (_gate)
        {
            if (!_stop.IsCancellationRequested && _poke.CurrentCount == 0)
                _poke.Release();
        }
    }

    /// <summary>How things stand.</summary>
    public DiscoveryReport Report()
    {
        lock (_gate)
        {
            return new DiscoveryReport(
                _settings.Mode,
                [.. _engine.Links.Select(
                    l => new DiscoveryLink(l.Name, l.Announces, l.Browses, _sockets.ProblemOf(l.Index)))],
                [.. _engine.Found.Select(Describe)]);
        }
    }

    /// <summary>What happened since the start.</summary>
    public DiscoveryCounts Count()
    {
        lock (_gate)
        {
            MdnsCounters counters = _engine.Counters;
            return new DiscoveryCounts(
                _engine.Found.Count, counters.Received, counters.Ignored, counters.Announced, counters.Asked,
                _engine.Displaced);
        }
    }

    /// <summary>Says goodbye on all links.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        lock (_gate)
            _engine.SayGoodbye(this);
        await _sockets.DisposeAsync();
        // Nobody receives any more, and whoever was about to set the timer has done so.
        await _timer.DisposeAsync();
        await _retry.DisposeAsync();
        _tag?.Dispose();
        _poke.Dispose();
        _stop.Dispose();
    }

    void IMdnsSender.Send(MdnsLink link, ReadOnlySpan<byte> message) => _sockets.Send(link, message);

    private FoundInstance Describe(FoundNode node)
    {
        DialReport? report = node.Dialled is { } peer ? ((IFoundDialler)_manager).ReportOf(peer) : null;
        return new FoundInstance(
            node.IsServer, node.Instance, [.. node.Ways.Select(w => w.Link.Name).Distinct()],
            [.. node.Ways.SelectMany(w => w.Uris).Take(MaxShownUris)],
            node.State.ToString().ToLowerInvariant(), _engine.WhyNot(node), report?.Peer, node.Texts?.Server,
            node.Texts?.Domain);
    }

    private void Receive(int index, IPEndPoint source, ReadOnlySpan<byte> message)
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
                return;
            try
            {
                TimeSpan now = Now;
                _engine.Receive(index, source, message, now);
                Run(now);
            }
            catch (Exception e)
            {
                // One message costs that message.
                Log.DiscoveryFailed(_logger, e);
            }
        }
    }

    private void Do(Action<MdnsEngine, TimeSpan> what)
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
                return;
            try
            {
                TimeSpan now = Now;
                what(_engine, now);
                Run(now);
            }
            catch (Exception e)
            {
                Log.DiscoveryFailed(_logger, e);
                _timer.Change(LookAfter, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Run(TimeSpan now)
    {
        _engine.Run(this, now);
        _timer.Change(_engine.Due is { } due ? Later(due - now) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (!_sockets.IsWhole && !_isRetrying)
        {
            _isRetrying = true;
            _retry.Change(_retryAfter, Timeout.InfiniteTimeSpan);
        }
    }

    private static TimeSpan Later(TimeSpan wait) => wait > TimeSpan.Zero ? wait : TimeSpan.Zero;

    private DiscoverySettings Settings
    {
        get
        {
            lock (_gate)
                return _settings;
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(0);

    /// <summary>Follows the interfaces and the places where this node listens.</summary>
    private async Task FollowAsync()
    {
        using NetworkWatch network = new(followKernel: true, _time);
        CancellationToken stop = _stop.Token;
        try
        {
            while (true)
            {
                await LookAsync();
                using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop);
                Task changed = Settings.Mode == DiscoveryMode.Off
                    ? Task.Delay(Timeout.InfiniteTimeSpan, _time, either.Token)
                    : network.ChangedAsync(LookAfter, either.Token);
                Task poked = _poke.WaitAsync(either.Token);
                await Task.WhenAny(changed, poked);
                await either.CancelAsync();
                await Task.WhenAll(changed, poked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                // Changes come in swarms.
                await Task.Delay(Settle, _time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // This node stops.
        }
    }

    /// <summary>Looks at interfaces and listeners.</summary>
    private async Task LookAsync()
    {
        try
        {
            DiscoverySettings settings = Settings;
            IReadOnlyList<MdnsLink> links =
                LinkPlan.Make(settings.Mode, InterfaceList.Read(), settings.Interfaces, _manager.Listening);
            await _sockets.SetLinksAsync(links, _gate);
            Do((engine, now) =>
            {
                _retryAfter = _sockets.IsWhole ? FirstRetry : Shorter(_retryAfter * 2, LookAfter);
                _isRetrying = false;
                engine.SetLinks(links, this, now);
                foreach (int index in _sockets.TakeUnsent())
                    engine.Again(index, now);
            });
        }
        catch (Exception e) when (!_stop.IsCancellationRequested)
        {
            Log.DiscoveryFailed(_logger, e);
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
