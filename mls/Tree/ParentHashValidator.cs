using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>
/// Checks that every non-blank parent is parent-hash valid (RFC 9420, section 7.9.2), top down: each has exactly one
/// descendant that chains to it. Resolutions are walked only where their size is what the unmerged leaves of the parent
/// announce, so the work is linear in the size of the tree's encoding, apart from a factor of its depth.
/// </summary>
internal static class ParentHashValidator
{
    internal static bool IsValid(RatchetTree tree) => IsValid(tree, tree.Root);

    private static bool IsValid(RatchetTree tree, TreeNode node)
    {
        if (node.Left is null)
            return true;
        if (node.Parent is { } parent)
        {
            int chained = (Chains(tree, parent, node.Left, node.Right!) ? 1 : 0)
                + (Chains(tree, parent, node.Right!, node.Left) ? 1 : 0);
            if (chained != 1)
                return false;
        }
        return IsValid(tree, node.Left) && IsValid(tree, node.Right!);
    }

    // Is there a D in the resolution of C whose parent hash is that of P with copath child S,
    // and is the rest of the resolution of C what P lists as unmerged below C?
    private static bool Chains(RatchetTree tree, ParentNode parent, TreeNode child, TreeNode sibling)
    {
        ReadOnlySpan<uint> unmerged = parent.UnmergedWithin(child.FirstLeaf, child.EndLeaf);
        if (child.ResolutionSize != unmerged.Length + 1)
            return false;
        TreeNode? descendant = FindDescendant(child, unmerged);
        if (descendant is null)
            return false;
        ReadOnlyMemory<byte> claimed = descendant.Leaf is { } leaf ? leaf.ParentHash : descendant.Parent!.ParentHash;
        if (descendant.Leaf is { Source: not LeafNodeSource.Commit })
            return false;
        byte[] expected = tree.ParentHash(
            parent.EncryptionKey.Span, parent.ParentHash.Span, sibling.HashWithout(tree.Suite, parent.UnmergedLeaves));
        return claimed.Span.SequenceEqual(expected);
    }

    // The one element of the resolution that is not among the unmerged leaves; null if that is not how it is.
    private static TreeNode? FindDescendant(TreeNode child, ReadOnlySpan<uint> unmerged)
    {
        if (child.Parent is { } parent)
            return parent.UnmergedLeaves.AsSpan().SequenceEqual(unmerged) ? child : null;
        List<TreeNode> resolution = new(child.ResolutionSize);
        RatchetTree.Resolve(child, resolution);
        TreeNode? found = null;
        foreach (TreeNode node in resolution)
        {
            if (node.Level == 0 && unmerged.BinarySearch(node.FirstLeaf) >= 0)
                continue;
            if (found is not null)
                return null;
            found = node;
        }
        return found;
    }
}
