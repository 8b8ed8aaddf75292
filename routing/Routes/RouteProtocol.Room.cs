using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Whose names have a place in the table, and who gives way. Whoever fills most gives way to whoever fills less; what
// this node talks to, its neighbours first, does not give way to strangers; and what was left out is asked for again.
internal sealed partial class RouteProtocol
{
    /// <summary>Places looked at for one that gives way; a small table is looked at as a whole.</summary>
    private const int PlacesLookedAt = 256;

    private const int MaxKept = 1024;
    private const int MaxRetracted = 256;

    private static readonly LinkEnd _readsNothing = new(LinkEndCode.Dead, Detail: "it does not read what it is told");

    // Asking for a whole table costs its length: soon at first, seldom where the table stays full.
    private const int MaxRefillDoublings = 7;
    private static readonly TimeSpan _firstRefill = TimeSpan.FromSeconds(10);

    private readonly HashSet<Abbreviation> _kept;
    private int _cursor;

    /// <summary>Places in the table: what memory allows with the links there are.</summary>
    private int MaxNames => Math.Min(
        RouteMemory.MaxNames(_options.MemoryBytes, _distances.Columns), 1 + _options.MaxNodes + _options.MaxUnsigned);

    // An eighth of the places is for names whose announce is still missing.
    private int MaxSigned => Math.Min(_options.MaxNodes, MaxNames - MaxNames / 8);

    /// <summary>The host knows the node, as a contact for instance: its place is not given to strangers.</summary>
    public void Keep(in NodeAddress address)
    {
        if (_kept.Count < MaxKept)
            _kept.Add(Abbreviation.Of(address));
        if (FindNode(address) is var index and > Self)
            _destinations.ClaimOf(index).IsUseful = true;
    }

    /// <summary>A place for a node that a neighbour names for the first time; -1 if there is none.</summary>
    private int TryAddNode(Neighbour neighbour, Abbreviation name)
    {
        bool isPeer = name == neighbour.PeerName;
        bool isWanted = isPeer || _kept.Contains(name) || _wants.ContainsKey(name);
        if (_fetches.Count >= _options.MaxUnsigned && !RemoveUnsigned(neighbour.Share, isWanted))
        {
            Counters.Add(RouteCounter.DropTooManyUnsigned);
            AskAgainLater(neighbour);
            return -1;
        }

        if (_destinations.Count >= MaxNames && !RemoveUnsigned(neighbour.Share, isWanted)
            && !(isPeer && RemoveSigned(null)))
        {
            Counters.Add(RouteCounter.DropTableFull);
            AskAgainLater(neighbour);
            return -1;
        }

        int index = _destinations.Add(name);
        ref Destination destination = ref _destinations[index];
        destination.UnreachableSince = Seconds(_now);
        _destinations.ClaimOf(index) = new Claim { Owner = neighbour.Share, IsUseful = _kept.Contains(name) };
        neighbour.Share.Names++;
        neighbour.Share.Unsigned++;
        return index;
    }

    /// <summary>Makes room for one more announce; false if everybody else has a better claim to a place.</summary>
    private bool MakeRoomForSigned(int index)
    {
        if (_signed < MaxSigned)
            return true;
        bool isPeer = _neighbours.Exists(neighbour => neighbour.PeerName == _destinations[index].Name);
        return RemoveSigned(isPeer || _destinations.ClaimOf(index).IsUseful ? null
            : _destinations.ClaimOf(index).Owner);
    }

    /// <summary>
    /// Removes a node without an announce that the fullest place named, if that is fuller than the one that needs room;
    /// for what is wanted here, whoever named it.
    /// </summary>
    private bool RemoveUnsigned(SourceShare forWhom, bool isWanted)
    {
        SourceShare? fullest = null;
        foreach (SourceShare share in _shares.All)
        {
            if (share.Unsigned > 0 && (fullest is null || share.UnsignedWeight > fullest.UnsignedWeight))
                fullest = share;
        }

        if (fullest is null
            || (!isWanted && (fullest == forWhom || fullest.UnsignedWeight <= forWhom.UnsignedWeight + 1)))
            return false;
        for (int i = 0; i < _destinations.End; i++)
        {
            _cursor = _cursor + 1 < _destinations.End ? _cursor + 1 : 1;
            ref Destination destination = ref _destinations[_cursor];
            if (!destination.InUse || destination.Announce is not null || IsNeighbour(destination.Name)
                || _destinations.ClaimOf(_cursor) is var claim && (claim.Owner != fullest || claim.IsUseful))
                continue;
            RemoveForRoom(_cursor);
            return true;
        }

        return false;
    }

    /// <summary>
    /// Removes the node that was out of reach longest, or else one that a place named which fills more than the one
    /// that needs room; for a neighbour (null), anybody's.
    /// </summary>
    private bool RemoveSigned(SourceShare? forWhom)
    {
        int victim = -1;
        int looked = 0;
        bool victimReachable = true;
        int limit = forWhom is null ? _destinations.End : PlacesLookedAt;
        for (int i = 0; i < _destinations.End && looked < limit; i++)
        {
            _cursor = _cursor + 1 < _destinations.End ? _cursor + 1 : 1;
            ref Destination candidate = ref _destinations[_cursor];
            if (!candidate.InUse || candidate.Announce is null)
                continue;
            looked++;
            bool reachable = candidate.Selected != Destination.NoLink || IsHeard(_cursor);
            if ((reachable && !victimReachable) || !MayGiveWay(_cursor, ref candidate, reachable, forWhom))
                continue;
            bool better = victim < 0 || (victimReachable && !reachable) || (reachable
                ? _destinations.ClaimOf(_cursor).Owner!.NamesWeight > _destinations.ClaimOf(victim).Owner!.NamesWeight
                : candidate.UnreachableSince < _destinations[victim].UnreachableSince);
            if (better)
                (victim, victimReachable) = (_cursor, reachable);
        }

        if (victim < 0)
            return false;
        RemoveForRoom(victim);
        return true;
    }

