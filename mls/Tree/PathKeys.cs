using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;

namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>
/// The private HPKE keys that one member holds: its leaf's and those of nodes above it, one a level at most
/// (RFC 9420, section 4.2). Every epoch has arrays of its own, so that forgetting one leaves the others whole.
/// </summary>
internal sealed class PathKeys : IDisposable
{
    /// <summary>Levels of a tree of the greatest size, and one for the leaf.</summary>
    internal const int MaxLevels = 26;

    private readonly byte[]?[] _keys;

    private PathKeys(byte[]?[] keys) => _keys = keys;

    internal static PathKeys ForLeaf(byte[] leafKey)
    {
        byte[]?[] keys = new byte[MaxLevels][];
        keys[0] = leafKey;
        return new PathKeys(keys);
    }

    /// <summary>The key at a level. Setting one takes the array over, and zeroes what it replaces.</summary>
    internal byte[]? this[int level]
    {
        get => _keys[level];
        set
        {
            if (!ReferenceEquals(_keys[level], value))
                Secrets.Zero(_keys[level]);
            _keys[level] = value;
        }
    }

    internal PathKeys Copy()
    {
        byte[]?[] keys = new byte[MaxLevels][];
        for (int i = 0; i < MaxLevels; i++)
            keys[i] = (byte[]?)_keys[i]?.Clone();
        return new PathKeys(keys);
    }

    /// <summary>Forgets keys of nodes that a change of the tree has blanked or cut off.</summary>
    internal void Prune(RatchetTree tree, LeafIndex self)
    {
        TreeNode node = tree.Root;
        for (int level = node.Level + 1; level < MaxLevels; level++)
            this[level] = null;
        for (; node.Level > 0; node = node.ChildTowards(self.Value))
        {
            if (node.IsBlank)
                this[node.Level] = null;
        }
    }

    /// <summary>
    /// Whether every key is there that the member needs: those of all nodes above it that do not list it as unmerged. A
    /// newcomer that lacks one could follow no commit that is encrypted to that node.
    /// </summary>
    internal bool Cover(RatchetTree tree, LeafIndex self)
    {
        for (TreeNode node = tree.Root; node.Level > 0; node = node.ChildTowards(self.Value))
        {
            if (node.Parent is { } parent && !parent.IsUnmerged(self.Value) && _keys[node.Level] is null)
                return false;
        }
        return true;
    }

    /// <summary>Zeroes every key.</summary>
    public void Dispose()
    {
        for (int i = 0; i < MaxLevels; i++)
            this[i] = null;
    }

    internal void Write(MlsWriter writer)
    {
        foreach (byte[]? key in _keys)
            writer.Vector(key ?? []);
    }

    internal static PathKeys? Read(ref MlsReader reader)
    {
        byte[]?[] keys = new byte[MaxLevels][];
        for (int i = 0; i < MaxLevels; i++)
        {
            if (!reader.TryReadVector(out ReadOnlyMemory<byte> key))
                return null;
            keys[i] = key.IsEmpty ? null : key.ToArray();
        }
        return new PathKeys(keys);
    }
}
