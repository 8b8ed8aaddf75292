using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>How many links a node keeps and how it goes on dialling.</summary>
public sealed record LinkManagerSettings
{
    /// <summary>Links to authenticated neighbours, in all. Arbitrary.</summary>
    public int MaxLinks { get; init; } = 256;

    /// <summary>The wait after the first failure; doubled with each further one.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between two attempts.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A link that lasted this long starts the waits anew when it ends.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>
/// Keeps one link to each neighbour on each medium: listens, dials, dials again, and settles which of two links stays
/// (docs/protocol.md, section 3.2). What links report goes on to the node's events, in order: a link that replaces
/// another comes up after the other is down. Safe for use by several threads.
/// <code>
///   listener ---+                   +-- Start, events go on
///               +-- Offer: choose --+
///   dial loop --+                   +-- Close(Duplicate, Self, TooMany)
/// </code>
/// This file: links. Beside it: dialling.
/// </summary>
public sealed partial class LinkManager : ILinkAcceptor, IAsyncDisposable
{
    private readonly object _lock = new();
    private readonly Dictionary<(NodeAddress Peer, int Medium), Neighbour> _neighbours = [];
    private readonly List<(LinkUri Asked, IListener Listener)> _listeners = [];
    private readonly long[] _refused = new long[(int)LinkEndCode.TransportFailed + 1];
    private readonly Dictionary<string, ITransport> _transports;
    private readonly NodeAddress _self;
    private readonly ILinkEvents _events;
    private readonly LinkManagerSettings _settings;
    private readonly TimeProvider _time;
    private readonly RandomFill _random;
    private readonly ILogger<LinkManager> _logger;
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Makes a manager; says once for each transport that cannot work here why not.</summary>
    /// <param name="self">Our address.</param>
    /// <param name="transports">The kinds of link.</param>
    /// <param name="events">Where links report.</param>
    /// <param name="settings">Limits and waits.</param>
    /// <param name="time">The clock of the waits.</param>
    /// <param name="random">Source of their jitter.</param>
    /// <param name="logger">Where it tells.</param>
    public LinkManager(
        NodeAddress self, IEnumerable<ITransport> transports, ILinkEvents events, LinkManagerSettings settings,
        TimeProvider time, RandomFill random, ILogger<LinkManager> logger)
    {
        _self = self;
        _transports = transports.ToDictionary(t => t.Scheme);
        _events = events;
        _settings = settings;
        _time = time;
        _random = random;
        _logger = logger;
        foreach (ITransport transport in _transports.Values)
        {
            if (transport.Unavailable is { } reason)
                Log.TransportUnavailable(logger, transport.Scheme, reason);
        }
    }

    /// <summary>The links that are up or coming up.</summary>
    public IReadOnlyList<ILink> Links
    {
        get
        {
            lock (_lock)
                return [.. _neighbours.Values.Select(n => n.Active.Link)];
        }
    }

    /// <summary>Where we listen.</summary>
    public IReadOnlyList<LinkUri> Listening
    {
        get
        {
            lock (_lock)
                return _listeners.ConvertAll(l => l.Listener.Bound);
        }
    }

    /// <summary>How many connections were refused, and links ended, for a reason, in either direction.</summary>
    public long RefusedCount(LinkEndCode code) => Interlocked.Read(ref _refused[(int)code]);

    /// <summary>Listens on a URI until <see cref="StopListeningAsync"/>.</summary>
    /// <returns>Where it listens; null if the transport is not available here, which has been logged.</returns>
    /// <exception cref="IOException">The URI is wrong or the address cannot be bound.</exception>
    public async ValueTask<LinkUri?> ListenAsync(LinkUri uri, CancellationToken cancellation)
    {
        if (!_transports.TryGetValue(uri.Scheme, out ITransport? transport))
            throw new IOException($"Cannot listen on {uri}: there is no transport '{uri.Scheme}', only {string.Join(", ", _transports.Keys)}.");
        if (transport.Unavailable is not null)
            return null;
        IListener listener = await transport.ListenAsync(uri, this, cancellation);
        lock (_lock)
            _listeners.Add((uri, listener));
        Log.Listening(_logger, listener.Bound);
        return listener.Bound;
    }

    /// <summary>Stops to listen on a URI, named as it was to <see cref="ListenAsync"/>; false if nobody listens there. Links stay.</summary>
    public async ValueTask<bool> StopListeningAsync(LinkUri uri)
    {
        IListener listener;
        lock (_lock)
        {
            int at = _listeners.FindIndex(l => l.Asked == uri);
            if (at < 0)
                return false;
            listener = _listeners[at].Listener;
            _listeners.RemoveAt(at);
        }

        await listener.DisposeAsync();
        Log.ListeningNoMore(_logger, listener.Bound);
        return true;
    }

    /// <inheritdoc/>
    public void Accept(IPendingLink link) => Offer(link);

    /// <inheritdoc/>
    public void Refused(string remote, LinkEnd reason)
    {
        Count(reason.Code);
        Log.Refused(_logger, remote, Log.Why(reason.Code, reason.Detail));
    }

