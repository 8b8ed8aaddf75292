namespace QuicProChat.Mesh.Wire;

/// <summary>
/// What a neighbour says about an envelope it was handed (docs/reference/protocol.md, section 4.3). A value that is not
/// listed refuses.
/// </summary>
public enum CustodyCode : byte
{
    /// <summary>It answers for the envelope now.</summary>
    Taken = 0,

    /// <summary>Refused: quota or disk is full.</summary>
    NoSpace = 1,

    /// <summary>Refused: too large.</summary>
    TooLarge = 2,

    /// <summary>Refused: its lifetime is over.</summary>
    Expired = 3,

    /// <summary>Refused: too fast; slow down and try later.</summary>
    TooFast = 4,

    /// <summary>Refused: the hop limit is reached, or there is no next hop other than you.</summary>
    NoWayOn = 5,
}
