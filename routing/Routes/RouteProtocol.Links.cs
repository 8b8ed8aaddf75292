using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Links come, are measured, and go.
internal sealed partial class RouteProtocol
{
    private const int ReferenceBytes = 256;

    // Link-layer overhead of one frame on a slow medium: the order of magnitude is enough for a cost.
    private const int FrameOverhead = 40;

    private const int MaxFlapsRemembered = 256;
    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FlapMemory = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan MaxHoldOff = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StallMemory = TimeSpan.FromHours(1);
    private const int FlapsBeforeHoldOff = 3;

    private static readonly TimeSpan _mediumBurst = TimeSpan.FromMinutes(10);

    private readonly Dictionary<NodeAddress, (int Count, Instant At)> _flaps = [];
    private readonly Dictionary<NodeAddress, (StreamQuality Quality, Instant At)> _stalling = [];

    /// <inheritdoc/>
    public void LinkUp(Instant now, LinkId link, in LinkDescription description)
    {
        _now = now;
        if (Find(link) is not null)
            throw new InvalidOperationException("The link is up already.");
        _own.EnsureStarted(now);
        if (link.Value >= _byLink.Length)
            Array.Resize(ref _byLink, Math.Max(link.Value + 1, _byLink.Length * 2));
        SourceShare share = _shares.Join(description, now);
        var neighbour = new Neighbour(link, description, BudgetOf(description.Properties), _distances, now)
        {
            Share = share,
            Interest = description.Properties.PushRoutes ? null : new IndexSet(),
            Updates = { Number = (ushort)_random.Next() },
            Pings = { Number = (ushort)_random.Next() },
            Quality = Recall(description.Peer),
        };
        neighbour.Updates.Retraction = neighbour.Updates.Acknowledged = neighbour.Updates.Number;
        _byLink[link.Value] = neighbour;
        _neighbours.Add(neighbour);
        MakeRoomForLink();
        TimeSpan holdOff = HoldOff(description.Peer);
        if (holdOff > TimeSpan.Zero)
            _trust.Hold(neighbour, now + holdOff);

        // A slow link's cost follows from its rate; on others one round trip tells whether it is a millisecond or a
        // satellite.
        if (description.Properties.BitsPerSecond > 0)
            neighbour.Cost = EstimateCost(neighbour);
        else if (neighbour.Quality.IsOftenLate)
            neighbour.Cost = EstimateCost(neighbour);
        SendPing(neighbour);

        // Two that do not know each other yet: what one says of itself the other cannot use without its announce.
        Subscribe(neighbour, Self, wantsAnnounce: _destinations.Find(neighbour.PeerName) is var peer
            && LacksAnnounce(peer));
        for (int destination = 0; destination < _destinations.End; destination++)
        {
            if (!_destinations[destination].Advertised.IsNone)
                MarkDirty(neighbour, destination, Urgency.Soon);
        }
    }

    /// <inheritdoc/>
    public void LinkDown(Instant now, LinkId link)
    {
        _now = now;
        if (Find(link) is not { } neighbour)
            return;
        _byLink[link.Value] = null;
        _neighbours.Remove(neighbour);
        LingerAll(neighbour);
        RememberFlap(neighbour);
        RememberQuality(neighbour);
        _trust.Forget(neighbour);
        for (int destination = 1; destination < _destinations.End; destination++)
        {
            bool isWay = _destinations[destination].InUse && _destinations[destination].Selected == link.Value;
            if (isWay || (_destinations[destination].InUse && !neighbour.Heard(destination).IsNone))
                Reconsider(neighbour.Share, destination);
            if (_destinations[destination].LastSelected == link.Value)
                _destinations[destination].ForgetLastSelected();
        }

        AskOthersFor(neighbour);
        neighbour.ForgetDistances();
        _timers.Cancel(new RouteTimer(RouteTimerKind.Refill, link.Value));
        _timers.Cancel(new RouteTimer(RouteTimerKind.Ask, link.Value));
        neighbour.Share.LastUsed = now;
        if (--neighbour.Share.Links == 0)
            PassOnNames(neighbour.Share);
    }

    /// <summary>
    /// A place has no link any more: what others reach as well counts to them, the rest is soon forgotten.
    /// </summary>
    private void PassOnNames(SourceShare gone)
    {
        for (int index = 1; index < _destinations.End && gone.Names > 0; index++)
        {
            ref Destination destination = ref _destinations[index];
            if (!destination.InUse || _destinations.ClaimOf(index).Owner != gone
                || Find(new LinkId(destination.Selected)) is not { } next)
                continue;
            _destinations.ClaimOf(index).Owner = next.Share;
            gone.Names--;
            next.Share.Names++;
        }
    }

    /// <summary>Reconsiders every route through a neighbour.</summary>
    private void EvaluateAll(Neighbour neighbour)
    {
        for (int destination = 1; destination < _destinations.End; destination++)
        {
            if (!neighbour.Heard(destination).IsNone)
                Reconsider(neighbour.Share, destination);
        }
    }

