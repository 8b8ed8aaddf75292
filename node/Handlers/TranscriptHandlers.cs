using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Messages of a conversation as bytes, for a file that <c>ctl</c> writes.</summary>
internal static class TranscriptHandlers
{
    internal static readonly CommandHandler[] All =
    [
        CommandHandler.ForPages(Commands.TranscriptRecords, RecordsAsync),
    ];

    private static async Task<Answer<IReadOnlyList<TranscriptRecordInfo>>> RecordsAsync(
        MeshNode node, TranscriptRecordsRequest request)
    {
        ConversationId conversation = ContentHandlers.To(node, Commands.TranscriptRecords, request.To);
        await node.SettleAsync().ConfigureAwait(false);
        long? after = request.From is { } from ? MessageHandlers.PlaceOf(node, from) : null;
        IEnumerable<TranscriptRecordInfo> records = node.Store.Reader.OldestMessages(conversation, after)
            .Select(MessageRows.Read).Where(static m => !m.IsDamaged).Select(Record);
        Page<TranscriptRecordInfo> page = Page<TranscriptRecordInfo>.Of(
            records, static r => r.Id, ApiJson.Default.TranscriptRecordInfo);
        return new(page.Items, page.More);
    }

    private static TranscriptRecordInfo Record(Message message)
    {
        NodeAddress peer = message.Peer;
        return new TranscriptRecordInfo(
            message.Id.ToString(), message.Outgoing ? "out" : "in", peer.ToHex(), message.CreatedAt,
            Convert.ToBase64String(message.Content.ToBytes()));
    }
}
