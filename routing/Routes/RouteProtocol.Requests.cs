using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Path requests for a fresh sequence, where nothing is feasible (RFC 8966, section 3.8.2.1).
internal sealed partial class RouteProtocol
{
    // What all neighbours together may ask for.
    private const double RequestsPerSecondInAll = 200;
    private const double RequestBurstInAll = 4096;

    private const int AttemptsOnOneWay = 2;
    private const int AttemptsBeforeDoubt = 3;

    // Some seconds: by then those who learnt of a retraction through others have taken back their own.
    private const int AttemptsBeforeAgreement = 3;

    // A request for a sequence follows one path, so its length costs little.
    private const byte MaxRequestHops = byte.MaxValue;

    // A neighbour that could not help yet may be able to after its own neighbours answered.
    private static readonly TimeSpan _requestMemory = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan _requesterMemory = TimeSpan.FromSeconds(30);

    // Better routes are worth a fresh sequence only if they are still there after a while.
    private static readonly TimeSpan _improvementDelay = TimeSpan.FromSeconds(5);

    // A rise that was kept back, and is still there after that, is worth one too.
    private static readonly TimeSpan _riseDelay = TimeSpan.FromHours(1);

    // Where everything takes long nothing is gained by haste.
    private const int ImprovementPatience = 30;

    private readonly Dictionary<int, Starving> _starving = [];
    private readonly Dictionary<int, Forwarded> _forwarded = [];

    /// <summary>Why a fresh sequence is wanted.</summary>
    private enum Need : byte
    {
        None,

        /// <summary>The way became much longer than what is advertised under the present one.</summary>
        Rise,

        /// <summary>There is a way that is not feasible, and a little better.</summary>
        Shorter,

        /// <summary>There is one that is much better.</summary>
        Better,

        /// <summary>There is no other, or none that is trusted.</summary>
        Urgent,
    }

    private readonly record struct Starving(int Attempts, Need Need);

    private readonly record struct Forwarded(ushort Sequence, Instant At);

    /// <summary>
    /// Looks after a destination whose feasible routes are gone, distrusted, or much worse than what is not feasible.
    /// </summary>
    private void WantSequence(int index, ref Destination destination, uint chosenKey, uint unfeasibleKey)
    {
        Need need = NeedOf(index, ref destination, chosenKey, unfeasibleKey);
        if (need == Need.None)
        {
            StopStarving(index);
            return;
        }

        if (_starving.TryGetValue(index, out Starving before)
            && (before.Need == need || (before.Need > need && need >= Need.Better)))
            return;
        TimeSpan delay = need switch
        {
            Need.Urgent => TimeSpan.Zero,
            Need.Better => Jittered(ImprovementDelay(ref destination, chosenKey)),
            Need.Shorter => Jittered(ShortcutDelay),
            _ => Jittered(_riseDelay),
        };
        Instant due = _now + delay;
        _starving[index] = new Starving(0, need);
        if (need == Need.Urgent)
            RequestSequence(index);
        else
            _timers.Set(new RouteTimer(RouteTimerKind.Starving, index), due);
    }

    private void StopStarving(int index)
    {
        if (_starving.Count > 0 && _starving.Remove(index))
            _timers.Cancel(new RouteTimer(RouteTimerKind.Starving, index));
    }