    /// <summary>Ends all links to a neighbour and stops dialling it; false if there was neither.</summary>
    public bool Disconnect(NodeAddress peer)
    {
        bool any = StopDialling(d => d.Peer == peer);
        lock (_lock)
        {
            foreach (Neighbour neighbour in _neighbours.Values.Where(n => n.Active.Link.Peer == peer))
            {
                neighbour.Next?.Link.Close(new LinkEnd(LinkEndCode.Closed));
                neighbour.Next = null;
                neighbour.Active.Link.Close(new LinkEnd(LinkEndCode.Closed));
                any = true;
            }
        }

        return any;
    }

    /// <summary>Stops listening and dialling, and ends all links with a Bye.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (IListener listener in TakeListeners())
            await listener.DisposeAsync();
        await Task.WhenAll(TakeDialLoops());
        Task[] ends;
        lock (_lock)
        {
            ends = [.. _neighbours.Values.Select(n => n.Gone.Task)];
            foreach (Neighbour neighbour in _neighbours.Values)
            {
                neighbour.Next?.Link.Close(new LinkEnd(LinkEndCode.Closed));
                neighbour.Next = null;
                neighbour.Active.Link.Close(new LinkEnd(LinkEndCode.Closed));
            }
        }

        await Task.WhenAll(ends);
    }

    private List<IListener> TakeListeners()
    {
        lock (_lock)
        {
            List<IListener> all = _listeners.ConvertAll(l => l.Listener);
            _listeners.Clear();
            return all;
        }
    }

    /// <summary>Starts a link, or closes it; null if it was started or will be as soon as the one it replaces is down.</summary>
    private LinkEndCode? Offer(IPendingLink candidate)
    {
        LinkEndCode? refusal;
        lock (_lock)
        {
            refusal = Choose(candidate);
            if (refusal is { } code)
                candidate.Link.Close(new LinkEnd(code));
        }

        if (refusal is { } counted)
        {
            Count(counted);
            Log.Refused(_logger, candidate.Link.Uri, Log.Why(counted, null));
        }

        return refusal;
    }

    private LinkEndCode? Choose(IPendingLink candidate)
    {
        ILink link = candidate.Link;
        (NodeAddress Peer, int Medium) key = (link.Peer, link.Properties.Medium);
        if (_stop.IsCancellationRequested)
            return LinkEndCode.Closed;
        if (link.Peer == _self)
            return LinkEndCode.Self;
        if (!_neighbours.TryGetValue(key, out Neighbour? neighbour))
        {
            if (_neighbours.Count >= _settings.MaxLinks)
                return LinkEndCode.TooMany;
            neighbour = new Neighbour(candidate);
            _neighbours.Add(key, neighbour);
            candidate.Start(new Forwarder(this, neighbour));
            return null;
        }

        if (!LinkChoice.Prefers(_self, candidate, neighbour.Next ?? neighbour.Active))
            return LinkEndCode.Duplicate;
        neighbour.Next?.Link.Close(new LinkEnd(LinkEndCode.Duplicate));
        neighbour.Next = candidate;
        neighbour.Active.Link.Close(new LinkEnd(LinkEndCode.Duplicate));
        return null;
    }

    private void Ended(Neighbour neighbour)
    {
        lock (_lock)
        {
            if (neighbour.Next is { } next)
            {
                neighbour.Active = next;
                neighbour.Next = null;
                next.Start(new Forwarder(this, neighbour));
                return;
            }

            ILink link = neighbour.Active.Link;
            _neighbours.Remove((link.Peer, link.Properties.Medium));
        }

        neighbour.Gone.SetResult();
    }

    private void Count(LinkEndCode code)
    {
        // A code of a later version, from a peer's Bye, has no counter of its own.
        int index = Math.Min((int)code, _refused.Length - 1);
        Interlocked.Increment(ref _refused[index]);
    }

    /// <summary>One neighbour on one medium.</summary>
    private sealed class Neighbour(IPendingLink active)
    {
        internal IPendingLink Active { get; set; } = active;

        /// <summary>Starts when the active one is down.</summary>
        internal IPendingLink? Next { get; set; }

        internal TaskCompletionSource Gone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Forwarder(LinkManager owner, Neighbour neighbour) : ILinkEvents
    {
        public ValueTask UpAsync(ILink link)
        {
            Log.LinkUp(owner._logger, link.Peer, link.PeerName, link.Uri);
            return owner._events.UpAsync(link);
        }

        public ValueTask ReceivedAsync(ILink link, ReceivedFrames frames) => owner._events.ReceivedAsync(link, frames);

        public void Writable(ILink link) => owner._events.Writable(link);

        public async ValueTask DownAsync(ILink link, LinkEnd reason)
        {
            owner.Count(reason.Code);
            Log.LinkDown(owner._logger, link.Peer, link.Uri, reason.ByPeer ? "the peer" : "this node", Log.Why(reason.Code, reason.Detail));
            try
            {
                await owner._events.DownAsync(link, reason);
            }
            finally
            {
                owner.Ended(neighbour);
            }
        }
    }
}
