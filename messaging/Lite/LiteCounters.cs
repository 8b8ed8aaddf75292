namespace QuicProChat.Mesh.Messaging.Lite;

/// <summary>What happened to MLS-Lite messages and groups.</summary>
public enum LiteEvent
{
    /// <summary>A text was sent, whatever the number of members.</summary>
    TextSent,

    /// <summary>A text came in and was stored.</summary>
    TextReceived,

    /// <summary>A hello, roster or rekey was sent, counted for each receiver.</summary>
    ControlSent,

    /// <summary>A hello, roster or rekey came in and was heeded.</summary>
    ControlReceived,

    /// <summary>An envelope that was opened before came again: its receipt is repeated.</summary>
    Repeated,

    /// <summary>Put aside, because its epoch or sender is not known yet.</summary>
    PutAside,

    /// <summary>Opened after it had been put aside.</summary>
    OpenedLater,

    /// <summary>Put aside, and gone because its time was over or others needed the room.</summary>
    GivenUp,

    /// <summary>Refused: it would have been put aside, but too much was put aside lately.</summary>
    TooManyAside,

    /// <summary>A fault of this program while it dealt with one of them; the log says which.</summary>
    Failed,

    /// <summary>Refused: not an MLS-Lite message.</summary>
    Malformed,

    /// <summary>Refused: no group of this node can be meant.</summary>
    NoGroup,

    /// <summary>Refused: its key was used before, or left the window.</summary>
    ReplayedOrTooOld,

    /// <summary>
    /// Put off: its neighbour brought too many forged ones lately, and to find out about this one costs much.
    /// </summary>
    PutOff,

    /// <summary>Refused: its sender asked for new keys or answers too often lately.</summary>
    TooMany,

    /// <summary>Refused: forged or damaged.</summary>
    NotAuthentic,

    /// <summary>Refused: the signature inside does not hold.</summary>
    BadSignature,

    /// <summary>Refused: an authentic text that is neither UTF-8 nor another content.</summary>
    NotText,

    /// <summary>Dropped: a text of somebody whom the owner blocked.</summary>
    Blocked,
}

/// <summary>Counts, for the loop only.</summary>
public sealed class LiteCounters
{
    /// <summary>All that is counted.</summary>
    public static readonly IReadOnlyList<LiteEvent> All = Enum.GetValues<LiteEvent>();

    private readonly long[] _counts = new long[All.Count];

    /// <summary>How often something happened.</summary>
    public long this[LiteEvent what] => _counts[(int)what];

    internal void Add(LiteEvent what, long count = 1) => _counts[(int)what] += count;
}
