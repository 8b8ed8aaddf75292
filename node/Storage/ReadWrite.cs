using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>Marks some of what is unread as read.</summary>
/// <param name="mark">Marks it, and says what was unread.</param>
/// <param name="read">Told what that was; null where the disk failed.</param>
internal sealed class ReadWrite(
    Func<MeshStore, IReadOnlyList<StoredMessage>> mark, Action<Instant, IReadOnlyList<Message>?> read) : StoreOperation
{
    private IReadOnlyList<StoredMessage> _read = [];

    /// <inheritdoc/>
    internal override void Write(MeshStore store) => _read = mark(store);

    /// <inheritdoc/>
    internal override void Done(Instant now, bool written) =>
        read(now, written ? [.. _read.Select(MessageRows.Read)] : null);
}
