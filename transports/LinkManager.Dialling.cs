using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Mdns;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

// Dialling: one loop for each peer that the operator or discovery named, until it is disconnected.
public sealed partial class LinkManager
{
    private const int WithoutUseGrowth = 4;
    private const int MaxWithoutUseGrowths = 10;

    private readonly Dictionary<string, Dialler> _diallers = [];

    /// <summary>The peers that are dialled, as they were named.</summary>
    public IReadOnlyList<string> Dialling
    {
        get
        {
            lock (_lock)
                return [.. _diallers.Keys];
        }
    }

    /// <summary>Keeps a link to a peer from now on; false if the very same is dialled already.</summary>
    public bool Connect(PeerUris peer) => Dial(peer, isFound: false);

    /// <inheritdoc/>
    bool IFoundDialler.ConnectFound(PeerUris peer) => Dial(peer, isFound: true);

    /// <inheritdoc/>
    void IFoundDialler.StopDialling(PeerUris peer) =>
        StopDialling(d => d.IsFound && d.Uris.ToString() == peer.ToString());

    /// <inheritdoc/>
    DialReport? IFoundDialler.ReportOf(PeerUris peer)
    {
        lock (_lock)
        {
            if (!_diallers.TryGetValue(peer.ToString(), out Dialler? dialler))
                return null;
            bool isUp = dialler.Peer is { } found && _neighbours.ContainsKey((found, 0));
            return new DialReport(dialler.Peer, isUp, dialler.Failures, dialler.LastFailure);
        }
    }

    private bool Dial(PeerUris peer, bool isFound)
    {
        lock (_lock)
        {
            if (_stop.IsCancellationRequested || _diallers.ContainsKey(peer.ToString()))
                return false;
            Dialler dialler =
                new(peer, isFound, _stop.Token, new Backoff(_settings.FirstRetry, _settings.LongestRetry, _random));
            _diallers.Add(peer.ToString(), dialler);
            dialler.Loop = Task.Run(() => DialLoopAsync(dialler));
            return true;
        }
    }

    /// <summary>Null, or why none of the ways to a peer can be tried here.</summary>
    public string? WhyUnavailable(PeerUris peer)
    {
        string? reason = null;
        foreach (LinkUri uri in peer.Uris)
        {
            if (!_transports.TryGetValue(uri.Scheme, out ITransport? transport))
                reason ??= $"there are no {uri.Scheme} links here";
            else if (transport.Unavailable is not { } missing)
                return null;
            else
                reason ??= $"{uri.Scheme} links are unavailable: {missing}";
        }

        return reason;
    }

    /// <summary>
    /// Stops dialling a peer, named as it was to <see cref="Connect"/>, and ends the link that came of it; other ways
    /// to the same peer go on. False if it was not dialled.
    /// </summary>
    public bool Disconnect(PeerUris peer)
    {
        string name = peer.ToString();
        List<Dialler> stopped = StopDialling(d => d.Uris.ToString() == name);
        lock (_lock)
        {
            foreach (Dialler dialler in stopped)
            {
                if (dialler.Made is not { } made)
                    continue;
                foreach (Neighbour neighbour in _neighbours.Values.Where(n => n.Next == made))
                    neighbour.Next = null;
                made.Link.Close(new LinkEnd(LinkEndCode.Closed));
            }
        }

        return stopped.Count > 0;
    }

    private List<Dialler> StopDialling(Predicate<Dialler> which)
    {
        List<Dialler> stopped;
        lock (_lock)
        {
            stopped = [.. _diallers.Values.Where(d => which(d))];
            foreach (Dialler dialler in stopped)
                _diallers.Remove(dialler.Uris.ToString());
        }

        foreach (Dialler dialler in stopped)
        {
            dialler.Stop.Cancel();
            _ = dialler.Loop.ContinueWith(_ => dialler.Stop.Dispose(), TaskScheduler.Default);
        }

        return stopped;
    }

    private List<Task> TakeDialLoops()
    {
        lock (_lock)
        {
            List<Task> loops = [.. _diallers.Values.Select(d => d.Loop)];
            _diallers.Clear();
            return loops;
        }
    }

