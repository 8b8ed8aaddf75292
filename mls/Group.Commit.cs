using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

// Committing, and moving to the next epoch.
public sealed partial class Group
{
    /// <summary>Makes a commit (section 12.4.1). The group stays in its epoch until the commit is merged.</summary>
    public MlsResult<PendingCommit> Commit(CommitRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Status != GroupStatus.Active)
            return Closed;
        if (Pending is not null)
            return Errors.At(MlsErrorCode.Conflict, "14");
        foreach (KeyPackage keyPackage in request.Add)
        {
            MlsError expired = CheckLifetime(keyPackage);
            if (expired.Failed)
                return expired;
        }
        CommitCreator creator = new(Environment, CommitBase.Of(Current), FindResumption);
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
        if (error.Failed)
            return error;
        if (Protect(created.Content) is not { } message)
            return Errors.At(MlsErrorCode.LimitExceeded, "9.1");
        bool path = created.Content.Content.Commit!.Path is not null;
        PendingCommit pending = new(message, created.Welcome, created.Next, path ? identity : Identity, created.Summary);
        Pending = pending;
        Save(GroupState.StatePart(this), GroupState.PendingPart(this, pending), GroupState.PendingEpochPart(this, pending));
        return pending;
    }

    /// <summary>Makes the own pending commit the group's state: it was accepted.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public void MergePending()
    {
        PendingCommit pending = Pending ?? throw new InvalidOperationException("There is no pending commit.");
        Merge(pending.ToStaged(Current));
    }

    /// <summary>Gives the own pending commit up: the group stays in its epoch.</summary>
    public void DropPending()
    {
        if (Pending is not { } pending)
            return;
        Pending = null;
        string group = StoreKey;
        Save(GroupState.StatePart(this), new StoreChange(StoreKeys.Pending(group), null), new StoreChange(StoreKeys.PendingEpoch(group), null));
        pending.Next.Dispose();
    }

    /// <summary>Makes a staged commit the group's state. What only the old epoch needed is deleted.</summary>
    /// <exception cref="InvalidOperationException">
    /// The commit was staged in another epoch, was merged before, or is an own one that was dropped; or the group has ended.
    /// </exception>
    public void Merge(StagedCommit staged)
    {
        ArgumentNullException.ThrowIfNull(staged);
        if (Status != GroupStatus.Active)
            throw new InvalidOperationException("The group has ended.");
        if (staged.IsOwn && Pending?.Next != staged.Next)
            throw new InvalidOperationException("The own commit was dropped.");
        if (!ReferenceEquals(staged.From, Current))
            throw new InvalidOperationException("The commit was staged in another epoch.");
        string group = StoreKey;
        if (staged.Next is not { } next)
        {
            _client.Forget(this);
            return;
        }
        GroupEpoch old = Current;
        PendingCommit? lost = Pending is { } own && !ReferenceEquals(own.Next, next) ? Pending : null;
        MlsIdentity identity = Pending is { } p && ReferenceEquals(p.Next, next)
            ? p.Identity
            : _client.FindIdentity(next.Tree.Leaf(next.Self)!.SignatureKey.Span)
                ?? throw new InvalidOperationException("The identity of this member's new leaf is not known to the client.");

        // All in memory first, then one write; what the write replaces or deletes is gone from the store with it.
        List<PastEpoch> dropped = [];
        bool keep = Environment.Policy.PastEpochs > 0;
        if (keep)
        {
            Past.Insert(0, new PastEpoch(
                old.Context, old.Tree, (byte[])old.Secrets.SenderDataSecret.Clone(), old.SecretTree,
                Environment.Time.GetUtcNow() + Environment.Policy.PastEpochLifetime));
        }
        while (Past.Count > Environment.Policy.PastEpochs)
        {
            dropped.Add(Past[^1]);
            Past.RemoveAt(Past.Count - 1);
        }
        Current = next;
        Identity = identity;
        Pending = null;
        ForgetProposals();
        Resumption[next.Context.Epoch] = (byte[])next.Secrets.ResumptionPsk.Clone();
        while (Resumption.Count > Math.Max(1, Environment.Policy.ResumptionEpochs))
        {
            ulong oldest = Resumption.Keys.First();
            Secrets.Zero(Resumption[oldest]);
            Resumption.Remove(oldest);
        }
        if (staged.Summary.ReInit is { } reInit)
        {
            ReInit = reInit;
            Status = GroupStatus.ReInitialised;
        }
        List<StoreChange> changes =
        [
            GroupState.StatePart(this), GroupState.EpochPart(this, next),
            new(StoreKeys.Proposals(group), null), new(StoreKeys.Pending(group), null), new(StoreKeys.PendingEpoch(group), null),
        ];
        if (!keep)
            changes.Add(new StoreChange(StoreKeys.Epoch(group, old.Context.Epoch), null));
        changes.AddRange(dropped.Select(d => new StoreChange(StoreKeys.Epoch(group, d.Context.Epoch), null)));
        Save([.. changes]);

        lost?.Next.Dispose();
        foreach (PastEpoch past in dropped)
            past.Dispose();
        old.Keys.Dispose();
        old.Secrets.Dispose();
        if (!keep)
            old.SecretTree.Dispose();
    }

    // Signed content of this member, as the policy wants it on the wire; null if the ratchet is exhausted.
    private byte[]? Protect(AuthenticatedContent content)
    {
        if (content.WireFormat == WireFormat.PublicMessage)
            return PublicMessage.Protect(Suite, content, Current.Context, Current.Secrets.MembershipKey).ToMessage();
        return MessageProtection.Protect(
            Suite, Current.SecretTree, Current.Secrets.SenderDataSecret, content, Environment.Policy.Padding, Environment.Random)?.ToMessage();
    }

    private MlsError CheckLifetime(KeyPackage keyPackage) => LeafValidator.IsAlive(Environment, keyPackage.Content.Leaf)
        ? MlsError.None
        : Errors.At(MlsErrorCode.InvalidLifetime, "7.3");

    private List<ResolvedProposal> ByValue(CommitRequest request)
    {
        Sender self = new(SenderType.Member, Self.Value);
        List<ResolvedProposal> list = [];
        if (request.Extensions is { } extensions)
            list.Add(new ResolvedProposal(new GroupContextExtensionsProposal(extensions), self, default, Checked: false));
        foreach (LeafIndex removed in request.Remove)
            list.Add(new ResolvedProposal(new RemoveProposal(removed), self, default, Checked: false));
        foreach (KeyPackage keyPackage in request.Add)
        {
            // Its signatures were verified when it became a KeyPackage; what depends on the group is left to check.
            bool fits = keyPackage.Content.CipherSuite == CipherSuite;
            list.Add(new ResolvedProposal(new AddProposal(keyPackage.Content), self, default, Checked: fits));
        }
        foreach (ReadOnlyMemory<byte> id in request.ExternalPsks)
            list.Add(new ResolvedProposal(new PreSharedKeyProposal(PreSharedKeyId.External(id, Nonce())), self, default, Checked: false));
        foreach (ulong epoch in request.ResumptionPsks)
            list.Add(new ResolvedProposal(new PreSharedKeyProposal(ResumptionId(epoch)), self, default, Checked: false));
        if (request.ReInit is { } reInit)
            list.Add(new ResolvedProposal(reInit.ToProposal(), self, default, Checked: false));
        return list;
    }

    private byte[] Nonce() => Environment.Random.Bytes(Suite.HashSize);

    private PreSharedKeyId ResumptionId(ulong epoch) =>
        PreSharedKeyId.Resumption(ResumptionUsage.Application, GroupId, epoch, Nonce());
}
