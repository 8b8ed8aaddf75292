using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Path requests: for a fresh sequence where nothing is feasible (RFC 8966, section 3.8.2.1), and for routes that are
// not pushed.
internal sealed partial class RouteProtocol
{
    private const int MaxWants = 4096;
    private const int MaxRequesters = 4096;
    private const int AttemptsOnOneWay = 2;
    private const byte FirstScope = 8;
    private const byte MaxScope = Limits.MaxHops;

    // A neighbour that could not help yet may be able to after its own neighbours answered.
    private static readonly TimeSpan _requestMemory = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan _requesterMemory = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _wantMemory = TimeSpan.FromMinutes(2);

    // Better routes are worth a fresh sequence only if they are still there after a while.
    private static readonly TimeSpan _improvementDelay = TimeSpan.FromSeconds(5);

    private readonly TokenBucket _floodRate;
    private readonly Dictionary<int, Starving> _starving = [];
    private readonly Dictionary<int, Forwarded> _forwarded = [];
    private readonly Dictionary<Abbreviation, Wanted> _wants = [];
    private readonly Dictionary<Abbreviation, Requesters> _requesters = [];

    private readonly record struct Starving(int Attempts, bool IsUrgent);

    private readonly record struct Forwarded(ushort Sequence, Instant At);

    private readonly record struct Wanted(int Attempts, Instant LastWanted);

    /// <summary>Links whose request for an unknown route was passed on, as bits; links above 63 ask again themselves.</summary>
    private readonly record struct Requesters(ulong Links, Instant At);

    /// <summary>
    /// Looks after a destination whose feasible routes are gone, distrusted, or much worse than what is not feasible.
    /// </summary>
    private void WantSequence(int index, ref Destination destination, uint chosenKey, uint unfeasibleKey)
    {
        bool isUrgent = chosenKey == NoCandidate
            ? unfeasibleKey != NoCandidate
            : chosenKey >= DistrustedRank && unfeasibleKey < DistrustedRank;
        bool isWorthIt = unfeasibleKey != NoCandidate && unfeasibleKey + 4 * Slack(unfeasibleKey) < chosenKey;
        if (!isUrgent && !isWorthIt)
        {
            if (_starving.Count > 0)
                _starving.Remove(index);
            return;
        }

        if (_starving.TryGetValue(index, out Starving before) && (before.IsUrgent || !isUrgent))
            return;
        _starving[index] = new Starving(0, isUrgent);
        if (isUrgent)
            RequestSequence(index);
        else
            _timers.Enqueue(new Timer(TimerKind.Starving, index), (_now + Jittered(_improvementDelay)).Ticks);
    }

    private void RequestSequence(int index)
    {
        if (!_starving.TryGetValue(index, out Starving starving))
            return;
        ref Destination destination = ref _destinations[index];
        var request = new PathRequest(Limits.MaxHops, (ushort)(destination.Feasible.Sequence + 1), true, destination.Name);
        if (starving.Attempts < AttemptsOnOneWay)
        {
            if (ForwardingNeighbour(index, ref destination, except: LinkId.None) is { } best)
                SendPathRequest(best, request);
        }
        else
        {
            foreach (Neighbour neighbour in _neighbours)
            {
                if (!neighbour.Heard(index).IsNone)
                    SendPathRequest(neighbour, request);
            }
        }

        TimeSpan wait = Backoff(starving.IsUrgent ? _options.RequestRetry : _improvementDelay, starving.Attempts);
        _starving[index] = starving with { Attempts = starving.Attempts + 1 };
        _timers.Enqueue(new Timer(TimerKind.Starving, index), (_now + Jittered(wait)).Ticks);
    }

    private TimeSpan Backoff(TimeSpan first, int attempts)
    {
        TimeSpan wait = first * Math.Pow(2, Math.Min(attempts, 16));
        return wait < _options.RequestRetryMax ? wait : _options.RequestRetryMax;
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
            uint key = (heard.Metric + neighbour.Cost).Code + Rank(neighbour, index, destination.Name);
            if (key < bestKey)
                (best, bestKey) = (neighbour, key);
        }

