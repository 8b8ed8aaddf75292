using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Mdns;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>How many links a node keeps and how it goes on dialling.</summary>
public sealed record LinkManagerSettings
{
    /// <summary>
    /// Links to authenticated neighbours, in all; half of them are kept for those that this node dials or whose address
    /// is pinned. Arbitrary.
    /// </summary>
    public int MaxLinks { get; init; } = 64;

    /// <summary>The wait after the first failure; doubled with each further one.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between two attempts.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The wait after a link that was of no use (<see cref="ILink.WasUsed"/>), while another way leads to the peer;
    /// four times as long after each further one, up to <see cref="LongestWithoutUse"/>.
    /// </summary>
    public TimeSpan FirstWithoutUse { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>See <see cref="FirstWithoutUse"/>.</summary>
    public TimeSpan LongestWithoutUse { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Listeners follow what the kernel tells of addresses; false: they only look from time to time.</summary>
    public bool FollowKernel { get; init; } = true;

    /// <summary>A link that lasted this long starts the waits anew when it ends.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>
/// Keeps one link to each neighbour on each medium: listens, dials, dials again, and settles which of two links stays
/// (docs/reference/protocol.md, section 3.2). What links report goes on to the node's events, in order: a link that
/// replaces another comes up after the other is down. Safe for use by several threads.
/// <code>
///   listener ---+                   +-- Start, events go on
///               +-- Offer: choose --+
///   dial loop --+                   +-- Close(Duplicate, Self, TooMany)
/// </code>
/// This file: links. Beside it: dialling, and who gets a place.
/// </summary>
public sealed partial class LinkManager : ILinkAcceptor, IFoundDialler, IAsyncDisposable
{
    private readonly object _lock = new();
    private readonly Dictionary<(NodeAddress Peer, int Medium), Neighbour> _neighbours = [];
    private readonly Listeners _listeners;
    private readonly LinkCounts _refused = new();
    private readonly LinkCounts _ended = new();
    private readonly Dictionary<string, ITransport> _transports;
    private readonly NodeAddress _self;
    private readonly ILinkEvents _events;
    private readonly LinkManagerSettings _settings;
    private readonly TimeProvider _time;
    private readonly RandomFill _random;
    private readonly ILogger<LinkManager> _logger;
    private readonly LinkWarnings _warnings;
    private readonly CancellationTokenSource _stop = new();

    /// <summary>
    /// Tells whether a way leads to a node; where nobody tells, none does. Set before anything is dialled.
    /// </summary>
    public Func<NodeAddress, ValueTask<bool>>? Reaches { get; set; }

    /// <summary>Makes a manager.</summary>
    /// <param name="self">Our address.</param>
    /// <param name="transports">The kinds of link.</param>
    /// <param name="events">Where links report.</param>
    /// <param name="settings">Limits and waits.</param>
    /// <param name="time">The clock of the waits.</param>
    /// <param name="random">Source of their jitter.</param>
    /// <param name="logger">Where it tells.</param>
    /// <param name="warnings">Where it says what is wrong with the keys of others; null for a list of its own.</param>
    public LinkManager(
        NodeAddress self, IEnumerable<ITransport> transports, ILinkEvents events, LinkManagerSettings settings,
        TimeProvider time, RandomFill random, ILogger<LinkManager> logger, LinkWarnings? warnings = null)
    {
        _self = self;
        _transports = transports.ToDictionary(t => t.Scheme);
        _events = events;
        _settings = settings;
        _time = time;
        _random = random;
        _logger = logger;
        _warnings = warnings ?? new LinkWarnings(time);
        _listeners = new Listeners(this, settings.FollowKernel, time, logger);
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
    public IReadOnlyList<LinkUri> Listening => _listeners.Bound;

    /// <summary>Where we would listen if the address were there.</summary>
    public IReadOnlyList<WaitingListener> Waiting => _listeners.Waiting;

    /// <summary>How many connections, in either direction, did not become links for a reason.</summary>
    public long RefusedCount(LinkEndCode code) => _refused[code];

    /// <summary>How many links ended for a reason, whoever ended them.</summary>
    public long EndedCount(LinkEndCode code) => _ended[code];

    /// <summary>
    /// Listens on a URI until <see cref="StopListeningAsync"/>. An address that is not there yet is waited for.
    /// </summary>
    /// <returns>Where it listens; null if it waits, or the transport is not available here, which has been
    /// logged.</returns>
    /// <exception cref="IOException">The URI is wrong or the address cannot be bound.</exception>
    public async ValueTask<LinkUri?> ListenAsync(LinkUri uri, CancellationToken cancellation)
    {
        if (!_transports.TryGetValue(uri.Scheme, out ITransport? transport))
            throw new IOException(
                $"Cannot listen on {uri}: there is no transport '{uri.Scheme}', only "
                    + $"{string.Join(", ", _transports.Keys)}.");
        if (transport.Unavailable is { } reason)
        {
            Log.TransportUnavailable(_logger, uri, uri.Scheme, reason);
            return null;
        }

        return await _listeners.ListenAsync(transport, uri, cancellation);
    }

    /// <summary>
    /// Stops to listen on a URI, named as it was to <see cref="ListenAsync"/>; false if nobody listens there. Links
    /// stay.
    /// </summary>
    public ValueTask<bool> StopListeningAsync(LinkUri uri) => _listeners.StopAsync(uri);

    /// <inheritdoc/>
    public void Accept(IPendingLink link) => Offer(link);

    /// <inheritdoc/>
    public void Refused(string remote, LinkEnd reason)
    {
        _refused.Add(reason.Code);
        Log.Refused(_logger, remote, Log.Why(reason.Code, reason.Detail));
    }

    /// <summary>Ends all links to a neighbour and stops dialling it; false if there was neither.</summary>
    public bool Disconnect(NodeAddress peer)
    {
        bool any = StopDialling(d => d.Peer == peer).Count > 0;
        lock (_lock)
        {
            foreach (Neighbour neighbour in _neighbours.Values.Where(n => n.Peer == peer))
            {
                neighbour.Close(new LinkEnd(LinkEndCode.Closed));
                any = true;
            }
        }

        return any;
    }

    /// <summary>Stops listening and dialling, and ends all links with a Bye.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _listeners.DisposeAsync();
        await Task.WhenAll(TakeDialLoops());
        Task[] ends;
        lock (_lock)
        {
            ends = [.. _neighbours.Values.Select(n => n.Gone.Task)];
            foreach (Neighbour neighbour in _neighbours.Values)
                neighbour.Close(new LinkEnd(LinkEndCode.Closed));
        }

        await Task.WhenAll(ends);
    }

    /// <summary>
    /// Starts a link, or closes it; null if it was started or will be as soon as the one it replaces is down.
    /// </summary>
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
            _refused.Add(counted);
            Log.Refused(_logger, candidate.Link.Uri, Log.Why(counted, null));
        }

        return refusal;
    }

    private LinkEndCode? Choose(IPendingLink candidate)
    {
        ILink link = candidate.Link;
        if (_stop.IsCancellationRequested)
            return LinkEndCode.Closed;
        if (link.Peer == _self)
            return LinkEndCode.Self;
        if (IsPinned(link.Peer))
            candidate.Choose(true);
        if (!_neighbours.TryGetValue((link.Peer, link.Properties.Medium), out Neighbour? neighbour))
            return Place(candidate);

        bool clone = NoteProcess(candidate);
        if (!LinkChoice.Prefers(_self, candidate, neighbour.Next ?? neighbour.Active))
            return LinkEndCode.Duplicate;
        LinkEnd replaced = new(clone ? LinkEndCode.Clone : LinkEndCode.Duplicate);
        neighbour.Next?.Link.Close(replaced);
        neighbour.Next = candidate;
        neighbour.Active.Link.Close(replaced);
        return null;
    }

    private void Down(Neighbour neighbour)
    {
        lock (_lock)
        {
            neighbour.WasUsed |= neighbour.Active.Link.WasUsed;
            if (neighbour.Next is { } next)
            {
                neighbour.Active = next;
                neighbour.Next = null;
                next.Start(new Forwarder(this, neighbour));
                return;
            }

            Forget(neighbour);
        }

        neighbour.Gone.SetResult(neighbour.WasUsed);
    }

    private sealed class Forwarder(LinkManager owner, Neighbour neighbour) : ILinkEvents
    {
        public ValueTask UpAsync(ILink link)
        {
            Log.LinkUp(owner._logger, link.Peer, link.PeerName.Length > 0 ? $" ({link.PeerName})" : "", link.Uri);
            return owner._events.UpAsync(link);
        }

        public ValueTask ReceivedAsync(ILink link, ReceivedFrames frames) => owner._events.ReceivedAsync(link, frames);

        public void Writable(ILink link) => owner._events.Writable(link);

        public async ValueTask DownAsync(ILink link, LinkEnd reason)
        {
            owner._ended.Add(reason.Code);
            Log.LinkDown(owner._logger, link.Peer, link.Uri, reason.ByPeer ? "the peer"
                : "this node", Log.Why(reason.Code, reason.Detail));
            try
            {
                await owner._events.DownAsync(link, reason);
            }
            finally
            {
                owner.Down(neighbour);
            }
        }
    }
}
