using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>Why a node has its place in the table.</summary>
internal struct Claim
{
    /// <summary>Whose neighbour named it first; null for what was known at the start, and for this node.</summary>
    public SourceShare? Owner;

    /// <summary>
    /// A message to it was proven to arrive, or the host wants it kept: it outlives what is not known to be of use.
    /// </summary>
    public bool IsUseful;
}

/// <summary>One known node: 32 bytes in an array.</summary>
internal struct Destination
{
    /// <summary>No neighbour is selected.</summary>
    public const short NoLink = -1;

    /// <summary>Its name in route updates.</summary>
    public Abbreviation Name;

    /// <summary>Its signed record; null until it was fetched. Without it no route counts.</summary>
    public Announce? Announce;

    /// <summary>The feasibility distance: the best that was ever advertised. None before the first time.</summary>
    public Distance Feasible;

    /// <summary>What neighbours are told, or will be when their updates leave.</summary>
    public Distance Advertised;

    /// <summary>Seconds since the start at which the last route was lost.</summary>
    public int UnreachableSince;

    // Two more than the link's number: zero is a free place, one is no link.
    private short _selected;

    /// <summary>
    /// The link of the next hop; <see cref="NoLink"/> without a route. To set it takes the place into use.
    /// </summary>
    public short Selected
    {
        readonly get => (short)(_selected - 2);
        set => _selected = (short)(value + 2);
    }

    // With a route, the hops that were proven; without one, the link of the last next hop, plus one.
    private ushort _detail;

    /// <summary>
    /// Hops that a receipt from there took while the present next hop was selected; 0 before the first, and without a
    /// route.
    /// </summary>
    public readonly ushort ProvenHops => Selected == NoLink ? (ushort)0 : _detail;

    /// <summary>
    /// The link of the last next hop while there is none; null if there is one, if that link is gone, or if there never
    /// was one.
    /// </summary>
    public readonly short? LastSelected => Selected == NoLink && _detail > 0 ? (short)(_detail - 1) : null;

    /// <summary>
    /// Another next hop, or none: what was known of the one before is forgotten but, without a successor, its link.
    /// </summary>
    public void Select(short link)
    {
        _detail = link == NoLink ? (ushort)(Selected + 1) : (ushort)0;
        Selected = link;
    }

    /// <summary>A receipt came back from there; it counts while there is a next hop.</summary>
    public void Prove(ushort hops)
    {
        if (Selected != NoLink)
            _detail = hops;
    }

    /// <summary>The link of the last next hop is gone.</summary>
    public void ForgetLastSelected()
    {
        if (Selected == NoLink)
            _detail = 0;
    }

    /// <summary>False for a free place in the table.</summary>
    public readonly bool InUse => _selected != 0;

    /// <summary>The low 16 bits of the sequence that the origin signed.</summary>
    public readonly ushort SignedSequence => (ushort)Announce!.Sequence;

    /// <summary>True if a sequence counts: the origin signed it or a later one.</summary>
    public readonly bool IsSigned(ushort sequence) =>
        Announce is not null && !Distance.IsNewer(sequence, (ushort)Announce.Sequence);
}
