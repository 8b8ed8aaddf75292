using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>Writes what one round of work of messaging changed.</summary>
internal sealed class TransactionWrite(MessageTransaction transaction, NodeAddress self) : StoreOperation
{
    /// <inheritdoc/>
    internal override void Write(MeshStore store)
    {
        transaction.WritingBegins();
        // One that was left, and one of the same id that was joined in the same round: the new one stays.
        foreach (ConversationState left in transaction.Left)
            store.DeleteConversation(left.Id);
        foreach (MessageTransaction.FrozenState state in transaction.States)
        {
            if (!transaction.Left.Contains(state.Of))
                Put(store, state);
        }

        foreach (InsertedMessage message in transaction.Messages)
            Insert(store, message);
        foreach (FileEntry file in transaction.Files)
            store.PutFile(FileRows.Write(file));
        foreach (PlannedChange change in transaction.Changes)
            ContentWrites.Change(store, change);
        foreach (SettingChange setting in transaction.Settings)
            ContentWrites.Set(store, setting);
        foreach (MessageCopy copy in transaction.Copies)
            store.PutCopy(new StoredCopy(transaction.Kind, copy.Id, copy.Message, copy.State));
        foreach (SentEnvelope envelope in transaction.Envelopes)
        {
            var holding = new Holding(self, Originated: true, envelope.Lifetime, envelope.Proof);
            _ = store.PutEnvelope(envelope.Id, holding, envelope.Bytes);
        }

        foreach ((EnvelopeId id, NodeAddress sender) in transaction.OpenedEnvelopes)
            store.PutOpened(transaction.Kind, id, sender);
        foreach (EnvelopeId dropped in transaction.DroppedMessages)
            store.Drop(dropped);
        // One that was put aside in this very transaction may be gone again already.
        foreach (WaitingEnvelope waiting in transaction.AsideAdded)
        {
            var row = new StoredWaiting(
                transaction.Kind, waiting.Id, waiting.Conversation, waiting.LifetimeLeft, waiting.Envelope);
            if (!store.PutWaiting(row))
                transaction.RefuseAside(waiting.Id);
        }

        foreach (EnvelopeId id in transaction.AsideGone)
            store.DeleteWaiting(id);
    }

    /// <inheritdoc/>
    internal override void Done(Instant now, bool written) => transaction.Done(now, written);

    /// <inheritdoc/>
    /// <remarks>Keys that are on disk as used must not come back in memory: they would be used twice.</remarks>
    internal override void Failed(Instant now, bool written) => transaction.Done(now, written);

    private static void Put(MeshStore store, in MessageTransaction.FrozenState state)
    {
        ConversationId id = state.Of.Id;

        // What a damaged state of that id left behind is none of this one's.
        if (state.IsFirst)
            store.DeletePieces(id);
        if (state.Bytes is not null)
            store.PutConversation(id, state.Bytes, state.Spent);
        foreach ((_, int slot, byte[]? bytes) in state.Pieces)
        {
            if (bytes is null)
                store.DeletePiece(id, slot);
            else
                store.PutPiece(id, slot, bytes, state.Spent);
        }
    }

    private void Insert(MeshStore store, InsertedMessage message)
    {
        message.Outcome = MessageRows.Read(store.Insert(MessageRows.Write(message.Message)));
        if (message.Outcome == Insertion.NoRoom && transaction.IsIndivisible)
            throw new StoreException(StoreError.Full, "The disk is full for messages of others.");
        if (message.Outcome is Insertion.Added or Insertion.AddedAsRequest)
            message.Message = ContentWrites.WithEarly(store, message.Message);
        message.IsFromKnown = store.StandingOf(message.Message.Peer) == Standing.Known;
    }
}
