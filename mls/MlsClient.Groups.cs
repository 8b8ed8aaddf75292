using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

/// <summary>A group made as the successor of another, and the Welcome for its other members.</summary>
/// <param name="Group">The new group, at epoch 1.</param>
/// <param name="Welcome">The MLSMessage for the others.</param>
public sealed record SuccessorGroup(Group Group, byte[] Welcome);

// Ways into a group: create (11), join by Welcome (12.4.3.1), reinitialise (11.2), branch (11.3).
public sealed partial class MlsClient
{
    /// <summary>Creates a group of one (section 11).</summary>
    /// <param name="identity">Who the creator is.</param>
    /// <param name="groupId">The group's id; unique by being random, if it is at least 16 bytes.</param>
    /// <param name="extensions">Extensions of the group context.</param>
    /// <param name="leafExtensions">Extensions of the creator's leaf node.</param>
    public MlsResult<Group> CreateGroup(
        MlsIdentity identity, ReadOnlySpan<byte> groupId, ExtensionList? extensions = null, ExtensionList? leafExtensions = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        byte[] id = groupId.ToArray();
        if (FindGroup((ReadOnlyMemory<byte>)id) is not null)
            return Errors.At(MlsErrorCode.DuplicateGroup, "11");
        MlsError error = Create(identity, id, extensions ?? ExtensionList.Empty, leafExtensions ?? ExtensionList.Empty, out GroupEpoch epoch);
        return error.Failed ? error : Adopt(new Group(this, epoch, identity), [], isNew: true);
    }

    /// <summary>Joins a group by Welcome. The key package is spent, unless it is one of last resort.</summary>
    /// <param name="welcome">The Welcome.</param>
    /// <param name="ratchetTree">The group's tree, if the Welcome does not carry it: the bytes of a ratchet_tree extension.</param>
    public MlsResult<Group> Join(UnverifiedWelcome welcome, ReadOnlyMemory<byte>? ratchetTree = null)
    {
        ArgumentNullException.ThrowIfNull(welcome);
        foreach (ReadOnlyMemory<byte> reference in welcome.Recipients())
        {
            string key = StoreKeys.KeyPackage(reference.Span);
            if (reference.Length > Hashing.MaxSize || Store.Read(key) is not { } bytes)
                continue;
            using KeyPackageRecord? record = KeyPackageRecord.Read(bytes);
            Secrets.Zero(bytes);
            if (record is null || !welcome.TryFind(reference.Span, out HpkeCiphertext encrypted))
                return Errors.At(MlsErrorCode.InvalidState, "");
            if (FindIdentity(record.KeyPackage.Leaf.SignatureKey.Span) is not { } identity)
                return Errors.At(MlsErrorCode.InvalidState, "");
            MlsError error = new WelcomeJoiner(Environment, FindGroup).Join(welcome, record, encrypted, ratchetTree, out GroupEpoch epoch);
            if (error.Failed)
                return error;
            List<StoreChange> spent = record.LastResort ? [] : [new StoreChange(key, null)];
            return Adopt(new Group(this, epoch, identity), spent);
        }
        return Errors.At(MlsErrorCode.NotForThisClient, "12.4.3.1");
    }

    /// <summary>
    /// Begins the new group of a group that was reinitialised (section 11.2). Any member may do it; one does.
    /// </summary>
    /// <param name="old">The group whose last commit held a ReInit.</param>
    /// <param name="identity">Who the creator is, for the new cipher suite.</param>
    /// <param name="members">A key package of every other member, for the new cipher suite.</param>
    /// <param name="forcePath">Whether the first commit has a path.</param>
    public MlsResult<SuccessorGroup> ReInitialise(Group old, MlsIdentity identity, IReadOnlyList<KeyPackage> members, bool forcePath = false)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(identity);
        if (old.Status != GroupStatus.ReInitialised || old.ReInit is not { } reInit)
            return Errors.At(MlsErrorCode.Conflict, "11.2");
        if (reInit.CipherSuite != identity.CipherSuite || reInit.Version != Protocol.Version)
            return Errors.At(MlsErrorCode.UnsupportedCipherSuite, "11.2");

