using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>One neighbour on one medium: its link, and the one that follows when that is down.</summary>
internal sealed class Neighbour(IPendingLink active, LinkSource source, long since)
{
    internal IPendingLink Active { get; set; } = active;

    /// <summary>Starts when the active one is down.</summary>
    internal IPendingLink? Next { get; set; }

    internal LinkSource Source { get; } = source;

    internal long Since { get; } = since;

    /// <summary>Its link ends to make room: it has no place any more.</summary>
    internal bool GaveWay { get; private set; }

    internal NodeAddress Peer => Active.Link.Peer;

    /// <summary>A link of it that ended was used.</summary>
    internal bool WasUsed { get; set; }

    /// <summary>Ends with the last link: true if one of them was used.</summary>
    internal TaskCompletionSource<bool> Gone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The source of a link, as exactly as it is known.</summary>
    internal static LinkSource SourceOf(IPendingLink link) => link is ILinkOrigin origin ? origin.Source
        : LinkSource.Whole(link.Link.SourceGroup);

    /// <summary>Ends its links.</summary>
    internal void Close(LinkEnd reason)
    {
        Next?.Link.Close(reason);
        Next = null;
        Active.Link.Close(reason);
    }

    /// <summary>Ends its links to make room for another neighbour.</summary>
    internal void GiveWay()
    {
        GaveWay = true;
        Close(new LinkEnd(LinkEndCode.TooMany, Detail: "its place is needed for another neighbour"));
    }
}
