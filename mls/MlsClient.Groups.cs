using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

// Ways into a group: create (11), join by Welcome (12.4.3.1), reinitialise (11.2), branch (11.3).
public sealed partial class MlsClient
{
    /// <summary>Creates a group of one (section 11).</summary>
    /// <param name="identity">Who the creator is.</param>
    /// <param name="groupId">The group's id; unique by being random, if it is at least 16 bytes.</param>
    /// <param name="extensions">Extensions of the group context.</param>
    /// <param name="leafExtensions">Extensions of the creator's leaf node.</param>
    public MlsResult<Group> CreateGroup(
        MlsIdentity identity, ReadOnlySpan<byte> groupId, ExtensionList? extensions = null,
        ExtensionList? leafExtensions = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        byte[] id = groupId.ToArray();
        if (StatusOf(id) is not null)
            return Errors.At(MlsErrorCode.DuplicateGroup, "11");
        MlsError error = Create(
            identity, id, extensions ?? ExtensionList.Empty, leafExtensions ?? ExtensionList.Empty,
            out GroupEpoch epoch);
        return error.Failed ? error : Adopt(new GroupCore(epoch, identity), []);
    }

    /// <summary>
    /// Opens a Welcome and verifies all of it, so that one can see who invites, and to what, before one joins.
    /// </summary>
    /// <param name="welcome">The Welcome.</param>
    /// <param name="ratchetTree">The group's tree, if the Welcome does not carry it: the bytes of a ratchet_tree
    /// extension.</param>
    public MlsResult<StagedWelcome> Open(UnverifiedWelcome welcome, ReadOnlyMemory<byte>? ratchetTree = null)
    {
        ArgumentNullException.ThrowIfNull(welcome);
        foreach (ReadOnlyMemory<byte> reference in welcome.Recipients())
        {
            using KeyPackageRecord? record = FindKeyPackage(reference.Span);
            if (record is null)
                continue;
            if (!welcome.TryFind(reference.Span, out HpkeCiphertext encrypted)
                || FindIdentity(record.KeyPackage.CipherSuite, record.KeyPackage.Leaf.SignatureKey.Span)
                    is not { } identity)
            {
                return Errors.At(MlsErrorCode.InvalidState, "");
            }
            MlsError error = new WelcomeJoiner(this)
                .Join(welcome, record, encrypted, ratchetTree, out WelcomeResult result);
            return error.Failed
                ? error
                : new StagedWelcome(this, identity, result, reference.ToArray(), record.LastResort);
        }
        return Errors.At(MlsErrorCode.NotForThisClient, "12.4.3.1");
    }

    /// <summary>Joins a group by Welcome at once. The key package is spent, unless it is one of last resort.</summary>
    /// <param name="welcome">The Welcome.</param>
    /// <param name="ratchetTree">The group's tree, if the Welcome does not carry it: the bytes of a ratchet_tree
    /// extension.</param>
    /// <param name="acceptance">How; null for the plain way.</param>
    public MlsResult<Group> Join(
        UnverifiedWelcome welcome, ReadOnlyMemory<byte>? ratchetTree = null, WelcomeAcceptance? acceptance = null)
    {
        MlsResult<StagedWelcome> opened = Open(welcome, ratchetTree);
        if (!opened.TryGet(out StagedWelcome? staged))
            return opened.Error;
        using (staged)
            return staged.Accept(acceptance);
    }

    /// <summary>
    /// Begins the new group of a group that was reinitialised (section 11.2). Any member may do it; one does.
    /// </summary>
    /// <param name="old">The group whose last commit held a ReInit.</param>
    /// <param name="identity">Who the creator is, for the new cipher suite.</param>
    /// <param name="members">A key package of every other member, for the new cipher suite.</param>
    /// <param name="forcePath">Whether the first commit has a path.</param>
    public MlsResult<SuccessorGroup> ReInitialise(
        Group old, MlsIdentity identity, IReadOnlyList<KeyPackage> members, bool forcePath = false)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(identity);
        if (old.Status != GroupStatus.ReInitialised || old.ReInit is not { } reInit)
            return Errors.At(MlsErrorCode.Conflict, "11.2");
        if (reInit.CipherSuite != identity.CipherSuite || reInit.Version != Protocol.Version)
            return Errors.At(MlsErrorCode.UnsupportedCipherSuite, "11.2");

