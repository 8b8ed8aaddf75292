using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>
/// Messaging's port to the disk: rows for what messaging keeps, written with everything else of a batch.
/// </summary>
internal sealed class MessageStore(StoreWriter writer, MeshStore store, NodeAddress self) : IMessageStore
{
    private readonly ContainedReader _contained = new(store.Reader);

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
    public bool IsKnown(in NodeAddress address) => _contained.StandingOf(address) == Standing.Known;

    /// <inheritdoc/>
    public bool IsBlocked(in NodeAddress address) => _contained.StandingOf(address) == Standing.Blocked;

    /// <inheritdoc/>
    public bool IsDropped(in EnvelopeId id) => _contained.IsDropped(id);

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<ConversationId, ConversationSetting>> Settings() =>
        [.. store.Reader.Settings().Select(s => KeyValuePair.Create(s.Id, ContentWrites.Read(s)))];

    /// <inheritdoc/>
    public void MarkRead(ConversationId conversation, Action<Instant, IReadOnlyList<Message>?> read) =>
        writer.Add(new ReadWrite(s => s.MarkRead(conversation), read));

    /// <inheritdoc/>
    public void MarkRead(IReadOnlyList<EnvelopeId> messages, Action<Instant, IReadOnlyList<Message>?> read) =>
        writer.Add(new ReadWrite(s => s.MarkRead(messages), read));

    /// <inheritdoc/>
    public TimeSpan Running => store.Running;

    /// <inheritdoc/>
    public TimeSpan? UntilNextExpiry => store.UntilNextExpiry;

    /// <inheritdoc/>
    public void EraseExpired(Action<Instant, IReadOnlyList<EnvelopeId>> erased) => writer.Add(new ExpiryWrite(erased));

    /// <inheritdoc/>
    public NodeAddress? FindOpened(EnvelopeKind kind, in EnvelopeId id) => _contained.FindOpened(kind, id);

    /// <inheritdoc/>
    public IReadOnlyList<SavedConversation> Conversations(EnvelopeKind kind)
    {
        ILookup<ConversationId, SavedPiece> pieces =
            store.Reader.Pieces(kind).ToLookup(static p => p.Id, static p => new SavedPiece(p.Slot, p.Value));
        return [.. store.Reader.Conversations(kind)
            .Select(c => new SavedConversation(c.Id, c.State) { Pieces = [.. pieces[c.Id]] })];
    }

    /// <inheritdoc/>
    public IReadOnlyList<MessageCopy> CopiesUnderWay() =>
        [.. store.Reader.CopiesUnderWay().Select(c => new MessageCopy(c.Id, c.Message, c.State))];

    /// <inheritdoc/>
    public IReadOnlyList<WaitingEnvelope> Waiting(EnvelopeKind kind) =>
        [.. store.Reader.Waiting(kind)
            .Select(w => new WaitingEnvelope(w.Id, w.Conversation, w.LifetimeLeft, w.Envelope))];

    /// <inheritdoc/>
    public void Damaged(string what) => store.Reader.Damage.Note("conversation", what);
}
