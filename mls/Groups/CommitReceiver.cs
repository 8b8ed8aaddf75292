using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// Processing of a received commit (RFC 9420, section 12.4.2). The message is unprotected and its signature verified
/// before; nothing here touches the old epoch.
/// <code>
/// proposals -> rules (12.2) -> apply (12.3) -> path (7.5) -> transcript (8.2) -> schedule (8)
///           -> confirmation tag (6.1)
/// </code>
/// </summary>
internal sealed class CommitReceiver(
    MlsEnvironment environment, GroupEpoch epoch, PskResolver.ResumptionLookup resumption)
{
    private readonly Suite _suite = epoch.Suite;
    private readonly ProposalValidator _validator = ProposalValidator.For(environment, epoch);

    internal MlsError Process(
        AuthenticatedContent message, IReadOnlyList<ResolvedProposal> proposals, out CommitResult result)
    {
        result = null!;
        Commit commit = message.Content.Commit!;
        bool external = message.Content.Sender.Type == SenderType.NewMemberCommit;
        LeafIndex committer = new(message.Content.Sender.Index);
        RemoveProposal? resync = null;

        MlsError error = CheckEach(proposals);
        if (!error.Failed)
        {
            error = external
                ? ProposalListRules.CheckExternal(proposals, out resync)
                : ProposalListRules.CheckRegular(proposals, committer, epoch.Tree, environment.Validator);
        }
        if (error.Failed)
            return error;
        error = AppliedProposals.Apply(epoch.Tree, epoch.Requirements, proposals, out AppliedProposals applied);
        if (error.Failed)
            return error;
        if (applied.RequiresPath && commit.Path is null)
            return Errors.At(MlsErrorCode.MissingPath, "12.4");

        RatchetTree tree = applied.Tree;
        LeafNode? replaced = external ? null : tree.Leaf(committer);
        if (external)
        {
            if (tree.MemberCount == TreeMath.MaxLeaves)
                return Errors.At(MlsErrorCode.LimitExceeded, "12.4.3.2");
            tree = tree.WithRoom(out committer);
        }
        LeafNode? pathLeaf = commit.Path?.Leaf.Detach();
        if (pathLeaf is not null)
        {
            error = external
                ? _validator.CheckExternalJoiner(pathLeaf, committer, resync is null ? null
                    : epoch.Tree.Leaf(resync.Removed))
                : _validator.CheckReplacement(
                    pathLeaf, replaced!, committer, LeafNodeSource.Commit, "12.4.2", CredentialUse.Replacement);
            if (error.Failed)
                return error;
        }
        error = CheckKeys(applied, tree, commit.Path, pathLeaf, external ? null : committer);
        if (!error.Failed)
            error = applied.CheckSupport(pathLeaf);
        if (error.Failed)
            return error;

        CommitSummary summary = CommitSummaries.Of(environment, new CommitFacts
        {
            Applied = applied,
            Proposals = proposals,
            Before = epoch.Tree,
            After = tree,
            Epoch = epoch.Number + 1,
            Committer = committer,
            PathLeaf = pathLeaf,
            AuthenticatedData = message.Content.AuthenticatedData,
            IsExternal = external,
            RemovesSelf = applied.Removed.Exists(r => r.Index == epoch.Self),
        });
        if (environment.Rules is { } rules)
            error = Errors.Of(rules.Judge(summary, GroupState.Of(epoch)), MlsErrorCode.RefusedByRules, "12.2");
        if (error.Failed)
            return error;
        StateId state = StateId.Of(message.ConfirmedTranscriptHash(_suite, epoch.InterimTranscriptHash));
        GroupEpoch? next = null;
        if (!summary.RemovesSelf)
            error = Advance(message, applied, tree, committer, pathLeaf, out next);
        result = new CommitResult(epoch.Id, state, next, summary);
        return error;
    }

    private MlsError CheckEach(IReadOnlyList<ResolvedProposal> proposals)
    {
        GroupState? state = environment.Rules is null ? null : GroupState.Of(epoch);
        foreach (ResolvedProposal item in proposals)
        {
            MlsError error = item.Checked ? MlsError.None : _validator.Check(item.Proposal, item.Sender);
            if (!error.Failed)
                error = RulesFor.Check(environment, item, state, epoch.Tree);
            if (error.Failed)
                return error;
        }
        return MlsError.None;
    }

    // Uniqueness of new leaves' keys (7.3), and: no public key of the path appears in the new tree (12.4.2).
    private static MlsError CheckKeys(
        AppliedProposals applied, RatchetTree tree, UpdatePath? path, LeafNode? pathLeaf, LeafIndex? committer)
    {
        KeyScan keys = applied.Keys;
        if (pathLeaf is not null && path is not null)
        {
            bool fresh = keys.ExpectEncryptionKey(pathLeaf.EncryptionKey, 0)
                && keys.ExpectSignatureKey(pathLeaf.SignatureKey, 0);
            foreach (UpdatePathNode node in path.Nodes)
                fresh = fresh && keys.ExpectEncryptionKey(node.EncryptionKey, 0);
            if (!fresh)
                return Errors.At(MlsErrorCode.DuplicateKey, "12.4.2");
        }
        return keys.Matches(tree, pathLeaf is null ? null : committer)
            ? MlsError.None
            : Errors.At(MlsErrorCode.DuplicateKey, path is null ? "7.3" : "12.4.2");
    }

    private MlsError Advance(
        AuthenticatedContent message, AppliedProposals applied, RatchetTree tree, LeafIndex committer,
        LeafNode? pathLeaf,
        out GroupEpoch? next)
    {
        next = null;
        PathKeys keys = epoch.Keys.Copy();
        byte[] commitSecret = _suite.Zeros;
        MlsError error = TakeOwnUpdate(applied, keys);
        if (!error.Failed && pathLeaf is not null)
            error = ApplyPath(message.Content.Commit!.Path!, applied, committer, pathLeaf, keys, ref tree,
                out commitSecret);
        else
            keys.Prune(tree, epoch.Self);
        if (!error.Failed)
            error = LeafValidator.CheckCredentialTypes(tree);
        if (!error.Failed)
            error = Derive(message, applied, tree, committer, keys, commitSecret, out next);
        if (!ReferenceEquals(commitSecret, _suite.Zeros))
            Secrets.Zero(commitSecret);
        if (error.Failed)
            keys.Dispose();
        return error;
    }

    private MlsError TakeOwnUpdate(AppliedProposals applied, PathKeys keys)
    {
        foreach ((LeafIndex index, _, ReadOnlyMemory<byte> reference) in applied.Updated)
        {
            if (index != epoch.Self)
                continue;
            if (!epoch.Waiting.UpdateKeys.TryGetValue(reference, out byte[]? ownKey))
                return Errors.At(MlsErrorCode.InvalidState, "12.1.2");
            keys[0] = (byte[])ownKey.Clone();
        }
        return MlsError.None;
    }

    private MlsError Derive(
        AuthenticatedContent message, AppliedProposals applied, RatchetTree tree, LeafIndex committer, PathKeys keys,
        byte[] commitSecret, out GroupEpoch? next)
    {
        next = null;
        bool external = applied.ExternalInit is not null;
        MlsError error = PskResolver.Resolve(environment, _suite, applied.Psks, resumption, out byte[] pskSecret);
        if (error.Failed)
            return error;
        byte[] initSecret = epoch.Secrets.InitSecret;
        if (external)
            error = ExternalInit.Receive(_suite, epoch.Secrets, applied.ExternalInit!, out initSecret);
        if (!error.Failed)
        {
            GroupContext context = epoch.Context.Next(
                tree.Hash, message.ConfirmedTranscriptHash(_suite, epoch.InterimTranscriptHash),
                applied.Requirements.Extensions);
            byte[] joiner = KeySchedule.JoinerSecret(_suite, initSecret, commitSecret, context.Encoded);
            byte[] member = KeySchedule.MemberSecret(_suite, joiner, pskSecret);
            byte[] epochSecret = KeySchedule.EpochSecret(_suite, member, context.Encoded);
            next = GroupEpoch.Start(_suite, context, applied.Requirements, tree, epoch.Self, keys, epochSecret);
            next.Trace.Parent = epoch.Id;
            next.Trace.Author = committer;
            Secrets.Zero(joiner);
            Secrets.Zero(member);
        }
        Secrets.Zero(pskSecret);
        if (external)
            Secrets.Zero(initSecret);
        if (next is null || Secrets.Same(next.ConfirmationTag, message.ConfirmationTag.Span))
            return error;
        next.Dispose();
        next = null;
        return Errors.At(MlsErrorCode.InvalidConfirmationTag, "12.4.2");
    }

    private MlsError ApplyPath(
        UpdatePath path, AppliedProposals applied, LeafIndex committer, LeafNode pathLeaf, PathKeys keys,
        ref RatchetTree tree, out byte[] commitSecret)
    {
        commitSecret = [];
        PathStep[] steps = tree.FilteredPath(committer);
        MlsError error = TreeKem.CheckShape(_suite, steps, path, applied.NewLeaves);
        if (error.Failed)
            return error;
        ReadOnlyMemory<byte>[] publicKeys = new ReadOnlyMemory<byte>[steps.Length];
        for (int i = 0; i < steps.Length; i++)
            publicKeys[i] = path.Nodes[i].EncryptionKey.ToArray();
        ParentNode[] nodes = tree.PathNodes(steps, publicKeys, out byte[] parentHash);
        if (!pathLeaf.ParentHash.Span.SequenceEqual(parentHash))
            return Errors.At(MlsErrorCode.InvalidParentHash, "7.9.2");
        RatchetTree before = tree;
        tree = tree.WithPath(committer, pathLeaf, steps, nodes);
        GroupContext provisional = epoch.Context.Next(
            tree.Hash, epoch.Context.ConfirmedTranscriptHash, applied.Requirements.Extensions);
        keys.Prune(before, epoch.Self);
        error = TreeKem.Decrypt(
            _suite, steps, path, epoch.Self, applied.NewLeaves, provisional.Encoded, keys, out commitSecret);
        keys.Prune(tree, epoch.Self);
        return error;
    }
}
