using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Asking for announces: once, of one neighbour at a time.
internal sealed partial class RouteProtocol
{
    private const int KeptCapacity = 64;
    private const int FewFetches = 256;
    private static readonly TimeSpan _fetchPause = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// On a link that loses every fifth frame a third of all requests stay without an answer; six in a row are no
    /// rarity, and a claim dismissed for that is not made again before the next refresh.
    /// </summary>
    private const int PatienceWithLosses = 4;

    private readonly Dictionary<int, Fetch> _fetches = [];
    private Instant _fetchDue = Instant.Never;

    /// <summary>An announce that somebody's update made necessary.</summary>
    /// <param name="Link">The neighbour that was asked, or will be.</param>
    /// <param name="IsAsked">False while it waits for a place in the neighbour's window.</param>
    /// <param name="Attempts">How often it was asked for.</param>
    /// <param name="Due">When the neighbour is given up.</param>
    private readonly record struct Fetch(LinkId Link, bool IsAsked, int Attempts, Instant Due);

    /// <summary>
    /// Wants the announce of a destination that a neighbour named with a sequence not known to be signed.
    /// </summary>
    private void Ask(Neighbour neighbour, int index)
    {
        if (_fetches.TryGetValue(index, out Fetch fetch)
            && (fetch.IsAsked || neighbour.Announces.Asked >= _options.FetchWindow))
            return;
        Ask(neighbour, index, fetch.Attempts, unsaid: ComesAlong(neighbour, index));
    }

    /// <summary>Asks a neighbour, or waits for what it sends unasked.</summary>
    private void Ask(Neighbour neighbour, int index, int attempts, bool unsaid = false)
    {
        bool hasPlace = neighbour.Announces.Asked < _options.FetchWindow;
        if (!hasPlace || !neighbour.Share.Asks.TryTake(_now, 1))
        {
            _fetches[index] = new Fetch(neighbour.Link, IsAsked: false, attempts, Instant.Never);
            neighbour.Announces.ToAsk.Enqueue(index);
            if (hasPlace)
                _timers.Set(new RouteTimer(RouteTimerKind.Ask, neighbour.Link.Value),
                    neighbour.Share.Asks.WhenAvailable(_now, 1));
            return;
        }

        neighbour.Announces.Asked++;
        Instant due = _now + FetchTimeout(neighbour, attempts) + PingTimeout(neighbour) * attempts;
        _fetches[index] = new Fetch(neighbour.Link, IsAsked: true, attempts + 1, due);
        _fetchDue = Instant.Min(_fetchDue, due);
        if (!unsaid)
            neighbour.Announces.AskNow.Add(index);
    }

    /// <summary>Sends the requests that the handling of a frame has collected.</summary>
    private void SendAnnounceRequests(Neighbour neighbour)
    {
        List<int> indices = neighbour.Announces.AskNow;
        if (indices.Count == 0)
            return;
        int perFrame = Math.Min((neighbour.Properties.Mtu - 1) / Abbreviation.Size,
            Limits.Arbitrary.MaxAnnouncesRequested);
        for (int from = 0; from < indices.Count; from += perFrame)
        {
            int count = Math.Min(perFrame, indices.Count - from);
            for (int i = 0; i < count; i++)
                _destinations[indices[from + i]].Name.Write(Body[AnnounceRequest.SizeOf(i)..]);

            // What does not leave now is asked for again when its time is over.
            if (!SendFrame(neighbour, FrameKind.AnnounceRequest, RequestClass(neighbour),
                AnnounceRequest.SizeOf(count)))
                break;
            neighbour.Budget?.Owe(_now, 1 + AnnounceRequest.SizeOf(count));
            Counters.Add(RouteCounter.AnnouncesAsked, count);
        }

        indices.Clear();
    }

    private TimeSpan FetchTimeout(Neighbour neighbour, int attempts)
    {
        if (neighbour.Properties.BitsPerSecond == 0)
        {
            // Where writes keep a distance so do the answers.
            double writes = (double)neighbour.Announces.Asked / PacedAnnounces + 2;
            return _options.FetchTimeout + neighbour.Quality.Pace * writes + neighbour.Quality.ExpectedWait * 4
                + Patience(neighbour) * attempts;
        }

        // At first as if the neighbour had its share of the link unspent; then at the rate that the share allows.
        double share = attempts == 0 ? 0.25 : _options.RoutingShare;
        double seconds = UnverifiedAnnounce.MaxSize * 8 / (neighbour.Properties.BitsPerSecond * share);
        return _options.FetchTimeout + TimeSpan.FromSeconds(seconds * neighbour.Announces.Asked);
    }

