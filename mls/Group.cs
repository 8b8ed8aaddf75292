using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

/// <summary>Whether a group goes on.</summary>
public enum GroupStatus : byte
{
    /// <summary>The group takes and sends messages.</summary>
    Active = 1,

    /// <summary>This client was removed.</summary>
    Removed = 2,

    /// <summary>The group ended with a ReInit; <see cref="MlsClient.ReInitialise"/> or a Welcome begins the next.</summary>
    ReInitialised = 3,
}

/// <summary>
/// A group as one member sees it. A message in gives an outcome or an error that leaves everything as it was; every change
/// is in the store before its result is handed out.
/// <code>
/// Process -> ApplicationMessage | ProposalStored | CommitStaged -> Merge -> next epoch
/// Propose... -> message     Commit -> PendingCommit -> MergePending | DropPending     Encrypt -> message
/// </code>
/// </summary>
public sealed partial class Group
{
    private readonly MlsClient _client;

    internal Group(MlsClient client, GroupEpoch epoch, MlsIdentity identity)
    {
        _client = client;
        Current = epoch;
        Identity = identity;
        StoreKey = StoreKeys.Group(epoch.Context.GroupId.Span);
        Resumption[epoch.Context.Epoch] = (byte[])epoch.Secrets.ResumptionPsk.Clone();
    }

    /// <summary>The group's id.</summary>
    public ReadOnlyMemory<byte> GroupId => Current.Context.GroupId;

    /// <summary>The number of the current epoch.</summary>
    public ulong Epoch => Current.Context.Epoch;

    /// <summary>The group's cipher suite.</summary>
    public CipherSuite CipherSuite => Current.Suite.Id;

    /// <summary>Whether the group goes on.</summary>
    public GroupStatus Status { get; internal set; } = GroupStatus.Active;

    /// <summary>This member's place.</summary>
    public LeafIndex Self => Current.Self;

    /// <summary>Who this member is.</summary>
    public MlsIdentity Identity { get; internal set; }

    /// <summary>The extensions of the group context.</summary>
    public ExtensionList Extensions => Current.Context.Extensions;

    /// <summary>All members, from left to right.</summary>
    public IReadOnlyList<Member> Members => [.. Current.Tree.Members().Select(m => new Member(m.Index, m.Leaf))];

    /// <summary>The number of members.</summary>
    public int MemberCount => Current.Tree.MemberCount;

    /// <summary>The proposals that wait for a commit.</summary>
    public IReadOnlyList<Proposal> PendingProposals => [.. Proposals.Select(p => p.Resolved.Proposal)];

    /// <summary>The own commit that waits to be merged or dropped; null if there is none.</summary>
    public PendingCommit? Pending { get; internal set; }

    /// <summary>The parameters of the group that follows; null unless the group ended with a ReInit.</summary>
    public ReInitProposal? ReInit { get; internal set; }

    /// <summary>A value that is equal for two members if their views of the group are (section 8.7).</summary>
    /// <exception cref="InvalidOperationException">The group is no longer this member's: its secrets are gone.</exception>
    public ReadOnlyMemory<byte> EpochAuthenticator => (byte[])Living.Secrets.EpochAuthenticator.Clone();

    /// <summary>What the names of all the group's stored values begin with.</summary>
    internal string StoreKey { get; }

    internal GroupEpoch Current { get; private set; }

    internal List<PastEpoch> Past { get; } = [];

    internal List<StoredProposal> Proposals { get; } = [];

    /// <summary>The leaf keys of own Update proposals, by ProposalRef.</summary>
    internal Dictionary<ReadOnlyMemory<byte>, byte[]> OwnUpdates { get; } = new(BytesComparer.Instance);

    internal SortedDictionary<ulong, byte[]> Resumption { get; } = [];

    private MlsEnvironment Environment => _client.Environment;

    private Suite Suite => Current.Suite;

    // What a wiped epoch would derive is what anybody can derive from zeros.
    private GroupEpoch Living => Status != GroupStatus.Removed
        ? Current
        : throw new InvalidOperationException("This client takes no part in the group any more; the secrets are gone.");

    /// <summary>Derives a secret for the application's own use (section 8.5), bound to the current epoch.</summary>
    /// <param name="label">A label that no other use shares.</param>
    /// <param name="context">What else the secret is bound to.</param>
    /// <param name="output">Receives the secret; at most 255 times the size of the suite's hash.</param>
    /// <exception cref="InvalidOperationException">The group is no longer this member's: its secrets are gone.</exception>
    public void Export(string label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        byte[] exported = Living.Secrets.Export(Suite, System.Text.Encoding.UTF8.GetBytes(label), context, output.Length);
        exported.CopyTo(output);
        Secrets.Zero(exported);
    }

    /// <summary>Publishes the group's state, so that others can join from outside (section 12.4.3).</summary>
    /// <param name="withExternalPub">Whether the key for external commits is in it.</param>
    /// <returns>An MLSMessage.</returns>
    public MlsResult<byte[]> GroupInfo(bool withExternalPub = true)
    {
        if (Status != GroupStatus.Active)
            return Closed;
        byte[] info = WelcomeBuilder.GroupInfo(
            Environment, Current, Identity, Environment.Policy.IncludeRatchetTree, withExternalPub);
        return MlsFrame.Write(WireFormat.GroupInfo, info);
    }

    /// <summary>The ratchet tree as a joiner needs it that does not get it in a Welcome or a GroupInfo.</summary>
    public byte[] RatchetTree()
    {
        using Codec.MlsWriter writer = new(4096);
        Current.Tree.Write(writer);
        return writer.ToArray();
    }

    private static MlsError Closed => Errors.At(MlsErrorCode.GroupClosed, "12.4.2");

    internal byte[]? FindResumptionPsk(ulong epoch) =>
        Resumption.TryGetValue(epoch, out byte[]? psk) ? (byte[])psk.Clone() : null;

    /// <summary>Zeroes everything; the object is of no use afterwards.</summary>
    internal void Wipe()
    {
        Status = GroupStatus.Removed;
        Current.Dispose();
        foreach (PastEpoch past in Past)
            past.Dispose();
        Past.Clear();
        foreach (byte[] psk in Resumption.Values)
            Secrets.Zero(psk);
        Resumption.Clear();
        ForgetProposals();
        Pending?.Next.Dispose();
        Pending = null;
    }

    private byte[]? FindResumption(PreSharedKeyId id) =>
        id.Id.Span.SequenceEqual(GroupId.Span) ? FindResumptionPsk(id.Epoch) : _client.FindGroup(id.Id)?.FindResumptionPsk(id.Epoch);

    private void ForgetProposals()
    {
        Proposals.Clear();
        foreach (byte[] key in OwnUpdates.Values)
            Secrets.Zero(key);
        OwnUpdates.Clear();
    }

    // Writes parts of the state, and zeroes the buffers that they passed through.
    private void Save(params StoreChange[] changes)
    {
        _client.Store.Write(changes);
        GroupState.Zero(changes);
    }

    private void SaveState() => Save(GroupState.StatePart(this));
}
