using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>Marks some of what is unread in a conversation as read.</summary>
/// <param name="conversation">The conversation.</param>
/// <param name="read">Told what that was; null where the disk failed.</param>
internal sealed class ReadWrite(
    ConversationId conversation, Action<Instant, IReadOnlyList<Message>?> read) : StoreOperation
{
    private IReadOnlyList<StoredMessage> _read = [];

    /// <inheritdoc/>
    internal override void Write(MeshStore store) => _read = store.MarkRead(conversation);

    /// <inheritdoc/>
    internal override void Done(Instant now, bool written) =>
        read(now, written ? [.. _read.Select(MessageRows.Read)] : null);
}
