using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Path requests for routes that are not pushed.
internal sealed partial class RouteProtocol
{
    private const int MaxWants = 1024;
    private const int MaxRequesters = 1024;

    /// <summary>
    /// Destinations of which a neighbour is told because it asked; on a radio there is airtime for fewer.
    /// </summary>
    private const int MaxInterest = 512;

    // Every second attempt doubles the wait: a request that was lost on a radio is not known to be.
    private const double WantGrowth = 0.5;
    private const byte FirstScope = 8;
    private const byte FirstScopeOfSlow = 2;
    private const byte MaxScope = Limits.MaxHops;

    // Out and back, and as long again: on a busy radio most of a hop's time is waiting.
    private const int HopTimesPerScope = 3;

    // A flood of that many hops, as radios spread it, and the answers to it.
    private const int HopTimesOfRepeats = 16;
    private const int HopTimesOfAnswers = 4 * HopTimesOfRepeats;

    private static readonly TimeSpan _wantMemory = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan _slowestRetry = TimeSpan.FromMinutes(10);

    private readonly TokenBucket _floodRate;
    private readonly TokenBucket _wantRate;
    private readonly Dictionary<Abbreviation, Wanted> _wants;
    private readonly Dictionary<Abbreviation, Requester> _requesters;

    private readonly record struct Wanted(int Attempts, Instant LastWanted);

    /// <summary>A request for an unknown route that was passed on, or that this node made.</summary>
    /// <param name="Link">The neighbour that came by the shortest way, and will be answered; none for this node's
    /// own.</param>
    /// <param name="HopsLeft">How far its request could still travel.</param>
    /// <param name="WantsAnnounce">It lacks the announce.</param>
    /// <param name="At">When the request was passed on.</param>
    /// <param name="Share">The share that it counts to; null for this node's own.</param>
    private readonly record struct Requester(
        LinkId Link, byte HopsLeft, bool WantsAnnounce, Instant At, SourceShare? Share);

    /// <inheritdoc/>
    public void Want(Instant now, in NodeAddress destination)
    {
        _now = now;
        Abbreviation name = Abbreviation.Of(destination);
        if (FindNode(destination) is var index and >= 0 && _destinations[index].Selected != Destination.NoLink)
            return;
        bool isNew = !_wants.TryGetValue(name, out Wanted want);
        if (isNew && _wants.Count >= MaxWants)
            ForgetOldestWant();
        _wants[name] = want with { LastWanted = now };
        if (isNew)
            SendWant(name);
    }

    /// <summary>What nobody spoke of for longest gives way: what is still wanted is asked for again.</summary>
    private void ForgetOldestWant()
    {
        Abbreviation oldest = default;
        Instant oldestAt = Instant.Never;
        foreach ((Abbreviation name, Wanted want) in _wants)
        {
            if (want.LastWanted < oldestAt)
                (oldest, oldestAt) = (name, want.LastWanted);
        }

        _wants.Remove(oldest);
        _timers.Cancel(new RouteTimer(RouteTimerKind.Want, oldest));
    }

    private void SendWant(Abbreviation name)
    {
        Wanted want = _wants[name];
        int index = _destinations.Find(name);
        if (_now - want.LastWanted > _wantMemory || (index >= 0 && _destinations[index].Selected != Destination.NoLink))
        {
            _wants.Remove(name);
            return;
        }

        // Airtime is dear where it is slow: a wider circle is asked only when a narrow one is known not to know.
        TimeSpan hopTime = SlowHopTime();
        byte scope = hopTime == TimeSpan.Zero
            ? (byte)Math.Min(FirstScope << Math.Min(want.Attempts, 3), MaxScope)
            : (byte)Math.Min(FirstScopeOfSlow << Math.Min(want.Attempts, 5), MaxScope);
        TimeSpan wait = Backoff(_options.RequestRetry * 4, want.Attempts * WantGrowth, _options.RequestRetryMax);
        TimeSpan slowest = hopTime * (HopTimesPerScope * scope);
        slowest = slowest < _slowestRetry ? slowest : _slowestRetry;
        Instant next = _now + Jittered(wait > slowest ? wait : slowest);
        _timers.Set(new RouteTimer(RouteTimerKind.Want, name), next);
        if (hopTime > TimeSpan.Zero)
            Remember(name, new Requester(LinkId.None, scope, LacksAnnounce(index), _now, null), hopTime);
        if (_wantRate.TryTake(_now, 1)
            && Flood(new PathRequest(scope, 0, false, name, LacksAnnounce(index)), LinkId.None))
            _wants[name] = want with { Attempts = want.Attempts + 1 };
    }

    private bool LacksAnnounce(int index) => index < 0 || _destinations[index].Announce is null;

    /// <summary>How long the slowest shared medium needs for a frame; zero where there is none.</summary>
    private TimeSpan SlowHopTime()
    {
        long slowest = 0;
        foreach (Neighbour neighbour in _neighbours)
        {
            LinkProperties properties = neighbour.Properties;
            if (!properties.PushRoutes && properties.BitsPerSecond > 0
                && (slowest == 0 || properties.BitsPerSecond < slowest))
                slowest = properties.BitsPerSecond;
        }

        return slowest == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((ReferenceBytes + FrameOverhead) * 8.0 / slowest);
    }