    private Need NeedOf(int index, ref Destination destination, uint chosenKey, uint unfeasibleKey)
    {
        if (chosenKey == NoCandidate)
            return unfeasibleKey == NoCandidate ? Need.None : IsLingering(index) ? Need.Better : Need.Urgent;
        Metric chosen = MetricOf(chosenKey);
        bool isFar = unfeasibleKey < chosenKey && IsFarFrom(MetricOf(unfeasibleKey), chosen);
        if (isFar && chosen >= _options.DistrustCost && !IsLingering(index))
            return Need.Urgent;

        // A fresh sequence is an announce for everybody: where airtime is dear, and where metrics swing with what gets
        // lost, only a very different route is worth one.
        bool isBetter = unfeasibleKey != NoCandidate && unfeasibleKey + 4 * Slack(unfeasibleKey) < chosenKey;
        if (isBetter && isFar && TimeOf(chosen) - TimeOf(MetricOf(unfeasibleKey)) >= _options.SmallGain)
            return Need.Better;
        if (isBetter && chosen < TrustLedger.SlowWay && SlowHopTime() == TimeSpan.Zero)
            return Need.Shorter;
        Distance advertised = destination.Advertised;
        return !advertised.IsNone && chosen > advertised.Metric && IsFarFrom(chosen, advertised.Metric) ? Need.Rise
            : Need.None;
    }

    private bool HasRisen(int index, ref Destination destination) =>
        Find(new LinkId(destination.Selected)) is { } next && !destination.Advertised.IsNone
        && MetricVia(next, index, ref destination) is var metric && metric > destination.Advertised.Metric
        && IsFarFrom(metric, destination.Advertised.Metric);

    private void RequestSequence(int index)
    {
        Starving starving = _starving[index];
        ref Destination destination = ref _destinations[index];
        if (starving.Need == Need.Rise && !HasRisen(index, ref destination))
        {
            StopStarving(index);
            return;
        }

        if (starving.Need == Need.Urgent && starving.Attempts >= AttemptsBeforeAgreement
            && IsForgotten(index, ref destination))
        {
            // Then nobody's way leads through this node, and whatever a neighbour has is a way without a circle.
            Counters.Add(RouteCounter.DistancesForgotten);
            destination.Feasible = Distance.None;
            StopStarving(index);
            Evaluate(index);
            return;
        }

        Neighbour? best = ForwardingNeighbour(index, ref destination, except: LinkId.None);
        TimeSpan wait = starving.Need == Need.Urgent
            ? Backoff(_options.RequestRetry, starving.Attempts, _options.RequestRetryMax)
            : Backoff(starving.Need == Need.Better ? _improvementDelay : ShortcutDelay, starving.Attempts,
                _options.RequestRetryMax * 10);
        if (starving.Need != Need.Urgent)
            wait = Longer(wait, starving.Need == Need.Better ? _improvementDelay : ShortcutDelay);
        wait = Longer(wait, Backoff(SlowHopTime() * HopTimesOfRepeats, starving.Attempts, _slowestRetry));
        if (best is { Properties.Reliable: true } && AnswerTime(best, index, ref destination) is var answer
            && answer > wait)
            wait = answer;
        _starving[index] = starving with { Attempts = starving.Attempts + 1 };
        _timers.Set(new RouteTimer(RouteTimerKind.Starving, index), _now + Jittered(wait));

        // A neighbour whose sequence stays behind may be ahead by more than half of the circle: its announce tells.
        if (best is not null && starving.Attempts >= AttemptsBeforeDoubt
            && Distance.IsNewer(destination.SignedSequence, best.Heard(index).Sequence))
        {
            Ask(best, index);
            SendAnnounceRequests(best);
        }

        var request = new PathRequest(
            MaxRequestHops, (ushort)(destination.Feasible.Sequence + 1), true, destination.Name);
        if (starving.Attempts < AttemptsOnOneWay)
        {
            if (best is not null)
                SendPathRequest(best, request);
            return;
        }

        foreach (Neighbour neighbour in _neighbours)
        {
            if (!neighbour.Heard(index).IsNone)
                SendPathRequest(neighbour, request);
        }
    }

    /// <summary>What all such requests together cost grows with the network, so each waits the longer.</summary>
    private TimeSpan ShortcutDelay => Longer(_improvementDelay, _options.SequenceRefreshPerNode * _signed);

