namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>
/// A place that links come from (<see cref="LinkDescription.SourceGroup"/>): what its neighbours fill of the tables,
/// and what they may still cost. Keys are free, so nothing is counted by them. A neighbour that this node chose has a
/// share of its own, worth several of others.
/// </summary>
internal sealed class SourceShare
{
    // What an honest neighbour does in the whole of a cold start: it names every node a few times, and each record is
    // asked for and checked once. Afterwards what a network in motion does.
    private const double EntryBurst = 65_536;
    private const double EntriesPerSecond = 512;
    private const double AskBurst = 20_000;
    private const double AsksPerSecond = 50;
    private const double AnnounceBurst = 32_768;
    private const double AnnouncesPerSecond = 100;
    private const double RequestBurst = 256;
    private const double RequestsPerSecond = 10;
    private const int ChosenWeightShift = 3;

    /// <summary>A share of which nothing is used.</summary>
    public SourceShare(bool isChosen, Instant now)
    {
        IsChosen = isChosen;
        Entries = new TokenBucket(EntriesPerSecond, EntryBurst, now);
        Asks = new TokenBucket(AsksPerSecond, AskBurst, now);
        Announces = new TokenBucket(AnnouncesPerSecond, AnnounceBurst, now);
        Requests = new TokenBucket(RequestsPerSecond, RequestBurst, now);
    }

    /// <summary>This node chose the link.</summary>
    public bool IsChosen { get; }

    /// <summary>Links that are up.</summary>
    public int Links { get; set; }

    /// <summary>When it last had a link.</summary>
    public Instant LastUsed { get; set; }

    /// <summary>
    /// Changed entries of updates that are weighed at once; the others are weighed when there is time.
    /// </summary>
    public TokenBucket Entries { get; }

    /// <summary>Announces that are asked for, and so the signatures that are checked.</summary>
    public TokenBucket Asks { get; }

    /// <summary>Announces that it is sent on request.</summary>
    public TokenBucket Announces { get; }

    /// <summary>Path requests that are looked at.</summary>
    public TokenBucket Requests { get; }

    /// <summary>Nodes that its neighbours named first.</summary>
    public int Names { get; set; }

    /// <summary>Those whose announce is missing.</summary>
    public int Unsigned { get; set; }

    /// <summary>Requests for unknown routes that are remembered.</summary>
    public int Requesters { get; set; }

    /// <summary>How much of the names it fills, as it counts in a comparison.</summary>
    public int NamesWeight => IsChosen ? Names >> ChosenWeightShift : Names;

    /// <summary>How much of the names without announces it fills.</summary>
    public int UnsignedWeight => IsChosen ? Unsigned >> ChosenWeightShift : Unsigned;
}

/// <summary>
/// The places that links come from. One that has no link any more is remembered for a while with what it spent.
/// </summary>
internal sealed class SourceShares
{
    /// <summary>Shares remembered; arbitrary, more than there can be links.</summary>
    private const int MaxShares = 1024;

    private readonly Dictionary<(bool IsPeer, ulong Key), SourceShare> _shares = [];

    /// <summary>All that are remembered.</summary>
    public Dictionary<(bool IsPeer, ulong Key), SourceShare>.ValueCollection All => _shares.Values;

    /// <summary>A link came up: the share that it counts to.</summary>
    public SourceShare Join(in LinkDescription link, Instant now)
    {
        // A host that cannot tell places apart leaves the key as the one thing to count by.
        bool isPeer = link.Chosen || link.SourceGroup == 0;
        (bool, ulong) key = (isPeer, isPeer ? link.Peer.High : link.SourceGroup);
        if (!_shares.TryGetValue(key, out SourceShare? share) || share.IsChosen != link.Chosen)
        {
            if (_shares.Count >= MaxShares)
                ForgetOldest();
            share = new SourceShare(link.Chosen, now);
            _shares[key] = share;
        }

        share.Links++;
        share.LastUsed = now;
        return share;
    }

    private void ForgetOldest()
    {
        (bool, ulong)? oldest = null;
        Instant oldestAt = Instant.Never;
        foreach (((bool, ulong) key, SourceShare share) in _shares)
        {
            if (share.Links == 0 && share.LastUsed < oldestAt)
                (oldest, oldestAt) = (key, share.LastUsed);
        }

        if (oldest is { } found)
            _shares.Remove(found);
    }
}
