namespace QuicProChat.Mesh.MlsLite;

/// <summary>Why an MLS-Lite message was not accepted.</summary>
public enum LiteError
{
    /// <summary>It was accepted.</summary>
    None = 0,

    /// <summary>It is not a message of this layout, or says something that it cannot.</summary>
    Malformed,

    /// <summary>No epoch of the group and no stream in it has its tag.</summary>
    UnknownEpoch,

    /// <summary>The sender index belongs to nobody known.</summary>
    UnknownSender,

    /// <summary>Its key was used already, or given up.</summary>
    ReplayedOrTooOld,

    /// <summary>The authentication tag does not hold.</summary>
    NotAuthentic,

    /// <summary>The signature inside does not hold.</summary>
    BadSignature,

    /// <summary>Its sender asked for new keys or answers too often lately; later it may be accepted.</summary>
    TooMany,

    /// <summary>
    /// It is in the twin of an MLS state, which takes signed texts alone: MLS decides about the rest.
    /// </summary>
    NotHere,
}
