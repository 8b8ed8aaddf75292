namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>What happened to messages and groups.</summary>
public enum GroupCount
{
    /// <summary>A text was sent, whatever the number of members.</summary>
    TextSent,

    /// <summary>A text was sealed again, counted for each receiver.</summary>
    TextSentAgain,

    /// <summary>A text came in and was stored.</summary>
    TextReceived,

    /// <summary>A text came that was here already.</summary>
    Repeated,

    /// <summary>A frame was sent to one member.</summary>
    FrameSent,

    /// <summary>A frame of a member came in and was heeded.</summary>
    FrameReceived,

    /// <summary>Put aside, because its state is not known yet.</summary>
    PutAside,

    /// <summary>Opened after it had been put aside.</summary>
    OpenedLater,

    /// <summary>Put aside, and gone because its time was over or others needed the room.</summary>
    GivenUp,

    /// <summary>Put off: its neighbour brought too many that did not open.</summary>
    PutOff,

    /// <summary>Refused: forged, damaged, of a stranger, or too many of them.</summary>
    Refused,

    /// <summary>A commit that there was no room for.</summary>
    NoRoom,

    /// <summary>A large frame of a post-quantum group that stayed here, because its way crosses a radio.</summary>
    HeldBack,

    /// <summary>A KeyPackage was given to somebody who asked.</summary>
    KeyPackageGiven,

    /// <summary>A KeyPackage of somebody was taken from gossip.</summary>
    KeyPackageFound,

    /// <summary>A pair was founded.</summary>
    PairFounded,

    /// <summary>A pair was joined.</summary>
    PairJoined,

    /// <summary>An envelope was put into an inbox on a server.</summary>
    PutIntoInbox,

    /// <summary>A server took an envelope for no inbox.</summary>
    InboxRefused,

    /// <summary>An envelope for an inbox that there was no room for until its server takes it.</summary>
    InboxFull,

    /// <summary>An envelope of one member was carried on to another.</summary>
    Carried,

    /// <summary>An envelope that was not carried: between whom it may not, too large, or too many.</summary>
    CarryRefused,

    /// <summary>A fault of this program while it dealt with one of them; the log says which.</summary>
    Failed,
}

/// <summary>Counts, for the loop only.</summary>
public sealed class GroupCounters
{
    /// <summary>All that is counted.</summary>
    public static readonly IReadOnlyList<GroupCount> All = Enum.GetValues<GroupCount>();

    private readonly long[] _counts = new long[All.Count];

    /// <summary>How often something happened.</summary>
    public long this[GroupCount what] => _counts[(int)what];

    internal void Add(GroupCount what, long count = 1) => _counts[(int)what] += count;
}
