using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Announces: fetched once, from one neighbour at a time, and served to those who ask.
internal sealed partial class RouteProtocol
{
    private const int KeptCapacity = 64;

    private readonly Dictionary<int, Fetch> _fetches = [];
    private Instant _fetchDue = Instant.Never;

    /// <summary>An announce that somebody's update made necessary.</summary>
    /// <param name="Link">The neighbour that was asked, or will be.</param>
    /// <param name="IsAsked">False while it waits for a place in the neighbour's window.</param>
    /// <param name="Attempts">How often it was asked for.</param>
    /// <param name="Due">When the neighbour is given up.</param>
    private readonly record struct Fetch(LinkId Link, bool IsAsked, int Attempts, Instant Due);

    /// <summary>Wants the announce of a destination that a neighbour named with a sequence not known to be signed.</summary>
    private void Ask(Neighbour neighbour, int index)
    {
        if (_fetches.TryGetValue(index, out Fetch fetch) && (fetch.IsAsked || neighbour.AnnouncesAsked >= _options.FetchWindow))
            return;
        Ask(neighbour, index, fetch.Attempts);
    }

    private void Ask(Neighbour neighbour, int index, int attempts)
    {
        if (neighbour.AnnouncesAsked >= _options.FetchWindow)
        {
            _fetches[index] = new Fetch(neighbour.Link, IsAsked: false, attempts, Instant.Never);
            neighbour.AnnouncesToAsk.Enqueue(index);
            return;
        }

        neighbour.AnnouncesAsked++;
        Instant due = _now + FetchTimeout(neighbour) + PingTimeout(neighbour) * attempts;
        _fetches[index] = new Fetch(neighbour.Link, IsAsked: true, attempts + 1, due);
        _fetchDue = Instant.Min(_fetchDue, due);
        neighbour.AskNow.Add(index);
    }

    /// <summary>Sends the requests that the handling of a frame has collected.</summary>
    private void SendAnnounceRequests(Neighbour neighbour)
    {
        List<int> indices = neighbour.AskNow;
        if (indices.Count == 0)
            return;
        int perFrame = Math.Min((neighbour.Properties.Mtu - 1) / Abbreviation.Size, Limits.Arbitrary.MaxAnnouncesRequested);
        for (int from = 0; from < indices.Count; from += perFrame)
        {
            int count = Math.Min(perFrame, indices.Count - from);
            for (int i = 0; i < count; i++)
                _destinations[indices[from + i]].Name.Write(Body[AnnounceRequest.SizeOf(i)..]);

            // What does not leave now is asked for again when its time is over.
            if (!SendFrame(neighbour, FrameKind.AnnounceRequest, FrameClass.Control, AnnounceRequest.SizeOf(count)))
                break;
            neighbour.Budget?.Owe(_now, 1 + AnnounceRequest.SizeOf(count));
            Counters.Add(RouteCounter.AnnouncesAsked, count);
        }

        indices.Clear();
    }

    private TimeSpan FetchTimeout(Neighbour neighbour)
    {
        if (neighbour.Properties.BitsPerSecond == 0)
            return _options.FetchTimeout;
        double seconds = UnverifiedAnnounce.MaxSize * 8 / (neighbour.Properties.BitsPerSecond * _options.RoutingShare);
        return _options.FetchTimeout + TimeSpan.FromSeconds(seconds * (1 + neighbour.AnnouncesAsked));
    }

    /// <summary>Announces that did not come in time: ask the next neighbour that has named the sequence, or give them up.</summary>
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

