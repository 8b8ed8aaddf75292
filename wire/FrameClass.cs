namespace QuicProChat.Mesh.Wire;

/// <summary>In what order a link sends what waits: lower numbers first. Within a class, first in first out.</summary>
public enum FrameClass : byte
{
    /// <summary>Emergency envelopes.</summary>
    Emergency = 0,

    /// <summary>Acknowledgements, pings, receipts: small, and somebody waits for them.</summary>
    Control = 1,

    /// <summary>High-priority envelopes.</summary>
    High = 2,

    /// <summary>Normal envelopes.</summary>
    Normal = 3,

    /// <summary>Announces and route updates: a bounded share of the link.</summary>
    Routing = 4,

    /// <summary>Low-priority envelopes.</summary>
    Low = 5,

    /// <summary>
    /// Pieces of files: below every message, carried without custody. On a radio they go as <see cref="Low"/>.
    /// </summary>
    Bulk = 6,
}
