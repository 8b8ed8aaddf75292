using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Custody;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>
/// Where records come from, as far as that is dear to change: keys are free, so shares, rates and blame count by
/// <see cref="LinkDescription.SourceGroup"/>. A link that this node chose is a source of its own.
/// </summary>
internal sealed class GossipSource(ulong key, bool isChosen, GossipOptions options, Instant now)
{
    /// <summary>Chosen links may bring, and cost, so many times as much.</summary>
    private const int ChosenFactor = 8;

    // Units of a millionth of a second of one processor: a twentieth of one on average.
    private const double WorkPerSecond = 50_000;
    private const double WorkBurst = 500_000;
    private const double PassedOnPerSecond = 2 << 10;
    private const double PassedOnBurst = 64 << 10;
    private const double ServedPerSecond = 256 << 10;
    private const double ServedBurst = 8 << 20;

    /// <summary>Announced and not delivered, in a row, after which nothing is asked for.</summary>
    private const int MaxUndelivered = 3;

    private static readonly TimeSpan BarredFor = TimeSpan.FromHours(1);

    /// <summary>A number of its own.</summary>
    public ulong Key { get; } = key;

    /// <summary>This node chose the link.</summary>
    public bool IsChosen { get; } = isChosen;

    /// <summary>What its frames cost.</summary>
    public TokenBucket Work { get; } = new(Scaled(WorkPerSecond, isChosen), Scaled(WorkBurst, isChosen), now);

    /// <summary>Bytes of records that it brings.</summary>
    public TokenBucket Brought { get; } =
        new(Scaled(options.SourceBytesPerSecond, isChosen), Scaled(options.SourceBurst, isChosen), now);

    /// <summary>Bytes of records that are passed on though its share is full and they are not kept.</summary>
    public TokenBucket PassedOn { get; } =
        new(Scaled(PassedOnPerSecond, isChosen), Scaled(PassedOnBurst, isChosen), now);

    /// <summary>Bytes of records that it asks for.</summary>
    public TokenBucket Served { get; } = new(Scaled(ServedPerSecond, isChosen), Scaled(ServedBurst, isChosen), now);

    /// <summary>Records kept that it brought.</summary>
    public Tally Kept;

    /// <summary>Records that it announced first, and that are not here.</summary>
    public int Announced { get; set; }

    /// <summary>Links that are up.</summary>
    public int Links { get; set; }

    /// <summary>When it last had a link.</summary>
    public Instant LastUsed { get; set; } = now;

    private int _undelivered;
    private Instant _barredUntil;

    /// <summary>Nothing is lost but its rates if it is forgotten.</summary>
    public bool IsIdle => Links == 0 && Kept.Count == 0 && Announced == 0;

    /// <summary>
    /// It announced what it did not have: nothing is asked for, except over links that this node chose.
    /// </summary>
    public bool IsBarred(Instant now) => !IsChosen && now < _barredUntil;

    /// <summary>It delivered what it announced.</summary>
    public void Delivered() => _undelivered = 0;

    /// <summary>It did not; true if it is barred now.</summary>
    public bool Failed(Instant now)
    {
        if (++_undelivered < MaxUndelivered || IsChosen || IsBarred(now))
            return false;
        _undelivered = 0;
        _barredUntil = now + BarredFor;
        return true;
    }

    private static double Scaled(double amount, bool isChosen) => isChosen ? amount * ChosenFactor : amount;
}

/// <summary>The sources that have links or records, and as many of the others as there is room for.</summary>
internal sealed class GossipSources(GossipOptions options)
{
    /// <summary>Sources remembered; arbitrary, more than there can be links.</summary>
    private const int MaxSources = 1024;

    private readonly Dictionary<(bool IsChosen, ulong Key), GossipSource> _sources = [];
    private GossipSource? _crowd;

    /// <summary>Sources that are known.</summary>
    public int Count => _sources.Count;

    /// <summary>The source of a link.</summary>
    public GossipSource Of(in LinkDescription link, Instant now)
    {
        NodeAddress peer = link.Peer;
        ulong own = peer.High ^ (peer.Low << 32 | peer.Low >> 32);
        return Of(link.Chosen || link.SourceGroup == 0 ? own : link.SourceGroup, link.Chosen, now);
    }

    /// <summary>The source with a key, as it was kept beside a record.</summary>
    public GossipSource Of(ulong key, bool isChosen, Instant now)
    {
        if (_sources.TryGetValue((isChosen, key), out GossipSource? known))
            return known;
        if (_sources.Count >= MaxSources && !TryForgetOne())
            return _crowd ??= new GossipSource(0, false, options, now);
        var made = new GossipSource(key, isChosen, options, now);
        _sources.Add((isChosen, key), made);
        return made;
    }

    private bool TryForgetOne()
    {
        GossipSource? longest = null;
        foreach (GossipSource source in _sources.Values)
        {
            if (source.IsIdle && (longest is null || source.LastUsed < longest.LastUsed))
                longest = source;
        }

        return longest is not null && _sources.Remove((longest.IsChosen, longest.Key));
    }
}
