using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>
/// The structural rules for a tree that a joiner receives (RFC 9420, section 12.4.3.1): unmerged leaves are members
/// below their parent and listed by every non-blank node in between, parents have keys that can be encrypted to, and no
/// key appears twice.
/// </summary>
internal static class TreeShapeValidator
{
    internal static MlsError Check(RatchetTree tree)
    {
        MlsError error = CheckUnmerged(tree.Root, above: default);
        if (error.Failed)
            return error;
        HashSet<ReadOnlyMemory<byte>> encryptionKeys = new(2 * tree.MemberCount, BytesComparer.Instance);
        HashSet<ReadOnlyMemory<byte>> signatureKeys = new(tree.MemberCount, BytesComparer.Instance);
        return CheckKeys(tree.Suite.Kem, tree.Root, encryptionKeys, signatureKeys);
    }

    // "above" is what the nearest non-blank ancestor lists within this subtree.
    private static MlsError CheckUnmerged(TreeNode node, ReadOnlySpan<uint> above)
    {
        MlsError invalid = Errors.At(MlsErrorCode.InvalidTree, "12.4.3.1");
        if (node.Level == 0 || node.Left is null)
            return (node.Level == 0 && node.Leaf is not null) || above.IsEmpty ? MlsError.None : invalid;
        if (node.Parent is { } parent)
        {
            if (!IsSubset(above, parent.UnmergedLeaves))
                return invalid;
            above = parent.UnmergedLeaves;
            if (above.Length > 0 && (above[0] < node.FirstLeaf || above[^1] >= node.EndLeaf))
                return invalid;
        }
        MlsError error = CheckUnmerged(node.Left, ParentNode.Within(above, node.Left.FirstLeaf, node.Left.EndLeaf));
        return error.Failed
            ? error
            : CheckUnmerged(node.Right!, ParentNode.Within(above, node.Right!.FirstLeaf, node.Right.EndLeaf));
    }

    private static bool IsSubset(ReadOnlySpan<uint> part, ReadOnlySpan<uint> whole)
    {
        int at = 0;
        foreach (uint value in part)
        {
            while (at < whole.Length && whole[at] < value)
                at++;
            if (at == whole.Length || whole[at] != value)
                return false;
        }
        return true;
    }

    private static MlsError CheckKeys(
        Kem kem, TreeNode node,
        HashSet<ReadOnlyMemory<byte>> encryptionKeys, HashSet<ReadOnlyMemory<byte>> signatureKeys)
    {
        // A path secret could never be encrypted to it, so that no commit with a path would succeed.
        if (node.Parent is { } parent && !kem.IsValidPublicKey(parent.EncryptionKey.Span))
            return Errors.At(MlsErrorCode.InvalidTree, "12.4.3.1");
        if (!node.IsBlank && !encryptionKeys.Add(node.EncryptionKey))
            return Errors.At(MlsErrorCode.DuplicateKey, "12.4.3.1");
        if (node.Leaf is { } leaf && !signatureKeys.Add(leaf.SignatureKey))
            return Errors.At(MlsErrorCode.DuplicateKey, "7.3");
        if (node.Left is null)
            return MlsError.None;
        MlsError error = CheckKeys(kem, node.Left, encryptionKeys, signatureKeys);
        return error.Failed ? error : CheckKeys(kem, node.Right!, encryptionKeys, signatureKeys);
    }
}
