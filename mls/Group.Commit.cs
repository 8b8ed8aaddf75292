using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

// Committing (12.4.1).
public sealed partial class Group
{
    /// <summary>
    /// Makes a commit on the tip (section 12.4.1). The group stays where it is until the commit is merged; the commit
    /// and the state that it leads to are in the store.
    /// </summary>
    public MlsResult<PendingCommit> Commit(CommitRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Status != GroupStatus.Active)
            return Closed;
        Expire();
        if (Pending is not null)
            return Errors.At(MlsErrorCode.Conflict, "14");
        if (Core.Log.ChildrenOf(Current.Id) >= Environment.Policy.MaxChildren)
            return Errors.At(MlsErrorCode.LimitExceeded, "14");
        foreach (KeyPackage keyPackage in request.Add)
        {
            MlsError expired = CheckLifetime(keyPackage);
            if (expired.Failed)
                return expired;
        }
        CommitCreator creator = Creator();
        List<ResolvedProposal> proposals = ProposalSelection.Choose(
            creator, Self, request.IncludePendingProposals ? Proposals : [], ByValue(request));
        MlsIdentity identity = request.NewIdentity ?? Identity;
        (Capabilities capabilities, ExtensionList leafExtensions) = _client.Greased(
            _client.CapabilitiesFor(identity), request.LeafExtensions ?? Current.Tree.Leaf(Self)!.Extensions);
        CommitPlan plan = new()
        {
            Signer = Identity,
            Identity = identity,
            Capabilities = capabilities,
            LeafExtensions = leafExtensions,
            Encrypt = Environment.Policy.EncryptHandshakes,
            ForcePath = request.ForcePath || request.NewIdentity is not null || request.LeafExtensions is not null,
            IncludeTree = request.RatchetTreeInWelcome ?? Environment.Policy.IncludeRatchetTree,
            AuthenticatedData = request.AuthenticatedData,
        };
        MlsError error = creator.Create(proposals, plan, out CreatedCommit created);
        return error.Failed ? error : Hold(created, proposals, identity);
    }

    /// <summary>Makes the own pending commit the group's state: it was accepted.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public void MergePending()
    {
        PendingCommit pending = Pending ?? throw new InvalidOperationException("There is no pending commit.");
        Enter(Echo(pending), move: true);
    }

    /// <summary>
    /// Gives the own pending commit up: the group stays in its epoch. Only for a commit that nobody has seen; two
    /// commits of one member on one state look like foul play to the others.
    /// </summary>
    public void DropPending()
    {
        if (Pending is null)
            return;
        Change(core =>
        {
            core.Pending!.Next.Dispose();
            core.Pending = null;
            return new GroupWriter(StoreKey, core).Index();
        });
    }

    private MlsResult<PendingCommit> Hold(
        CreatedCommit created, IReadOnlyList<ResolvedProposal> proposals, MlsIdentity identity)
    {
        bool path = created.Content.Content.Commit!.Path is not null;
        PendingCommit? pending = null;
        Change(core =>
        {
            byte[]? message = Protect(core.Tip, created.Content);
            if (message is null)
                return null;
            MlsIdentity afterwards = path ? identity : core.Identity;
            pending = new(message, created.Welcome, created.Next, afterwards, created.Summary, proposals, path);
            core.Pending = pending;
            return new GroupWriter(StoreKey, core).Secrets(core.Tip).Pending(pending);
        });
        if (pending is null)
        {
            created.Next.Dispose();
            return Errors.At(MlsErrorCode.LimitExceeded, "9.1");
        }
        _client.AddIdentity(identity);
        return pending;
    }

    // The own pending commit as one that is staged; its state stays the pending commit's until it is merged.
    private StagedCommit Echo(PendingCommit pending) => new(
        this, new CommitResult(Current.Id, pending.State, pending.Next, pending.Summary),
        CommitLog.HashOf(pending.Message),
        isOwn: true);

    private List<ResolvedProposal> ByValue(CommitRequest request)
    {
        Sender self = new(SenderType.Member, Self.Value);
        List<ResolvedProposal> list = [];
        if (request.Extensions is { } extensions)
            Add(new GroupContextExtensionsProposal(extensions));
        foreach (LeafIndex removed in request.Remove)
            Add(new RemoveProposal(removed));
        foreach (KeyPackage keyPackage in request.Add)
        {
            // Its signatures were verified when it became a KeyPackage; what depends on the group is left to check.
            Add(new AddProposal(keyPackage.Content), isChecked: keyPackage.Content.CipherSuite == CipherSuite);
        }
        foreach (ReadOnlyMemory<byte> id in request.ExternalPsks)
            Add(new PreSharedKeyProposal(PreSharedKeyId.External(id, Nonce())));
        foreach (ulong epoch in request.ResumptionPsks)
            Add(new PreSharedKeyProposal(ResumptionId(epoch)));
        if (request.ReInit is { } reInit)
            Add(reInit.ToProposal());
        return list;

        void Add(Proposal proposal, bool isChecked = false) =>
            list.Add(new ResolvedProposal(proposal, self, default, isChecked));
    }
}
