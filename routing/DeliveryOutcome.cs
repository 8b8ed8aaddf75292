namespace QuicProChat.Mesh.Routing;

/// <summary>What the host made of an envelope for this node.</summary>
public enum DeliveryOutcome : byte
{
    /// <summary>Opened and stored: the custody is this node's now, and a receipt goes out if one is wanted.</summary>
    Accepted = 0,

    /// <summary>Stored earlier: answered as taken, the receipt is repeated.</summary>
    AlreadyHave = 1,

    /// <summary>
    /// Cannot be opened, or is malformed inside: dropped, counted, no receipt. Sending it again would not help.
    /// </summary>
    Rejected = 2,

    /// <summary>No space or a failing disk: refused, so that the neighbour keeps it and tries again.</summary>
    StoreFull = 3,

    /// <summary>
    /// As <see cref="Accepted"/>, from somebody whom the owner does not know. Keys are free, so whoever brings it has a
    /// rate for the work and for what is written.
    /// </summary>
    AcceptedFromStranger = 4,
}
