using System.Buffers.Binary;
using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>
/// One node of the ratchet tree with everything below it. Immutable, so that epochs share what did not change, and so
/// that a tree hash, once computed, is never stale. A subtree of nothing but blanks is one object without children.
/// </summary>
internal sealed class TreeNode
{
    private readonly object? _content;
    private byte[]? _hash;

    private TreeNode(int level, uint firstLeaf, object? content, TreeNode? left, TreeNode? right)
    {
        Level = (byte)level;
        FirstLeaf = firstLeaf;
        _content = content;
        Left = left;
        Right = right;
        if (content is LeafNode leaf)
        {
            Members = 1;
            ResolutionSize = 1;
            CredentialsInUse = CredentialMask.Of(leaf.CredentialType);
            CredentialsSupported = CredentialMask.SupportOf(leaf);
        }
        else
        {
            Members = (left?.Members ?? 0) + (right?.Members ?? 0);
            ResolutionSize = content is ParentNode parent
                ? 1 + parent.UnmergedLeaves.Length
                : (left?.ResolutionSize ?? 0) + (right?.ResolutionSize ?? 0);
            CredentialsInUse = (byte)((left?.CredentialsInUse ?? 0) | (right?.CredentialsInUse ?? 0));
            CredentialsSupported =
                (byte)((left?.CredentialsSupported ?? CredentialMask.All) & (right?.CredentialsSupported
                    ?? CredentialMask.All));
        }
    }

    internal byte Level { get; }

    /// <summary>A bit for each credential type that a member below presents.</summary>
    internal byte CredentialsInUse { get; }

    /// <summary>
    /// A bit for each credential type that every member below supports, and one for SelfRemove
    /// (<see cref="CredentialMask"/>).
    /// </summary>
    internal byte CredentialsSupported { get; }

    /// <summary>The index of the leftmost leaf below.</summary>
    internal uint FirstLeaf { get; }

    /// <summary>One past the index of the rightmost leaf below.</summary>
    internal uint EndLeaf => FirstLeaf + (1u << Level);

    /// <summary>The number of leaves below that are not blank.</summary>
    internal int Members { get; }

    /// <summary>The size of the node's resolution (RFC 9420, section 4.1.1); 0 for a subtree of blanks.</summary>
    internal int ResolutionSize { get; }

    internal LeafNode? Leaf => _content as LeafNode;

    internal ParentNode? Parent => _content as ParentNode;

    internal bool IsBlank => _content is null;

    internal NodeIndex Index => new((FirstLeaf << 1) + (1u << Level) - 1);

    /// <summary>The left child; null for a leaf and for a subtree of blanks.</summary>
    internal TreeNode? Left { get; }

    /// <summary>The right child; null for a leaf and for a subtree of blanks.</summary>
    internal TreeNode? Right { get; }

    /// <summary>The HPKE key of a node that is not blank.</summary>
    internal ReadOnlyMemory<byte> EncryptionKey => Leaf?.EncryptionKey ?? Parent?.EncryptionKey ?? default;

    internal static TreeNode ForLeaf(uint index, LeafNode? leaf) => new(0, index, leaf, null, null);

    internal static TreeNode BlankSubtree(int level, uint firstLeaf) => new(level, firstLeaf, null, null, null);

    internal static TreeNode ForParent(ParentNode? parent, TreeNode left, TreeNode right) =>
        parent is null && left.ResolutionSize == 0 && right.ResolutionSize == 0
            ? BlankSubtree(left.Level + 1, left.FirstLeaf)
            : new TreeNode(left.Level + 1, left.FirstLeaf, parent, left, right);

    /// <summary>The child towards a leaf; a blank one is made up where there is none.</summary>
    internal TreeNode ChildTowards(uint leaf) => IsRight(leaf) ? RightOrBlank() : LeftOrBlank();

    /// <summary>The child away from a leaf.</summary>
    internal TreeNode ChildAway(uint leaf) => IsRight(leaf) ? LeftOrBlank() : RightOrBlank();

    internal bool IsRight(uint leaf) => leaf - FirstLeaf >= 1u << (Level - 1);