        return best;
    }

    private void SendPathRequest(Neighbour neighbour, in PathRequest request)
    {
        if (neighbour.Budget?.TryTake(_now, 1 + PathRequest.Size) == false)
            return;
        request.Write(Body);
        if (SendFrame(neighbour, FrameKind.PathRequest, FrameClass.Control, PathRequest.Size))
            Counters.Add(RouteCounter.RequestsSent);
    }

    private bool ReceivePathRequest(Neighbour neighbour, ReadOnlySpan<byte> body)
    {
        if (!PathRequest.TryRead(body, out PathRequest request))
            return Malformed();
        if (!neighbour.PathRate.TryTake(_now, 1))
        {
            Counters.Add(RouteCounter.DropPathRequestRate);
            return true;
        }

        int index = _destinations.Find(request.Destination);
        if (index >= 0)
            neighbour.Interest?.Add(index);
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
        if (!request.FreshSequence || !Distance.IsNewer(request.MinimumSequence, (ushort)_sequence))
            Answer(neighbour, Self);
        else if (request.MinimumSequence == (ushort)(_sequence + 1))
            RaiseOnRequest();
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
            Answer(neighbour, index);
            return;
        }

        if (_forwarded.TryGetValue(index, out Forwarded last) && _now - last.At < _requestMemory
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
        _timers.Enqueue(new Timer(TimerKind.Forwarded, index), (_now + _requesterMemory).Ticks);
        SendPathRequest(next, request with { HopsLeft = Clamp(request.HopsLeft) });
    }

    private static byte Clamp(byte hopsLeft) => (byte)(Math.Min(hopsLeft, (byte)Limits.MaxHops) - 1);

    /// <summary>True if a request for the sequence passed here lately: somebody waits for it.</summary>
    private bool TakeRequest(int index, Distance distance) =>
        _forwarded.TryGetValue(index, out Forwarded request) && !distance.IsNone
        && !Distance.IsNewer(request.Sequence, distance.Sequence) && _forwarded.Remove(index);

    private void ForgetForwarded(int index)
    {
        if (_forwarded.TryGetValue(index, out Forwarded request) && _now - request.At >= _requesterMemory)
            _forwarded.Remove(index);
    }

    /// <summary>Tells a neighbour about a destination again, where what it was told may have been lost or was not wanted.</summary>
    private void Answer(Neighbour neighbour, int index)
    {
        if (!neighbour.Properties.Reliable)
            neighbour.SetTold(index, Distance.Unknown);
        MarkDirty(neighbour, index, Urgency.Now);
    }

    /// <inheritdoc/>
    public void Want(Instant now, in NodeAddress destination)
    {
        _now = now;
        Abbreviation name = Abbreviation.Of(destination);
        if (FindNode(destination) is var index and >= 0 && _destinations[index].Selected != Destination.NoLink)
            return;
        bool isNew = !_wants.TryGetValue(name, out Wanted want);
        if (isNew && _wants.Count >= MaxWants)
            return;
        _wants[name] = want with { LastWanted = now };
        if (isNew)
            SendWant(name);
    }

    private void SendWant(Abbreviation name)
    {
        if (!_wants.TryGetValue(name, out Wanted want))
            return;
        int index = _destinations.Find(name);
        if (_now - want.LastWanted > _wantMemory || (index >= 0 && _destinations[index].Selected != Destination.NoLink))
        {
            _wants.Remove(name);
            return;
        }

        byte scope = (byte)Math.Min(FirstScope << Math.Min(want.Attempts, 3), MaxScope);
        Flood(new PathRequest(scope, 0, false, name), LinkId.None);
        _wants[name] = want with { Attempts = want.Attempts + 1 };
        Instant next = _now + Jittered(Backoff(_options.RequestRetry * 4, want.Attempts));
        _timers.Enqueue(new Timer(TimerKind.Want, Name: name), next.Ticks);
    }

    private void PassPathRequest(Neighbour neighbour, int index, in PathRequest request)
    {
        if (index >= 0 && !_destinations[index].Advertised.IsNone && _destinations[index].Selected != neighbour.Link.Value)
        {
            Answer(neighbour, index);
            return;
        }

        bool isKnown = _requesters.TryGetValue(request.Destination, out Requesters requesters);
        if (!isKnown && _requesters.Count >= MaxRequesters)
        {
            Counters.Add(RouteCounter.DropPathRequestEnd);
            return;
        }

        bool isRepeat = isKnown && _now - requesters.At < _requestMemory * 2;
        ulong link = neighbour.Link.Value < 64 ? 1ul << neighbour.Link.Value : 0;
        _requesters[request.Destination] = new Requesters(requesters.Links | link, isRepeat ? requesters.At : _now);
        if (isRepeat)
        {
            Counters.Add(RouteCounter.DropPathRequestRepeat);
            return;
        }

        _timers.Enqueue(new Timer(TimerKind.Requesters, Name: request.Destination), (_now + _requesterMemory).Ticks);
        if (request.HopsLeft > 1 && _floodRate.TryTake(_now, 1))
            Flood(request with { HopsLeft = Clamp(request.HopsLeft) }, neighbour.Link);
        else
            Counters.Add(RouteCounter.DropPathRequestEnd);
    }

    /// <summary>Sends a request to all neighbours, once per medium.</summary>
    private void Flood(in PathRequest request, LinkId except)
    {
        Span<int> media = stackalloc int[8];
        int seen = 0;
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
            if (medium != 0 && seen < media.Length)
                media[seen++] = medium;
            Counters.Add(RouteCounter.RequestsSent);
            Counters.Add(RouteCounter.BytesSent, frame.Length);
        }
    }

    /// <summary>A route that neighbours asked for is known by now: they are interested in it from here on.</summary>
    private void TellRequesters(int index, Abbreviation name)
    {
        if (_requesters.Count == 0 || !_requesters.Remove(name, out Requesters requesters))
            return;
        foreach (Neighbour neighbour in _neighbours)
        {
            if (neighbour.Interest is { } interest && neighbour.Link.Value < 64 && (requesters.Links >> neighbour.Link.Value & 1) != 0)
                interest.Add(index);
        }
    }

    private void ForgetRequesters(Abbreviation name)
    {
        if (_requesters.TryGetValue(name, out Requesters requesters) && _now - requesters.At >= _requesterMemory)
            _requesters.Remove(name);
    }
}
