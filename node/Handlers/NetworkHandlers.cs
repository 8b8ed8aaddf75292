using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Transports;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands about who this node is, whom it is linked to, and where routes lead.</summary>
internal static class NetworkHandlers
{
    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.Status, (node, _) => node.AskAsync(_ => node.Status())),
        CommandHandler.For(Commands.Identity, (node, _) => new IdentityInfo(
            node.Identity.Address.ToString(), node.Identity.Address.ToHex(),
            Convert.ToHexStringLower(node.Identity.PublicKey.Span), node.Configuration.Name)),
        CommandHandler.ForPages(Commands.Peers, PeersAsync),
        CommandHandler.ForPages(Commands.Routes, RoutesAsync),
        CommandHandler.For(Commands.Discover, (node, _) => node.Discovered()),
        CommandHandler.For(Commands.Connect, Connect),
        CommandHandler.For(Commands.Disconnect, Disconnect),
    ];

    private static async Task<Answer<IReadOnlyList<PeerInfo>>> PeersAsync(MeshNode node, PeersRequest request)
    {
        IReadOnlyList<PeerInfo> peers = await node.AskAsync(_ => node.Peers()).ConfigureAwait(false);
        Page<PeerInfo> page =
            Page<PeerInfo>.Behind(peers, request.From, static p => $"{p.Address} {p.Uri}", ApiJson.Default.PeerInfo);
        return new(page.Items, page.More);
    }

    private static async Task<Answer<IReadOnlyList<PathInfo>>> RoutesAsync(MeshNode node, RoutesRequest request)
    {
        IReadOnlyList<PathInfo> routes = await node.AskAsync(_ => node.Routes(request.From)).ConfigureAwait(false);
        Page<PathInfo> page =
            Page<PathInfo>.Behind(routes, request.From, static r => r.Destination, ApiJson.Default.PathInfo);
        return new(page.Items, page.More);
    }

    private static DoneInfo Connect(MeshNode node, ConnectRequest request)
    {
        PeerUris peer = Peer(request.Uri);
        if (node.WhyUnavailable(peer) is { } reason)
            throw ControlException.Refused($"{peer} cannot be dialled: {reason}");
        return node.Connect(peer)
            ? new DoneInfo($"dialling {peer}") : throw ControlException.Refused($"{peer} is dialled already");
    }

    private static DoneInfo Disconnect(MeshNode node, DisconnectRequest request)
    {
        string text = request.To
            ?? throw ControlException.Usage("disconnect needs \"to\": an address, alias or URI");
        bool done = text.Contains(':', StringComparison.Ordinal)
            ? node.Disconnect(Peer(text)) : node.Disconnect(node.Book.Resolve(text));
        return done
            ? new DoneInfo($"{text} is dialled no more, its link ends")
            : throw ControlException.Refused($"there is no link to {text}");
    }

    private static PeerUris Peer(string? text)
    {
        if (text is null)
            throw ControlException.Usage("connect needs \"uri\"");
        return PeerUris.TryParse(text, out PeerUris? peer, out string? error)
            ? peer : throw ControlException.Usage(error);
    }
}
