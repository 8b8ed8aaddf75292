using System.Globalization;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands about requests of strangers, and about deleting.</summary>
internal static class StrangerHandlers
{
    private const int MaxRequests = 1000;

    /// <summary>Characters of a request's text in the list, at most. Arbitrary.</summary>
    private const int PreviewCharacters = 120;

    /// <summary>Messages erased in one transaction: others have work meanwhile. Arbitrary.</summary>
    private const int DeletedTogether = 200;

    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.Requests, ListAsync),
        CommandHandler.For(Commands.Accept, (node, r) => AcceptAsync(node, Peer(node, Commands.Accept, r.To))),
        CommandHandler.For(Commands.Refuse, (node, r) => RefuseAsync(node, Peer(node, Commands.Refuse, r.To))),
        CommandHandler.For(Commands.Delete, DeleteAsync),
    ];

    private static NodeAddress Peer(MeshNode node, CommandSpec command, string? to) => node.Book.Resolve(
        to ?? throw ControlException.Usage($"{command.Name} needs \"to\": an address or alias"));

    private static async Task<IReadOnlyList<RequestInfo>> ListAsync(MeshNode node, RequestsRequest request)
    {
        int limit = request.Limit ?? RequestsRequest.UsualLimit;
        if (limit is < 1 or > MaxRequests)
            throw ControlException.Usage($"limit is a number from 1 to {MaxRequests}");
        await node.SettleAsync().ConfigureAwait(false);
        IReadOnlyList<StoredRequests> stored = node.Store.Reader.Requests(limit);
        string[] names = await node.AskAsync(_ => stored.Select(r => node.AnnouncedName(r.Peer)).ToArray())
            .ConfigureAwait(false);
        return [.. stored.Select((r, i) => new RequestInfo(
            r.Peer.ToString(), names[i], r.Count, r.Bytes, r.First, r.Newest.CreatedAt, r.Newest.Id.ToString(),
            Preview(r.Newest.Text)))];
    }

    private static string Preview(string text)
    {
        var whole = new StringInfo(text);
        return whole.LengthInTextElements > PreviewCharacters
            ? whole.SubstringByTextElements(0, PreviewCharacters) + "…" : text;
    }

    private static async Task<DoneInfo> AcceptAsync(MeshNode node, NodeAddress peer)
    {
        int count = 0;
        await node.WriteAsync(store => count = store.Accept(peer)).ConfigureAwait(false);
        await PublishAsync(node, at => new StandingEvent(at, peer.ToString(), "known")).ConfigureAwait(false);
        return new($"{peer} is known now; {Count(count)} of it {(count == 1 ? "is" : "are")} no request any more");
    }

    private static async Task<DoneInfo> RefuseAsync(MeshNode node, NodeAddress peer)
    {
        int count = 0;
        await node.WriteAsync(store => count = store.Refuse(peer)).ConfigureAwait(false);
        await PublishAsync(node, at => new StandingEvent(at, peer.ToString(), "refused")).ConfigureAwait(false);
        return new($"{peer} is refused; {Count(count)} of it {(count == 1 ? "was" : "were")} erased, and what comes "
            + "from it is not kept");
    }

    private static async Task<DoneInfo> DeleteAsync(MeshNode node, DeleteRequest request)
    {
        DoneInfo done = await DoDeleteAsync(node, request).ConfigureAwait(false);
        // A file goes with its message, and at once where somebody waits for it.
        await node.AskAsync(now =>
        {
            node.Files.Look(now);
            return true;
        }).ConfigureAwait(false);
        return done;
    }

    private static Task<DoneInfo> DoDeleteAsync(MeshNode node, DeleteRequest request) => request switch
    {
        { Id: null, With: { } with } => DeleteConversationAsync(node, with),
        { With: null, Everywhere: true } => ContentHandlers.DeleteEverywhereAsync(node, request),
        { With: null } => DeleteMessageAsync(node, MessageIds.Find(node, Commands.Delete, request.Id)),
        _ => throw ControlException.Usage("delete needs \"id\" or \"with\", not both"),
    };

    private static async Task<DoneInfo> DeleteMessageAsync(MeshNode node, EnvelopeId id)
    {
        await node.WithdrawAsync([id]).ConfigureAwait(false);
        bool deleted = false;
        await node.WriteAsync(store => deleted = store.DeleteMessage(id)).ConfigureAwait(false);
        if (!deleted)
            throw ControlException.Refused($"there is no message {id}");
        await PublishAsync(node, at => new DeletedEvent(at) { Id = id.ToString() }).ConfigureAwait(false);
        return new($"{id} is erased");
    }

    private static async Task<DoneInfo> DeleteConversationAsync(MeshNode node, string with)
    {
        (ConversationId? group, NodeAddress? one) = MessageHandlers.With(node, with);
        NodeAddress peer = one ?? default;
        await node.SettleAsync().ConfigureAwait(false);
        await node.WithdrawAsync(
            group is { } id ? node.Store.Reader.UnderWay(id) : node.Store.Reader.UnderWay(peer)).ConfigureAwait(false);
        int all = 0, some;
        do
        {
            some = 0;
            await node.WriteAsync(store => some = group is { } g
                ? store.DeleteMessages(g, DeletedTogether) : store.DeleteMessages(peer, DeletedTogether))
                    .ConfigureAwait(false);
            all += some;
        }
        while (some == DeletedTogether);

        await PublishAsync(node, at => new DeletedEvent(at)
        {
            Address = group is null ? peer.ToString() : null,
            Conversation = group is null ? null : with,
            Count = all,
        }).ConfigureAwait(false);
        return new(all == 0 ? $"there is no message with {with}: nothing was erased" : $"{Count(all)} erased");
    }

    private static string Count(int messages) => Screen.Count(messages, "message");

    internal static Task PublishAsync(MeshNode node, Func<DateTimeOffset, EventInfo> occurred) => node.AskAsync(_ =>
    {
        if (node.Events.HasListeners)
            node.Events.Publish(occurred(node.UtcNow));
        return true;
    });
}
