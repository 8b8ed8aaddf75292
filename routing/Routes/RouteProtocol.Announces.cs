using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Announces as they come in, and as they are served to those who ask.
internal sealed partial class RouteProtocol
{
    /// <summary>
    /// Announces that may wait for a link; whoever asks keeps a window of 64, and asks again for what is left out.
    /// </summary>
    private const int MaxAnnouncesOwed = 1024;

    // What all neighbours together may be sent: every record to every link that memory has room for, and again; then
    // what an uplink bears. Neighbours that this node did not choose leave half of it to the others.
    private const double AnnouncesPerSecondInAll = 2_000;
    private const double AnnounceBurstInAll = 1 << 20;

    /// <summary>
    /// Announces sent at a time where writes keep a distance: with what else waits, fewer than four segments of a
    /// stream.
    /// </summary>
    private const int PacedAnnounces = 16;

    /// <summary>
    /// Records of others written for the next start: after a whole network at once, three hundred an hour.
    /// </summary>
    private const double AnnouncesPersistedPerSecond = 1 / 12.0;

    private bool ReceiveAnnounce(Neighbour neighbour, ReadOnlySpan<byte> body)
    {
        if (!UnverifiedAnnounce.TryRead(body, out UnverifiedAnnounce unverified))
            return Malformed();

        // A signature costs a router milliseconds. Everything that can be known without it is looked at first.
        if (unverified.PublicKey.SequenceEqual(OwnAnnounce.PublicKey))
            return ReceiveOwn(neighbour, unverified);
        bool isPeer = unverified.PublicKey.SequenceEqual(neighbour.PeerPublicKey.Span);
        NodeAddress address = isPeer ? neighbour.Peer : unverified.ComputeAddress();
        int index = _destinations.Find(Abbreviation.Of(address));
        bool isAsked = index > Self && _fetches.TryGetValue(index, out Fetch fetch) && IsOwed(neighbour, index, fetch);
        if (!isAsked && !isPeer)
        {
            Counters.Add(RouteCounter.DropUnsolicitedAnnounce);
            return true;
        }

        if (index > Self && _destinations[index].Announce is { } known && known.Address == address
            && unverified.Sequence <= known.Sequence)
        {
            Counters.Add(RouteCounter.DropOldAnnounce);
            ProvedNothing(neighbour, index);

            // It forgot how far it was; what others remember of it would keep it out of reach.
            if (isPeer && unverified.Sequence < known.Sequence)
                ReturnAnnounce(neighbour, index);
            return true;
        }

        if (!isAsked && !neighbour.Announces.OwnRate.TryTake(_now, 1))
        {
            Counters.Add(RouteCounter.DropAnnounceRate);
            return true;
        }

        if (_verifier.Verify(body) is not { } announce)
        {
            Counters.Add(RouteCounter.DropBadSignature);
            if (isAsked)
                ProvedNothing(neighbour, index);
            return false;
        }

        // What a neighbour says of itself may come before its first update.
        if (index < 0 && (index = TryAddNode(neighbour, Abbreviation.Of(address))) < 0)
            return true;
        Adopt(index, announce);
        return true;
    }

    /// <summary>An announce of this node: of use only if it tells of a later sequence.</summary>
    private bool ReceiveOwn(Neighbour neighbour, in UnverifiedAnnounce unverified)
    {
        if (unverified.Sequence <= _own.Current)
        {
            Counters.Add(RouteCounter.DropOldAnnounce);
            return true;
        }

        if (!neighbour.Announces.OwnRate.TryTake(_now, 1))
        {
            Counters.Add(RouteCounter.DropAnnounceRate);
            return true;
        }

        if (_verifier.Verify(unverified.Bytes) is not { } announce)
        {
            Counters.Add(RouteCounter.DropBadSignature);
            return false;
        }

        OwnAnnounceHeard(announce);
        return true;
    }

    /// <summary>
    /// True if an announce is of use from this neighbour: it was asked, or is ahead of what is proven.
    /// </summary>
    private bool IsOwed(Neighbour neighbour, int index, in Fetch fetch)
    {
        if (fetch.Link == neighbour.Link)
            return fetch.IsAsked;
        Distance heard = neighbour.Heard(index);
        return !heard.IsNone && !_destinations[index].IsSigned(heard.Sequence);
    }

    /// <summary>An answer that proves nothing counts as none: the next one is asked, as often as is worth it.</summary>
    private void ProvedNothing(Neighbour neighbour, int index)
    {
        if (!_fetches.TryGetValue(index, out Fetch fetch) || fetch.Link != neighbour.Link || !fetch.IsAsked)
            return;
        EndFetch(index, fetch);
        if (NextToAsk(index, fetch.Link) is not null)
            AskNext(index, fetch);
    }

