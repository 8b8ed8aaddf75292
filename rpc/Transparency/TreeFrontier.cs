using System.Numerics;

namespace QuicProChat.Mesh.Rpc.Transparency;

/// <summary>
/// What is left of a tree whose leaves were all read: the roots of its whole subtrees, at most one of each size. It
/// takes further leaves, and tells the root: who reads a log to its end needs no proof.
/// </summary>
public sealed class TreeFrontier
{
    private readonly List<byte[]> _roots = [];

    /// <summary>Leaves that were read.</summary>
    public ulong Size { get; private set; }

    /// <summary>The root over all of them.</summary>
    public byte[] Root
    {
        get
        {
            if (_roots.Count == 0)
                return MerkleTree.EmptyRoot;
            byte[] root = _roots[^1];
            for (int i = _roots.Count - 2; i >= 0; i--)
                root = MerkleTree.HashNode(_roots[i], root);
            return root;
        }
    }

    /// <summary>The roots of whole subtrees, the largest first: as many as the size has bits that are set.</summary>
    public IReadOnlyList<byte[]> Roots => _roots;

    /// <summary>Takes the next leaf.</summary>
    /// <param name="leaf">Its hash.</param>
    public void Add(byte[] leaf)
    {
        byte[] hash = leaf;
        for (ulong size = Size; (size & 1) == 1; size >>= 1)
        {
            hash = MerkleTree.HashNode(_roots[^1], hash);
            _roots.RemoveAt(_roots.Count - 1);
        }

        _roots.Add(hash);
        Size++;
    }

    /// <summary>A copy, which goes its own way.</summary>
    public TreeFrontier Copy()
    {
        var copy = new TreeFrontier { Size = Size };
        copy._roots.AddRange(_roots);
        return copy;
    }

    /// <summary>Takes one back; null if the size needs another number of roots, or one has another size.</summary>
    public static TreeFrontier? Restore(ulong size, IReadOnlyList<byte[]> roots)
    {
        ArgumentNullException.ThrowIfNull(roots);
        if (roots.Count != BitOperations.PopCount(size) || roots.Any(static r => r.Length != MerkleTree.HashSize))
            return null;
        var frontier = new TreeFrontier { Size = size };
        frontier._roots.AddRange(roots);
        return frontier;
    }
}