    private void PassPathRequest(Neighbour neighbour, int index, in PathRequest request)
    {
        if (index >= 0 && !_destinations[index].Advertised.IsNone
            && _destinations[index].Selected != neighbour.Link.Value)
        {
            Subscribe(neighbour, index, request.WantsAnnounce);
            Answer(neighbour, index, request);
            return;
        }

        bool isKnown = _requesters.TryGetValue(request.Destination, out Requester requester);
        if (!isKnown && neighbour.Share.Requesters >= MaxRequesters - _requesters.Count)
        {
            Counters.Add(RouteCounter.DropPathRequestEnd);
            return;
        }

        TimeSpan hopTime = SlowHopTime();
        bool isRepeat = isKnown && _now - requester.At < RepeatWindow(_requestMemory * 2)
            && (hopTime == TimeSpan.Zero || request.HopsLeft <= 2 * requester.HopsLeft);
        var better = new Requester(
            neighbour.Link, request.HopsLeft, request.WantsAnnounce, isRepeat ? requester.At : _now, neighbour.Share);
        if (!isRepeat)
            Remember(request.Destination, better, hopTime);
        else if (request.HopsLeft > requester.HopsLeft && requester.Link != LinkId.None)
            SetRequester(request.Destination, better);
        if (isRepeat)
        {
            Counters.Add(RouteCounter.DropPathRequestRepeat);
            return;
        }

        if (request.HopsLeft > 1 && _floodRate.TryTake(_now, 1))
        {
            byte hopsLeft = (byte)(Math.Min(request.HopsLeft, MaxScope) - 1);
            Flood(request with { HopsLeft = hopsLeft, WantsAnnounce = LacksAnnounce(index) }, neighbour.Link);
        }
        else
        {
            Counters.Add(RouteCounter.DropPathRequestEnd);
        }
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private void Remember(Abbreviation name, in Requester requester, TimeSpan hopTime)
    {
        if (_requesters.Count >= MaxRequesters && !_requesters.ContainsKey(name))
            return;
        SetRequester(name, requester);
        _timers.Set(
            new RouteTimer(RouteTimerKind.Requester, name),
            requester.At + Longer(_requesterMemory, hopTime * HopTimesOfAnswers));
    }

    private void SetRequester(Abbreviation name, in Requester requester)
    {
        if (_requesters.TryGetValue(name, out Requester before) && before.Share is { } former)
            former.Requesters--;
        _requesters[name] = requester;
        if (requester.Share is { } share)
            share.Requesters++;
    }

    private bool RemoveRequester(Abbreviation name, out Requester requester)
    {
        if (!_requesters.Remove(name, out requester))
            return false;
        if (requester.Share is { } share)
            share.Requesters--;
        _timers.Cancel(new RouteTimer(RouteTimerKind.Requester, name));
        return true;
    }

    /// <summary>A neighbour to which routes are not pushed wants to know of one from here on.</summary>
    private static void Subscribe(Neighbour neighbour, int index, bool wantsAnnounce)
    {
        if (neighbour.Interest is not { } interest || (interest.Count >= MaxInterest && !interest.Contains(index)))
            return;
        interest.Add(index);
        if (wantsAnnounce)
            neighbour.Announces.Along.Add(index);
    }

    /// <summary>Sends a request to all neighbours, once per medium; false if there was room for it nowhere.</summary>
    private bool Flood(in PathRequest request, LinkId except)
    {
        Span<int> media = stackalloc int[8];
        int seen = 0;
        bool sentAny = false;
        foreach (Neighbour neighbour in _neighbours)
        {
            int medium = neighbour.Properties.Medium;
            if (neighbour.Link == except || (medium != 0 && media[..seen].Contains(medium)))
                continue;
            if (neighbour.Budget?.TryTake(_now, 1 + PathRequest.Size) == false)
                continue;
            request.Write(Body);
            _frame[0] = (byte)FrameKind.PathRequest;
            ReadOnlySpan<byte> frame = _frame.AsSpan(0, 1 + PathRequest.Size);
            bool sent = medium != 0
                ? _actions.Broadcast(neighbour.Link, FrameClass.Control, frame)
                : _actions.Send(neighbour.Link, FrameClass.Control, frame);
            neighbour.IsBlocked |= !sent;
            if (!sent)
                continue;
            sentAny = true;
            if (medium != 0 && seen < media.Length)
                media[seen++] = medium;
            Counters.Add(RouteCounter.RequestsSent);
            Counters.Add(RouteCounter.BytesSent, frame.Length);
        }

        return sentAny;
    }

    /// <summary>A route that a neighbour asked for is known by now: it is interested in it from here on.</summary>
    private void TellRequester(int index, Abbreviation name)
    {
        if (_requesters.Count == 0 || !RemoveRequester(name, out Requester requester))
            return;
        if (Find(requester.Link) is { } neighbour)
            Subscribe(neighbour, index, requester.WantsAnnounce);
    }

    /// <summary>
    /// True if the announce of a destination without one comes along with what a slow link tells of it.
    /// </summary>
    private bool ComesAlong(Neighbour neighbour, int index)
    {
        Abbreviation name = _destinations[index].Name;
        return neighbour.Interest is not null && LacksAnnounce(index)
            && (name == neighbour.PeerName || _wants.ContainsKey(name) || _requesters.ContainsKey(name));
    }

    private void ForgetRequester(Abbreviation name)
    {
        Requester requester = _requesters[name];
        Instant until = requester.At + Longer(_requesterMemory, SlowHopTime() * HopTimesOfAnswers);
        if (until > _now)
            _timers.Set(new RouteTimer(RouteTimerKind.Requester, name), until);
        else
            RemoveRequester(name, out _);
    }
}
