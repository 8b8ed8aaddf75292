using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// Creation of a commit and its Welcome (RFC 9420, section 12.4.1). Every rule that a receiver enforces is enforced here
/// first, so that a commit that leaves is one that others accept.
/// </summary>
internal sealed class CommitCreator(MlsEnvironment environment, CommitBase from, PskResolver.ResumptionLookup resumption)
{
    private readonly Suite _suite = from.Suite;

    /// <summary>Whether a commit of these proposals would be made: every check of <see cref="Create"/>, but for the path's.</summary>
    internal bool Fits(IReadOnlyList<ResolvedProposal> proposals)
    {
        MlsError error = CheckProposals(proposals, allowSuccessorPsk: false, out AppliedProposals applied);
        return !error.Failed && applied.Keys.Matches(applied.Tree, null)
            && applied.Added.TrueForAll(a => LeafValidator.IsAlive(environment, a.KeyPackage.Leaf))
            && !LeafValidator.CheckCredentialTypes(applied.Tree).Failed
            && PskResolver.AreKnown(environment, applied.Psks, resumption);
    }

    private MlsError CheckProposals(IReadOnlyList<ResolvedProposal> proposals, bool allowSuccessorPsk, out AppliedProposals applied)
    {
        applied = null!;
        ProposalValidator validator = new(environment, _suite, from.Context, from.Tree) { AllowSuccessorPsk = allowSuccessorPsk };
        foreach (ResolvedProposal item in proposals)
        {
            MlsError invalid = item.Checked ? MlsError.None : validator.Check(item.Proposal, item.Sender);
            if (invalid.Failed)
                return invalid;
        }
        MlsError error = from.Self is { } self
            ? ProposalListRules.CheckRegular(proposals, self, from.Tree, environment.Validator)
            : ProposalListRules.CheckExternal(proposals, out _);
        if (!error.Failed)
            error = AppliedProposals.Apply(from.Tree, from.Requirements, proposals, out applied);
        return error.Failed ? error : applied.CheckSupport(pathLeaf: null);
    }

    internal MlsError Create(IReadOnlyList<ResolvedProposal> proposals, CommitPlan plan, out CreatedCommit created)
    {
        created = null!;
        MlsError error = CheckProposals(proposals, plan.AllowSuccessorPsk, out AppliedProposals applied);
        if (error.Failed)
            return error;

        RatchetTree tree = applied.Tree;
        bool external = from.Self is null;
        LeafIndex self;
        if (from.Self is { } existing)
            self = existing;
        else
            tree = tree.WithRoom(out self);
        OwnPath? path = null;
        if (applied.RequiresPath || plan.ForcePath)
            path = OwnPath.Create(environment, _suite, from, plan, tree, self);
        error = CheckKeys(applied, tree, path, external ? null : self);
        if (!error.Failed)
            error = applied.CheckSupport(path?.Leaf);
        tree = path?.Tree ?? tree;
        if (!error.Failed)
            error = LeafValidator.CheckCredentialTypes(tree);
        UpdatePath? wirePath = null;
        if (!error.Failed && path is not null)
            error = path.Encrypt(environment, _suite, from, applied, out wirePath);
        if (error.Failed)
        {
            path?.Dispose();
            return error;
        }
        PathKeys keys = path?.TakeKeys(from.Keys) ?? from.Keys!.Copy();
        keys.Prune(tree, self);
        error = PskResolver.Resolve(environment, _suite, applied.Psks, resumption, out byte[] pskSecret);
        if (error.Failed)
            keys.Dispose();
        else
            error = Finish(proposals, plan, applied, tree, self, path, wirePath, keys, pskSecret, out created);
        path?.Dispose();
        return error;
    }

    private MlsError Finish(
        IReadOnlyList<ResolvedProposal> proposals, CommitPlan plan, AppliedProposals applied, RatchetTree tree, LeafIndex self,
        OwnPath? path, UpdatePath? wirePath, PathKeys keys, byte[] pskSecret, out CreatedCommit created)
    {
        created = null!;
        bool external = from.Self is null;
        Sender sender = external ? new Sender(SenderType.NewMemberCommit, 0) : new Sender(SenderType.Member, self.Value);
        FramedHeader header = new(from.Context.GroupId, from.Context.Epoch, sender, plan.AuthenticatedData);
        FramedContent content = FramedContent.ForCommit(header, new Commit([.. proposals.Select(p => p.ToWire())], wirePath));
        WireFormat format = plan.Encrypt ? WireFormat.PrivateMessage : WireFormat.PublicMessage;
        byte[] signature = AuthenticatedContent.Sign(format, content, from.Context, plan.Signer.Signer);

        GroupContext context = from.Context.Next(
            tree.Hash,
            AuthenticatedContent.ConfirmedTranscriptHash(_suite, from.InterimTranscriptHash, format, content, signature),
            applied.Requirements.Extensions);
        byte[] joiner = KeySchedule.JoinerSecret(_suite, from.InitSecret, path?.CommitSecret ?? _suite.Zeros, context.Encoded);
        byte[] member = KeySchedule.MemberSecret(_suite, joiner, pskSecret);
        byte[] epochSecret = KeySchedule.EpochSecret(_suite, member, context.Encoded);
        GroupEpoch next = GroupEpoch.Start(_suite, context, applied.Requirements, tree, self, keys, epochSecret);
        byte[]? welcome = null;
        MlsError error = applied.Added.Count == 0
            ? MlsError.None
            : WelcomeBuilder.Build(environment, next, plan, applied, path, joiner, member, out welcome);
        Secrets.Zero(joiner);
        Secrets.Zero(member);
        Secrets.Zero(pskSecret);
        if (error.Failed)
        {
            next.Dispose();
            return error;
        }
        CommitSummary summary = CommitSummaries.Of(
            environment, applied, tree, context.Epoch, self, external, path?.Leaf, removesSelf: false);
        AuthenticatedContent message = new(format, content, signature, next.ConfirmationTag);
        created = new CreatedCommit(message, next, summary, welcome);
        return MlsError.None;
    }

    private static MlsError CheckKeys(AppliedProposals applied, RatchetTree tree, OwnPath? path, LeafIndex? self)
    {
        // Fresh random keys collide with nothing; a signature key that the application chose might.
        if (path is not null && !applied.Keys.ExpectSignatureKey(path.Leaf.SignatureKey, 0))
            return Errors.At(MlsErrorCode.DuplicateKey, "7.3");
        return applied.Keys.Matches(tree, path is null ? null : self) ? MlsError.None : Errors.At(MlsErrorCode.DuplicateKey, "7.3");
    }
}
