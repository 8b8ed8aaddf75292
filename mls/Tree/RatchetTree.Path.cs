using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>A node of a filtered direct path: its level, and its child that is not on the path.</summary>
internal readonly record struct PathStep(int Level, TreeNode Copath);

// Paths: the filtered direct path (4.1.2), resolutions (4.1.1), and merging an UpdatePath (7.5, 7.9).
internal sealed partial class RatchetTree
{
    /// <summary>
    /// The filtered direct path of a leaf, from bottom to top: every ancestor whose other child has someone to encrypt
    /// to.
    /// </summary>
    internal PathStep[] FilteredPath(LeafIndex leaf)
    {
        List<PathStep> steps = new(Root.Level);
        TreeNode node = Root;
        while (node.Level > 0)
        {
            TreeNode away = node.ChildAway(leaf.Value);
            if (away.ResolutionSize > 0)
                steps.Add(new PathStep(node.Level, away));
            node = node.ChildTowards(leaf.Value);
        }
        steps.Reverse();
        return [.. steps];
    }

    /// <summary>
    /// The nodes of a resolution, in order: the node itself and its unmerged leaves, or the resolutions of its
    /// children.
    /// </summary>
    internal static void Resolve(TreeNode node, List<TreeNode> into)
    {
        if (node.ResolutionSize == 0)
            return;
        if (node.IsBlank)
        {
            Resolve(node.Left!, into);
            Resolve(node.Right!, into);
            return;
        }
        into.Add(node);
        if (node.Parent is { } parent)
        {
            foreach (uint leaf in parent.UnmergedLeaves)
                into.Add(Descend(node, leaf, 0));
        }
    }

    /// <summary>The node above a leaf at a level, within a subtree.</summary>
    internal static TreeNode Descend(TreeNode node, uint leaf, int level)
    {
        while (node.Level > level)
            node = node.ChildTowards(leaf);
        return node;
    }

    /// <summary>
    /// Puts keys on a leaf's direct path: blanks everywhere, then the given keys on the filtered path, with parent
    /// hashes computed from the root down. Gives the parent hash that the leaf has to carry.
    /// </summary>
    internal ParentNode[] PathNodes(PathStep[] path, ReadOnlySpan<ReadOnlyMemory<byte>> keys, out byte[] leafParentHash)
    {
        ParentNode[] nodes = new ParentNode[path.Length];
        byte[] above = [];
        for (int i = path.Length - 1; i >= 0; i--)
        {
            nodes[i] = new ParentNode(keys[i], above, []);
            above = ParentHash(keys[i].Span, above, path[i].Copath.Hash(Suite));
        }
        leafParentHash = above;
        return nodes;
    }

    /// <summary>The tree with a new leaf and new nodes above it (section 7.5).</summary>
    internal RatchetTree WithPath(LeafIndex leaf, LeafNode newLeaf, PathStep[] path, ParentNode[] nodes) =>
        new(Suite, MergePath(Root, leaf.Value, newLeaf, path, nodes, path.Length - 1));

    // struct {
    //     HPKEPublicKey encryption_key;
    //     opaque parent_hash<V>;
    //     opaque original_sibling_tree_hash<V>;
    // } ParentHashInput;                               RFC 9420, section 7.9
    internal byte[] ParentHash(
        ReadOnlySpan<byte> encryptionKey, ReadOnlySpan<byte> parentHash, ReadOnlySpan<byte> siblingTreeHash)
    {
        using MlsWriter writer = new(512);
        writer.Vector(encryptionKey);
        writer.Vector(parentHash);
        writer.Vector(siblingTreeHash);
        return Suite.HashOf(writer.Written);
    }

    private static TreeNode MergePath(
        TreeNode node, uint leaf, LeafNode newLeaf, PathStep[] path, ParentNode[] nodes, int top)
    {
        if (node.Level == 0)
            return TreeNode.ForLeaf(leaf, newLeaf);
        ParentNode? parent = null;
        if (top >= 0 && path[top].Level == node.Level)
            parent = nodes[top--];
        return node.IsRight(leaf)
            ? TreeNode.ForParent(
                parent, node.LeftOrBlank(), MergePath(node.RightOrBlank(), leaf, newLeaf, path, nodes, top))
            : TreeNode.ForParent(parent, MergePath(node.LeftOrBlank(), leaf, newLeaf, path, nodes, top),
                node.RightOrBlank());
    }
}
