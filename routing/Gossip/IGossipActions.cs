using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>What the host says about a record that came in.</summary>
public enum GossipVerdict : byte
{
    /// <summary>Its topic means nothing to this node.</summary>
    NotMine,

    /// <summary>It is of a topic that this node reads, and what it should be.</summary>
    Mine,

    /// <summary>
    /// As <see cref="Mine"/>, and what it says is not on disk yet. Neither is the record before
    /// <c>GossipProtocol.Settled</c>: a crash between the two would leave a record that nobody sends again, and nobody
    /// here has read.
    /// </summary>
    MineUnsettled,

    /// <summary>
    /// It is of a topic that this node reads, and cannot be opened: it is neither kept nor passed on.
    /// </summary>
    Refused,

    /// <summary>
    /// It is of a topic that this node reads, which has too much to do: it is not taken, and may come again.
    /// </summary>
    NotNow,

    /// <summary>
    /// By this node's clock it is of another time: it is not taken, and may come again when the clock says something
    /// else.
    /// </summary>
    OtherTime,
}

/// <summary>What the host says about a record, and what finding that out took.</summary>
/// <param name="Verdict">What it says.</param>
/// <param name="HasVerified">A signature was checked: whoever brought the record pays for it.</param>
public readonly record struct GossipJudgement(GossipVerdict Verdict, bool HasVerified = false)
{
    /// <summary>A verdict that took no signature.</summary>
    public static implicit operator GossipJudgement(GossipVerdict verdict) => new(verdict);
}

/// <summary>What is kept beside a record.</summary>
/// <param name="Age">Since it was first seen.</param>
/// <param name="LifetimeLeft">How long it is still kept.</param>
/// <param name="Source">Whose share it counts to; 0 for this node's own.</param>
/// <param name="IsChosen">The share is one of a link that this node wanted.</param>
/// <param name="IsMine">It is of a topic that this node reads or writes.</param>
public readonly record struct KeptRecord(TimeSpan Age, TimeSpan LifetimeLeft, ulong Source, bool IsChosen, bool IsMine);

/// <summary>
/// What gossip wants done. It calls these while it handles an event; they return at once and never call back. Results
/// of I/O come back later as events of their own. Spans are valid only during the call.
/// </summary>
public interface IGossipActions
{
    /// <summary>Seconds since 1970 by a clock that is set; null where there is none.</summary>
    long? UnixSeconds { get; }

    /// <summary>
    /// Sends a frame (kind and body). False: the link has no room; <c>GossipProtocol.LinkWritable</c> follows.
    /// </summary>
    bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame);

    /// <summary>A record of a class without rules is new here: whether this node reads its topic, and can.</summary>
    GossipJudgement Judge(Instant now, in GossipId id, in GossipRecord record);

    /// <summary>Writes a record, when there is time.</summary>
    void PersistRecord(in GossipId id, in KeptRecord kept, ReadOnlySpan<byte> record);

    /// <summary>Remembers an id, and forgets the bytes of its record, if they are there.</summary>
    void PersistDead(in GossipId id, TimeSpan age);

    /// <summary>Forgets an id.</summary>
    void ForgetId(in GossipId id);

    /// <summary>Asks for the bytes of a record; <c>GossipProtocol.RecordLoaded</c> follows.</summary>
    void LoadRecord(in GossipId id);
}
