using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// MLS-Lite groups: what may stand between Begin and Commit, like the rest.
public sealed partial class MeshStore
{
    /// <summary>Opened MLS-Lite envelopes whose ids are remembered; arbitrary, about a megabyte.</summary>
    public const int LiteSeenCapacity = 16_384;

    private readonly LiteStatements _lite;
    private bool _mustLast;
    private bool _logIsNamed;

    /// <summary>Keeps a group's state, replacing an earlier one.</summary>
    /// <param name="id">The group.</param>
    /// <param name="state">Secret; sealed here.</param>
    /// <param name="spent">
    /// A key of this state was used for a message that leaves once this is stored. The commit then waits for the disk
    /// whatever the durability: after a power cut the key must not be there to be used again.
    /// </param>
    public void PutLiteGroup(LiteGroupId id, ReadOnlySpan<byte> state, bool spent)
    {
        _space.Take(state.Length);
        byte[] sealedState = new byte[state.Length + RowCipher.Overhead];
        Span<byte> name = stackalloc byte[LiteGroupId.Size];
        id.Write(name);
        _cipher.Seal(AssociatedData.LiteGroup(stackalloc byte[AssociatedData.MaxSize], id), state, sealedState);
        _lite.PutGroup.Bind(1, name).Bind(2, sealedState).Run();
        _mustLast |= spent;
    }

    /// <summary>Forgets a group's state; nothing happens if there is none.</summary>
    public void DeleteLiteGroup(LiteGroupId id)
    {
        Span<byte> name = stackalloc byte[LiteGroupId.Size];
        id.Write(name);
        _lite.DeleteGroup.Bind(1, name).Run();
    }

    /// <summary>Keeps one of the envelopes of a message to a group; it goes when the message goes.</summary>
    public void PutLiteCopy(in LiteCopy copy) =>
        _lite.PutCopy.Bind(1, copy.Id).Bind(2, copy.Message).Bind(3, (long)copy.State).Run();

    /// <summary>Sets what is proven about one of the envelopes; false if there is none or its state is final already.</summary>
    public bool UpdateLiteCopy(in EnvelopeId id, MessageState state)
    {
        _lite.UpdateCopy.Bind(1, (long)state).Bind(2, id).Run();
        return _database.Changes == 1;
    }

    /// <summary>Remembers that an envelope was opened, and who sent it: its keys are gone, and it may come again.</summary>
    public void PutLiteSeen(in EnvelopeId id, in NodeAddress sender)
    {
        _lite.PutSeen.Bind(1, id).Bind(2, sender).Run();
        _lite.PruneSeen.Bind(1, LiteSeenCapacity).Run();
    }

    /// <summary>Keeps an envelope that cannot be opened yet; false if there is no room for what others send.</summary>
    public bool PutLiteWaiting(in LiteWaiting waiting)
    {
        ReadOnlySpan<byte> envelope = waiting.Envelope.Span;
        ReadOnlySpan<byte> header = envelope[..EnvelopeHeader.Size];
        ReadOnlySpan<byte> payload = envelope[EnvelopeHeader.Size..];
        if (!_space.TryTake(envelope.Length, Claim.Others))
            return false;
        byte[] sealedPayload = new byte[payload.Length + RowCipher.Overhead];
        _cipher.Seal(
            AssociatedData.Payload(stackalloc byte[AssociatedData.MaxSize], waiting.Id, header), payload, sealedPayload);
        _lite.PutWaiting.Bind(1, waiting.Id).Bind(3, _running.End(waiting.LifetimeLeft)).Bind(4, header).Bind(5, sealedPayload);
        if (waiting.Group is { } group)
        {
            Span<byte> name = stackalloc byte[LiteGroupId.Size];
            group.Write(name);
            _lite.PutWaiting.Bind(2, name);
        }
        else
        {
            _lite.PutWaiting.BindNull(2);
        }

        _lite.PutWaiting.Run();
        return true;
    }

    /// <summary>Forgets an envelope that waited; nothing happens if there is none.</summary>
    public void DeleteLiteWaiting(in EnvelopeId id) => _lite.DeleteWaiting.Bind(1, id).Run();

    // A commit waits for the disk by itself in full durability only. The log is all that holds the transaction, and its
    // frames carry checksums: once it is on the disk, the transaction is.
    private void SyncLog()
    {
        if (!_mustLast || _options.Durability == Durability.Full)
            return;
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle log = File.OpenHandle(
                _logPath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            RandomAccess.FlushToDisk(log);
            // The log may be new, and its name in the directory with it; the opening before is not to be relied on.
            if (!_logIsNamed)
                DurableDirectory.Flush(Path.GetDirectoryName(Path.GetFullPath(_logPath))!);
            _logIsNamed = true;
        }
        catch (IOException e)
        {
            throw new StoreException(StoreError.Io, $"The store's log cannot be brought to the disk: {FaultText.Of(e)}", e);
        }
    }
}
