using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands that list, search and mute conversations.</summary>
internal static class ConversationHandlers
{
    private const int MaxListed = 1000;

    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.Conversations, ListAsync),
        CommandHandler.For(Commands.ConversationSet, SetAsync),
        CommandHandler.For(Commands.Search, SearchAsync),
        CommandHandler.For(
            Commands.Mute, (node, r) => MuteAsync(node, ContentHandlers.To(node, Commands.Mute, r.To), true)),
        CommandHandler.For(
            Commands.Unmute, (node, r) => MuteAsync(node, ContentHandlers.To(node, Commands.Unmute, r.To), false)),
    ];

    private static async Task<IReadOnlyList<ConversationInfo>> ListAsync(MeshNode node, ConversationsRequest request)
    {
        int limit = Limit(request.Limit ?? ConversationsRequest.UsualLimit);
        await node.SettleAsync().ConfigureAwait(false);
        IReadOnlyList<StoredSummary> stored = node.Store.Reader.Summaries(limit);
        string[] names = await node.AskAsync(_ => stored.Select(c => NameOf(node, c.Id)).ToArray())
            .ConfigureAwait(false);
        return [.. stored.Select((c, i) => Info(node, c, names[i]))];
    }

    private static ConversationInfo Info(MeshNode node, StoredSummary summary, string announced)
    {
        ConversationSetting setting = node.Settings.Of(summary.Id);
        bool isWithOne = summary.Id.IsDirect && summary.Id.AsPeer != node.Identity.Address;
        return new ConversationInfo(
            node.Views.NameOf(summary.Id), summary.Count, summary.Unread, setting.After.ToString(), setting.IsMuted,
            node.Views.Of(MessageRows.Read(summary.Newest)))
        {
            Address = isWithOne ? summary.Id.AsPeer.ToString() : null,
            Name = isWithOne && announced.Length > 0 ? announced : null,
            Verified = isWithOne ? node.Contacts.IsVerified(summary.Id.AsPeer) : null,
            Security = isWithOne ? Words.Of(node.Groups.ProtectionWith(summary.Id.AsPeer)) : null,
            Wanted = isWithOne ? Words.Of(node.Groups.SecurityOf(summary.Id.AsPeer)) : null,
        };
    }

    private static string NameOf(MeshNode node, ConversationId id) => id.IsDirect ? node.AnnouncedName(id.AsPeer) : "";

    /// <summary>Decrypts what it looks at, on the session's thread; the loop goes on.</summary>
    private static async Task<IReadOnlyList<MessageInfo>> SearchAsync(MeshNode node, SearchRequest request)
    {
        if (request.Text is not { Length: > 0 } text)
            throw ControlException.Usage("search needs \"text\"");
        int limit = Limit(request.Limit ?? SearchRequest.UsualLimit);
        ConversationId? conversation = request.In is { } named ? node.Destinations.Resolve(named) : null;
        await node.SettleAsync().ConfigureAwait(false);
        IReadOnlyList<StoredMessage> found = await Task.Run(() => node.Store.Reader.Search(
            conversation, m => MessageRows.Read(m).Text.Contains(text, StringComparison.OrdinalIgnoreCase), limit))
                .ConfigureAwait(false);
        Page<MessageInfo> page = Page<MessageInfo>.Of(
            found.Select(m => node.Views.Of(MessageRows.Read(m))), static m => m.Id, ApiJson.Default.MessageInfo);
        return [.. page.Items.Reverse()];
    }

    private static async Task<DoneInfo> MuteAsync(MeshNode node, ConversationId conversation, bool isMuted)
    {
        await node.Actions.MuteAsync(conversation, isMuted).ConfigureAwait(false);
        return new DoneInfo($"{node.Views.NameOf(conversation)} is {(isMuted ? "muted" : "not muted")}");
    }

    private static async Task<DoneInfo> SetAsync(MeshNode node, ConversationSetRequest request)
    {
        ConversationId conversation = ContentHandlers.To(node, Commands.ConversationSet, request.To);
        if (!DirectSecurities.TryParse(request.Security ?? "", out DirectSecurity wanted))
            throw ControlException.Usage($"conversation-set needs \"security\": {DirectSecurities.Names}");
        string name = node.Views.NameOf(conversation);
        if (!conversation.IsDirect)
            throw ControlException.Refused($"{name} has keys of its own: only texts to one node can be sealed or not");
        await node.Groups.SetSecurityAsync(conversation.AsPeer, wanted).ConfigureAwait(false);
        return new DoneInfo($"texts to {name}: {Words.Of(wanted)}");
    }

    private static int Limit(int limit) =>
        limit is >= 1 and <= MaxListed ? limit
            : throw ControlException.Usage($"\"limit\" is a number from 1 to {MaxListed}");
}
