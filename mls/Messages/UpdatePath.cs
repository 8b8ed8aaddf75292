using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     LeafNode leaf_node;
//     UpdatePathNode nodes<V>;
// } UpdatePath;                                       RFC 9420, section 7.6
internal sealed class UpdatePath(LeafNode leaf, UpdatePathNode[] nodes)
{
    internal LeafNode Leaf { get; } = leaf;

    /// <summary>The sender's filtered direct path, from its leaf to the root.</summary>
    internal UpdatePathNode[] Nodes { get; } = nodes;

    internal static bool TryRead(ref MlsReader reader, out UpdatePath path)
    {
        path = null!;
        if (!LeafNode.TryRead(ref reader, out LeafNode leaf) || !reader.TryReadNested(out MlsReader list))
            return false;
        List<UpdatePathNode> nodes = [];
        while (!list.AtEnd)
        {
            if (!UpdatePathNode.TryRead(ref list, out UpdatePathNode node))
                return false;
            nodes.Add(node);
        }
        path = new UpdatePath(leaf, [.. nodes]);
        return true;
    }

    internal void Write(MlsWriter writer)
    {
        writer.Raw(Leaf.Encoded);
        int mark = writer.Begin();
        foreach (UpdatePathNode node in Nodes)
            node.Write(writer);
        writer.End(mark);
    }
}
