namespace QuicProChat.Mesh.Wire;

/// <summary>What a node does for others; a bit set of 16 bits. Unknown bits are kept and mean nothing.</summary>
[Flags]
public enum Capabilities : ushort
{
    /// <summary>Only sends and receives for itself.</summary>
    None = 0,

    /// <summary>Passes envelopes on.</summary>
    Relay = 1,

    /// <summary>Keeps envelopes for nodes that are out of reach.</summary>
    StoreAndForward = 2,

    /// <summary>Passes requests for appointments on (docs/reference/fapp.md, section 3.4).</summary>
    FappRelay = 4,

    /// <summary>
    /// Reads bundles (docs/reference/protocol.md, section 4.6). Said to a neighbour, in the Hello; announces do not
    /// name it.
    /// </summary>
    Bundles = 8,
}
