using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

/// <summary>Choices for joining from outside.</summary>
public sealed record ExternalJoinRequest
{
    /// <summary>The tree, if the GroupInfo does not carry it: the bytes of a ratchet_tree extension.</summary>
    public ReadOnlyMemory<byte>? RatchetTree { get; init; }

    /// <summary>
    /// Whether an old appearance of this client is removed: the leaf with the same signature key, or, after the key was
    /// lost, the one with an equal credential. If several have that, <see cref="Remove"/> has to name one.
    /// </summary>
    public bool RemovePrior { get; init; }

    /// <summary>The leaf that is this client's old appearance; null to find it, or for none.</summary>
    public LeafIndex? Remove { get; init; }

    /// <summary>
    /// The SelfRemove proposals of the epoch, as members sent them (draft-ietf-mls-extensions). Those that do not
    /// verify fail the join.
    /// </summary>
    public IReadOnlyList<UnverifiedMessage> SelfRemoves { get; init; } = [];

    /// <summary>External pre-shared keys to mix in, by id.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> ExternalPsks { get; init; } = [];

    /// <summary>Epochs of this group whose resumption PSK this client kept, to prove that it was there.</summary>
    public IReadOnlyList<ulong> ResumptionPsks { get; init; } = [];

    /// <summary>Extensions of this client's leaf.</summary>
    public ExtensionList LeafExtensions { get; init; } = ExtensionList.Empty;

    /// <summary>Data in the clear beside the commit, authenticated.</summary>
    public ReadOnlyMemory<byte> AuthenticatedData { get; init; }
}

/// <summary>
/// An external commit on its way: when the group has accepted <see cref="Message"/>, <see cref="Accept"/> gives the
/// group. It is in the store, so that it outlives the process; <see cref="MlsClient.PendingJoins"/> gives it back. Used
/// once.
/// </summary>
public sealed class ExternalJoin
{
    private readonly MlsClient _client;
    private readonly GroupEpoch _epoch;
    private readonly MlsIdentity _identity;
    private bool _used;

    internal ExternalJoin(MlsClient client, byte[] message, GroupEpoch epoch, MlsIdentity identity, DateTimeOffset made)
    {
        _client = client;
        _epoch = epoch;
        _identity = identity;
        Message = message;
        Made = made;
        State = GroupState.Of(epoch);
    }

    /// <summary>The MLSMessage with the commit, for the group.</summary>
    public byte[] Message { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Made { get; }

    /// <summary>The state that the commit leads to.</summary>
    public GroupState State { get; }

    internal MlsIdentity Identity => _identity;

    internal GroupEpoch Epoch => _epoch;

    /// <summary>
    /// Takes part in the group from now on. An older state of the same group, as after a resync, is replaced.
    /// </summary>
    /// <exception cref="InvalidOperationException">It was accepted or dropped before.</exception>
    public Group Accept()
    {
        List<StoreChange> deletion = Deletion();
        GroupCore core = new(_epoch, _identity);
        core.Log.Add(new CommitRecord(
            _epoch.Id, _epoch.Trace.Parent ?? default, _epoch.Number, CommitLog.HashOf(Message), IsOwn: true));
        Group group = _client.Adopt(core, deletion);
        _used = true;
        return group;
    }

    /// <summary>Gives the join up: its keys are deleted.</summary>
    /// <exception cref="InvalidOperationException">It was accepted or dropped before.</exception>
    public void Drop()
    {
        _client.Store.Write(Deletion());
        _used = true;
        _epoch.Dispose();
    }

    // What another object for the same join did is in the store.
    private List<StoreChange> Deletion()
    {
        List<StoreChange> deletion = _used ? [] : JoinCodec.Deletion(_client.Store, _epoch.Id);
        return deletion.Count > 0
            ? deletion
            : throw new InvalidOperationException("The external commit was accepted or dropped before.");
    }
}
