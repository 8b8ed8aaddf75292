using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>What the control socket's commands about requests of strangers and about deleting do.</summary>
internal static class RequestControl
{
    private const int UsualRequests = 50;
    private const int MaxRequests = 1000;

    /// <summary>Characters of a request's text in the list, at most. Arbitrary.</summary>
    private const int PreviewCharacters = 120;

    /// <summary>Messages erased in one transaction: others have work meanwhile. Arbitrary.</summary>
    private const int DeletedTogether = 200;

    /// <summary>Does one of them; null if the command is another.</summary>
    /// <exception cref="ControlException">It was not done.</exception>
    internal static async Task<ReadOnlyMemory<byte>?> TryExecuteAsync(MeshNode node, ControlRequest request) => request.Command switch
    {
        ControlCommands.Requests => Reply(
            request, await ListAsync(node, request.Limit ?? UsualRequests).ConfigureAwait(false), ControlJson.Default.IReadOnlyListRequestInfo),
        ControlCommands.Accept => Done(request, await AcceptAsync(node, Peer(node, request)).ConfigureAwait(false)),
        ControlCommands.Refuse => Done(request, await RefuseAsync(node, Peer(node, request)).ConfigureAwait(false)),
        ControlCommands.Delete when request.With is { } with && request.Id is null =>
            Done(request, await DeleteConversationAsync(node, with).ConfigureAwait(false)),
        ControlCommands.Delete when request.With is null =>
            Done(request, await DeleteAsync(node, NodeControl.IdOf(request)).ConfigureAwait(false)),
        ControlCommands.Delete => throw new ControlException(ControlErrorCode.Usage, "delete needs \"id\" or \"with\", not both"),
        // Without the type it would be an empty reply: an array that is null converts.
        _ => (ReadOnlyMemory<byte>?)null,
    };

    private static ReadOnlyMemory<byte> Reply<T>(ControlRequest request, T result, JsonTypeInfo<T> type) =>
        ControlReply.Done(request.Tag, result, type);

    private static ReadOnlyMemory<byte> Done(ControlRequest request, string done) =>
        Reply(request, new DoneInfo(done), ControlJson.Default.DoneInfo);

    private static NodeAddress Peer(MeshNode node, ControlRequest request) => node.Book.Resolve(
        request.To ?? throw new ControlException(ControlErrorCode.Usage, $"{request.Command} needs \"to\": an address or alias"));

    private static async Task<IReadOnlyList<RequestInfo>> ListAsync(MeshNode node, int limit)
    {
        if (limit is < 1 or > MaxRequests)
            throw new ControlException(ControlErrorCode.Usage, $"limit is a number from 1 to {MaxRequests}");
        await node.SettleAsync().ConfigureAwait(false);
        IReadOnlyList<StoredRequests> stored = node.Store.Reader.Requests(limit);
        string[] names = await node.AskAsync(_ => stored.Select(r => node.AnnouncedName(r.Peer)).ToArray()).ConfigureAwait(false);
        return [.. stored.Select((r, i) => new RequestInfo(
            r.Peer.ToString(), names[i], r.Count, r.Bytes, r.First, r.Newest.CreatedAt, r.Newest.Id.ToString(), Preview(r.Newest.Text)))];
    }

    private static string Preview(string text)
    {
        var whole = new StringInfo(text);
        return whole.LengthInTextElements > PreviewCharacters ? whole.SubstringByTextElements(0, PreviewCharacters) + "…" : text;
    }

    private static async Task<string> AcceptAsync(MeshNode node, NodeAddress peer)
    {
        int count = 0;
        await node.WriteAsync(store => count = store.Accept(peer)).ConfigureAwait(false);
        await PublishAsync(node, at => new EventInfo("standing", at) { Address = peer.ToString(), Standing = "known" }).ConfigureAwait(false);
        return $"{peer} is known now; {Messages(count)} of it {(count == 1 ? "is" : "are")} no request any more";
    }

    private static async Task<string> RefuseAsync(MeshNode node, NodeAddress peer)
    {
        int count = 0;
        await node.WriteAsync(store => count = store.Refuse(peer)).ConfigureAwait(false);
        await PublishAsync(node, at => new EventInfo("standing", at) { Address = peer.ToString(), Standing = "refused" }).ConfigureAwait(false);
        return $"{peer} is refused; {Messages(count)} of it {(count == 1 ? "was" : "were")} erased, and what comes from it is not kept";
    }

    private static async Task<string> DeleteAsync(MeshNode node, EnvelopeId id)
    {
        await node.WithdrawAsync([id]).ConfigureAwait(false);
        bool deleted = false;
        await node.WriteAsync(store => deleted = store.DeleteMessage(id)).ConfigureAwait(false);
        if (!deleted)
            throw new ControlException(ControlErrorCode.Refused, $"there is no message {id}");
        await PublishAsync(node, at => new EventInfo("deleted", at) { Id = id.ToString() }).ConfigureAwait(false);
        return $"{id} is erased";
    }

    private static async Task<string> DeleteConversationAsync(MeshNode node, string with)
    {
        // A group's name goes first, as in "messages".
        ConversationId? group = node.Conversations.Find(with);
        NodeAddress peer = group is null ? node.Book.Resolve(with) : default;
        await node.SettleAsync().ConfigureAwait(false);
        await node.WithdrawAsync(group is { } id ? node.Store.Reader.UnderWay(id) : node.Store.Reader.UnderWay(peer)).ConfigureAwait(false);
        int all = 0, some;
        do
        {
            some = 0;
            await node.WriteAsync(store => some = group is { } g
                ? store.DeleteMessages(g, DeletedTogether) : store.DeleteMessages(peer, DeletedTogether)).ConfigureAwait(false);
            all += some;
        }
        while (some == DeletedTogether);

        await PublishAsync(node, at => new EventInfo("deleted", at)
        {
            Address = group is null ? peer.ToString() : null,
            Conversation = group is null ? null : with,
            Count = all,
        }).ConfigureAwait(false);
        return $"{Messages(all)} erased";
    }

    private static string Messages(int count) => count == 1 ? "1 message" : $"{count} messages";

    private static Task PublishAsync(MeshNode node, Func<DateTimeOffset, EventInfo> occurred) => node.AskAsync(_ =>
    {
        if (node.Events.HasListeners)
            node.Events.Publish(occurred(node.UtcNow));
        return true;
    });
}