    /// <summary>
    /// Every neighbour has read, and said so, that there is no way through this node: what was told before is forgotten
    /// by all who could use it. It is what DUAL (Garcia-Luna-Aceves, 1993) makes sure of by its replies.
    /// </summary>
    private bool IsForgotten(int index, ref Destination destination)
    {
        if (destination.Selected != Destination.NoLink || !destination.Advertised.IsNone || IsLingering(index))
            return false;
        foreach (Neighbour neighbour in _neighbours)
        {
            if (!neighbour.Properties.Reliable || !neighbour.Told(index).IsNone
                || !neighbour.Updates.HasReadRetractions)
                return false;
        }

        return true;
    }

    private TimeSpan ImprovementDelay(ref Destination destination, uint chosenKey)
    {
        if (chosenKey == NoCandidate || Find(new LinkId(destination.Selected)) is not { Properties.Reliable: true })
            return _improvementDelay;
        return _improvementDelay + TimeOf(MetricOf(chosenKey)) * ImprovementPatience;
    }

    private static TimeSpan TimeOf(Metric metric) => TimeSpan.FromMilliseconds(metric.Units / 10.0);

    /// <summary>The time to the origin and back, as metrics tell it, and as much again.</summary>
    private TimeSpan AnswerTime(Neighbour neighbour, int index, ref Destination destination)
    {
        TimeSpan there = TimeOf(MetricVia(neighbour, index, ref destination));
        return 4 * there < _options.RequestRetryMax ? 4 * there : _options.RequestRetryMax;
    }

    private static TimeSpan Backoff(TimeSpan first, double attempts, TimeSpan longest)
    {
        TimeSpan wait = first * Math.Pow(2, Math.Min(attempts, 16));
        return wait < longest ? wait : longest;
    }

    /// <summary>Whom to pass a request for a sequence to: the best way to the origin, feasible or not.</summary>
    private Neighbour? ForwardingNeighbour(int index, ref Destination destination, LinkId except)
    {
        Neighbour? best = null;
        uint bestKey = NoCandidate;
        foreach (Neighbour neighbour in _neighbours)
        {
            Distance heard = neighbour.Heard(index);
            if (heard.IsNone || !neighbour.IsUsable || neighbour.Link == except)
                continue;
            uint key = Key(neighbour, MetricVia(neighbour, index, ref destination));
            if (key < bestKey)
                (best, bestKey) = (neighbour, key);
        }

        return best;
    }

    private void SendPathRequest(Neighbour neighbour, in PathRequest request)
    {
        // Requests that are written one by one would hold up all that follows them.
        if (neighbour.Quality.Pace > TimeSpan.Zero)
        {
            if (neighbour.Updates.LastFlush + neighbour.Quality.Pace > _now)
                return;
            neighbour.Updates.LastFlush = _now;
        }

        // More than a neighbour would answer is not asked of it: what is left out is asked again when its time comes.
        if (!neighbour.RequestRate.TryTake(_now, 1) || neighbour.Budget?.TryTake(_now, 1 + PathRequest.Size) == false)
            return;
        request.Write(Body);
        if (SendFrame(neighbour, FrameKind.PathRequest, RequestClass(neighbour), PathRequest.Size))
            Counters.Add(RouteCounter.RequestsSent);
    }

    /// <summary>
    /// Requests go before everything, but where airtime is dear they are paid for from routing's share.
    /// </summary>
    private static FrameClass RequestClass(Neighbour neighbour) =>
        neighbour.Properties.PushRoutes ? FrameClass.Control : FrameClass.Routing;

    /// <summary>How long the same request may go round before it counts as a new one.</summary>
    private TimeSpan RepeatWindow(TimeSpan least) => Longer(least, SlowHopTime() * HopTimesOfRepeats);

