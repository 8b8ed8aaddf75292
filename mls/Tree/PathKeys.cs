using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;

namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>
/// The private HPKE keys that one member holds: its leaf's and those of nodes above it, one a level at most
/// (RFC 9420, section 4.2). A new epoch gets a copy that shares the keys that did not change.
/// </summary>
internal sealed class PathKeys
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

    internal byte[]? this[int level]
    {
        get => _keys[level];
        set => _keys[level] = value;
    }

    internal PathKeys Copy() => new((byte[]?[])_keys.Clone());

    /// <summary>Forgets keys of nodes that a change of the tree has blanked or cut off.</summary>
    internal void Prune(RatchetTree tree, LeafIndex self)
    {
        TreeNode node = tree.Root;
        for (int level = node.Level + 1; level < MaxLevels; level++)
            _keys[level] = null;
        for (; node.Level > 0; node = node.ChildTowards(self.Value))
        {
            if (node.IsBlank)
                _keys[node.Level] = null;
        }
    }

    /// <summary>Zeroes every key that a successor does not share.</summary>
    internal void ZeroExcept(PathKeys? successor)
    {
        for (int i = 0; i < MaxLevels; i++)
        {
            if (successor is null || !ReferenceEquals(_keys[i], successor._keys[i]))
                Secrets.Zero(_keys[i]);
        }
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
