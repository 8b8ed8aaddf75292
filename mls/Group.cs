using System.Text;
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

    /// <summary>This client was removed, or forgot the group, or another state of it took its place.</summary>
    Removed = 2,

    /// <summary>
    /// The group ended with a ReInit; <see cref="MlsClient.ReInitialise"/> or a Welcome begins the next.
    /// </summary>
    ReInitialised = 3,
}

/// <summary>
/// A group as one member sees it: a tree of states, one of which is the tip, in which messages are sent. A message in
/// gives an outcome or an error that leaves everything as it was; every change is in the store before its result is
/// handed out. Where the store fails, the group goes back to what the store has.
/// <code>
/// Process -> ApplicationMessage | ProposalStored | CommitStaged -> Merge -> the tip is the next state
///                                                             '-> Keep  -> a state beside it, for MoveTo
/// Propose... -> message     Commit -> PendingCommit -> MergePending | DropPending     Encrypt -> message
/// </code>
/// </summary>
public sealed partial class Group
{
    private readonly MlsClient _client;
    private readonly SpentGenerations _spent = new();
    private GroupCore _core;

    /// <summary>Set when a write failed: what is in memory may be what the store has, or not.</summary>
    private bool _stale;

    private DateTimeOffset? _nextExpiry;

    internal Group(MlsClient client, GroupCore core)
    {
        _client = client;
        _core = core;
        GroupId = core.Tip.Context.GroupId;
        StoreKey = StoreKeys.Group(GroupId.Span);
        Retention.Adjust(core, client.Environment.Now);
        _nextExpiry = Retention.NextDue(core, client.Environment.Policy);
    }

    /// <summary>The group's id.</summary>
    public ReadOnlyMemory<byte> GroupId { get; }

    /// <summary>The number of the tip's epoch.</summary>
    public ulong Epoch => Current.Number;

    /// <summary>The group's cipher suite.</summary>
    public CipherSuite CipherSuite => Current.Suite.Id;

    /// <summary>Whether the group goes on.</summary>
    public GroupStatus Status => Core.Status;

    /// <summary>This member's place.</summary>
    public LeafIndex Self => Current.Self;

    /// <summary>Who this member is.</summary>
    public MlsIdentity Identity => Core.Identity;

    /// <summary>The extensions of the group context.</summary>
    public ExtensionList Extensions => Current.Context.Extensions;

    /// <summary>All members, from left to right.</summary>
    public IReadOnlyList<Member> Members => [.. Current.Tree.Members().Select(m => new Member(m.Index, m.Leaf))];

    /// <summary>The number of members.</summary>
    public int MemberCount => Current.Tree.MemberCount;

    /// <summary>The proposals that wait for a commit.</summary>
    public IReadOnlyList<Proposal> PendingProposals => [.. Proposals.Select(p => p.Resolved.Proposal)];

    /// <summary>The same, with who made them.</summary>
    public IReadOnlyList<ProposedChange> PendingChanges =>
        [.. Proposals.Select(p => CommitSummaries.Describe(p.Resolved, Current.Tree))];

    /// <summary>The own commit that waits to be merged or dropped; null if there is none.</summary>
    public PendingCommit? Pending => Core.Pending;

    /// <summary>The parameters of the group that follows; null unless the group ended with a ReInit.</summary>
    public ReInitProposal? ReInit => Core.ReInit;

    /// <summary>
    /// Whether this member should renew its keys soon: it joined with a key package of last resort, whose keys others
    /// may have used too (section 16.8), and has not renewed its leaf since. A commit does it, or an Update.
    /// </summary>
    public bool NeedsRefresh =>
        Core.JoinedByLastResort && Current.Tree.Leaf(Self) is { Source: LeafNodeSource.KeyPackage };

    /// <summary>A value that is equal for two members if their views of the group are (section 8.7).</summary>
    /// <exception cref="InvalidOperationException">The group is no longer this member's: its secrets are
    /// gone.</exception>
    public ReadOnlyMemory<byte> EpochAuthenticator => (byte[])Living.Secrets.EpochAuthenticator.Clone();

    /// <summary>
    /// The generation that the next message of <see cref="Encrypt"/> will have in the tip's epoch (section 9.1).
    /// </summary>
    /// <exception cref="InvalidOperationException">The group takes no messages any more.</exception>
    public uint NextGeneration => Status == GroupStatus.Active
        ? Current.SecretTree.Ratchet(Self, handshake: false).NextGeneration
        : throw Ended();

    /// <summary>The Welcomes of own commits that were merged, until they are told to be on their way.</summary>
    public IReadOnlyList<Invitation> Invitations =>
        [.. Core.Invitations.Select(
            state => new Invitation(state, _client.Store.Read(StoreKeys.Welcome(StoreKey, state)) ?? []))];

    /// <summary>What the names of all the group's stored values begin with.</summary>
    internal string StoreKey { get; }

    internal GroupCore Core
    {
        get
        {
            if (_stale)
                Reload();
            return _core;
        }
    }

    internal GroupEpoch Current => Core.Tip;

    internal IReadOnlyList<GroupEpoch> Past => Core.Others;

    internal List<StoredProposal> Proposals => Current.Waiting.Items;

    internal ResumptionPsks Resumption => Core.Resumption;

    private MlsEnvironment Environment => _client.Environment;

