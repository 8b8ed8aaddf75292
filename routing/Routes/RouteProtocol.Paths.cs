using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Path requests for routes that are not pushed.
internal sealed partial class RouteProtocol
{
    private const int MaxWants = 4096;
    private const int MaxRequesters = 4096;

    // Every second attempt doubles the wait: a request that was lost on a radio is not known to be.
    private const double WantGrowth = 0.5;
    private const byte FirstScope = 8;
    private const byte MaxScope = Limits.MaxHops;

    private static readonly TimeSpan _wantMemory = TimeSpan.FromMinutes(2);

    private readonly TokenBucket _floodRate;
    private readonly Dictionary<Abbreviation, Wanted> _wants = [];
    private readonly Dictionary<Abbreviation, Requesters> _requesters = [];

    private readonly record struct Wanted(int Attempts, Instant LastWanted, Instant Due);

    /// <summary>Links whose request for an unknown route was passed on, as bits; links above 63 ask again themselves.</summary>
    private readonly record struct Requesters(ulong Links, Instant At);

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
        if (!_wants.TryGetValue(name, out Wanted want) || want.Due > _now)
            return;
        int index = _destinations.Find(name);
        if (_now - want.LastWanted > _wantMemory || (index >= 0 && _destinations[index].Selected != Destination.NoLink))
        {
            _wants.Remove(name);
            return;
        }

        byte scope = (byte)Math.Min(FirstScope << Math.Min(want.Attempts, 3), MaxScope);
        Flood(new PathRequest(scope, 0, false, name), LinkId.None);
        Instant next = _now + Jittered(Backoff(_options.RequestRetry * 4, want.Attempts * WantGrowth, _options.RequestRetryMax));
        _wants[name] = want with { Attempts = want.Attempts + 1, Due = next };
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
            Flood(request with { HopsLeft = (byte)(Math.Min(request.HopsLeft, MaxScope) - 1) }, neighbour.Link);
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
