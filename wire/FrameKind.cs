namespace QuicProChat.Mesh.Wire;

/// <summary>The first byte of every frame (docs/reference/protocol.md, section 2).</summary>
public enum FrameKind : byte
{
    /// <summary>First frame in each direction; handled by the transports.</summary>
    Hello = 0x01,

    /// <summary>Asks for a <see cref="Pong"/>: round trip and liveness.</summary>
    Ping = 0x02,

    /// <summary>Answers a <see cref="Ping"/>.</summary>
    Pong = 0x03,

    /// <summary>Last frame of a link: why it ends.</summary>
    Bye = 0x04,

    /// <summary>Something addressed to a node.</summary>
    Envelope = 0x10,

    /// <summary>Custody of envelopes taken or refused.</summary>
    CustodyAck = 0x11,

    /// <summary>A piece of a file on its way, or a word about one; nobody answers for it.</summary>
    Bulk = 0x12,

    /// <summary>Envelopes with one payload, for several destinations.</summary>
    Bundle = 0x13,

    /// <summary>Receipts for one destination.</summary>
    ReceiptBundle = 0x14,

    /// <summary>A node's signed identity record.</summary>
    Announce = 0x20,

    /// <summary>Distances to destinations.</summary>
    RouteUpdate = 0x21,

    /// <summary>Asks for a route, or for a fresh sequence from its origin.</summary>
    PathRequest = 0x22,

    /// <summary>Asks for identity records.</summary>
    AnnounceRequest = 0x23,

    /// <summary>Acknowledges a route update on a lossy link.</summary>
    ControlAck = 0x24,

    /// <summary>A gossip record, pushed or asked for.</summary>
    GossipRecord = 0x30,

    /// <summary>Gossip records that the sender has.</summary>
    GossipHave = 0x31,

    /// <summary>Asks for gossip records, perhaps for all new ones from now on.</summary>
    GossipWant = 0x32,

    /// <summary>Records shall be announced and no longer pushed on this link.</summary>
    GossipPrune = 0x33,

    /// <summary>Compares which gossip records both sides have.</summary>
    GossipSync = 0x34,

    /// <summary>Topics that are wanted on a link that does not carry all of them.</summary>
    GossipInterest = 0x35,
}
