namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>What gossip counts. Everything that is dropped or refused has a counter of its own.</summary>
public enum GossipCounter
{
    /// <summary>Records that neighbours sent.</summary>
    RecordsReceived,

    /// <summary>Bytes of those.</summary>
    RecordBytesReceived,

    /// <summary>Records that were new here.</summary>
    RecordsAccepted,

    /// <summary>Records that started here.</summary>
    RecordsPublished,

    /// <summary>Records sent because the link is part of the tree.</summary>
    RecordsPushed,

    /// <summary>Records sent because they were asked for.</summary>
    RecordsServed,

    /// <summary>Records that were here already.</summary>
    RecordsRepeated,

    /// <summary>Records whose lifetime ended.</summary>
    RecordsExpired,

    /// <summary>Ids announced to neighbours.</summary>
    IdsAnnounced,

    /// <summary>Records asked for.</summary>
    RecordsAsked,

    /// <summary>Links made part of the tree.</summary>
    Grafts,

    /// <summary>Links taken out of the tree by this node.</summary>
    Prunes,

    /// <summary>Sessions of reconciliation begun here.</summary>
    SyncsBegun,

    /// <summary>Sessions that began elsewhere and were answered.</summary>
    SyncsAnswered,

    /// <summary>Sessions that differed and brought neither side anything.</summary>
    SyncsFruitless,

    /// <summary>Bytes of reconciliation sent and received, announcements included, records not.</summary>
    SyncBytes,

    /// <summary>Announced and asked for, and not delivered.</summary>
    Undelivered,

    /// <summary>
    /// Sources that are asked for nothing for an hour, because they announced what they did not have.
    /// </summary>
    SourcesBarred,

    /// <summary>Records that were not taken because this node has too much to read.</summary>
    NotNow,

    /// <summary>Dropped: a frame that does not parse.</summary>
    DropMalformed,

    /// <summary>Dropped: more work than its source may cause.</summary>
    DropTooDear,

    /// <summary>Dropped: more bytes of records than its source may bring.</summary>
    DropTooFast,

    /// <summary>Refused: its lifetime is over, or its day is still to come.</summary>
    DropExpired,

    /// <summary>Refused: its class has rules, and it does not keep them.</summary>
    DropForged,

    /// <summary>Refused: a newer one of its author and place is here.</summary>
    DropSuperseded,

    /// <summary>Refused: it is of a topic that this node reads, and does not open.</summary>
    DropUnreadable,

    /// <summary>Passed on and not kept: the share of its source is full.</summary>
    NotKept,

    /// <summary>Gone before its time, for a newer one of this node's own topics.</summary>
    Evicted,

    /// <summary>Announcements that were not looked at: too many, or of a source that is barred.</summary>
    AnnouncementsIgnored,

    /// <summary>Requests that were not answered: too many.</summary>
    RequestsIgnored,

    /// <summary>Sessions that came too soon, or went on too long.</summary>
    SyncsIgnored,
}

/// <summary>Gossip's counters: one 64-bit number for each <see cref="GossipCounter"/>, never reset.</summary>
public sealed class GossipCounters
{
    private readonly long[] _values = new long[(int)Enum.GetValues<GossipCounter>()[^1] + 1];

    /// <summary>The present number.</summary>
    public long this[GossipCounter counter] => _values[(int)counter];

    internal void Add(GossipCounter counter, long amount = 1) => _values[(int)counter] += amount;
}
