using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>Puts applied proposals into words.</summary>
internal static class CommitSummaries
{
    internal static CommitSummary Of(
        MlsEnvironment environment, AppliedProposals applied, RatchetTree tree, ulong epoch, LeafIndex committer, bool external,
        LeafNode? pathLeaf, bool removesSelf)
    {
        List<Member> added = [.. applied.Added.Select(a => new Member(a.Index, tree.Leaf(a.Index) ?? a.KeyPackage.Leaf))];
        List<Member> updated = [.. applied.Updated.Select(u => new Member(u.Index, u.New))];
        if (pathLeaf is not null)
            (external ? added : updated).Add(new Member(committer, pathLeaf));
        return new CommitSummary
        {
            Epoch = epoch,
            Committer = committer,
            IsExternal = external,
            Added = added,
            OutOfLifetime = [.. added.Where(m => !LeafValidator.IsAlive(environment, m.Leaf))],
            Removed = [.. applied.Removed.Select(r => new Member(r.Index, r.Old))],
            Updated = updated,
            Psks = [.. applied.Psks],
            Extensions = applied.ExtensionsChanged ? applied.Requirements.Extensions : null,
            ReInit = applied.ReInit,
            RemovesSelf = removesSelf,
        };
    }

    /// <summary>The summary of an own commit that was read back from a store, from what it changed.</summary>
    internal static CommitSummary OfDifference(GroupEpoch before, GroupEpoch after, ReInitProposal? reInit)
    {
        Dictionary<uint, LeafNode> old = before.Tree.Members().ToDictionary(m => m.Index.Value, m => m.Leaf);
        List<Member> added = [];
        List<Member> updated = [];
        List<Member> removed = [];
        foreach ((LeafIndex index, LeafNode leaf) in after.Tree.Members())
        {
            bool was = old.Remove(index.Value, out LeafNode? previous);
            if (was && previous!.SameAs(leaf))
                continue;

            // A leaf from a key package is a newcomer, who may have taken the place of a member that leaves.
            bool newcomer = leaf.Source == LeafNodeSource.KeyPackage;
            (newcomer ? added : updated).Add(new Member(index, leaf));
            if (newcomer && was)
                removed.Add(new Member(index, previous!));
        }
        removed.AddRange(old.Select(o => new Member(new LeafIndex(o.Key), o.Value)));
        return new CommitSummary
        {
            Epoch = after.Context.Epoch,
            Committer = after.Self,
            Added = added,
            Removed = removed,
            Updated = updated,
            Extensions = after.Context.Extensions.SameAs(before.Context.Extensions) ? null : after.Context.Extensions,
            ReInit = reInit,
        };
    }
}
