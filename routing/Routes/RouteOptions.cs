using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>
/// Tuning of the route half. The defaults are what the figures in docs/performance.md were measured with.
/// </summary>
public sealed record RouteOptions
{
    /// <summary>
    /// Whether neighbours hear of other destinations than this node, and requests for them are passed on.
    /// </summary>
    public bool Relays { get; init; } = true;

    /// <summary>
    /// All that routes may take of memory, in bytes. How many nodes are known follows from it and from the number of
    /// links: some 14,000 with six links, 4,800 with 64, 1,280 with 256. The default fits a router with 64 MB.
    /// </summary>
    public long MemoryBytes { get; init; } = 8L << 20;

    /// <summary>Most nodes that are known at a time; further ones are refused and counted.</summary>
    public int MaxNodes { get; init; } = 20_000;

    /// <summary>Most announces that are missing at a time.</summary>
    public int MaxUnsigned { get; init; } = 20_000;

    /// <summary>How long news are collected before an update leaves, where nothing left recently.</summary>
    public TimeSpan FirstHold { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How long news are collected in the middle of a burst.</summary>
    public TimeSpan BurstHold { get; init; } = TimeSpan.FromMilliseconds(40);

    /// <summary>How long a link must have been quiet for <see cref="FirstHold"/> to apply.</summary>
    public TimeSpan BurstGap { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long changes of a metric wait that are no news about reachability.</summary>
    public TimeSpan MetricHold { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The least cost of any link, and so the least metric that anybody but the origin can truthfully claim.
    /// </summary>
    public Metric MinLinkCost { get; init; } = Metric.FromTime(TimeSpan.FromMilliseconds(1));

    /// <summary>A silent link is pinged after this.</summary>
    public TimeSpan PingIdle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The same right after some neighbour went silent; grows to <see cref="PingIdle"/> over minutes of calm.
    /// </summary>
    public TimeSpan PingUneasy { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A busy link is pinged this often, to measure it.</summary>
    public TimeSpan PingBusy { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Shortest time before a ping is repeated.</summary>
    public TimeSpan PingRetry { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>What an acknowledgement of an update may take beyond two round trips, on unreliable links.</summary>
    public TimeSpan AckPatience { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Pings without any answer after which routes avoid the link.</summary>
    public int PingsBeforeSuspect { get; init; } = 3;

    /// <summary>Longest silence that is borne of a link that stalls often before routes avoid it.</summary>
    public TimeSpan LongestPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long routes over a link that stalls often go on being advertised after it broke: it is usually back by then,
    /// and nobody has to know. What arrives meanwhile is held.
    /// </summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Silence after an unanswered ping that ends the link.</summary>
    public TimeSpan DeadAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The part of a link's bit rate that announces and routes may take, where the rate is known.</summary>
    public double RoutingShare { get; init; } = 0.02;

    /// <summary>
    /// The same on a shared medium, whose transport keeps books of its own and lends routing what messages leave alone.
    /// </summary>
    public double MediumRoutingShare { get; init; } = 0.06;

    /// <summary>An announce that was asked for is asked of another neighbour after this.</summary>
    public TimeSpan FetchTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Announces asked of one neighbour and not answered yet, at most.</summary>
    public int FetchWindow { get; init; } = 64;

    /// <summary>Times an announce is asked for before the claim that needs it is dismissed.</summary>
    public int FetchAttempts { get; init; } = 6;

    /// <summary>
    /// Fresh sequences that requests of others may cause at once; then one each <see cref="SequenceInterval"/>.
    /// </summary>
    public int SequenceBurst { get; init; } = 8;

    /// <summary>See <see cref="SequenceBurst"/>.</summary>
    public TimeSpan SequenceInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>This node announces a fresh sequence this often even if nobody asks.</summary>
    public TimeSpan SequenceRefresh { get; init; } = TimeSpan.FromHours(12);

    /// <summary>
    /// The same for each node that is known, where that is longer: every refresh costs everybody a record, so in
    /// proportion to the network's size all of them together cost a node the same in every network.
    /// </summary>
    public TimeSpan SequenceRefreshPerNode { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>
    /// A way that is longer or shorter by less than this is no news worth a fresh sequence, which is a record for
    /// everybody: it is told with the next one.
    /// </summary>
    public TimeSpan SmallGain { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>First repetition of a request for a fresh sequence; doubles each time.</summary>
    public TimeSpan RequestRetry { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Slowest repetition of requests.</summary>
    public TimeSpan RequestRetryMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// A node unreachable for this long is met without prejudice: its feasibility distance is forgotten.
    /// </summary>
    public TimeSpan ForgetDistanceAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A node unreachable for this long is forgotten with its announce.</summary>
    public TimeSpan ForgetNodeAfter { get; init; } = TimeSpan.FromDays(7);

    /// <summary>First distrust of a next hop for a destination; four times as long at each repetition.</summary>
    public TimeSpan Distrust { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// What distrust adds to a metric: more than an honest way costs, slow radios included. It is advertised, so that
    /// others avoid the way too; and it keeps the feasibility distance high, so that a false metric does not shut out
    /// the honest ones.
    /// </summary>
    public Metric DistrustCost { get; init; } = Metric.FromTime(TimeSpan.FromMinutes(1));

    /// <summary>How many destinations must blame a link, none praising it, before it is distrusted for all.</summary>
    public double BlameLimit { get; init; } = 3.5;

    /// <summary>Half of the blame is forgotten in this time: what counts is that much fails now.</summary>
    public TimeSpan BlameHalfLife { get; init; } = TimeSpan.FromMinutes(1);
}
