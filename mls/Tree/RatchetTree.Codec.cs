using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Tree;

// struct {
//     NodeType node_type;                             uint8: leaf 1, parent 2
//     select (Node.node_type) {
//         case leaf:   LeafNode leaf_node;
//         case parent: ParentNode parent_node;
//     };
// } Node;
// optional<Node> ratchet_tree<V>;                     RFC 9420, section 12.4.3.3
internal sealed partial class RatchetTree
{
    private const byte LeafType = 1;
    private const byte ParentType = 2;

    /// <summary>Reads the content of a ratchet_tree extension: nodes in order, the last one not blank.</summary>
    internal static MlsError TryRead(Suite suite, ReadOnlyMemory<byte> extension, out RatchetTree tree)
    {
        tree = null!;
        MlsReader outer = new(extension);
        if (!outer.TryReadNested(out MlsReader list) || !outer.AtEnd)
            return Errors.Malformed("12.4.3.3");
        List<object?> nodes = [];
        while (!list.AtEnd)
        {
            if (nodes.Count == 2 * TreeMath.MaxLeaves)
                return Errors.At(MlsErrorCode.LimitExceeded, "12.4.3.3");
            if (!TryReadNode(ref list, leafExpected: nodes.Count % 2 == 0, out object? node))
                return Errors.Malformed("12.4.3.3");
            nodes.Add(node);
        }
        if (nodes.Count == 0 || nodes[^1] is null)
            return Errors.At(MlsErrorCode.InvalidTree, "12.4.3.3");
        uint leaves = TreeMath.FullLeafCount((uint)(nodes.Count / 2) + 1);
        tree = new RatchetTree(suite, Build(nodes, System.Numerics.BitOperations.Log2(leaves), 0));
        return MlsError.None;
    }

    /// <summary>Writes the content of a ratchet_tree extension.</summary>
    internal void Write(MlsWriter writer)
    {
        int mark = writer.Begin();
        int pending = 0;
        WriteNodes(writer, Root, ref pending);
        writer.End(mark);
    }

    private static bool TryReadNode(ref MlsReader reader, bool leafExpected, out object? node)
    {
        node = null;
        if (!reader.TryReadPresence(out bool present))
            return false;
        if (!present)
            return true;
        if (!reader.TryReadByte(out byte type) || type != (leafExpected ? LeafType : ParentType))
            return false;
        if (leafExpected)
        {
            bool leafOk = LeafNode.TryRead(ref reader, out LeafNode leaf);
            node = leaf;
            return leafOk;
        }
        bool ok = ParentNode.TryRead(ref reader, out ParentNode parent);
        node = parent;
        return ok;
    }

    private static TreeNode Build(List<object?> nodes, int level, uint firstLeaf)
    {
        long first = 2L * firstLeaf;
        if (first >= nodes.Count)
            return TreeNode.BlankSubtree(level, firstLeaf);
        if (level == 0)
            return TreeNode.ForLeaf(firstLeaf, (LeafNode?)nodes[(int)first]);
        long own = first + (1L << level) - 1;
        TreeNode left = Build(nodes, level - 1, firstLeaf);
        TreeNode right = Build(nodes, level - 1, firstLeaf + (1u << (level - 1)));
        return TreeNode.ForParent(own < nodes.Count ? (ParentNode?)nodes[(int)own] : null, left, right);
    }

    // Blanks are counted and written only when something follows them.
    private static void WriteNodes(MlsWriter writer, TreeNode node, ref int pendingBlanks)
    {
        if (node.ResolutionSize == 0)
        {
            pendingBlanks += (2 << node.Level) - 1;
            return;
        }
        if (node.Left is { } left)
            WriteNodes(writer, left, ref pendingBlanks);
        if (node.IsBlank)
        {
            pendingBlanks++;
        }
        else
        {
            writer.Take(pendingBlanks).Clear();
            pendingBlanks = 0;
            writer.Presence(true);
            writer.Byte(node.Level == 0 ? LeafType : ParentType);
            if (node.Leaf is { } leaf)
                writer.Raw(leaf.Encoded);
            else
                node.Parent!.Write(writer);
        }
        if (node.Right is { } right)
            WriteNodes(writer, right, ref pendingBlanks);
    }
}
