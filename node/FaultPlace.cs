namespace QuicProChat.Mesh.Node;

/// <summary>
/// Every place where a fault of this program is contained, so that it costs what <see cref="FaultSeam"/> says and
/// nothing else. A test throws at each of them.
/// </summary>
internal enum FaultPlace
{
    // Events of the loop.
    LinkUp,
    LinkDown,
    Received,
    Writable,
    Due,
    Work,

    // What follows a batch of them.
    EndBatch,
    Arm,
    Amend,
    Tick,
    EnvelopeLoaded,
    OpenArrived,
    PumpConversations,
    Files,
    EndOfBatch,
    EndBatchOfWriter,
    FlushLink,
    PublishRoutes,
    FlushSessions,

    // What the router wants done.
    Send,
    Broadcast,
    CloseLink,
    Malformed,
    PersistEnvelope,
    ForgetEnvelope,
    LoadEnvelope,
    PersistSeen,
    PersistAnnounce,
    ForgetAnnounce,
    PersistSequence,
    Deliver,
    DeliverBulk,
    StateChanged,
    RouteChanged,

    // A link that is given up.
    CloseBroken,
    DropBroken,

    // Messages and rows.
    Open,
    Rejected,
    Keep,
    Write,
    Stored,
    NotStored,

    // Whoever asks and watches.
    Command,
    PublishEvent,
    Metrics,
    Reload,
    Upkeep,
}
