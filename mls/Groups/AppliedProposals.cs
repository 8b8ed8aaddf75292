using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// A tree and extensions after the proposals of a commit, in the order that RFC 9420, section 12.3, demands.
/// </summary>
internal sealed class AppliedProposals
{
    private AppliedProposals(RatchetTree tree, GroupRequirements requirements)
    {
        Tree = tree;
        Requirements = requirements;
    }

    internal RatchetTree Tree { get; private set; }

    internal GroupRequirements Requirements { get; private set; }

    internal bool ExtensionsChanged { get; private set; }

    internal List<(LeafIndex Index, UnverifiedKeyPackage KeyPackage)> Added { get; } = [];

    internal List<(LeafIndex Index, LeafNode Old)> Removed { get; } = [];

    internal List<(LeafIndex Index, LeafNode New, ReadOnlyMemory<byte> Reference)> Updated { get; } = [];

    internal List<PreSharedKeyId> Psks { get; } = [];

    internal ExternalInitProposal? ExternalInit { get; private set; }

    internal ReInitProposal? ReInit { get; private set; }

    /// <summary>
    /// The leaf that a Remove by value takes away, as a resync does with the old appearance; null for none.
    /// </summary>
    internal LeafIndex? RemovedByCommitter { get; private set; }

    internal bool RequiresPath { get; private set; }

    /// <summary>The indices of the added leaves, sorted.</summary>
    internal uint[] NewLeaves { get; private set; } = [];

    /// <summary>
    /// Keys that the tree must hold just once; the path's keys are added by the caller, and then it is scanned.
    /// </summary>
    internal KeyScan Keys { get; } = new();

    internal static MlsError Apply(
        RatchetTree tree, GroupRequirements current, IReadOnlyList<ResolvedProposal> proposals,
        out AppliedProposals applied)
    {
        applied = new AppliedProposals(tree, current) { RequiresPath = proposals.Count == 0 };
        foreach (ResolvedProposal item in proposals)
        {
            applied.RequiresPath |= item.Proposal.RequiresPath;
            if (item.Proposal is GroupContextExtensionsProposal change)
            {
                MlsError error = GroupRequirements.TryParse(change.Extensions, out GroupRequirements requirements);
                if (error.Failed)
                    return error;
                applied.Requirements = requirements;
                applied.ExtensionsChanged = true;
            }
        }
        MlsError failure = applied.ApplyUpdatesAndRemoves(proposals);
        if (!failure.Failed)
            failure = applied.ApplyAdds(proposals);
        applied.TakeRest(proposals);
        return failure;
    }

    /// <summary>
    /// What only the finished tree can tell (sections 7.3 and 12.1.7): support for the group's parameters by new
    /// leaves, and by all members if the parameters have changed.
    /// </summary>
    internal MlsError CheckSupport(LeafNode? pathLeaf)
    {
        if (ExtensionsChanged)
        {
            foreach ((_, LeafNode leaf) in Tree.Members())
            {
                if (LeafValidator.CheckAgainstGroup(leaf, Requirements).Failed)
                    return Errors.At(MlsErrorCode.UnsupportedCapability, "12.1.7");
            }
        }
        foreach ((_, UnverifiedKeyPackage keyPackage) in Added)
        {
            MlsError error = LeafValidator.CheckAgainstGroup(keyPackage.Leaf, Requirements);
            if (error.Failed)
                return error;
        }
        foreach ((_, LeafNode leaf, _) in Updated)
        {
            MlsError error = LeafValidator.CheckAgainstGroup(leaf, Requirements);
            if (error.Failed)
                return error;
        }
        return pathLeaf is null ? MlsError.None : LeafValidator.CheckAgainstGroup(pathLeaf, Requirements);
    }

    private MlsError ApplyUpdatesAndRemoves(IReadOnlyList<ResolvedProposal> proposals)
    {
        foreach (ResolvedProposal item in proposals)
        {
            if (item.Proposal is not UpdateProposal update)
                continue;
            LeafIndex index = new(item.Sender.Index);
            LeafNode leaf = update.Leaf.Detach();
            if (!ExpectKeys(leaf))
                return Errors.At(MlsErrorCode.DuplicateKey, "7.3");
            Tree = Tree.WithUpdate(index, leaf);
            Updated.Add((index, leaf, item.Reference));
        }
        foreach (ResolvedProposal item in proposals)
        {
            if (item.RemovedLeaf is not { } removed)
                continue;
            if (Tree.Leaf(removed) is not { } old)
                return Errors.At(MlsErrorCode.InvalidProposal, "12.1.3");
            Tree = Tree.WithBlank(removed);
            Removed.Add((removed, old));
            if (item.Reference.IsEmpty)
                RemovedByCommitter = removed;
        }
        if (Removed.Count > 0)
            Tree = Tree.Truncated();
        return MlsError.None;
    }

    private MlsError ApplyAdds(IReadOnlyList<ResolvedProposal> proposals)
    {
        foreach (ResolvedProposal item in proposals)
        {
            if (item.Proposal is not AddProposal add)
                continue;
            LeafNode leaf = add.KeyPackage.Leaf.Detach();
            if (!ExpectKeys(leaf))
                return Errors.At(MlsErrorCode.DuplicateKey, "7.3");
            if (Tree.MemberCount == TreeMath.MaxLeaves)
                return Errors.At(MlsErrorCode.LimitExceeded, "12.1.1");
            Tree = Tree.WithAdded(leaf, out LeafIndex index);
            Added.Add((index, add.KeyPackage));
        }
        NewLeaves = [.. Added.Select(a => a.Index.Value).Order()];
        return MlsError.None;
    }

    private void TakeRest(IReadOnlyList<ResolvedProposal> proposals)
    {
        foreach (ResolvedProposal item in proposals)
        {
            switch (item.Proposal)
            {
                case PreSharedKeyProposal psk:
                    Psks.Add(psk.Psk);
                    break;
                case ExternalInitProposal init:
                    ExternalInit = init;
                    break;
                case ReInitProposal reInit:
                    ReInit = reInit;
                    break;
            }
        }
    }

    private bool ExpectKeys(LeafNode leaf) =>
        Keys.ExpectEncryptionKey(leaf.EncryptionKey, 1) && Keys.ExpectSignatureKey(leaf.SignatureKey, 1);
}