        // The id is the proposer's choice: that of another group of this client must not cost that group.
        if (!reInit.GroupId.Span.SequenceEqual(old.GroupId.Span) && FindGroup(reInit.GroupId) is not null)
            return Errors.At(MlsErrorCode.DuplicateGroup, "11.2");
        MlsResult<SuccessorGroup> made = Succeed(
            old, identity, reInit.GroupId.ToArray(), reInit.Extensions, members, ResumptionUsage.ReInit, forcePath);
        return made;
    }

    /// <summary>Begins a new group with some members of another (section 11.3).</summary>
    /// <param name="old">The group whose members they are.</param>
    /// <param name="groupId">The new group's id.</param>
    /// <param name="extensions">Extensions of the new group context.</param>
    /// <param name="members">Fresh key packages of the other members.</param>
    /// <param name="forcePath">Whether the first commit has a path.</param>
    public MlsResult<SuccessorGroup> Branch(
        Group old, ReadOnlySpan<byte> groupId, ExtensionList extensions, IReadOnlyList<KeyPackage> members, bool forcePath = false)
    {
        ArgumentNullException.ThrowIfNull(old);
        if (old.Status != GroupStatus.Active)
            return Errors.At(MlsErrorCode.GroupClosed, "11.3");
        byte[] id = groupId.ToArray();
        if (FindGroup((ReadOnlyMemory<byte>)id) is not null)
            return Errors.At(MlsErrorCode.DuplicateGroup, "11.3");
        return Succeed(old, old.Identity, id, extensions, members, ResumptionUsage.Branch, forcePath);
    }

    private MlsResult<SuccessorGroup> Succeed(
        Group old, MlsIdentity identity, byte[] groupId, ExtensionList extensions, IReadOnlyList<KeyPackage> members,
        ResumptionUsage usage, bool forcePath)
    {
        ArgumentNullException.ThrowIfNull(extensions);
        ArgumentNullException.ThrowIfNull(members);
        MlsError error = Create(identity, groupId, extensions, ExtensionList.Empty, out GroupEpoch first);
        if (error.Failed)
            return error;
        Suite suite = first.Suite;
        Sender self = new(SenderType.Member, first.Self.Value);
        PreSharedKeyId psk = PreSharedKeyId.Resumption(usage, old.GroupId, old.Epoch, Environment.Random.Bytes(suite.HashSize));
        List<ResolvedProposal> proposals = [.. members.Select(m => new ResolvedProposal(new AddProposal(m.Content), self, default, false))];
        proposals.Add(new ResolvedProposal(new PreSharedKeyProposal(psk), self, default, false));
        CommitPlan plan = new()
        {
            Signer = identity,
            Identity = identity,
            Capabilities = CapabilitiesFor(identity),
            LeafExtensions = ExtensionList.Empty,
            Encrypt = true,
            ForcePath = forcePath,
            AllowSuccessorPsk = true,
            IncludeTree = Environment.Policy.IncludeRatchetTree,
        };
        CommitCreator creator = new(Environment, CommitBase.Of(first), id => old.FindResumptionPsk(id.Epoch));
        error = creator.Create(proposals, plan, out CreatedCommit created);
        if (error.Failed)
            return error;
        error = SuccessorRules.CheckJoined(Environment, created.Next, psk, old);
        if (error.Failed)
            return error;
        first.Dispose();
        return new SuccessorGroup(Adopt(new Group(this, created.Next, identity), []), created.Welcome ?? []);
    }

    private MlsError Create(
        MlsIdentity identity, byte[] groupId, ExtensionList extensions, ExtensionList leafExtensions, out GroupEpoch epoch)
    {
        epoch = null!;
        Suite suite = Suite.Require(identity.CipherSuite);
        MlsError error = new ProposalValidator(Environment, suite, null!, null!).CheckExtensions(extensions);
        if (error.Failed)
            return error;
        error = GroupRequirements.TryParse(extensions, out GroupRequirements requirements);
        if (error.Failed)
            return error;
        HpkeKeyPair pair = suite.Kem.Generate(Environment.Random);
        (Capabilities capabilities, leafExtensions) = Greased(CapabilitiesFor(identity), leafExtensions);
        ulong now = Environment.UnixTime;
        LeafNode leaf = new LeafNodeContent(pair.PublicKey, identity.Credential, capabilities, leafExtensions).SignForKeyPackage(
            identity.Signer, now - Math.Min(now, Environment.SkewSeconds), now + (ulong)Environment.Policy.MaxLeafLifetime.TotalSeconds);
        error = LeafValidator.CheckAgainstGroup(leaf, requirements);
        if (error.Failed)
            return error;
        RatchetTree tree = RatchetTree.ForCreator(suite, leaf);
        GroupContext context = new()
        {
            CipherSuite = suite.Id,
            GroupId = groupId,
            Epoch = 0,
            TreeHash = tree.Hash,
            ConfirmedTranscriptHash = default,
            Extensions = extensions,
        };
        epoch = GroupEpoch.Start(
            suite, context, requirements, tree, new LeafIndex(0), PathKeys.ForLeaf(pair.PrivateKey), Environment.Random.Bytes(suite.HashSize));
        return MlsError.None;
    }

    /// <summary>Makes a group one of this client's, in one write with what it costs.</summary>
    internal Group Adopt(Group group, List<StoreChange> also, bool isNew = false)
    {
        // A group that ended may have a successor of the same id (section 11.2).
        List<StoreChange> changes = GroupState.Everything(group);
        changes.AddRange(also);
        if (!isNew && FindGroup(group.GroupId) is not null)
        {
            HashSet<string> old = [.. Store.Keys(group.StoreKey)];
            old.ExceptWith(changes.Select(c => c.Key));
            changes.AddRange(old.Select(k => new StoreChange(k, null)));
        }
        Store.Write(changes);
        GroupState.Zero(changes);
        if (_groups.Remove(group.GroupId, out Group? replaced))
            replaced.Wipe();
        _groups[group.GroupId] = group;
        return group;
    }
}