    /// <summary>
    /// Announces that did not come in time: ask the next neighbour that has named the sequence, or give them up.
    /// </summary>
    private void RepeatFetches()
    {
        List<int> late = [];
        Instant next = Instant.Never;
        foreach ((int index, Fetch fetch) in _fetches)
        {
            if (fetch.IsAsked && fetch.Due <= _now)
                late.Add(index);
            else
                next = Instant.Min(next, fetch.Due);
        }

        // A table of many that are missing is not looked through for each of them.
        Instant soonest = _fetches.Count > FewFetches ? _now + _fetchPause : _now;
        _fetchDue = next > soonest ? next : soonest;
        int done = 0;
        try
        {
            for (; done < late.Count; done++)
            {
                if (!_fetches.TryGetValue(late[done], out Fetch fetch))
                    continue;
                EndFetch(late[done], fetch);
                AskNext(late[done], fetch);
            }
        }
        finally
        {
            if (done < late.Count)
                _fetchDue = _now;
        }
    }

    private void AskNext(int index, in Fetch fetch)
    {
        if (fetch.Attempts < MostAttempts(fetch.Link) && NextToAsk(index, fetch.Link) is { } next)
        {
            Ask(next, index, fetch.Attempts);
            SendAnnounceRequests(next);
            return;
        }

        if (index == Self)
            return;
        foreach (Neighbour neighbour in _neighbours)
        {
            Distance heard = neighbour.Heard(index);
            if (!heard.IsNone && !_destinations[index].IsSigned(heard.Sequence))
            {
                Counters.Add(RouteCounter.DropUnprovenSequence);
                neighbour.SetHeard(index, Distance.None);
            }
        }

        if (_destinations[index].Announce is null)
            RemoveNode(index);
        else
            Evaluate(index);
    }

    private int MostAttempts(LinkId asked) =>
        _options.FetchAttempts * (Find(asked) is { Properties.Reliable: false } ? PatienceWithLosses : 1);

    /// <summary>The neighbour after the one asked last, in turn, that has named a sequence not proven yet.</summary>
    private Neighbour? NextToAsk(int index, LinkId asked)
    {
        int start = _neighbours.FindIndex(neighbour => neighbour.Link == asked) + 1;
        for (int i = 0; i < _neighbours.Count; i++)
        {
            Neighbour neighbour = _neighbours[(start + i) % _neighbours.Count];
            Distance heard = neighbour.Heard(index);
            if (!heard.IsNone && !_destinations[index].IsSigned(heard.Sequence))
                return neighbour;
        }

        return null;
    }

    private void EndFetch(int index, in Fetch fetch)
    {
        _fetches.Remove(index);
        if (_fetches.Count == 0 && _fetches.EnsureCapacity(0) > KeptCapacity)
            _fetches.TrimExcess();
        if (!fetch.IsAsked || Find(fetch.Link) is not { } neighbour)
            return;
        neighbour.Announces.Asked--;
        StartWaiting(neighbour);

        // Answers come one by one; asking for the next ones one by one would double the frames.
        if (neighbour.Announces.AskNow.Count * 2 >= neighbour.Announces.Asked)
            SendAnnounceRequests(neighbour);
    }

    private void StartWaiting(Neighbour neighbour)
    {
        for (int i = neighbour.Announces.ToAsk.Count; i > 0 && neighbour.Announces.Asked < _options.FetchWindow; i--)
        {
            if (neighbour.Share.Asks.Available(_now) < 1)
            {
                _timers.Set(new RouteTimer(RouteTimerKind.Ask, neighbour.Link.Value),
                    neighbour.Share.Asks.WhenAvailable(_now, 1));
                return;
            }

            _ = neighbour.Announces.ToAsk.TryDequeue(out int waiting);
            if (_fetches.TryGetValue(waiting, out Fetch queued) && !queued.IsAsked && queued.Link == neighbour.Link)
                Ask(neighbour, waiting, queued.Attempts);
        }
    }

    /// <summary>The neighbour's source may cost more again.</summary>
    private void AskWaiting(Neighbour neighbour)
    {
        StartWaiting(neighbour);
        SendAnnounceRequests(neighbour);
    }

    /// <summary>What a vanished neighbour was asked for is asked of others.</summary>
    private void AskOthersFor(Neighbour gone)
    {
        List<int> affected = [];
        foreach ((int index, Fetch fetch) in _fetches)
        {
            if (fetch.Link == gone.Link)
                affected.Add(index);
        }

        foreach (int index in affected)
        {
            if (_fetches.Remove(index, out Fetch fetch))
                AskNext(index, fetch with { Attempts = Math.Min(fetch.Attempts, _options.FetchAttempts - 1) });
        }
    }
}
