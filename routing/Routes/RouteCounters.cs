namespace QuicProChat.Mesh.Routing;

/// <summary>What the route half counts.</summary>
public enum RouteCounter
{
    /// <summary>Route updates sent.</summary>
    UpdatesSent,

    /// <summary>Entries in them.</summary>
    EntriesSent,

    /// <summary>Entries received.</summary>
    EntriesReceived,

    /// <summary>Announces sent.</summary>
    AnnouncesSent,

    /// <summary>Announces verified and kept.</summary>
    AnnouncesKept,

    /// <summary>Of those, the ones that were not written for the next start, because too many were.</summary>
    AnnouncesNotPersisted,

    /// <summary>Announces asked for.</summary>
    AnnouncesAsked,

    /// <summary>Requests for a fresh sequence or a path sent, forwarded ones included.</summary>
    RequestsSent,

    /// <summary>Fresh sequences of this node.</summary>
    SequencesRaised,

    /// <summary>Feasibility distances given up, after all neighbours had read that there is no way any more.</summary>
    DistancesForgotten,

    /// <summary>Whole tables asked for, after something had no room.</summary>
    TablesAsked,

    /// <summary>Nodes that gave way to others, because the table was full.</summary>
    NodesRemovedForRoom,

    /// <summary>
    /// Changed entries of updates that were weighed later, because their source said more than its share.
    /// </summary>
    EntriesPutOff,

    /// <summary>Pings sent.</summary>
    PingsSent,

    /// <summary>Links given up because they were silent.</summary>
    LinksDead,

    /// <summary>Reliable links closed because an update was missing.</summary>
    UpdatesMissed,

    /// <summary>Bytes of all frames sent, kind included, length prefix not.</summary>
    BytesSent,

    /// <summary>Frames that do not parse.</summary>
    DropMalformed,

    /// <summary>Frames for a link that is not known.</summary>
    DropUnknownLink,

    /// <summary>Entries that claim a metric which no honest node can have.</summary>
    FalseMetric,

    /// <summary>Entries for which the table has no room.</summary>
    DropTableFull,

    /// <summary>Entries beyond what one neighbour may name without announces.</summary>
    DropTooManyUnsigned,

    /// <summary>Updates that arrived late or twice on an unreliable link.</summary>
    DropOldUpdate,

    /// <summary>Announces nobody asked for.</summary>
    DropUnsolicitedAnnounce,

    /// <summary>Announces whose signature is wrong.</summary>
    DropBadSignature,

    /// <summary>Announces not newer than the one known.</summary>
    DropOldAnnounce,

    /// <summary>Announces of another key with the same abbreviation.</summary>
    DropNameCollision,

    /// <summary>Sequences that no neighbour could prove.</summary>
    DropUnprovenSequence,

    /// <summary>Announces of a neighbour or of this node that come faster than is worth a signature check.</summary>
    DropAnnounceRate,

    /// <summary>Names that are not known, from a source that said more than its share.</summary>
    DropEntryRate,

    /// <summary>Whole tables that a neighbour wants or takes back too often.</summary>
    DropTableRate,

    /// <summary>Pings beyond the neighbour's rate.</summary>
    DropPingRate,

    /// <summary>Requests for announces beyond the neighbour's rate.</summary>
    DropAnnounceRequestRate,

    /// <summary>Requests for announces that are not known here.</summary>
    DropAnnounceUnknown,

    /// <summary>Requests for paths beyond the neighbour's rate.</summary>
    DropPathRequestRate,

    /// <summary>Requests that were passed on recently.</summary>
    DropPathRequestRepeat,

    /// <summary>Requests with no hops left or nobody to pass them to.</summary>
    DropPathRequestEnd,

    /// <summary>Pongs that answer no ping.</summary>
    DropUnknownPong,

    /// <summary>Acknowledgements of no update.</summary>
    DropUnknownAck,
}

/// <summary>One 64-bit number for each <see cref="RouteCounter"/>, never reset.</summary>
public sealed class RouteCounters
{
    private readonly long[] _values = new long[(int)RouteCounter.DropUnknownAck + 1];

    /// <summary>The present number.</summary>
    public long this[RouteCounter counter] => _values[(int)counter];

    internal void Add(RouteCounter counter, long amount = 1) => _values[(int)counter] += amount;
}
