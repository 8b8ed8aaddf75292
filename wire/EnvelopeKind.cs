namespace QuicProChat.Mesh.Wire;

/// <summary>What an envelope's payload is: the low nibble of its first byte.</summary>
public enum EnvelopeKind : byte
{
    /// <summary>Single-shot sealed message (Noise X).</summary>
    Sealed = 0,

    /// <summary>Proof of delivery.</summary>
    Receipt = 1,

    /// <summary>Broadcast channel.</summary>
    Channel = 2,

    /// <summary>MLS message (RFC 9420).</summary>
    Mls = 3,

    /// <summary>Compact MLS-Lite message.</summary>
    MlsLite = 4,

    /// <summary>Appointment search.</summary>
    Fapp = 5,

    /// <summary>Requests between nodes: KeyPackages, node information.</summary>
    Service = 6,

    /// <summary>No envelope: a conversation on a server. Envelopes that say so are refused.</summary>
    Server = 15,
}

/// <summary>How urgent an envelope is: two bits of its flags.</summary>
public enum Priority : byte
{
    /// <summary>First to go when space is short.</summary>
    Low = 0,

    /// <summary>The default.</summary>
    Normal = 1,

    /// <summary>Before normal traffic.</summary>
    High = 2,

    /// <summary>Before everything; has its own reserve on radios.</summary>
    Emergency = 3,
}