    private Suite Suite => Current.Suite;

    // What a wiped epoch would derive is what anybody can derive from zeros.
    private GroupEpoch Living => Status == GroupStatus.Removed || Current.Secrets.AreGone ? throw Ended() : Current;

    private static MlsError Closed => Errors.At(MlsErrorCode.GroupClosed, "12.4.2");

    /// <summary>
    /// Derives a secret for the application's own use (section 8.5), bound to the tip. The same call gives the same
    /// secret for as long as the state is live, to a thief of the device too: <see cref="ExportOnce"/> forgets.
    /// </summary>
    /// <param name="label">A label that no other use shares.</param>
    /// <param name="context">What else the secret is bound to.</param>
    /// <param name="output">Receives the secret; at most 255 times the size of the suite's hash.</param>
    /// <exception cref="InvalidOperationException">The group is no longer this member's: its secrets are
    /// gone.</exception>
    public void Export(string label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        byte[] exported = Living.Secrets.Export(Suite, Encoding.UTF8.GetBytes(label), context, output.Length);
        exported.CopyTo(output);
        Secrets.Zero(exported);
    }

    /// <summary>
    /// Derives the secret of a component of the application from a state, once and never again
    /// (draft-ietf-mls-extensions, "Exported Secrets"): by the time that it is given out, all that it was derived from
    /// is deleted. Whoever derives keys and counters from it has them once for each state, whatever crashes.
    /// </summary>
    /// <param name="component">The component's number; 0x8000 and up are for private use.</param>
    /// <param name="state">A live state of the group; null for the tip.</param>
    /// <returns>
    /// As many bytes as the suite's hash has, which the caller zeroes; <see cref="MlsErrorCode.KeyConsumed"/> if the
    /// secret was given out before.
    /// </returns>
    public MlsResult<byte[]> ExportOnce(ushort component, StateId? state = null)
    {
        if (Status != GroupStatus.Active)
            return Closed;
        if ((state is { } id ? Core.Find(id) : Current) is not { Trace.Standing: StateStanding.Live } from)
            return Errors.At(MlsErrorCode.WrongEpoch, "8.5");
        byte[]? secret = null;
        Change(core =>
        {
            secret = from.Exporter.Take(component);
            return secret is null ? null : new GroupWriter(StoreKey, core).Secrets(from);
        });
        return secret is null ? Errors.At(MlsErrorCode.KeyConsumed, "8.5") : secret;
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

    /// <summary>Forgets a Welcome that is on its way.</summary>
    public void ForgetInvitation(StateId state)
    {
        if (!Core.Invitations.Contains(state))
            return;
        Change(core =>
        {
            core.Invitations.Remove(state);
            return new GroupWriter(StoreKey, core).Index();
        });
    }

    /// <summary>
    /// Takes the group back to what the store holds: for an owner whose transaction around several calls failed. A
    /// group that is not in the store any more has the status <see cref="GroupStatus.Removed"/>.
    /// </summary>
    public void Reload()
    {
        if (!_stale && _core.Status == GroupStatus.Removed)
            return;
        GroupCore? fresh = GroupCodec.Load(_client, GroupId.Span);

        // What a failed write left was zeroed then, but for the state of a handle, which stays the handle's.
        if (!_stale)
            _core.Dispose();
        _stale = false;
        if (fresh is null)
        {
            _client.Disown(this);
            Forsake();
            return;
        }
        _core = fresh;
        Retention.Adjust(fresh, Environment.Now);
        _nextExpiry = Retention.NextDue(fresh, Environment.Policy);
        foreach (GroupEpoch state in fresh.All)
            _spent.Apply(state);
    }

    internal byte[]? FindResumptionPsk(ulong epoch) => Core.FindResumption(epoch, Current.Id);

    /// <summary>Takes over what must outlive an object that this one replaces.</summary>
    internal void Inherit(Group replaced) => _spent.AddAll(replaced._spent);

    /// <summary>Zeroes everything. What is public can still be read.</summary>
    internal void End()
    {
        if (!_stale)
            _core.Dispose();
        _stale = false;
        Forsake();
    }

    private void Forsake()
    {
        _core.Status = GroupStatus.Removed;
        _core.Others.Clear();
        _core.Pending = null;
    }

    private static InvalidOperationException Ended() =>
        new("This client takes no part in the group any more; the secrets are gone.");

    // A change happens in memory, and then in the store. If anything fails on the way, memory is worth nothing any
    // more: the store is read again, which has either all of the change or nothing. A handle's state is not zeroed,
    // since it may be tried again.
    private void Change(Func<GroupCore, GroupWriter?> change, GroupEpoch? handle = null)
    {
        GroupCore core = Core;
        GroupWriter? writer = null;
        try
        {
            writer = change(core);
            if (writer is not null)
                _client.Store.Write(writer.Changes);
            _nextExpiry = Retention.NextDue(core, Environment.Policy);
        }
        catch
        {
            core.DisposeExcept(handle);
            _stale = true;
            throw;
        }
        finally
        {
            if (writer is not null)
                GroupWriter.Zero(writer.Changes);
        }
    }

    private byte[]? FindResumption(GroupEpoch from, PreSharedKeyId id) => id.Id.Span.SequenceEqual(GroupId.Span)
        ? Core.FindResumption(id.Epoch, from.Id)
        : _client.FindResumption(id);
}
