namespace QuicProChat.Mesh.Api;

/// <summary>What <c>peers</c> takes.</summary>
public sealed record PeersRequest
{
    /// <summary>Go on behind this: what the reply before said as <c>more</c>.</summary>
    public string? From { get; set; }
}

/// <content><c>peers</c>.</content>
public static partial class Commands
{
    /// <summary><c>peers</c>: neighbours, one line a link.</summary>
    public static CommandSpec<PeersRequest, IReadOnlyList<PeerInfo>> Peers { get; } = new(
        "peers", CommandGroup.Links, "Neighbours: one line a link.", json => json.IReadOnlyListPeerInfo,
        new ArgumentList<PeersRequest>().From(r => r.From, (r, v) => r.From = v))
    {
        Paging = Paging.Forward,
        Console = [new("/mesh peers", "", "neighbours, and nodes that were found and are not dialled")],
        Rendering = (screen, peers) => screen.Table(
            peers, "no neighbours", ("name", p => p.Name), ("address", p => p.Address), ("transport", p => p.Transport),
            ("uri", p => p.Uri), ("rttMs", p => p.RttMs), ("rxBytes", p => p.RxBytes), ("txBytes", p => p.TxBytes),
            ("since", p => p.Since)),
    };
}
