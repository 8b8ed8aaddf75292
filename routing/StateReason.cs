namespace QuicProChat.Mesh.Routing;

/// <summary>Why a message is in its state, where that needs saying.</summary>
public enum StateReason : byte
{
    /// <summary>Nothing to add.</summary>
    None = 0,

    /// <summary>No route to the destination is known yet.</summary>
    NoRoute = 1,

    /// <summary>A route is known, but its link takes no more now.</summary>
    Waiting = 2,

    /// <summary>The next hop has no space.</summary>
    NextHopFull = 3,

    /// <summary>This node's own store is full or failing.</summary>
    StoreFull = 4,

    /// <summary>Too large for the path or for a hop.</summary>
    TooLarge = 5,

    /// <summary>Its lifetime ended.</summary>
    LifetimeOver = 6,

    /// <summary>The hop limit was reached.</summary>
    HopLimit = 7,

    /// <summary>The operator cancelled it.</summary>
    Cancelled = 8,

    /// <summary>No route to the destination is known; a neighbour holds it until there is one.</summary>
    HeldByNeighbour = 9,

    /// <summary>A route is known, but its next hop asks to wait.</summary>
    NextHopBusy = 10,

    /// <summary>The next hop says that it has no way on.</summary>
    NextHopHasNoWay = 11,

    /// <summary>The next hop reckons that the lifetime is over; this node does not yet.</summary>
    NextHopSaysExpired = 12,

    /// <summary>The next hop has not answered.</summary>
    NextHopSilent = 13,

    /// <summary>The next hop refuses it for a reason that this version does not know.</summary>
    NextHopRefuses = 14,
}
