using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// Where envelopes come from, as far as that is dear to change (<see cref="LinkDescription.SourceGroup"/>): keys are
/// free, so shares and rates count by it. It outlives its links for a while, so that whoever connects again finds its
/// rates as they were.
/// </summary>
internal sealed class Source(ulong group, RouterOptions options, Instant now)
{
    public ulong Group { get; } = group;

    /// <summary>Envelopes it may send.</summary>
    public TokenBucket Rate { get; } = new(options.NeighbourEnvelopesPerSecond, options.BurstOfNeighbour, now);

    /// <summary>Bytes that its bundles may stand for.</summary>
    public TokenBucket Bundled { get; } = BundlePrices.Bucket(options.NeighbourBundledBytesPerSecond, now);

    /// <summary>
    /// Bytes that are written to disk for it: what is held for others, and what it brings for this node.
    /// </summary>
    public TokenBucket Disk { get; } = new(options.NeighbourDiskBytesPerSecond, options.NeighbourDiskBurst, now);

    /// <summary>
    /// Envelopes for this node that could not be opened, are here already, or are of strangers: each costs a key
    /// agreement.
    /// </summary>
    public TokenBucket Openings { get; } = new(options.NeighbourFailuresPerSecond, options.NeighbourFailureBurst, now);

    /// <summary>Next hops that are blamed because it repeats what they were given.</summary>
    public TokenBucket Accusations { get; } = new(1 / AccusationInterval.TotalSeconds, MaxAccusations, now);

    private const int MaxAccusations = 2;

    /// <summary>One more accusation is heard each time this has passed.</summary>
    internal static readonly TimeSpan AccusationInterval = TimeSpan.FromMinutes(2);

    /// <summary>Held for it, the reserve apart.</summary>
    public Tally Held;

    /// <summary>Held for it in the reserve for emergencies.</summary>
    public Tally InReserve;

    /// <summary>From it, with the host.</summary>
    public Tally Arriving;

    /// <summary>Bytes held for it that are in memory only.</summary>
    public long Unsaved;

    /// <summary>Links that are up.</summary>
    public int Links;

    /// <summary>Since when there is none.</summary>
    public Instant IdleSince = now;

    /// <summary>Nothing is lost but its rates if it is forgotten.</summary>
    public bool IsIdle => Links == 0 && Held.Count == 0 && InReserve.Count == 0 && Arriving.Count == 0;
}

/// <summary>
/// The sources that have links or held envelopes, and as many of the others as there is room for. When all places are
/// in use, whoever comes shares one source with the others that come.
/// </summary>
internal sealed class Sources(RouterOptions options, int capacity)
{
    private readonly Dictionary<ulong, Source> _byGroup = [];
    private Source? _crowd;

    /// <summary>Sources that are known.</summary>
    public int Count => _byGroup.Count;

    /// <summary>The source of a link, or of an envelope whose link is gone.</summary>
    /// <param name="peer">The neighbour.</param>
    /// <param name="group">As in <see cref="LinkDescription.SourceGroup"/>; 0: the neighbour is a group of its
    /// own.</param>
    /// <param name="now">When.</param>
    public Source Of(in NodeAddress peer, ulong group, Instant now)
    {
        if (group == 0)
            group = peer.High ^ (peer.Low << 32 | peer.Low >> 32);
        if (_byGroup.TryGetValue(group, out Source? known))
            return known;
        if (_byGroup.Count >= capacity && !TryForgetOne())
            return _crowd ??= new Source(group, options, now);
        var made = new Source(group, options, now);
        _byGroup.Add(group, made);
        return made;
    }

    private bool TryForgetOne()
    {
        Source? longest = null;
        foreach (Source source in _byGroup.Values)
        {
            if (source.IsIdle && (longest is null || source.IdleSince < longest.IdleSince))
                longest = source;
        }

        return longest is not null && _byGroup.Remove(longest.Group);
    }
}
