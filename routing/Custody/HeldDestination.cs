using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>A destination that envelopes are held for; it exists as long as there are any.</summary>
internal struct HeldDestination
{
    public NodeAddress Address;
    public Tally Held;

    /// <summary>What each source has held for it, linked by <see cref="Share.NextPlusOne"/>, plus one.</summary>
    public int FirstSharePlusOne;

    /// <summary>When the first of what is held for it came.</summary>
    public Instant Since;

    /// <summary>Its flows, linked by <see cref="Flow.NextOfDestinationPlusOne"/>, plus one.</summary>
    public int FirstFlowPlusOne;

    /// <summary>In the list of destinations whose held envelopes may move.</summary>
    public bool Stirred;
}

/// <summary>What one source has held for one destination.</summary>
internal struct Share
{
    public Source Source;
    public Tally Held;
    public int NextPlusOne;
}

/// <summary>
/// The queue of one destination's envelopes of one class that wait for one link, or, for link -1, for any way on.
/// </summary>
internal struct Flow
{
    public int Destination;
    public int Link;
    public FrameClass Class;
    public int Head;
    public int Tail;
    public int Count;

    /// <summary>Those of them that started here.</summary>
    public int Own;

    public int NextOfDestinationPlusOne;

    /// <summary>Bytes that it may still send in its turn.</summary>
    public int Deficit;

    // The ring of the link's flows of this class: each destination has its turn.
    public int RingPrevious;
    public int RingNext;
}
