using System.Buffers;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// Conversations of every kind: what may stand between Begin and Commit, like the rest.
public sealed partial class MeshStore
{
    /// <summary>Opened envelopes whose ids are remembered; arbitrary, about a megabyte.</summary>
    public const int OpenedCapacity = 16_384;

    /// <summary>Opened envelopes after which the oldest are forgotten together. Arbitrary.</summary>
    private const int OpenedTogether = 64;

    private readonly ConversationStatements _conversations;
    private int _opened;
    private bool _mustLast;

    /// <summary>Keeps a conversation's state, replacing an earlier one.</summary>
    /// <param name="id">The conversation.</param>
    /// <param name="state">Secret; sealed here.</param>
    /// <param name="spent">
    /// A key of this state was used for a message that leaves once this is stored. The commit then waits for the disk
    /// whatever the durability: after a power cut the key must not be there to be used again.
    /// </param>
    public void PutConversation(ConversationId id, ReadOnlySpan<byte> state, bool spent)
    {
        _space.Take(state.Length);
        byte[] sealedState = new byte[state.Length + RowCipher.Overhead];
        _cipher.Seal(AssociatedData.Conversation(stackalloc byte[AssociatedData.MaxSize], id), state, sealedState);
        Named(_conversations.Put, 2, id).Bind(1, (long)id.Kind).Bind(3, sealedState).Run();
        _mustLast |= spent;
    }

    /// <summary>
    /// Keeps a piece of a conversation's state, replacing an earlier one: what changes while the rest does not.
    /// </summary>
    /// <param name="id">The conversation.</param>
    /// <param name="slot">The number of the piece.</param>
    /// <param name="value">Secret; sealed here.</param>
    /// <param name="spent">As for <see cref="PutConversation"/>.</param>
    public void PutPiece(ConversationId id, int slot, ReadOnlySpan<byte> value, bool spent)
    {
        _space.TakePiece(value.Length);
        int size = value.Length + RowCipher.Overhead;
        byte[] sealedValue = ArrayPool<byte>.Shared.Rent(size);
        _cipher.Seal(
            AssociatedData.Piece(stackalloc byte[AssociatedData.MaxSize], id, slot), value,
            sealedValue.AsSpan(0, size));
        Named(_conversations.PutPiece, 2, id).Bind(1, (long)id.Kind).Bind(3, slot)
            .Bind(4, sealedValue.AsSpan(0, size)).Run();
        ArrayPool<byte>.Shared.Return(sealedValue);
        _mustLast |= spent;
    }

    /// <summary>Forgets a piece of a conversation's state; nothing happens if there is none.</summary>
    public void DeletePiece(ConversationId id, int slot) =>
        Named(_conversations.DeletePiece, 2, id).Bind(1, (long)id.Kind).Bind(3, slot).Run();

    /// <summary>Forgets all pieces of a conversation's state.</summary>
    public void DeletePieces(ConversationId id) =>
        Named(_conversations.DeletePieces, 2, id).Bind(1, (long)id.Kind).Run();

    /// <summary>Forgets a conversation's state with its pieces; nothing happens if there is none.</summary>
    public void DeleteConversation(ConversationId id)
    {
        Named(_conversations.Delete, 2, id).Bind(1, (long)id.Kind).Run();
        DeletePieces(id);
    }

    /// <summary>Keeps one of several envelopes of a message; it goes when the message goes.</summary>
    public void PutCopy(in StoredCopy copy) => _conversations.PutCopy
        .Bind(1, copy.Id).Bind(2, (long)copy.Kind).Bind(3, copy.Message).Bind(4, (long)copy.State).Run();

    /// <summary>
    /// Sets what is proven about one of the envelopes; false if there is none or its state is final already.
    /// </summary>
    public bool UpdateCopy(in EnvelopeId id, MessageState state)
    {
        _conversations.UpdateCopy.Bind(1, (long)state).Bind(2, id).Run();
        return _database.Changes == 1;
    }

    /// <summary>
    /// Remembers that an envelope was opened, and who sent it: its keys are gone, and it may come again.
    /// </summary>
    public void PutOpened(EnvelopeKind kind, in EnvelopeId id, in NodeAddress sender)
    {
        _conversations.PutOpened.Bind(1, id).Bind(2, (long)kind).Bind(3, sender).Run();
        if (_opened++ % OpenedTogether != 0)
            return;
        _conversations.PruneOpened.Bind(1, OpenedCapacity).Run();
    }

    /// <summary>Keeps an envelope that cannot be opened yet; false if there is no room for what others send.</summary>
    public bool PutWaiting(in StoredWaiting waiting)
    {
        ReadOnlySpan<byte> envelope = waiting.Envelope.Span;
        ReadOnlySpan<byte> header = envelope[..EnvelopeHeader.Size];
        ReadOnlySpan<byte> payload = envelope[EnvelopeHeader.Size..];
        if (!_space.TryTake(envelope.Length, Claim.Others))
            return false;
        byte[] sealedPayload = new byte[payload.Length + RowCipher.Overhead];
        ReadOnlySpan<byte> bound = AssociatedData.Payload(stackalloc byte[AssociatedData.MaxSize], waiting.Id, header);
        _cipher.Seal(bound, payload, sealedPayload);
        Statement put = _conversations.PutWaiting.Bind(1, waiting.Id).Bind(2, (long)waiting.Kind)
            .Bind(4, _running.End(waiting.LifetimeLeft)).Bind(5, header).Bind(6, sealedPayload);
        if (waiting.Conversation is { } conversation)
            Named(put, 3, conversation);
        else
            put.BindNull(3);
        put.Run();
        return true;
    }

    /// <summary>Forgets an envelope that waited; nothing happens if there is none.</summary>
    public void DeleteWaiting(in EnvelopeId id) => _conversations.DeleteWaiting.Bind(1, id).Run();

    /// <summary>Binds the bytes of a conversation's id.</summary>
    private static Statement Named(Statement statement, int parameter, ConversationId id)
    {
        Span<byte> name = stackalloc byte[ConversationId.MaxSize];
        id.Write(name);
        return statement.Bind(parameter, name[..id.Size]);
    }

    // A commit waits for the disk by itself in full durability only. The log is all that holds the transaction, and its
    // frames carry checksums: once it is on the disk, the transaction is. It is committed whatever happens here:
    // whoever was told otherwise would say it again.
    private void SyncLog()
    {
        if (_options.Durability == Durability.Full || (!_mustLast && SyncFault is null))
            return;
        try
        {
            if (SyncFault is null)
                _log.Sync();
            else
            {
                _checkpoint.Wait();
                if (!_database.Checkpoint(CheckpointMode.Passive))
                    return;
            }

            SyncFault = null;
        }
        catch (Exception e) when (e is IOException or StoreException)
        {
            SyncFault = e as StoreException
                ?? new StoreException(
                    StoreError.Io, $"The store's log cannot be brought to the disk: {FaultText.Of(e)}", e);
            SyncFailures++;
        }
    }
}
