using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>
/// Messaging's port to the disk: rows for what messaging keeps, written with everything else of a batch.
/// </summary>
internal sealed class MessageStore(StoreWriter writer, StoreReader reader, NodeAddress self) : IMessageStore
{
    private readonly ContainedReader _contained = new(reader);

    /// <inheritdoc/>
    public void Commit(MessageTransaction transaction) => writer.Add(new TransactionWrite(transaction, self));

    /// <inheritdoc/>
    public void SetState(Instant now, in EnvelopeId message, in StateChange change) =>
        writer.Later(now).State(message, change);

    /// <inheritdoc/>
    public void SetCopyState(Instant now, in EnvelopeId copy, MessageState state) =>
        writer.Later(now).CopyState(copy, state);

    /// <inheritdoc/>
    public void Forget(Instant now, in EnvelopeId envelope) => writer.Later(now).Forget(envelope);

    /// <inheritdoc/>
    public Message? FindMessage(in EnvelopeId id) =>
        _contained.FindMessage(id) is { } stored ? MessageRows.Read(stored) : null;

    /// <inheritdoc/>
    public NodeAddress? FindOpened(EnvelopeKind kind, in EnvelopeId id) => _contained.FindOpened(kind, id);

    /// <inheritdoc/>
    public IReadOnlyList<SavedConversation> Conversations(EnvelopeKind kind) =>
        [.. reader.Conversations(kind).Select(c => new SavedConversation(c.Id, c.State))];

    /// <inheritdoc/>
    public IReadOnlyList<MessageCopy> CopiesUnderWay() =>
        [.. reader.CopiesUnderWay().Select(c => new MessageCopy(c.Id, c.Message, c.State))];

    /// <inheritdoc/>
    public IReadOnlyList<WaitingEnvelope> Waiting(EnvelopeKind kind) =>
        [.. reader.Waiting(kind).Select(w => new WaitingEnvelope(w.Id, w.Conversation, w.LifetimeLeft, w.Envelope))];

    /// <inheritdoc/>
    public void Damaged(string what) => reader.Damage.Note("conversation", what);
}