        _fetchDue = next;
        foreach (int index in late)
        {
            if (!_fetches.TryGetValue(index, out Fetch fetch))
                continue;
            EndFetch(index, fetch);
            AskNext(index, fetch);
        }
    }

    private void AskNext(int index, in Fetch fetch)
    {
        if (fetch.Attempts < _options.FetchAttempts && NextToAsk(index, fetch.Link) is { } next)
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
        neighbour.AnnouncesAsked--;
        while (neighbour.AnnouncesAsked < _options.FetchWindow && neighbour.AnnouncesToAsk.TryDequeue(out int waiting))
        {
            if (_fetches.TryGetValue(waiting, out Fetch queued) && !queued.IsAsked && queued.Link == neighbour.Link)
                Ask(neighbour, waiting, queued.Attempts);
        }

        if (neighbour.AnnouncesToAsk.Count == 0 && neighbour.AnnouncesToAsk.Capacity > KeptCapacity)
            neighbour.AnnouncesToAsk.TrimExcess();

        // Answers come one by one; asking for the next ones one by one would double the frames.
        if (neighbour.AskNow.Count * 2 >= neighbour.AnnouncesAsked)
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

    private bool ReceiveAnnounce(Neighbour neighbour, ReadOnlySpan<byte> body)
    {
        if (!UnverifiedAnnounce.TryRead(body, out UnverifiedAnnounce unverified))
            return Malformed();

        // A signature costs a router milliseconds: only what was asked for is worth one, and what the neighbour says of
        // itself or of this node.
        bool isOwn = unverified.PublicKey.SequenceEqual(OwnAnnounce.PublicKey);
        if (neighbour.AnnouncesAsked == 0 && !isOwn && !unverified.PublicKey.SequenceEqual(neighbour.PeerPublicKey.Span))
        {
            Counters.Add(RouteCounter.DropUnsolicitedAnnounce);
            return true;
        }

        if (isOwn && unverified.Sequence <= _sequence)
        {
            Counters.Add(RouteCounter.DropOldAnnounce);
            return true;
        }

        if (_verifier.Verify(body) is not { } announce)
        {
            Counters.Add(RouteCounter.DropBadSignature);
            return false;
        }

        int index = _destinations.Find(Abbreviation.Of(announce.Address));
        if (index == Self)
            OwnAnnounceHeard(announce);
        else if (index < 0)
            Counters.Add(RouteCounter.DropUnsolicitedAnnounce);
        else
            Adopt(neighbour, index, announce);
        return true;
    }

    private void Adopt(Neighbour neighbour, int index, Announce announce)
    {
        ref Destination destination = ref _destinations[index];
        Announce? known = destination.Announce;
        if (known is not null && known.Address != announce.Address)
        {
            Counters.Add(RouteCounter.DropNameCollision);
            return;
        }

        bool isNewer = known is null || announce.Sequence > known.Sequence;
        if (known is null && !MakeRoomForSigned())
        {
            Counters.Add(RouteCounter.DropTableFull);
            return;
        }

        if (isNewer)
        {
            Counters.Add(RouteCounter.AnnouncesKept);
            destination.Announce = announce;
            _signed += known is null ? 1 : 0;
            if (known is null || !SaysTheSame(known, announce))
                _actions.PersistAnnounce(announce.Address, announce.Sequence, announce.Bytes);
        }
        else
        {
            Counters.Add(RouteCounter.DropOldAnnounce);
        }

        if (_fetches.TryGetValue(index, out Fetch fetch))
        {
            bool isAnswer = fetch.Link == neighbour.Link;
            if (isNewer || isAnswer)
            {
                EndFetch(index, fetch);

                // A neighbour that is ahead of this announce still owes the proof; an answer that proves nothing counts as none.
                if (NextToAsk(index, fetch.Link) is not null)
                    AskNext(index, isNewer ? fetch with { Attempts = 0 } : fetch);
            }
        }

        if (isNewer && destination.InUse)
            Evaluate(index);
    }

    /// <summary>
    /// True if only sequence and signature differ. Those are not worth wearing out flash: an older sequence found on
    /// disk after a restart still gives the key and the name.
    /// </summary>
    private static bool SaysTheSame(Announce a, Announce b) =>
        a.Capabilities == b.Capabilities && a.KeyPackage == b.KeyPackage && a.Name.SequenceEqual(b.Name);

    private bool ReceiveAnnounceRequest(Neighbour neighbour, ReadOnlySpan<byte> body)
    {
        if (!AnnounceRequest.TryRead(body, out AnnounceRequest request))
            return Malformed();
        for (int i = 0; i < request.Count; i++)
        {
            int index = _destinations.Find(request[i]);
            if (index < 0 || AnnounceOf(index) is null)
                Counters.Add(RouteCounter.DropAnnounceUnknown);
            else if (!neighbour.AnnounceRate.TryTake(_now, 1))
                Counters.Add(RouteCounter.DropAnnounceRequestRate);
            else
                neighbour.AnnouncesOwed.Enqueue(index);
        }

        if (!neighbour.IsBlocked)
            PumpAnnounces(neighbour);
        return true;
    }

    private Announce? AnnounceOf(int index) => index == Self ? OwnAnnounce : _destinations[index].Announce;

    private void PumpAnnounces(Neighbour neighbour)
    {
        while (neighbour.AnnouncesOwed.TryPeek(out int index))
        {
            if (AnnounceOf(index) is { } announce)
            {
                if (neighbour.Budget is { } budget && !budget.TryTake(_now, 1 + announce.Bytes.Length))
                {
                    FlushLater(neighbour, budget.WhenAvailable(_now, 1 + announce.Bytes.Length));
                    return;
                }

                announce.Bytes.CopyTo(Body);
                if (!SendFrame(neighbour, FrameKind.Announce, FrameClass.Routing, announce.Bytes.Length))
                    return;
                Counters.Add(RouteCounter.AnnouncesSent);
            }

            neighbour.AnnouncesOwed.Dequeue();
        }

        if (neighbour.AnnouncesOwed.Capacity > KeptCapacity)
            neighbour.AnnouncesOwed.TrimExcess();
    }

    /// <summary>Shows a neighbour its own announce where it has forgotten how far its sequence was.</summary>
    private void ReturnAnnounce(Neighbour neighbour, int index)
    {
        if (neighbour.OwnAnnounceReturned)
            return;
        neighbour.OwnAnnounceReturned = true;
        neighbour.AnnouncesOwed.Enqueue(index);
        PumpAnnounces(neighbour);
    }

    /// <inheritdoc/>
    public bool TryGetPublicKey(in NodeAddress address, out ReadOnlySpan<byte> publicKey)
    {
        publicKey = default;
        if (FindAnnounce(address) is not { } announce)
            return false;
        publicKey = announce.PublicKey;
        return true;
    }

    /// <inheritdoc/>
    public Announce? FindAnnounce(in NodeAddress address)
    {
        int index = FindNode(address);
        return address == _self ? OwnAnnounce : index < 0 ? null : _destinations[index].Announce;
    }
}
