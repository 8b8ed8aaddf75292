using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Announces as they come in, and as they are served to those who ask.
internal sealed partial class RouteProtocol
{
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
            else if (neighbour.Budget is not null && neighbour.AnnouncesOwed.Contains(index))
                continue;
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