        // The id is the proposer's choice: that of another group of this client must not cost that group.
        if (!reInit.GroupId.Span.SequenceEqual(old.GroupId.Span) && StatusOf(reInit.GroupId) is not null)
            return Errors.At(MlsErrorCode.DuplicateGroup, "11.2");
        return Succeed(old, identity, reInit.GroupId.ToArray(), reInit.Extensions, members,
            ResumptionUsage.ReInit, forcePath);
    }

    /// <summary>Begins a new group with some members of another (section 11.3).</summary>
    /// <param name="old">The group whose members they are.</param>
    /// <param name="groupId">The new group's id.</param>
    /// <param name="extensions">Extensions of the new group context.</param>
    /// <param name="members">Fresh key packages of the other members.</param>
    /// <param name="forcePath">Whether the first commit has a path.</param>
    public MlsResult<SuccessorGroup> Branch(
        Group old, ReadOnlySpan<byte> groupId, ExtensionList extensions, IReadOnlyList<KeyPackage> members,
        bool forcePath = false)
    {
        ArgumentNullException.ThrowIfNull(old);
        if (old.Status != GroupStatus.Active)
            return Errors.At(MlsErrorCode.GroupClosed, "11.3");
        byte[] id = groupId.ToArray();
        if (StatusOf(id) is not null)
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
        using (first)
        {
            Suite suite = first.Suite;
            Sender self = new(SenderType.Member, first.Self.Value);
            PreSharedKeyId psk =
                PreSharedKeyId.Resumption(usage, old.GroupId, old.Epoch, Environment.Random.Bytes(suite.HashSize));
            List<ResolvedProposal> proposals =
                [.. members.Select(m => new ResolvedProposal(new AddProposal(m.Content), self, default, false))];
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
            {
                created.Next.Dispose();
                return error;
            }
            Group group = Adopt(new GroupCore(created.Next, identity), [], created.Welcome);
            return new SuccessorGroup(group, created.Welcome ?? []);
        }
    }

    private MlsError Create(
        MlsIdentity identity, byte[] groupId, ExtensionList extensions, ExtensionList leafExtensions,
        out GroupEpoch epoch)
    {
        epoch = null!;
        Suite suite = Suite.Require(identity.CipherSuite);
        ProposalValidator validator = new(Environment, suite, null!, null!);
        MlsError error = validator.CheckExtensions(extensions);
        if (error.Failed)
            return error;
        error = GroupRequirements.TryParse(extensions, out GroupRequirements requirements);
        if (error.Failed)
            return error;
        HpkeKeyPair pair = suite.Kem.Generate(Environment.Random);
        (Capabilities capabilities, leafExtensions) = Greased(CapabilitiesFor(identity), leafExtensions);
        ulong now = Environment.UnixTime;
        LeafNode leaf = new LeafNodeContent(pair.PublicKey, identity.Credential, capabilities, leafExtensions)
            .SignForKeyPackage(
            identity.Signer, now - Math.Min(now, Environment.SkewSeconds),
            now + (ulong)Environment.Policy.MaxLeafLifetime.TotalSeconds);
        error = LeafValidator.CheckAgainstGroup(leaf, requirements);
        if (!error.Failed)
            error = validator.CheckOwn(leaf, null, new LeafIndex(0), identity.Signer);
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
            suite, context, requirements, tree, new LeafIndex(0), PathKeys.ForLeaf(pair.PrivateKey),
            Environment.Random.Bytes(suite.HashSize));
        epoch.Trace.Author = new LeafIndex(0);
        return MlsError.None;
    }

    /// <summary>
    /// Makes a group one of this client's, in one write with what it costs. Where it takes the place of another, what
    /// of that can still be read stays readable, and what it knew of the past stays known.
    /// </summary>
    internal Group Adopt(GroupCore core, List<StoreChange> also, byte[]? welcome = null)
    {
        ReadOnlyMemory<byte> id = core.Tip.Context.GroupId;
        string key = StoreKeys.Group(id.Span);
        core.Stored.UnionWith(Store.Keys(key));
        GroupCore? before = core.Stored.Count == 0 ? null : Reopen(id);
        _groups.TryGetValue(id, out Group? replaced);
        List<GroupEpoch> settled = before is null ? [] : Inherit(core, before);
        core.Resumption.Add(core.Tip);

        GroupWriter writer = new(key, core);
        writer.NewState(core.Tip);
        foreach (GroupEpoch state in settled)
            writer.Secrets(state);
        if (welcome is not null)
            writer.Welcome(core.Tip.Id, welcome);
        writer.Index();
        try
        {
            Store.Write([.. writer.Changes, .. also]);
        }
        catch
        {
            // The new state is still the caller's, who may try again.
            foreach (GroupEpoch state in core.Others)
                state.Dispose();
            throw;
        }
        finally
        {
            GroupWriter.Zero(writer.Changes);
        }
        Group group = new(this, core);
        if (replaced is not null)
        {
            group.Inherit(replaced);
            replaced.End();
        }
        AddIdentity(core.Identity);
        _groups[group.GroupId] = group;
        return group;
    }

    // A copy of what the store has of a group, if it can be read: what cannot be read is replaced without more ado.
    private GroupCore? Reopen(ReadOnlyMemory<byte> id)
    {
        MlsError error = Open(id, out Group? known);
        return error.Failed || known is null ? null : GroupCodec.Load(this, id.Span);
    }

    private List<GroupEpoch> Inherit(GroupCore core, GroupCore before)
    {
        before.Pending?.Next.Dispose();
        before.Tip.Trace.Left = Environment.Now;
        List<GroupEpoch> settled = [];
        foreach (GroupEpoch state in before.All)
        {
            if (state.Trace.Standing == StateStanding.Live)
            {
                state.Settle();
                settled.Add(state);
            }
            core.Others.Add(state);
        }
        core.Log.AddAll(before.Log);
        core.Resumption.AddAll(before.Resumption);
        before.Resumption.Dispose();
        Retention.Apply(core, Environment.Policy, Environment.Now);
        settled.RemoveAll(s => !core.Others.Contains(s));
        return settled;
    }
}
