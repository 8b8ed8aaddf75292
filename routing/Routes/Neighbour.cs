using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>
/// One link to a neighbour: who it is, and whether it can be used. Its parts are what the pings, the updates and the
/// announces remember of it; the distances lie in a table that all neighbours share.
/// </summary>
internal sealed class Neighbour
{
    private const int NoColumn = -1;
    private readonly DistanceTable _distances;
    private int _column;

    /// <summary>A neighbour whose link came up just now; it takes a column of the table.</summary>
    public Neighbour(
        LinkId link, in LinkDescription description, TokenBucket? budget, DistanceTable distances, Instant now)
    {
        _distances = distances;
        _column = distances.AddColumn();
        Link = link;
        Peer = description.Peer;
        PeerName = Abbreviation.Of(description.Peer);
        PeerPublicKey = description.PeerPublicKey;
        Properties = description.Properties;
        Budget = budget;
        UpAt = now;
        LastHeard = now;
        Pings = new NeighbourPings(now);
        Updates = new NeighbourUpdates(now);
        Announces = new NeighbourAnnounces(now);
        RequestRate = new TokenBucket(perSecond: 10, burst: 256, now);
    }

    public LinkId Link { get; }

    /// <summary>Where it comes from, and what that place may fill and cost.</summary>
    public SourceShare Share { get; init; } = new(isChosen: false, default);

    public NodeAddress Peer { get; }

    public Abbreviation PeerName { get; }

    public ReadOnlyMemory<byte> PeerPublicKey { get; }

    public LinkProperties Properties { get; }

    /// <summary>What announces and routes may take of the medium; null where the bit rate is unknown.</summary>
    public TokenBucket? Budget { get; }

    public Instant UpAt { get; }

    /// <summary>What the link adds to a metric; infinite until it is measured.</summary>
    public Metric Cost { get; set; } = Metric.Infinite;

    /// <summary>Too silent to be used; comes back with the next frame.</summary>
    public bool IsSuspect { get; set; }

    /// <summary>Silent as it is often: its routes stand, but what can go another way does.</summary>
    public bool IsStalled { get; set; }

    /// <summary>Some way led through it since it came up.</summary>
    public bool WasUsed { get; set; }

    /// <summary>How often and how long a reliable link stalls.</summary>
    public required StreamQuality Quality { get; init; }

    public bool IsUsable => !IsSuspect && !Cost.IsInfinite;

    public Instant LastHeard { get; set; }

    /// <summary>The link said no; <c>LinkWritable</c> follows.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>Whether it still answers.</summary>
    public NeighbourPings Pings { get; }

    /// <summary>What was measured of the link.</summary>
    public NeighbourMeasures Measured { get; } = new();

    /// <summary>What it is to be told of routes, and what it told.</summary>
    public NeighbourUpdates Updates { get; }

    /// <summary>Announces that it owes, and that it is owed.</summary>
    public NeighbourAnnounces Announces { get; }

    /// <summary>Links where routes are not pushed: the destinations it asked for.</summary>
    public IndexSet? Interest { get; init; }

    /// <summary>Requests for sequences that it is sent.</summary>
    public TokenBucket RequestRate { get; }

    /// <summary>How far it is trusted with what is for others.</summary>
    public NeighbourTrust Trust { get; } = new();

    public Distance Heard(int destination) => _column == NoColumn ? Distance.None
        : _distances.Heard(_column, destination);

    public Distance Told(int destination) => _column == NoColumn ? Distance.None
        : _distances.Told(_column, destination);

    public void SetHeard(int destination, Distance distance)
    {
        if (_column != NoColumn)
            _distances.SetHeard(_column, destination, distance);
    }

    public void SetTold(int destination, Distance distance)
    {
        if (_column != NoColumn)
            _distances.SetTold(_column, destination, distance);
    }

    /// <summary>The link is gone: from now on it told nothing and was told nothing.</summary>
    public void ForgetDistances()
    {
        if (_column == NoColumn)
            return;
        _distances.RemoveColumn(_column);
        _column = NoColumn;
    }

    /// <summary>Whether the destination is pushed to it at all.</summary>
    public bool IsInterestedIn(int destination) => Interest is null || Interest.Contains(destination);
}
