using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>What an operator can set. Sizes in bytes; the defaults fit a router with 64 MB of memory.</summary>
public sealed record RouterOptions
{
    /// <summary>Tuning of the route half.</summary>
    public RouteOptions Routes { get; init; } = new();

    /// <summary>
    /// Hops left in envelopes that start here, and the most that is left to others: 0..1023. The neighbour that gets 63
    /// can reach 63 further nodes, so 63 in the header is a limit of 64 hops. A network whose paths are longer sets
    /// more on all its nodes.
    /// </summary>
    public ushort HopLimit { get; init; } = Limits.MaxHops;

    /// <summary>
    /// Whether it takes envelopes of others at all; <see cref="RouteOptions.Relays"/> is the route half of it.
    /// </summary>
    public bool Relays { get; init; } = true;

    /// <summary>Whether it takes envelopes of others for a destination that it has no route to.</summary>
    public bool HoldsForOthers { get; init; } = true;

    /// <summary>
    /// Custody is acknowledged only after the envelope is on disk, passed on, or delivered (docs/reference/protocol.md,
    /// section 4.3). False: at once, and a power cut loses what this node held.
    /// </summary>
    public bool KeepsOnDisk { get; init; } = true;

    /// <summary>
    /// How long an envelope that was sent on at once may stay off the disk while the next hop has not answered.
    /// </summary>
    public TimeSpan PersistDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The most lifetime that is left to envelopes of others, that of the first copy too; rounded up to units of 10 s.
    /// No node sends more (<see cref="Limits.LongestSent"/>): who writes more into the header wants places for longer
    /// than its sender asked.
    /// </summary>
    public TimeSpan MaxLifetime { get; init; } = Limits.LongestSent;

    /// <summary>Largest envelope, header included.</summary>
    public int MaxEnvelopeSize { get; init; } = Limits.MaxEnvelope;

    /// <summary>
    /// Held of others in all, bytes. What starts here has a quarter of it beyond that; a sixteenth is for emergencies;
    /// sources that this node did not choose (<see cref="LinkDescription.Chosen"/>) get half of the rest at most.
    /// </summary>
    public long MaxHeldBytes { get; init; } = 32L << 20;

    /// <summary>The same in number.</summary>
    public int MaxHeldCount { get; init; } = 16_384;

    /// <summary>
    /// The part of both that one source (<see cref="LinkDescription.SourceGroup"/>) may fill, in percent of what it and
    /// the free space are together; the same of what one destination may fill, and of the memory for what is not on
    /// disk yet.
    /// </summary>
    public int NeighbourSharePercent { get; init; } = 50;

    /// <summary>The part of both that one destination may fill, in percent.</summary>
    public int DestinationSharePercent { get; init; } = 50;

    /// <summary>
    /// Bytes of held envelopes that stay in memory once they are on disk; what is above is read back when its turn
    /// comes. Half as much again is for what is not on disk yet.
    /// </summary>
    public long MemoryBudget { get; init; } = 2L << 20;

    /// <summary>
    /// Ids remembered for duplicate detection; the oldest of the source that has most of them goes first.
    /// </summary>
    public int SeenCapacity { get; init; } = 100_000;

    /// <summary>
    /// What routes and custody take of memory at most, in bytes, whatever neighbours do: a test fills everything at
    /// once and measures (MemoryInAllTests). Envelopes to this node that wait for the host, and this node's own, are a
    /// quarter each beside those of others.
    /// </summary>
    public long MemoryInAll => Routes.MemoryBytes + MemoryBudget / 4 * 7 + (long)SeenCapacity * BytesOfSeen
        + (long)MaxHeldCount * 3 / 2 * BytesOfHeld + BytesOfLinks;

    // Measured, and rounded up. An envelope costs most if it is alone with its destination.
    private const int BytesOfSeen = 48;
    private const int BytesOfHeld = 512;
    private const int BytesOfLinks = 2 << 20;

    /// <summary>Envelopes a source may send per second, on average.</summary>
    public int NeighbourEnvelopesPerSecond { get; init; } = 50_000;

    /// <summary>
    /// Envelopes a source may send at once above the average; 0: what it may send in a second, 20,000 at most.
    /// </summary>
    public int NeighbourBurst { get; init; }

    /// <summary>
    /// Bytes per second that the bundles of a source may stand for, on average; as many at once. Each is hashed, and a
    /// frame stands for up to 28 times its own bytes. It is told "too fast" above that. More than a line of 100 Mbit/s
    /// brings as single envelopes, which do not count here.
    /// </summary>
    public int NeighbourBundledBytesPerSecond { get; init; } = 16_000_000;

    /// <summary>
    /// The same for all sources together; those that this node did not choose
    /// (<see cref="LinkDescription.Chosen"/>) have half of it at most.
    /// </summary>
    public int BundledBytesPerSecond { get; init; } = 48_000_000;

    /// <summary>
    /// Bytes per second that are written to disk for a source, on average. It is told "too fast" above that.
    /// </summary>
    public int NeighbourDiskBytesPerSecond { get; init; } = 64 << 10;

    /// <summary>Bytes that are written to disk for a source at once above the average.</summary>
    public int NeighbourDiskBurst { get; init; } = 4 << 20;

    /// <summary>
    /// Envelopes for this node per second, on average, that cannot be opened, are here already or are of strangers:
    /// each costs a key agreement that the owner did not ask for. A source that brings more is told "too fast" until
    /// they are made up for.
    /// </summary>
    public int NeighbourFailuresPerSecond { get; init; } = 20;

    /// <summary>The same at once above the average.</summary>
    public int NeighbourFailureBurst { get; init; } = 200;

    /// <summary>What has less lifetime left than this is not worth a write: it would not outlive a restart.</summary>
    public TimeSpan LeastPersisted { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Unacknowledged envelopes on one link, at most.</summary>
    public int MaxWindowCount { get; init; } = 4_096;

    /// <summary>
    /// Unacknowledged bytes on one link, at most: less than a neighbour with the same options keeps of them in memory.
    /// </summary>
    public int MaxWindowBytes { get; init; } = 384 << 10;

    /// <summary>
    /// How long a next hop on a reliable link may be silent about an envelope before others are tried.
    /// </summary>
    public TimeSpan AckPatience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The same on a link that is known to stall, and whose transport gives up before that.</summary>
    public TimeSpan StallPatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Shortest time before a message without a receipt is sent again end to end; it doubles with each repetition. More
    /// than the 20 s within which relays take a repetition for a doubled frame.
    /// </summary>
    public TimeSpan RepeatAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest time between two repetitions, as far as <see cref="RepeatAfter"/> is not longer.</summary>
    public TimeSpan LongestRepeat { get; init; } = TimeSpan.FromHours(6);

    /// <summary>
    /// How long a destination must have been without a route, and a link must have stood, before what starts here is
    /// lodged with that neighbour: longer than routes take to settle.
    /// </summary>
    public TimeSpan LodgeAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The same on links whose routes are asked for: longer than the answer to a request takes on a radio.
    /// </summary>
    public TimeSpan LodgeAfterAsking { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>See <see cref="NeighbourBurst"/>.</summary>
    internal int BurstOfNeighbour => NeighbourBurst > 0 ? NeighbourBurst
        : Math.Min(NeighbourEnvelopesPerSecond, MaxBurst);

    private const int MaxBurst = 20_000;

    /// <summary>Lifetime of receipts that start here.</summary>
    public TimeSpan ReceiptLifetime { get; init; } = TimeSpan.FromHours(12);
}
