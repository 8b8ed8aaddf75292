using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Schedule;

/// <summary>
/// The secrets of a tree of which each leaf is taken once (RFC 9420, sections 9 and 9.2). A node that was opened
/// towards a leaf is deleted, so only the frontier of what is unused exists.
/// </summary>
internal sealed class SecretNodes : IDisposable
{
    private readonly Suite _suite;
    private readonly int _rootLevel;
    private readonly Dictionary<uint, byte[]> _nodes = [];

    /// <summary>Takes the secret of the root over.</summary>
    internal SecretNodes(Suite suite, uint leafCount, byte[] rootSecret)
    {
        _suite = suite;
        _rootLevel = TreeMath.Root(leafCount).Level;
        _nodes[TreeMath.Root(leafCount).Value] = rootSecret;
    }

    private SecretNodes(Suite suite, int rootLevel)
    {
        _suite = suite;
        _rootLevel = rootLevel;
    }

    /// <summary>
    /// Takes a leaf's secret, which is the caller's from then on; null if it was taken, or lies outside.
    /// </summary>
    internal byte[]? Take(LeafIndex leaf)
    {
        int level = 0;
        while (level <= _rootLevel && !_nodes.ContainsKey(TreeMath.Ancestor(leaf, level).Value))
            level++;
        if (level > _rootLevel)
            return null;
        for (; level > 0; level--)
        {
            NodeIndex node = TreeMath.Ancestor(leaf, level);
            _nodes.Remove(node.Value, out byte[]? secret);
            _nodes[TreeMath.Left(node)!.Value.Value] =
                _suite.ExpandWithLabel(secret, "tree"u8, "left"u8, _suite.HashSize);
            _nodes[TreeMath.Right(node)!.Value.Value] =
                _suite.ExpandWithLabel(secret, "tree"u8, "right"u8, _suite.HashSize);
            Secrets.Zero(secret);
        }
        _nodes.Remove(leaf.ToNode().Value, out byte[]? own);
        return own;
    }

    /// <summary>Whether a leaf's secret is still here, or can be derived.</summary>
    internal bool Has(LeafIndex leaf)
    {
        for (int level = 0; level <= _rootLevel; level++)
        {
            if (_nodes.ContainsKey(TreeMath.Ancestor(leaf, level).Value))
                return true;
        }
        return false;
    }

    public void Dispose()
    {
        foreach (byte[] secret in _nodes.Values)
            Secrets.Zero(secret);
        _nodes.Clear();
    }

    // uint8 level of the root; uint32 count; each: uint32 node, opaque secret<V>
    internal void Write(MlsWriter writer)
    {
        writer.Byte((byte)_rootLevel);
        writer.UInt32((uint)_nodes.Count);
        foreach ((uint node, byte[] secret) in _nodes)
        {
            writer.UInt32(node);
            writer.Vector(secret);
        }
    }

    internal static SecretNodes? Read(Suite suite, ref MlsReader reader)
    {
        if (!reader.TryReadByte(out byte level) || level > 31 || !reader.TryReadUInt32(out uint count))
            return null;
        SecretNodes nodes = new(suite, level);
        for (uint i = 0; i < count; i++)
        {
            if (!reader.TryReadUInt32(out uint index) || !reader.TryReadVector(out ReadOnlyMemory<byte> secret))
                return null;
            nodes._nodes[index] = secret.ToArray();
        }
        return nodes;
    }
}
