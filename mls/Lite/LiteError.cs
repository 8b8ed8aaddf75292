namespace QuicProChat.Mesh.Mls.Lite;

/// <summary>Why an MLS-Lite message was not accepted.</summary>
public enum LiteError
{
    /// <summary>It was accepted.</summary>
    None = 0,

    /// <summary>It is not a message of this layout.</summary>
    Malformed,

    /// <summary>No epoch of the group has its tag.</summary>
    UnknownEpoch,

    /// <summary>The sender index belongs to nobody known.</summary>
    UnknownSender,

    /// <summary>Its key was used already, or left the out-of-order window.</summary>
    ReplayedOrTooOld,

    /// <summary>It is further ahead than <see cref="LiteConstants.ForwardLimit"/>.</summary>
    TooFarAhead,

    /// <summary>The authentication tag does not hold.</summary>
    NotAuthentic,

    /// <summary>The signature inside does not hold, or the signer's key is not known.</summary>
    BadSignature,
}
