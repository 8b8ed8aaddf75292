using System.Numerics;

namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>Index arithmetic of a full binary tree kept as an array (RFC 9420, appendix C).</summary>
internal static class TreeMath
{
    /// <summary>
    /// The most leaves that this implementation accepts: an arbitrary limit, far above any group it serves.
    /// </summary>
    internal const int MaxLeaves = 1 << 24;

    internal static uint NodeCount(uint leaves) => leaves == 0 ? 0 : 2 * leaves - 1;

    /// <summary>The smallest power of two that is not less than <paramref name="leaves"/>.</summary>
    internal static uint FullLeafCount(uint leaves) => BitOperations.RoundUpToPowerOf2(Math.Max(leaves, 1));

    internal static NodeIndex Root(uint leaves) => new(FullLeafCount(leaves) - 1);

    internal static NodeIndex? Left(NodeIndex node) =>
        node.IsLeaf ? null : new NodeIndex(node.Value ^ (1u << (node.Level - 1)));

    internal static NodeIndex? Right(NodeIndex node) =>
        node.IsLeaf ? null : new NodeIndex(node.Value ^ (3u << (node.Level - 1)));

    internal static NodeIndex? Parent(NodeIndex node, uint leaves)
    {
        if (node == Root(leaves))
            return null;
        int k = node.Level;
        uint b = (node.Value >> (k + 1)) & 1;
        return new NodeIndex((node.Value | (1u << k)) ^ (b << (k + 1)));
    }

    internal static NodeIndex? Sibling(NodeIndex node, uint leaves)
    {
        NodeIndex? parent = Parent(node, leaves);
        if (parent is not { } p)
            return null;
        return node.Value < p.Value ? Right(p) : Left(p);
    }

    /// <summary>The level of the lowest node above both leaves; 0 if they are the same.</summary>
    internal static int CommonAncestorLevel(LeafIndex a, LeafIndex b) =>
        32 - BitOperations.LeadingZeroCount(a.Value ^ b.Value);

    /// <summary>The ancestor of a leaf at a level.</summary>
    internal static NodeIndex Ancestor(LeafIndex leaf, int level) =>
        new((leaf.Value >> level << (level + 1)) + (1u << level) - 1);
}
