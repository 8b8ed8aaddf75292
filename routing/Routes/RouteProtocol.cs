using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>
/// Distance vector with feasibility (RFC 8966, sections 3.5 and 3.8) over links to authenticated neighbours.
/// <code>
///  RouteUpdate -> heard[neighbour][destination] -> Evaluate -> selected, advertised -> dirty[neighbour] -> RouteUpdate
///       '- unknown or unsigned sequence -> AnnounceRequest -> Announce, verified -> Evaluate
///                    nothing feasible -> PathRequest (fresh sequence) -> the origin signs a new one
/// </code>
/// An advertised route never has a sequence that its origin did not sign. Nothing is sent periodically but pings.
/// </summary>
internal sealed partial class RouteProtocol : IRoutes
{
    private const int Self = 0;

    private readonly RouteOptions _options;
    private readonly NodeAddress _self;
    private readonly OwnSequence _own;
    private readonly IAnnounceVerifier _verifier;
    private readonly IRouterActions _actions;
    private readonly IRouteEvents _events;
    private readonly Random _random;
    private readonly Instant _start;
    private readonly DestinationTable _destinations;
    private readonly DistanceTable _distances = new();
    private readonly List<Neighbour> _neighbours = [];
    private readonly SourceShares _shares = new();
    private readonly SourceShare _noShare;
    private readonly TokenBucket _entriesInAll;
    private readonly TokenBucket _requestsInAll;
    private readonly TokenBucket _announcesInAll;
    private readonly TokenBucket _persistRate;
    private readonly Dictionary<int, TokenBucket> _mediumBudgets = [];
    private readonly List<int> _scratch = [];
    private readonly byte[] _frame = new byte[1 + MaxBody];
    private Neighbour?[] _byLink = new Neighbour?[4];
    private Instant _neighbourDue = Instant.Never;
    private Instant _now;

    // One packet of a usual path: an update is of no use before its last byte is there.
    private const int MaxBody = 1200;

    /// <summary>Makes the route half.</summary>
    /// <param name="options">Tuning.</param>
    /// <param name="self">This node's address.</param>
    /// <param name="source">Signs its announce.</param>
    /// <param name="verifier">Checks the announces of others.</param>
    /// <param name="lastSequence">The sequence that <see cref="IRouterActions.PersistSequence"/> last got; 0 for a new
    /// node.</param>
    /// <param name="actions">Where frames go.</param>
    /// <param name="events">The custody half.</param>
    /// <param name="random">Jitter and hash keys.</param>
    /// <param name="now">The present.</param>
    public RouteProtocol(
        RouteOptions options, in NodeAddress self, IAnnounceSource source, IAnnounceVerifier verifier,
        uint lastSequence,
        IRouterActions actions, IRouteEvents events, Random random, Instant now)
    {
        _options = options;
        _self = self;
        _verifier = verifier;
        _actions = actions;
        _events = events;
        _random = random;
        _start = now;
        _now = now;
        _destinations = new DestinationTable(1 + options.MaxNodes + options.MaxUnsigned, random);
        _destinations.Add(Abbreviation.Of(self));
        _timers = new RouteTimers(_destinations.HashKey);
        _trust = new TrustLedger(options, _timers, random);
        var names = new NameHash(_destinations.HashKey);
        _wants = new Dictionary<Abbreviation, Wanted>(names);
        _requesters = new Dictionary<Abbreviation, Requester>(names);
        _kept = new HashSet<Abbreviation>(names);
        _own = new OwnSequence(options, self, source, lastSequence, actions, Counters, random, OwnPublished, now);
        _noShare = new SourceShare(isChosen: true, now);
        _entriesInAll = new TokenBucket(EntriesPerSecondInAll, EntryBurstInAll, now);
        _announcesInAll = new TokenBucket(AnnouncesPerSecondInAll, AnnounceBurstInAll, now);
        _requestsInAll = new TokenBucket(RequestsPerSecondInAll, RequestBurstInAll, now);
        _persistRate = new TokenBucket(AnnouncesPersistedPerSecond, options.MaxNodes, now);
        _floodRate = new TokenBucket(perSecond: 1, burst: 16, now);
        _wantRate = new TokenBucket(perSecond: 16, burst: 128, now);
    }

    /// <summary>What was counted since the start.</summary>
    public RouteCounters Counters { get; } = new();

    /// <summary>How many nodes are known by their announce, this one included.</summary>
    public int KnownNodes => 1 + _signed;

    /// <summary>How many nodes have a place in the table, those included whose announce is missing.</summary>
    internal int TableSize => _destinations.Count;

    /// <summary>Things that wait for time, pings and updates not counted.</summary>
    internal int TimerCount => _timers.Count;

    /// <summary>The sequence of this node's announce.</summary>
    internal uint Sequence => _own.Current;

