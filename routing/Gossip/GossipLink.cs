using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>A link as gossip sees it.</summary>
internal sealed class GossipLink(LinkId id, in LinkDescription description, GossipSource source)
{
    public LinkId Id { get; } = id;

    public GossipSource Source { get; } = source;

    /// <summary>This node dialled: it begins the sessions of reconciliation.</summary>
    public bool IsDialled { get; } = description.Outbound;

    /// <summary>All topics are carried; on others only those that are asked for.</summary>
    public bool IsStream { get; } = description.Properties is { Reliable: true, PushRoutes: true };

    /// <summary>Largest frame in bytes.</summary>
    public int Mtu { get; } = description.Properties.Mtu;

    /// <summary>Its bit rate; 0 where unknown.</summary>
    public long BitsPerSecond { get; } = description.Properties.BitsPerSecond;

    /// <summary>Part of the tree: new records are pushed over it, in both directions.</summary>
    public bool IsEager { get; set; }

    /// <summary>What is to be said to the neighbour.</summary>
    public LinkTalk Talk { get; } = new();

    /// <summary>Reconciliation with the neighbour.</summary>
    public SyncState Sync { get; } = new();

    /// <summary>Topics that the neighbour asks for, on links that do not carry all of them.</summary>
    public HashSet<ulong>? Interests { get; set; }

    /// <summary>When this node's own topics are asked for next; never on streams.</summary>
    public Instant InterestDue { get; set; } = Instant.Never;

    /// <summary>When something is due.</summary>
    public Instant NextDue =>
        Instant.Min(Instant.Min(Talk.AnnounceAt, Sync.Due), Instant.Min(InterestDue, Talk.RetryAt));
}

/// <summary>Ids that wait to be announced, asked for or answered on a link.</summary>
internal sealed class LinkTalk
{
    /// <summary>Ids to be asked for that wait; what is beyond is left to the next session of reconciliation.</summary>
    public const int MaxToAsk = 1024;

    /// <summary>
    /// Ids to be announced, or to be served, that wait; arbitrary, more than a neighbour asks for at once.
    /// </summary>
    public const int MaxWaiting = 256;

    /// <summary>Records that the neighbour was asked for and that are under way, at most; arbitrary.</summary>
    public const int MaxAsked = 64;

    /// <summary>To be announced.</summary>
    public List<GossipId> ToAnnounce { get; } = [];

    /// <summary>To be announced as something that nobody pushes.</summary>
    public List<GossipId> ToOffer { get; } = [];

    /// <summary>When both are.</summary>
    public Instant AnnounceAt { get; set; } = Instant.Never;

    /// <summary>To be asked for, when fewer are under way.</summary>
    public Queue<GossipId> ToAsk { get; } = [];

    /// <summary>The next request asks for pushes too.</summary>
    public bool WantsGraft { get; set; }

    /// <summary>Asked for and not here yet.</summary>
    public int Asked { get; set; }

    /// <summary>The neighbour asked for them.</summary>
    public Queue<GossipId> ToServe { get; } = [];

    /// <summary>The first of them is being read from disk.</summary>
    public bool IsLoading { get; set; }

    /// <summary>The link had no room.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>The neighbour is told that pushes are in vain.</summary>
    public bool WantsPrune { get; set; }

    /// <summary>When what its source may still cost is looked at again.</summary>
    public Instant RetryAt { get; set; } = Instant.Never;
}

/// <summary>Where reconciliation with a neighbour stands.</summary>
internal sealed class SyncState
{
    private readonly byte[] _key = new byte[GossipSync.KeySize];

    /// <summary>A session is under way.</summary>
    public bool IsOpen { get; set; }

    /// <summary>This node began it.</summary>
    public bool IsOurs { get; set; }

    /// <summary>Its number.</summary>
    public byte Session { get; set; }

    /// <summary>Its key.</summary>
    public Span<byte> Key => _key;

    /// <summary>The next message that is expected.</summary>
    public int Round { get; set; }

    /// <summary>Bytes so far, both directions.</summary>
    public int Bytes { get; set; }

    /// <summary>Both sides turned out not to have the same.</summary>
    public bool Differs { get; set; }

    /// <summary>Records that it brought to either side.</summary>
    public int Gain { get; set; }

    /// <summary>When the last one began.</summary>
    public Instant? BeganAt { get; set; }

    /// <summary>When the session is given up, or the next one begins.</summary>
    public Instant Due { get; set; } = Instant.Never;

    /// <summary>Time between sessions.</summary>
    public TimeSpan Wait { get; set; }
}
