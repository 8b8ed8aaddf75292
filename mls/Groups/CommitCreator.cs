using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// Creation of a commit and its Welcome (RFC 9420, section 12.4.1). Every rule that a receiver enforces is enforced
/// here first, the own new leaf included, so that a commit that leaves is one that others accept.
/// </summary>
internal sealed class CommitCreator(
    MlsEnvironment environment, CommitBase from, PskResolver.ResumptionLookup resumption)
{
    private readonly Suite _suite = from.Suite;

    /// <summary>
    /// Whether a commit of these proposals would be made: every check of <see cref="Create"/>, but for the path's.
    /// </summary>
    internal bool Fits(IReadOnlyList<ResolvedProposal> proposals)
    {
        MlsError error = CheckProposals(proposals, allowSuccessorPsk: false, out AppliedProposals applied);
        return !error.Failed && applied.Keys.Matches(applied.Tree, null)
            && applied.Added.TrueForAll(a => LeafValidator.IsAlive(environment, a.KeyPackage.Leaf))
            && !LeafValidator.CheckCredentialTypes(applied.Tree).Failed
            && PskResolver.AreKnown(environment, applied.Psks, resumption);
    }

    internal MlsError Create(IReadOnlyList<ResolvedProposal> proposals, CommitPlan plan, out CreatedCommit created)
    {
        created = null!;
        if (plan.Identity.CipherSuite != _suite.Id)
            return Errors.At(MlsErrorCode.UnsupportedCipherSuite, "12.4.1");
        MlsError error = CheckProposals(proposals, plan.AllowSuccessorPsk, out AppliedProposals applied);
        if (error.Failed)
            return error;
        RatchetTree tree = applied.Tree;
        LeafIndex self;
        if (from.Self is { } existing)
            self = existing;
        else if (tree.MemberCount == TreeMath.MaxLeaves)
            return Errors.At(MlsErrorCode.LimitExceeded, "12.4.3.2");
        else
            tree = tree.WithRoom(out self);
        using OwnPath? path = applied.RequiresPath || plan.ForcePath
            ? OwnPath.Create(environment, _suite, from, plan, tree, self)
            : null;
        return Complete(proposals, plan, applied, tree, self, path, out created);
    }

    private MlsError Complete(
        IReadOnlyList<ResolvedProposal> proposals, CommitPlan plan, AppliedProposals applied, RatchetTree tree,
        LeafIndex self,
        OwnPath? path, out CreatedCommit created)
    {
        created = null!;
        MlsError error = path is null ? MlsError.None : CheckOwnLeaf(path.Leaf, plan, applied, self);
        if (!error.Failed)
            error = CheckKeys(applied, tree, path, from.Self);
        if (!error.Failed)
            error = applied.CheckSupport(path?.Leaf);
        tree = path?.Tree ?? tree;
        if (!error.Failed)
            error = LeafValidator.CheckCredentialTypes(tree);
        CommitSummary summary = CommitSummaries.Of(environment, new CommitFacts
        {
            Applied = applied,
            Proposals = proposals,
            Before = from.Tree,
            After = tree,
            Epoch = from.Context.Epoch + 1,
            Committer = self,
            PathLeaf = path?.Leaf,
            AuthenticatedData = plan.AuthenticatedData,
            IsExternal = from.Self is null,
        });
        if (!error.Failed && environment.Rules is { } rules)
            error = Errors.Of(rules.Judge(summary, from.State!), MlsErrorCode.RefusedByRules, "12.2");
        UpdatePath? wirePath = null;
        if (!error.Failed && path is not null)
            error = path.Encrypt(environment, _suite, from, applied, out wirePath);
        byte[] pskSecret = [];
        if (!error.Failed)
            error = PskResolver.Resolve(environment, _suite, applied.Psks, resumption, out pskSecret);
        return error.Failed ? error
            : Finish(proposals, plan, applied, tree, self, path, wirePath, pskSecret, summary, out created);
    }

    private MlsError Finish(
        IReadOnlyList<ResolvedProposal> proposals, CommitPlan plan, AppliedProposals applied, RatchetTree tree,
        LeafIndex self,
        OwnPath? path, UpdatePath? wirePath, byte[] pskSecret, CommitSummary summary, out CreatedCommit created)
    {
        created = null!;
        Sender sender = from.Self is null
            ? new Sender(SenderType.NewMemberCommit, 0)
            : new Sender(SenderType.Member, self.Value);
        FramedHeader header = new(from.Context.GroupId, from.Context.Epoch, sender, plan.AuthenticatedData);
        FramedContent content =
            FramedContent.ForCommit(header, new Commit([.. proposals.Select(p => p.ToWire())], wirePath));
        WireFormat format = plan.Encrypt ? WireFormat.PrivateMessage : WireFormat.PublicMessage;
        byte[] signature = AuthenticatedContent.Sign(format, content, from.Context, plan.Signer.Signer);

        GroupContext context = from.Context.Next(
            tree.Hash,
            AuthenticatedContent.ConfirmedTranscriptHash(_suite, from.InterimTranscriptHash, format,
                content, signature),
            applied.Requirements.Extensions);
        PathKeys keys = path?.TakeKeys(from.Keys) ?? from.Keys!.Copy();
        keys.Prune(tree, self);
        byte[] joiner = KeySchedule.JoinerSecret(_suite, from.InitSecret, path?.CommitSecret
            ?? _suite.Zeros, context.Encoded);
        byte[] member = KeySchedule.MemberSecret(_suite, joiner, pskSecret);
        byte[] epochSecret = KeySchedule.EpochSecret(_suite, member, context.Encoded);
        GroupEpoch next = GroupEpoch.Start(_suite, context, applied.Requirements, tree, self, keys, epochSecret);
        next.Trace.Parent = StateId.Of(from.Context.ConfirmedTranscriptHash.Span);
        next.Trace.Author = self;
        byte[]? welcome = null;
        MlsError error = applied.Added.Count == 0
            ? MlsError.None
            : WelcomeBuilder.Build(environment, next, plan, applied, path, joiner, member, out welcome);
        Secrets.Zero(joiner);
        Secrets.Zero(member);
        Secrets.Zero(pskSecret);
        AuthenticatedContent message = new(format, content, signature, next.ConfirmationTag);
        if (!error.Failed && plan.Signer.Signer.IsForeign
            && !message.VerifySignature(_suite, plan.Signer.PublicKey.Span, from.Context))
        {
            error = Errors.At(MlsErrorCode.InvalidSignature, "6.1");
        }
        if (error.Failed)
            next.Dispose();
        else
            created = new CreatedCommit(message, next, summary, welcome);
        return error;
    }

    private MlsError CheckProposals(
        IReadOnlyList<ResolvedProposal> proposals, bool allowSuccessorPsk, out AppliedProposals applied)
    {
        applied = null!;
        ProposalValidator validator = new(environment, _suite, from.Context, from.Tree)
        {
            AllowSuccessorPsk = allowSuccessorPsk,
            KnownExtensions = from.Context.Extensions,
        };
        foreach (ResolvedProposal item in proposals)
        {
            MlsError invalid = item.Checked ? MlsError.None : validator.Check(item.Proposal, item.Sender);
            if (!invalid.Failed)
                invalid = RulesFor.Check(environment, item, from.State, from.Tree);
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

    private MlsError CheckOwnLeaf(LeafNode leaf, CommitPlan plan, AppliedProposals applied, LeafIndex self)
    {
        LeafNode? current = from.Self is not null ? from.Tree.Leaf(self)
            : applied.RemovedByCommitter is { } removed ? from.Tree.Leaf(removed)
            : null;
        ProposalValidator validator = new(environment, _suite, from.Context, from.Tree);
        return validator.CheckOwn(leaf, current, self, plan.Identity.Signer);
    }

    private static MlsError CheckKeys(AppliedProposals applied, RatchetTree tree, OwnPath? path, LeafIndex? self)
    {
        // Fresh random keys collide with nothing; a signature key that the application chose might.
        if (path is not null && !applied.Keys.ExpectSignatureKey(path.Leaf.SignatureKey, 0))
            return Errors.At(MlsErrorCode.DuplicateKey, "7.3");
        return applied.Keys.Matches(tree, path is null ? null : self)
            ? MlsError.None
            : Errors.At(MlsErrorCode.DuplicateKey, "7.3");
    }
}