    /// <summary>The number of the update that a reliable link has to bring next.</summary>
    internal ushort ExpectedUpdate(LinkId link) => (ushort)((Find(link)?.Updates.LastHeard ?? 0) + 1);

    /// <inheritdoc/>
    public Instant NextDue
    {
        get
        {
            Instant due = Instant.Min(_neighbourDue, _lazyDue);
            due = Instant.Min(due, _own.Due);
            due = Instant.Min(due, Instant.Min(_expiryDue, _fetchDue));
            return Instant.Min(due, Instant.Min(_putOffDue, _timers.Next));
        }
    }

    /// <inheritdoc/>
    public bool Receive(Instant now, LinkId link, FrameKind kind, ReadOnlySpan<byte> body)
    {
        _now = now;
        if (Find(link) is not { } neighbour)
        {
            Counters.Add(RouteCounter.DropUnknownLink);
            return true;
        }

        Alive(neighbour);
        bool good = kind switch
        {
            FrameKind.Ping => ReceivePing(neighbour, body),
            FrameKind.Pong => ReceivePong(neighbour, body),
            FrameKind.RouteUpdate => ReceiveUpdate(neighbour, body),
            FrameKind.ControlAck => ReceiveAck(neighbour, body),
            FrameKind.Announce => ReceiveAnnounce(neighbour, body),
            FrameKind.AnnounceRequest => ReceiveAnnounceRequest(neighbour, body),
            FrameKind.PathRequest => ReceivePathRequest(neighbour, body),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a frame of the route half."),
        };
        return good;
    }

    /// <inheritdoc/>
    public void Tick(Instant now)
    {
        _now = now;
        RunTimers();
        if (_putOffDue <= now)
            WeighPutOff();
        if (_fetchDue <= now)
            RepeatFetches();
        if (_lazyDue <= now)
            AdvertiseLazy();
        if (_own.Due <= now)
            _own.Tick(now, _signed);
        if (_expiryDue <= now)
            Expire();
        if (_neighbourDue > now)
            return;
        LookAtNeighbours();
    }

    private void LookAtNeighbours()
    {
        _neighbourDue = Instant.Never;
        int at = _neighbours.Count - 1;
        try
        {
            // Backwards: a dead neighbour's link may be taken down while it is closed.
            for (; at >= 0; at--)
            {
                Neighbour neighbour = _neighbours[at];
                if (neighbour.Pings.Next <= _now)
                    CheckAlive(neighbour);
                if (neighbour.Updates.AckDue <= _now)
                    RepeatUpdate(neighbour);
                if (neighbour.Updates.FlushAt <= _now)
                    Flush(neighbour);
                Schedule(Instant.Min(
                    neighbour.Pings.Next, Instant.Min(neighbour.Updates.FlushAt, neighbour.Updates.AckDue)));
            }
        }
        finally
        {
            // What fails costs one neighbour's turn; the others have theirs at once.
            if (at >= 0)
                Schedule(_now);
        }
    }

    /// <inheritdoc/>
    public void EndOfBatch(Instant now)
    {
        if (NextDue <= now)
            Tick(now);
    }

    /// <inheritdoc/>
    public void LinkWritable(Instant now, LinkId link)
    {
        _now = now;
        if (Find(link) is not { IsBlocked: true } neighbour)
            return;
        neighbour.IsBlocked = false;
        Flush(neighbour);
    }

    private Neighbour? Find(LinkId link) => (uint)link.Value < (uint)_byLink.Length ? _byLink[link.Value] : null;

    private void Schedule(Instant at) => _neighbourDue = Instant.Min(_neighbourDue, at);

    /// <summary>The least part of a span that is left of it by chance; as much may be added.</summary>
    internal const double LeastJitter = 0.75;

    /// <summary>A span that is longer or shorter by chance, so that nodes do not keep step.</summary>
    internal static TimeSpan Jittered(TimeSpan span, Random random) => span * (LeastJitter + 0.5 * random.NextDouble());

    private TimeSpan Jittered(TimeSpan span) => Jittered(span, _random);

    private bool Malformed()
    {
        Counters.Add(RouteCounter.DropMalformed);
        return false;
    }

    /// <summary>Sends the body that stands in the frame buffer; false if the link or its budget has no room.</summary>
    private bool SendFrame(Neighbour neighbour, FrameKind kind, FrameClass frameClass, int bodyLength)
    {
        _frame[0] = (byte)kind;
        int length = 1 + bodyLength;
        if (!_actions.Send(neighbour.Link, frameClass, _frame.AsSpan(0, length)))
        {
            neighbour.IsBlocked = true;
            return false;
        }

        Counters.Add(RouteCounter.BytesSent, length);
        return true;
    }

    private Span<byte> Body => _frame.AsSpan(1);
}
