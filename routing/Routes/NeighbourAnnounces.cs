namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>Announces that a neighbour is asked for, and that it asked for.</summary>
/// <param name="now">When its link came up.</param>
internal sealed class NeighbourAnnounces(Instant now)
{
    /// <summary>
    /// Of the destinations that it is interested in, those whose announce it lacks: it goes along with what it is told.
    /// </summary>
    public IndexSet Along { get; } = new();

    /// <summary>Announces that it asked for and that are still to be sent.</summary>
    public Queue<int> Owed { get; } = new();

    /// <summary>Announces nobody asked for, of itself or of this node, that are worth a signature check.</summary>
    public TokenBucket OwnRate { get; } = new(perSecond: 1, burst: 16, now);

    /// <summary>Announces that it was asked for and has not sent.</summary>
    public int Asked { get; set; }

    /// <summary>Announces to ask it for when others have arrived.</summary>
    public IndexQueue ToAsk { get; } = new();

    /// <summary>Collected for the next AnnounceRequest.</summary>
    public List<int> AskNow { get; } = [];

    /// <summary>It gave this node's own announce back.</summary>
    public bool OwnReturned { get; set; }
}