    private bool ReceivePathRequest(Neighbour neighbour, ReadOnlySpan<byte> body)
    {
        if (!PathRequest.TryRead(body, out PathRequest request))
            return Malformed();
        if (!neighbour.Share.Requests.TryTake(_now, 1) || !_requestsInAll.TryTake(_now, 1))
        {
            Counters.Add(RouteCounter.DropPathRequestRate);
            return true;
        }

        if (request.WholeTable)
        {
            TellTableAgain(neighbour);
            return true;
        }

        int index = _destinations.Find(request.Destination);
        if (index != Self && !_options.Relays)
        {
            Counters.Add(RouteCounter.DropPathRequestEnd);
            return true;
        }

        if (index >= 0 && (request.FreshSequence || index == Self))
            Subscribe(neighbour, index, request.WantsAnnounce);
        if (index == Self)
            SequenceRequested(neighbour, request);
        else if (request.FreshSequence)
            PassSequenceRequest(neighbour, index, request);
        else
            PassPathRequest(neighbour, index, request);
        return true;
    }

    private void SequenceRequested(Neighbour neighbour, in PathRequest request)
    {
        if (!request.FreshSequence || !Distance.IsNewer(request.MinimumSequence, _own.Low))
            Answer(neighbour, Self, request);
        else if (request.MinimumSequence == (ushort)(_own.Low + 1))
            _own.Requested(_now);
        else
        {
            // Further ahead than one: this node forgot, or somebody lies. The signed announce tells which.
            Ask(neighbour, Self);
            SendAnnounceRequests(neighbour);
        }
    }

    private void PassSequenceRequest(Neighbour neighbour, int index, in PathRequest request)
    {
        if (index < 0 || request.HopsLeft <= 1)
        {
            Counters.Add(RouteCounter.DropPathRequestEnd);
            return;
        }

        ref Destination destination = ref _destinations[index];
        Distance advertised = destination.Advertised;
        if (!advertised.IsNone && destination.Selected != neighbour.Link.Value
            && !Distance.IsNewer(request.MinimumSequence, advertised.Sequence))
        {
            Answer(neighbour, index, request);
            return;
        }

        if (_forwarded.TryGetValue(index, out Forwarded last) && _now - last.At < RepeatWindow(_requestMemory)
            && !Distance.IsNewer(request.MinimumSequence, last.Sequence))
        {
            Counters.Add(RouteCounter.DropPathRequestRepeat);
            return;
        }

        if (ForwardingNeighbour(index, ref destination, neighbour.Link) is not { } next)
        {
            Counters.Add(RouteCounter.DropPathRequestEnd);
            return;
        }

        _forwarded[index] = new Forwarded(request.MinimumSequence, _now);
        _timers.Set(new RouteTimer(RouteTimerKind.Forwarded, index), _now + _requesterMemory);
        SendPathRequest(next, request with { HopsLeft = (byte)(request.HopsLeft - 1) });
    }

    /// <summary>True if a request for the sequence passed here lately: somebody waits for it.</summary>
    private bool TakeRequest(int index, Distance distance)
    {
        if (distance.IsNone || !_forwarded.TryGetValue(index, out Forwarded request)
            || Distance.IsNewer(request.Sequence, distance.Sequence))
            return false;
        ForgetForwarded(index);
        return true;
    }

    private void ForgetForwarded(int index)
    {
        if (_forwarded.Remove(index))
            _timers.Cancel(new RouteTimer(RouteTimerKind.Forwarded, index));
    }

    /// <summary>
    /// Tells a neighbour about a destination again, where what it was told may have been lost or was not wanted.
    /// </summary>
    private void Answer(Neighbour neighbour, int index, in PathRequest request)
    {
        // Where nothing gets lost a sequence that was told is on its way; who asks for a route had no room for it,
        // perhaps.
        if (!neighbour.Properties.Reliable || !request.FreshSequence)
            neighbour.SetTold(index, Distance.Unknown);
        if (request.WantsAnnounce && neighbour.Interest is null && neighbour.Announces.Owed.Count < MaxAnnouncesOwed
            && TakeAnnounce(neighbour))
        {
            neighbour.Announces.Owed.Enqueue(index);
        }

        MarkDirty(neighbour, index, Urgency.Now);
    }
}
