using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands that list messages.</summary>
internal static class MessageHandlers
{
    private const int MaxMessages = 10_000;

    internal static readonly CommandHandler[] All =
    [
        CommandHandler.OfSessions(Commands.Send),
        CommandHandler.ForPages(Commands.Messages, MessagesAsync),
        CommandHandler.For(Commands.Message, MessageAsync),
    ];

    /// <summary>The newest first come, as many as a reply takes; in it they stand oldest first.</summary>
    private static async Task<Answer<IReadOnlyList<MessageInfo>>> MessagesAsync(MeshNode node, MessagesRequest request)
    {
        int limit = request.Limit ?? MessagesRequest.UsualLimit;
        if (limit is < 1 or > MaxMessages)
            throw ControlException.Usage($"\"limit\" is a number from 1 to {MaxMessages}");
        (ConversationId? group, NodeAddress? with) = With(node, request.With);
        await node.SettleAsync().ConfigureAwait(false);
        long? before = request.From is { } from ? PlaceOf(node, from) : null;
        StoreReader reader = node.Store.Reader;
        IEnumerable<StoredMessage> newest = group is { } id
            ? reader.NewestMessages(id, before) : reader.NewestMessages(with, before);
        Page<MessageInfo> page = Page<MessageInfo>.Of(
            newest.Take(limit).Select(m => View(node, m)), static m => m.Id, ApiJson.Default.MessageInfo);
        return new([.. page.Items.Reverse()], page.More);
    }

    /// <summary>The conversation that a list is of: with one node, or with an id of its own; of neither, all.</summary>
    internal static (ConversationId? Group, NodeAddress? Peer) With(MeshNode node, string? with)
    {
        if (with is null)
            return (null, null);
        ConversationId named = node.Destinations.Resolve(with);
        return named.IsDirect ? (null, named.AsPeer) : (named, null);
    }

    /// <summary>Behind which message a list goes on.</summary>
    internal static long PlaceOf(MeshNode node, string from) =>
        node.Store.Reader.FindPlace(MessageIds.ReadFrom(Commands.Messages, from))
        ?? throw ControlException.Refused($"there is no message {from} any more, behind which the list could go on");

    private static async Task<MessageInfo> MessageAsync(MeshNode node, MessageRequest request)
    {
        EnvelopeId id = MessageIds.Find(node, Commands.Message, request.Id);
        await node.SettleAsync().ConfigureAwait(false);
        StoredMessage stored = node.Store.Reader.FindMessage(id)
            ?? throw ControlException.Refused($"there is no message {id}");
        return View(node, stored);
    }

    private static MessageInfo View(MeshNode node, StoredMessage message) => node.Views.Of(MessageRows.Read(message));
}