    private bool MayGiveWay(int index, ref Destination candidate, bool reachable, SourceShare? forWhom)
    {
        Claim claim = _destinations.ClaimOf(index);
        if (claim.IsUseful || _fetches.ContainsKey(index) || IsNeighbour(candidate.Name) || IsToldWithoutProof(index))
            return false;
        if (!reachable)
            return true;
        return claim.Owner is { } owner
            && (forWhom is null || (owner != forWhom && owner.NamesWeight > forWhom.NamesWeight + 1));
    }

    private bool IsNeighbour(Abbreviation name)
    {
        foreach (Neighbour neighbour in _neighbours)
        {
            if (neighbour.PeerName == name)
                return true;
        }

        return false;
    }

    /// <summary>On a link that loses frames a retraction needs a place to be repeated from.</summary>
    private bool IsToldWithoutProof(int index)
    {
        foreach (Neighbour neighbour in _neighbours)
        {
            if (!neighbour.Properties.Reliable && !neighbour.Told(index).IsNone)
                return true;
        }

        return false;
    }

    /// <summary>
    /// A node gives way to another: whoever was told of it hears that there is no way, and who named it is asked later.
    /// </summary>
    private void RemoveForRoom(int index)
    {
        Counters.Add(RouteCounter.NodesRemovedForRoom);
        if (_fetches.TryGetValue(index, out Fetch fetch))
            EndFetch(index, fetch);
        ref Destination destination = ref _destinations[index];
        if (destination.Selected != Destination.NoLink)
        {
            destination.Select(Destination.NoLink);
            _events.RouteLost(destination.Announce!.Address);
            _actions.RouteChanged(destination.Announce.Address);
        }

        foreach (Neighbour neighbour in _neighbours)
        {
            if (!neighbour.Heard(index).IsNone)
                AskAgainLater(neighbour);
            if (!neighbour.Told(index).IsNone)
                RetractLater(neighbour, destination.Name);
        }

        RemoveNode(index);
    }

    /// <summary>More columns in the table of distances leave room for fewer names.</summary>
    private void MakeRoomForLink()
    {
        while (_destinations.Count > MaxNames && (RemoveUnsigned(_noShare, isWanted: true) || RemoveSigned(null)))
            continue;
    }

    /// <summary>
    /// Something that a neighbour named has no place here: it is asked for everything once there is room.
    /// </summary>
    private void AskAgainLater(Neighbour neighbour)
    {
        if (neighbour.Updates.IsIncomplete || !neighbour.Properties.PushRoutes)
            return;
        neighbour.Updates.IsIncomplete = true;
        RefillLater(neighbour);
    }

    private void RefillLater(Neighbour neighbour)
    {
        TimeSpan wait = _firstRefill * (1 << Math.Min(neighbour.Updates.Refills, MaxRefillDoublings));
        neighbour.Updates.Refills++;
        _timers.Set(new RouteTimer(RouteTimerKind.Refill, neighbour.Link.Value), _now + Jittered(wait));
    }

    private void Refill(Neighbour neighbour)
    {
        bool hasRoom = _destinations.Count < MaxNames - MaxNames / 8 && _fetches.Count <= _options.MaxUnsigned / 2
            && _signed < MaxSigned;
        if (!hasRoom)
        {
            RefillLater(neighbour);
            return;
        }

        neighbour.Updates.IsIncomplete = false;
        new PathRequest(HopsLeft: 1, 0, false, neighbour.PeerName, WholeTable: true).Write(Body);
        if (SendFrame(neighbour, FrameKind.PathRequest, RequestClass(neighbour), PathRequest.Size))
            Counters.Add(RouteCounter.TablesAsked);
        else
            AskAgainLater(neighbour);
    }

    /// <summary>A neighbour had no room for all that it was told, and has some now.</summary>
    private void TellTableAgain(Neighbour neighbour)
    {
        if (!neighbour.Updates.TableRate.TryTake(_now, 1))
        {
            Counters.Add(RouteCounter.DropTableRate);
            return;
        }

        for (int index = 0; index < _destinations.End; index++)
        {
            if (neighbour.Told(index).IsNone)
                continue;
            neighbour.SetTold(index, Distance.Unknown);
            MarkDirty(neighbour, index, Urgency.Soon);
        }
    }

    private void RetractLater(Neighbour neighbour, Abbreviation name)
    {
        if (neighbour.Updates.Retracted.Count > MaxRetracted)
            return;
        neighbour.Updates.Retracted.Add(name);
        FlushLater(neighbour, _now + _options.FirstHold);
        if (neighbour.Updates.Retracted.Count >= MaxRetracted / 2 && !neighbour.IsBlocked)
            FlushRetracted(neighbour);

        // It does not read what it is told: what it believes is wrong, and stays so.
        if (neighbour.Updates.Retracted.Count > MaxRetracted)
            _actions.CloseLink(neighbour.Link, _readsNothing);
    }
}
