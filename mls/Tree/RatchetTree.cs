using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>
/// The public ratchet tree of one epoch (RFC 9420, section 7). Immutable: every change yields a tree that shares all
/// untouched subtrees with the old one, at the cost of one node a level.
/// </summary>
internal sealed partial class RatchetTree
{
    internal RatchetTree(Suite suite, TreeNode root)
    {
        Suite = suite;
        Root = root;
    }

    internal Suite Suite { get; }

    internal TreeNode Root { get; }

    /// <summary>The number of leaves, blank ones included: a power of two.</summary>
    internal uint LeafCount => 1u << Root.Level;

    internal int MemberCount => Root.Members;

    internal byte[] Hash => Root.Hash(Suite);

    /// <summary>A tree of one member (section 11).</summary>
    internal static RatchetTree ForCreator(Suite suite, LeafNode leaf) => new(suite, TreeNode.ForLeaf(0, leaf));

    /// <summary>The leaf at an index; null if it is blank or beyond the tree.</summary>
    internal LeafNode? Leaf(LeafIndex index)
    {
        if (index.Value >= LeafCount)
            return null;
        TreeNode? node = Root;
        while (node is { Level: > 0 })
            node = node.IsRight(index.Value) ? node.Right : node.Left;
        return node?.Leaf;
    }

    /// <summary>All members with their leaves, from left to right.</summary>
    internal IEnumerable<(LeafIndex Index, LeafNode Leaf)> Members()
    {
        Stack<TreeNode> stack = new();
        stack.Push(Root);
        while (stack.TryPop(out TreeNode? node))
        {
            if (node.Leaf is { } leaf)
                yield return (new LeafIndex(node.FirstLeaf), leaf);
            if (node.Right is { Members: > 0 } right)
                stack.Push(right);
            if (node.Left is { Members: > 0 } left)
                stack.Push(left);
        }
    }

    /// <summary>Applies an Update (section 12.1.2): a new leaf, and blanks above it.</summary>
    internal RatchetTree WithUpdate(LeafIndex index, LeafNode leaf) =>
        new(Suite, Replace(Root, index.Value, leaf, blankPath: true));

    /// <summary>Applies a Remove (section 12.1.3), without truncating yet.</summary>
    internal RatchetTree WithBlank(LeafIndex index) => new(Suite, Replace(Root, index.Value, null, blankPath: true));

    /// <summary>Drops the right half for as long as it has no member (section 7.7).</summary>
    internal RatchetTree Truncated()
    {
        TreeNode root = Root;
        while (root.Level > 0 && (root.Right is null || root.Right.Members == 0))
            root = root.LeftOrBlank();
        return ReferenceEquals(root, Root) ? this : new RatchetTree(Suite, root);
    }

    /// <summary>Applies an Add (section 12.1.1): the leftmost blank leaf, unmerged everywhere above.</summary>
    internal RatchetTree WithAdded(LeafNode leaf, out LeafIndex index)
    {
        RatchetTree room = WithRoom(out index);
        return new RatchetTree(Suite, Replace(room.Root, index.Value, leaf, blankPath: false));
    }

    /// <summary>Finds the leftmost blank leaf, extending the tree if there is none (section 7.7).</summary>
    internal RatchetTree WithRoom(out LeafIndex index)
    {
        TreeNode root = Root;
        if (root.Members == (int)LeafCount)
            root = TreeNode.ForParent(null, root, TreeNode.BlankSubtree(root.Level, LeafCount));
        TreeNode? node = root;
        while (node.Level > 0 && node.Left is { } left)
            node = left.Members < 1 << left.Level ? left : node.Right!;
        index = new LeafIndex(node.FirstLeaf);
        return ReferenceEquals(root, Root) ? this : new RatchetTree(Suite, root);
    }

    private static TreeNode Replace(TreeNode node, uint index, LeafNode? leaf, bool blankPath)
    {
        if (node.Level == 0)
            return TreeNode.ForLeaf(index, leaf);
        ParentNode? parent = blankPath ? null : node.Parent?.WithUnmerged(index);
        return node.IsRight(index)
            ? TreeNode.ForParent(parent, node.LeftOrBlank(), Replace(node.RightOrBlank(), index, leaf, blankPath))
            : TreeNode.ForParent(parent, Replace(node.LeftOrBlank(), index, leaf, blankPath), node.RightOrBlank());
    }
}