    internal TreeNode LeftOrBlank() => Left ?? BlankSubtree(Level - 1, FirstLeaf);

    internal TreeNode RightOrBlank() => Right ?? BlankSubtree(Level - 1, FirstLeaf + (1u << (Level - 1)));

    /// <summary>The tree hash (section 7.8), computed at first use.</summary>
    internal byte[] Hash(Suite suite)
    {
        if (_hash is null)
        {
            byte[] hash = new byte[suite.HashSize];
            if (Level > 0 && Left is null)
                BlankHash(suite, Level, FirstLeaf, hash);
            else if (Level == 0)
                LeafHash(suite, FirstLeaf, Leaf, hash);
            else
                ParentHash(suite, Parent, Parent is null ? default : Parent.UnmergedLeaves, Left!.Hash(suite),
                    Right!.Hash(suite), hash);
            _hash = hash;
        }
        return _hash;
    }

    /// <summary>
    /// The tree hash as if the given leaves, sorted, were blank and unmerged nowhere (section 7.9):
    /// the original_sibling_tree_hash of a parent that lists them.
    /// </summary>
    internal byte[] HashWithout(Suite suite, ReadOnlySpan<uint> removed)
    {
        ReadOnlySpan<uint> here = ParentNode.Within(removed, FirstLeaf, EndLeaf);
        if (here.IsEmpty || (Level > 0 && Left is null))
            return Hash(suite);
        byte[] hash = new byte[suite.HashSize];
        if (Level == 0)
        {
            LeafHash(suite, FirstLeaf, null, hash);
            return hash;
        }
        ReadOnlySpan<uint> unmerged = default;
        if (Parent is { } parent)
        {
            uint[] kept = new uint[parent.UnmergedLeaves.Length];
            int count = 0;
            foreach (uint leaf in parent.UnmergedLeaves)
            {
                if (here.BinarySearch(leaf) < 0)
                    kept[count++] = leaf;
            }
            unmerged = kept.AsSpan(0, count);
        }
        ParentHash(suite, Parent, unmerged, Left!.HashWithout(suite, here), Right!.HashWithout(suite, here), hash);
        return hash;
    }

    // struct { NodeType node_type = leaf(1); uint32 leaf_index; optional<LeafNode> leaf_node; }
    private static void LeafHash(Suite suite, uint index, LeafNode? leaf, Span<byte> hash)
    {
        ReadOnlySpan<byte> encoded = leaf is null ? default : leaf.Encoded.Span;
        int length = 6 + encoded.Length;
        Span<byte> input = length <= 1024 ? stackalloc byte[length] : new byte[length];
        input[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(input[1..], index);
        input[5] = leaf is null ? (byte)0 : (byte)1;
        encoded.CopyTo(input[6..]);
        Hashing.Hash(suite.Hash, input, hash);
    }

    // struct { NodeType node_type = parent(2); optional<ParentNode> parent_node; opaque left_hash<V>; opaque
    // right_hash<V>; }
    private static void ParentHash(
        Suite suite, ParentNode? parent, ReadOnlySpan<uint> unmerged, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right,
        Span<byte> hash)
    {
        using MlsWriter writer = new(512 + 4 * unmerged.Length);
        writer.Byte(2);
        writer.Presence(parent is not null);
        parent?.Write(writer, unmerged);
        writer.Vector(left);
        writer.Vector(right);
        Hashing.Hash(suite.Hash, writer.Written, hash);
    }

    private static void BlankHash(Suite suite, int level, uint firstLeaf, Span<byte> hash)
    {
        if (level == 0)
        {
            LeafHash(suite, firstLeaf, null, hash);
            return;
        }
        Span<byte> children = stackalloc byte[2 * Hashing.MaxSize];
        Span<byte> left = children[..suite.HashSize];
        Span<byte> right = children.Slice(Hashing.MaxSize, suite.HashSize);
        BlankHash(suite, level - 1, firstLeaf, left);
        BlankHash(suite, level - 1, firstLeaf + (1u << (level - 1)), right);
        ParentHash(suite, null, default, left, right, hash);
    }
}
