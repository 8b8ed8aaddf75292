using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>
/// One link to a neighbour: what it told us, what we told it, what it costs. The distances lie in a table that all
/// neighbours share.
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
        OwnAnnounceRate = new TokenBucket(perSecond: 1, burst: 16, now);
        PingRate = new TokenBucket(perSecond: 16, burst: 64, now);
        TableRate = new TokenBucket(perSecond: 1 / 30.0, burst: 2, now);
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

    // Cost and liveness.

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

    public Instant NextPing { get; set; }

    /// <summary>Pings in a row without any frame after them.</summary>
    public int PingsUnanswered { get; set; }

    public Instant FirstUnansweredAt { get; set; }

    /// <summary>The number of the first of them.</summary>
    public ushort FirstUnanswered { get; set; }

    /// <summary>Times that it was silent and came back within minutes of each other.</summary>
    public int Silences { get; set; }

    public Instant LastSilence { get; set; } = new(long.MinValue / 2);

    public ushort PingNumber { get; set; }

    /// <summary>When the latest ping left; null once it was answered.</summary>
    public Instant? PingSentAt { get; set; }

    /// <summary>The ping on a stream whose answer tells the round trip.</summary>
    public ushort Measuring { get; set; }

    /// <summary>When it left; null once it was answered.</summary>
    public Instant? MeasuringSince { get; set; }

    /// <summary>What the link had sent again when it left; null where nobody can tell.</summary>
    public uint? RepeatsBefore { get; set; }

    /// <summary>Pongs so far.</summary>
    public int Answers { get; set; }

    public Instant LastMeasured { get; set; } = new(long.MinValue / 2);

    /// <summary>Smoothed round trip; null before the first.</summary>
    public TimeSpan? RoundTrip { get; set; }

    /// <summary>Smoothed deviation from it.</summary>
    public TimeSpan RoundTripVariation { get; set; }

    /// <summary>Smoothed share of frames that arrive at once; stays 1 on reliable links.</summary>
    public double Arrival { get; set; } = 1;

    /// <summary>Measurements in a row that disagree with <see cref="Cost"/>.</summary>
    public int CostStrikes { get; set; }

    // Updates.

    /// <summary>Destinations of which this neighbour may have to be told.</summary>
    public IndexSet Dirty { get; } = new();

    /// <summary>When they are sent.</summary>
    public Instant FlushAt { get; set; } = Instant.Never;

    public Instant LastFlush { get; set; } = new(long.MinValue / 2);

    /// <summary>The link said no; <c>LinkWritable</c> follows.</summary>
    public bool IsBlocked { get; set; }

    public ushort UpdateNumber { get; set; }

    /// <summary>
    /// The number of the last update that took something back, and of the last one that the neighbour has acknowledged.
    /// </summary>
    public ushort Retraction { get; set; }

    public ushort Acknowledged { get; set; }

    /// <summary>It has read all that was taken back, and uses none of it any more.</summary>
    public bool HasReadRetractions => !Distance.IsNewer(Retraction, Acknowledged);

    /// <summary>Unreliable links: what the update under way contains, until it is acknowledged.</summary>
    public List<int> Unacknowledged { get; } = [];

    public Instant AckDue { get; set; } = Instant.Never;

    public int AckAttempts { get; set; }

    public ushort? LastUpdateHeard { get; set; }

    /// <summary>Links where routes are not pushed: the destinations it asked for.</summary>
    public IndexSet? Interest { get; init; }

    /// <summary>Of those, the ones whose announce it lacks: it goes along with what it is told of them.</summary>
    public IndexSet AnnouncesAlong { get; } = new();

    // Announces.

    /// <summary>Announces that it asked for and that are still to be sent.</summary>
    public Queue<int> AnnouncesOwed { get; } = new();

    /// <summary>Announces nobody asked for, of itself or of this node, that are worth a signature check.</summary>
    public TokenBucket OwnAnnounceRate { get; }

    /// <summary>Pings that are answered.</summary>
    public TokenBucket PingRate { get; }

    /// <summary>Whole tables that it is told again.</summary>
    public TokenBucket TableRate { get; }

    /// <summary>It named something for which there was no room.</summary>
    public bool IsIncomplete { get; set; }

    /// <summary>How often there was none.</summary>
    public int Refills { get; set; }

    /// <summary>
    /// Destinations that have no place here any more, and of which it still believes that they can be reached.
    /// </summary>
    public List<Abbreviation> Retracted { get; } = [];

    /// <summary>Requests for sequences that it is sent.</summary>
    public TokenBucket RequestRate { get; }

    /// <summary>Announces that it was asked for and has not sent.</summary>
    public int AnnouncesAsked { get; set; }

    /// <summary>Announces to ask it for when others have arrived.</summary>
    public IndexQueue AnnouncesToAsk { get; } = new();

    /// <summary>Collected for the next AnnounceRequest.</summary>
    public List<int> AskNow { get; } = [];

    public bool OwnAnnounceReturned { get; set; }

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
