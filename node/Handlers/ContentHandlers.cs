using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands that answer, sign, edit and delete messages, and say that they were read.</summary>
internal static class ContentHandlers
{
    private const int MaxLatitude = 90;
    private const int MaxLongitude = 180;

    /// <summary>Messages that one <c>read --tell</c> goes back to tell of. Arbitrary: eight contents.</summary>
    private const int MaxTold = 8 * ReadContent.MaxMessages;

    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.Reply, ReplyAsync),
        CommandHandler.For(Commands.React, ReactAsync),
        CommandHandler.For(Commands.Edit, EditAsync),
        CommandHandler.For(Commands.MarkRead, ReadAsync),
        CommandHandler.For(Commands.Disappear, DisappearAsync),
        CommandHandler.For(Commands.Location, LocationAsync),
    ];

    /// <summary>The conversation that a request names.</summary>
    /// <exception cref="ControlException">It names none.</exception>
    /// <exception cref="MessagingException">There is none.</exception>
    internal static ConversationId To(MeshNode node, CommandSpec command, string? to) => node.Destinations.Resolve(
        to is { Length: > 0 } ? to : throw ControlException.Usage($"{command.Name} needs \"to\": a conversation"));

    /// <summary>A message of this node goes at the others too; its place stays.</summary>
    internal static async Task<DoneInfo> DeleteEverywhereAsync(MeshNode node, DeleteRequest request)
    {
        EnvelopeId id = MessageIds.Find(node, Commands.Delete, request.Id);
        await SentResult.SendAsync(node, await node.Actions.DeleteAsync(id, Options(node)).ConfigureAwait(false))
            .ConfigureAwait(false);
        // What the others do not have yet, they need not get.
        await node.WithdrawAsync([id]).ConfigureAwait(false);
        return new DoneInfo($"{id} is deleted here, and the others are told to delete it");
    }

    private static async Task<SendInfo> ReplyAsync(MeshNode node, ReplyRequest request)
    {
        EnvelopeId id = MessageIds.Find(node, Commands.Reply, request.Id);
        string text = request.Text ?? throw ControlException.Usage("reply needs \"text\"");
        return await SentResult.SendAsync(
            node, await node.Actions.ReplyAsync(id, text, Options(node)).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static async Task<SendInfo> ReactAsync(MeshNode node, ReactRequest request)
    {
        EnvelopeId id = MessageIds.Find(node, Commands.React, request.Id);
        string emoji = request.Emoji ?? throw ControlException.Usage("react needs \"emoji\"");
        return await SentResult.SendAsync(
            node, await node.Actions.ReactAsync(id, emoji, request.Remove, Options(node)).ConfigureAwait(false))
                .ConfigureAwait(false);
    }

    private static async Task<SendInfo> EditAsync(MeshNode node, EditRequest request)
    {
        EnvelopeId id = MessageIds.Find(node, Commands.Edit, request.Id);
        string text = request.Text ?? throw ControlException.Usage("edit needs \"text\"");
        return await SentResult.SendAsync(
            node, await node.Actions.EditAsync(id, text, Options(node)).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static async Task<DoneInfo> ReadAsync(MeshNode node, MarkReadRequest request)
    {
        ConversationId conversation = To(node, Commands.MarkRead, request.To);
        IReadOnlyList<Message> read = await node.Actions.ReadAsync(conversation).ConfigureAwait(false);
        if (conversation.Kind == EnvelopeKind.Server && read.Count > 0)
            await node.Servers.TellReadAsync(conversation, [.. read.Select(m => m.Id)]).ConfigureAwait(false);
        string count = read.Count == 1 ? "1 message is read" : $"{read.Count} messages are read";
        if (!request.Tell)
            return new DoneInfo(count);
        await node.SettleAsync().ConfigureAwait(false);
        byte[] mark = ToldMark(conversation);
        Message[] untold = [.. Untold(node, conversation, mark).Reverse()];
        foreach (Messaging.SendRequest told in node.Actions.TellRead(conversation, untold, Options(node)))
            await SentResult.SendAsync(node, told).ConfigureAwait(false);
        if (untold is [.., var newest])
            await node.WriteAsync(store => store.PutValue(mark, ToBytes(newest.Id))).ConfigureAwait(false);
        return new DoneInfo($"{count}; the others are told of {untold.Count(MessageActions.IsTold)}");
    }

    /// <summary>What came since the others were told last what was read, the newest first.</summary>
    private static IEnumerable<Message> Untold(MeshNode node, ConversationId conversation, byte[] mark)
    {
        byte[] told = node.Store.Reader.FindValue(mark) ?? [];
        StoreReader reader = node.Store.Reader;
        IEnumerable<StoredMessage> newest = conversation.IsDirect
            ? reader.NewestMessages(conversation.AsPeer, null) : reader.NewestMessages(conversation, null);
        return newest.TakeWhile(m => !told.AsSpan().SequenceEqual(ToBytes(m.Id))).Take(MaxTold)
            .Where(static m => !m.IsDamaged).Select(MessageRows.Read);
    }

    /// <summary>The name of the value that says up to which message of a conversation the others were told.</summary>
    private static byte[] ToldMark(ConversationId conversation)
    {
        byte[] id = new byte[conversation.Size];
        conversation.Write(id);
        return [.. "told "u8, (byte)conversation.Kind, .. id];
    }

    private static byte[] ToBytes(in EnvelopeId id)
    {
        byte[] bytes = new byte[EnvelopeId.Size];
        id.Write(bytes);
        return bytes;
    }

    private static Task<SendInfo> DisappearAsync(MeshNode node, DisappearRequest request)
    {
        ConversationId conversation = To(node, Commands.Disappear, request.To);
        return DisappearAfter.TryParse(request.After ?? "", out DisappearAfter after)
            ? SentResult.SendAsync(node, node.Actions.Disappear(conversation, after, Options(node)))
            : throw ControlException.Usage($"disappear needs \"after\": {DisappearAfter.Names}");
    }

    private static Task<SendInfo> LocationAsync(MeshNode node, LocationRequest request)
    {
        ConversationId conversation = To(node, Commands.Location, request.To);
        string label = request.Label ?? "";
        if (!Degrees.TryParse(request.Latitude ?? "", MaxLatitude, out int latitude)
            || !Degrees.TryParse(request.Longitude ?? "", MaxLongitude, out int longitude))
            throw ControlException.Usage(
                "location needs \"latitude\" and \"longitude\": degrees, such as 51.3397 and 12.3731");
        if (request.Accuracy is < 0 or > ushort.MaxValue || !DisplayName.IsValid(label, LocationContent.MaxLabelSize))
        {
            throw ControlException.Usage(
                $"accuracy is up to {ushort.MaxValue} metres, a label has {LocationContent.MaxLabelSize} bytes "
                    + "without control characters");
        }

        var place = new LocationContent(latitude, longitude, (ushort)(request.Accuracy ?? 0), label);
        return SentResult.SendAsync(node, MessageActions.Request(conversation, place, Options(node)));
    }

    /// <summary>How contents of commands are sent.</summary>
    internal static SendOptions Options(MeshNode node) =>
        new(Priority.Normal, node.Configuration.Lifetime, MessageState.Queued, Signed: false);
}