    private async Task DialLoopAsync(Dialler dialler)
    {
        CancellationToken stop = dialler.Stop.Token;
        try
        {
            while (true)
            {
                if (dialler.Peer is { } peer && GoneTask(peer) is { } gone)
                    await WaitWhileUpAsync(dialler, gone, stop);
                else if (!await DialContainedAsync(dialler, stop))
                    return;
                else if (dialler.Peer is not { } found || GoneTask(found) is null)
                    await WaitForTurnAsync(dialler, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disconnected, or the node stops.
        }
    }

    /// <summary>A fault of this program costs one attempt: the peer is dialled on.</summary>
    private async Task<bool> DialContainedAsync(Dialler dialler, CancellationToken stop)
    {
        try
        {
            return await DialOnceAsync(dialler, stop);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            if (!dialler.Quiet)
                Log.LoopFailed(_logger, e, "dial", dialler.Uris.Uris[0]);
            dialler.Quiet = true;
            return true;
        }
    }

    private async Task WaitWhileUpAsync(Dialler dialler, Task<bool> gone, CancellationToken stop)
    {
        long since = _time.GetTimestamp();
        bool wasUsed = await gone.WaitAsync(stop);
        bool wasStable = _time.GetElapsedTime(since) >= _settings.StableAfter;
        if (wasStable)
            dialler.Backoff.Reset();
        // One that ended soon says nothing: its peer may just start.
        if (wasUsed)
            dialler.WithoutUse = 0;
        else if (wasStable)
            dialler.WithoutUse++;
        dialler.Quiet = false;
        await WaitForTurnAsync(dialler, stop);
    }

    /// <summary>
    /// A peer whose links were of no use is dialled seldom, as long as another way leads to it; within
    /// <see cref="LinkManagerSettings.LongestRetry"/> where none does any more.
    /// </summary>
    private async Task WaitForTurnAsync(Dialler dialler, CancellationToken stop)
    {
        TimeSpan wait = dialler.Backoff.Next();
        TimeSpan without = WaitWithoutUse(dialler.WithoutUse);
        await Task.Delay(wait, _time, stop);
        for (TimeSpan left = without - wait; left > TimeSpan.Zero && await IsReachedAsync(dialler);
            left -= _settings.LongestRetry)
            await Task.Delay(left < _settings.LongestRetry ? left : _settings.LongestRetry, _time, stop);
    }

    private TimeSpan WaitWithoutUse(int links)
    {
        if (links == 0)
            return TimeSpan.Zero;
        double factor = Math.Pow(WithoutUseGrowth, Math.Min(links - 1, MaxWithoutUseGrowths));
        TimeSpan wait = _settings.FirstWithoutUse * factor;
        return wait < _settings.LongestWithoutUse ? wait : _settings.LongestWithoutUse;
    }

    private async ValueTask<bool> IsReachedAsync(Dialler dialler) =>
        dialler.Peer is { } peer && Reaches is { } reaches && await reaches(peer);

    /// <summary>Tries each way once; false if this peer is not to be dialled any more.</summary>
    private async Task<bool> DialOnceAsync(Dialler dialler, CancellationToken stop)
    {
        foreach (LinkUri uri in dialler.Uris.Uris)
        {
            if (!_transports.TryGetValue(uri.Scheme, out ITransport? transport))
                continue;
            if (transport.Unavailable is { } missing)
            {
                if (!dialler.Quiet)
                    Log.TransportUnavailable(_logger, uri, uri.Scheme, missing);
                continue;
            }

            DialResult result = await transport.DialAsync(uri, stop);
            stop.ThrowIfCancellationRequested();
            if (result.Link is { } pending)
            {
                dialler.Peer = pending.Link.Peer;
                if (dialler.IsFound)
                    pending.Choose(false);
                LinkEndCode? refusal = Offer(pending);
                if (refusal is null)
                    dialler.Made = pending;
                if (refusal is null or LinkEndCode.Duplicate)
                {
                    dialler.Failures = 0;
                    return true;
                }

                dialler.LastFailure = Log.Why(refusal.Value, null);
                continue;
            }

            LinkEnd failure = result.Failure!;
            _refused.Add(failure.Code);
            if (failure.Code == LinkEndCode.Self)
            {
                Log.DialledSelf(_logger, uri);
                StopDialling(d => d == dialler);
                return false;
            }

            dialler.LastFailure = Log.Why(failure.Code, failure.Detail);
            // Whoever takes turns with another of the same key takes long ones.
            if (failure.Code == LinkEndCode.Clone)
                dialler.Backoff.Exhaust();
            if (!dialler.Quiet)
                Log.DialFailed(_logger, uri, Log.Why(failure.Code, failure.Detail));
            else
                Log.DialFailedAgain(_logger, uri, Log.Why(failure.Code, failure.Detail));
        }

        dialler.Quiet = true;
        dialler.Failures++;
        return true;
    }

    private Task<bool>? GoneTask(NodeAddress peer)
    {
        lock (_lock)
            return _neighbours.TryGetValue((peer, 0), out Neighbour? neighbour) ? neighbour.Gone.Task : null;
    }

    /// <summary>One peer that is dialled.</summary>
    private sealed class Dialler
    {
        internal Dialler(PeerUris uris, bool isFound, CancellationToken stop, Backoff backoff)
        {
            Uris = uris;
            IsFound = isFound;
            Backoff = backoff;
            Stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
            Peer = uris.Pinned;
        }

        internal PeerUris Uris { get; }

        /// <summary>
        /// Nobody named it: it was found on a link, and has no claim to the places of those that were chosen.
        /// </summary>
        internal bool IsFound { get; }

        internal Backoff Backoff { get; }

        internal CancellationTokenSource Stop { get; }

        internal Task Loop { get; set; } = Task.CompletedTask;

        /// <summary>The address that is pinned, or that answered last.</summary>
        internal NodeAddress? Peer { get; set; }

        /// <summary>The link that it made last.</summary>
        internal IPendingLink? Made { get; set; }

        /// <summary>Links in a row that were of no use.</summary>
        internal int WithoutUse { get; set; }

        /// <summary>Rounds in vain since there was a link.</summary>
        internal int Failures { get; set; }

        /// <summary>Why the last attempt came to nothing.</summary>
        internal string? LastFailure { get; set; }

        /// <summary>Its failure has been told; the next ones are only for debugging.</summary>
        internal bool Quiet { get; set; }
    }
}