    private void Adopt(int index, Announce announce)
    {
        Announce? known = _destinations[index].Announce;
        if (known is not null && known.Address != announce.Address)
        {
            Counters.Add(RouteCounter.DropNameCollision);
            return;
        }

        if (known is null && !MakeRoomForSigned(index))
        {
            Counters.Add(RouteCounter.DropTableFull);
            RemoveForRoom(index);
            return;
        }

        ref Destination destination = ref _destinations[index];
        Counters.Add(RouteCounter.AnnouncesKept);
        destination.Announce = announce;
        if (known is null)
        {
            _signed++;
            if (_destinations.ClaimOf(index).Owner is { } owner)
                owner.Unsigned--;
        }
        else if (announce.Sequence - known.Sequence > ushort.MaxValue / 2)
        {
            ForgetBefore(index, (ushort)announce.Sequence);
        }

        if (known is null || !SaysTheSame(known, announce))
            Persist(index, announce);
        if (_fetches.TryGetValue(index, out Fetch fetch))
        {
            EndFetch(index, fetch);

            // A neighbour that is ahead of this announce still owes the proof.
            if (NextToAsk(index, fetch.Link) is not null)
                AskNext(index, fetch with { Attempts = 0 });
        }

        if (destination.InUse)
            Evaluate(index);
    }

    /// <summary>
    /// The origin's sequence jumped so far that its low 16 bits compare the wrong way round. Nothing that was said
    /// under the old ones counts any more: neither this node's feasibility distance nor what neighbours told, but for
    /// what is new.
    /// </summary>
    private void ForgetBefore(int index, ushort sequence)
    {
        const ushort Ahead = 1024;
        _destinations[index].Feasible = Distance.None;
        foreach (Neighbour neighbour in _neighbours)
        {
            Distance heard = neighbour.Heard(index);
            if (heard.IsNone || (ushort)(heard.Sequence - sequence) <= Ahead)
                continue;
            neighbour.SetHeard(index, Distance.None);
            AskAgainLater(neighbour);
        }
    }

    /// <summary>
    /// Announces are kept for the next start. Somebody who changes his name all day wears out no flash; what this node
    /// is known to need is always kept.
    /// </summary>
    private void Persist(int index, Announce announce)
    {
        if (_destinations.ClaimOf(index).IsUseful || _persistRate.TryTake(_now, 1))
            _actions.PersistAnnounce(announce.Address, announce.Sequence, announce.Bytes);
        else
            Counters.Add(RouteCounter.AnnouncesNotPersisted);
    }

    /// <summary>
    /// True if only sequence and signature differ. Those are not worth wearing out flash: an older sequence found on
    /// disk after a restart still gives the key and the name.
    /// </summary>
    internal static bool SaysTheSame(Announce a, Announce b) =>
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
            else if (neighbour.Budget is not null && neighbour.Announces.Owed.Contains(index))
                continue;
            else if (neighbour.Announces.Owed.Count >= MaxAnnouncesOwed)
                Counters.Add(RouteCounter.DropAnnounceRequestRate);
            else if (!TakeAnnounce(neighbour))
                Counters.Add(RouteCounter.DropAnnounceRequestRate);
            else
                neighbour.Announces.Owed.Enqueue(index);
        }

        if (!neighbour.IsBlocked)
            PumpAnnounces(neighbour);
        return true;
    }

    private bool TakeAnnounce(Neighbour neighbour)
    {
        bool isForAll = neighbour.Share.IsChosen || _announcesInAll.Has(_now, AnnounceBurstInAll / 2);
        return isForAll && neighbour.Share.Announces.TryTake(_now, 1) && _announcesInAll.TryTake(_now, 1);
    }

    private Announce? AnnounceOf(int index) => index == Self ? OwnAnnounce : _destinations[index].Announce;

    private void PumpAnnounces(Neighbour neighbour)
    {
        TimeSpan pace = neighbour.Quality.Pace;
        int left = pace == TimeSpan.Zero ? int.MaxValue : PacedAnnounces;
        if (pace > TimeSpan.Zero && neighbour.Updates.LastFlush + pace > _now && neighbour.Announces.Owed.Count > 0)
        {
            FlushLater(neighbour, neighbour.Updates.LastFlush + pace);
            return;
        }

        while (neighbour.Announces.Owed.TryPeek(out int index))
        {
            if (left-- == 0)
            {
                FlushLater(neighbour, neighbour.Updates.LastFlush + pace);
                return;
            }

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
                if (pace > TimeSpan.Zero)
                    neighbour.Updates.LastFlush = _now;
            }

            neighbour.Announces.Owed.Dequeue();
        }

        if (neighbour.Announces.Owed.Capacity > KeptCapacity)
            neighbour.Announces.Owed.TrimExcess();
    }

    /// <summary>Shows a neighbour its own announce where it has forgotten how far its sequence was.</summary>
    private void ReturnAnnounce(Neighbour neighbour, int index)
    {
        if (neighbour.Announces.OwnReturned)
            return;
        neighbour.Announces.OwnReturned = true;
        neighbour.Announces.Owed.Enqueue(index);
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

    /// <summary>The announce of a node by the first 8 bytes of its address; null if it is not known.</summary>
    public Announce? FindAnnounce(Abbreviation name)
    {
        int index = _destinations.Find(name);
        return index >= 0 ? _destinations[index].Announce : null;
    }

    /// <inheritdoc/>
    public Announce? FindAnnounce(in NodeAddress address)
    {
        int index = FindNode(address);
        return address == _self ? OwnAnnounce : index < 0 ? null : _destinations[index].Announce;
    }
}