    private TokenBucket? BudgetOf(LinkProperties properties)
    {
        if (properties.BitsPerSecond == 0)
            return null;
        if (properties.Medium != 0 && _mediumBudgets.TryGetValue(properties.Medium, out TokenBucket? shared))
            return shared;
        double share = properties.Medium != 0 ? _options.MediumRoutingShare : _options.RoutingShare;
        double bytesPerSecond = properties.BitsPerSecond / 8.0 * share;

        // On a shared medium airtime is reckoned by the hour: what was not used for some minutes may be used at once.
        double burst = bytesPerSecond * (properties.Medium != 0 ? _mediumBurst.TotalSeconds : 1);
        var budget = new TokenBucket(bytesPerSecond, Math.Max(2 * ReferenceBytes, burst), _now);
        if (properties.Medium != 0)
            _mediumBudgets.Add(properties.Medium, budget);
        return budget;
    }

    /// <summary>The expected time for 256 bytes, repetitions included.</summary>
    private Metric EstimateCost(Neighbour neighbour)
    {
        TimeSpan time = neighbour.Measured.RoundTrip / 2 ?? TimeSpan.Zero;
        if (neighbour.Properties.BitsPerSecond > 0)
        {
            double airtime = (ReferenceBytes + FrameOverhead) * 8.0 / neighbour.Properties.BitsPerSecond;
            time = TimeSpan.FromSeconds(Math.Max(time.TotalSeconds, airtime));
        }

        time /= Math.Max(neighbour.Measured.Arrival, 0.05);
        if (neighbour.Properties.Reliable && neighbour.Quality.ExpectedWait > time)
            time = neighbour.Quality.ExpectedWait;
        Metric cost = Metric.FromTime(time);
        return cost < _options.MinLinkCost ? _options.MinLinkCost : cost;
    }

    /// <summary>
    /// Takes a new measurement into the cost. A cost in use changes only when several measurements in a row say that it
    /// is off by a factor of two, so that noise on a link does not become updates everywhere.
    /// </summary>
    private void Measured(Neighbour neighbour)
    {
        const int StrikesToChange = 3;
        Metric estimate = EstimateCost(neighbour);
        uint slack = _options.MinLinkCost.Units;
        bool agrees = !neighbour.Cost.IsInfinite
            && estimate.Units <= neighbour.Cost.Units * 2ul + slack
            && neighbour.Cost.Units <= estimate.Units * 2ul + slack;
        neighbour.Measured.Strikes = agrees ? 0 : neighbour.Measured.Strikes + 1;
        if (agrees || (!neighbour.Cost.IsInfinite && neighbour.Measured.Strikes < StrikesToChange))
            return;
        if (neighbour.Cost.IsInfinite)
            FlushLater(neighbour, _now);
        neighbour.Cost = estimate;
        neighbour.Measured.Strikes = 0;
        EvaluateAll(neighbour);
    }

    /// <inheritdoc/>
    public void Sample(Instant now, LinkId link, bool arrived)
    {
        const double Weight = 1 / 16.0;
        _now = now;
        if (Find(link) is not { Properties.Reliable: false } neighbour)
            return;
        neighbour.Measured.Arrival += ((arrived ? 1 : 0) - neighbour.Measured.Arrival) * Weight;
        Measured(neighbour);
    }

    private void RememberFlap(Neighbour neighbour)
    {
        if (_now - neighbour.UpAt > ShortLife)
        {
            _flaps.Remove(neighbour.Peer);
            return;
        }

        if (_flaps.Count >= MaxFlapsRemembered && !_flaps.ContainsKey(neighbour.Peer))
            ForgetOldest(_flaps, static flap => flap.At);
        int before = _flaps.TryGetValue(neighbour.Peer, out var flap) && _now - flap.At < FlapMemory ? flap.Count : 0;
        _flaps[neighbour.Peer] = (before + 1, _now);
    }

    /// <summary>A link that stalls ends more often than others, and is the same link when it is back.</summary>
    private void RememberQuality(Neighbour neighbour)
    {
        if (!neighbour.Properties.Reliable)
            return;
        if (neighbour.Pings.Unanswered > 0)
            neighbour.Quality.Broke();
        neighbour.Quality.Usual = neighbour.Cost.IsInfinite ? neighbour.Quality.Usual : neighbour.Measured.RoundTrip;
        if (neighbour.Quality.ExpectedWait == TimeSpan.Zero)
        {
            _stalling.Remove(neighbour.Peer);
            return;
        }

        if (_stalling.Count >= MaxFlapsRemembered && !_stalling.ContainsKey(neighbour.Peer))
            ForgetOldest(_stalling, static known => known.At);
        _stalling[neighbour.Peer] = (neighbour.Quality, _now);
    }

    private static void ForgetOldest<T>(Dictionary<NodeAddress, T> memory, Func<T, Instant> since)
    {
        NodeAddress oldest = default;
        Instant oldestAt = Instant.Never;
        foreach ((NodeAddress address, T known) in memory)
        {
            if (since(known) < oldestAt)
                (oldest, oldestAt) = (address, since(known));
        }

        memory.Remove(oldest);
    }

    private StreamQuality Recall(in NodeAddress peer) =>
        _stalling.TryGetValue(peer, out var known) && _now - known.At < StallMemory ? known.Quality
            : new StreamQuality();

    /// <summary>How long a neighbour that comes and goes stays the last resort.</summary>
    private TimeSpan HoldOff(in NodeAddress peer)
    {
        if (!_flaps.TryGetValue(peer, out var flap) || _now - flap.At >= FlapMemory || flap.Count < FlapsBeforeHoldOff)
            return TimeSpan.Zero;
        double seconds = Math.Pow(2, Math.Min(flap.Count - FlapsBeforeHoldOff, 8));
        return TimeSpan.FromSeconds(Math.Min(seconds, MaxHoldOff.TotalSeconds));
    }
}
