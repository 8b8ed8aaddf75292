using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Schedule;

/// <summary>
/// The secret tree of one epoch (RFC 9420, section 9): the encryption secret at the root, opened towards a leaf when that
/// member first sends. An opened node is deleted, so only the frontier of what is unused exists.
/// </summary>
internal sealed class SecretTree : IDisposable
{
    private readonly Suite _suite;
    private readonly int _rootLevel;
    private readonly Dictionary<uint, byte[]> _nodes = [];
    private readonly Dictionary<uint, LeafRatchets> _leaves = [];

    internal SecretTree(Suite suite, uint leafCount, byte[] encryptionSecret)
    {
        _suite = suite;
        _rootLevel = TreeMath.Root(leafCount).Level;
        _nodes[TreeMath.Root(leafCount).Value] = encryptionSecret;
    }

    private SecretTree(Suite suite, int rootLevel)
    {
        _suite = suite;
        _rootLevel = rootLevel;
    }

    /// <summary>The ratchet of a member for handshake messages or for application messages.</summary>
    internal HashRatchet Ratchet(LeafIndex leaf, bool handshake)
    {
        if (!_leaves.TryGetValue(leaf.Value, out LeafRatchets ratchets))
            _leaves[leaf.Value] = ratchets = Open(leaf);
        return handshake ? ratchets.Handshake : ratchets.Application;
    }

    public void Dispose()
    {
        foreach (byte[] secret in _nodes.Values)
            Secrets.Zero(secret);
        _nodes.Clear();
        foreach (LeafRatchets ratchets in _leaves.Values)
        {
            ratchets.Handshake.Dispose();
            ratchets.Application.Dispose();
        }
        _leaves.Clear();
    }

    internal void Write(MlsWriter writer)
    {
        writer.Byte((byte)_rootLevel);
        writer.UInt32((uint)_nodes.Count);
        foreach ((uint node, byte[] secret) in _nodes)
        {
            writer.UInt32(node);
            writer.Vector(secret);
        }
        writer.UInt32((uint)_leaves.Count);
        foreach ((uint leaf, LeafRatchets ratchets) in _leaves)
        {
            writer.UInt32(leaf);
            ratchets.Handshake.Write(writer);
            ratchets.Application.Write(writer);
        }
    }

    internal static SecretTree? Read(Suite suite, ref MlsReader reader)
    {
        if (!reader.TryReadByte(out byte level) || level > 31 || !reader.TryReadUInt32(out uint nodes))
            return null;
        SecretTree tree = new(suite, level);
        for (uint i = 0; i < nodes; i++)
        {
            if (!reader.TryReadUInt32(out uint index) || !reader.TryReadVector(out ReadOnlyMemory<byte> secret))
                return null;
            tree._nodes[index] = secret.ToArray();
        }
        if (!reader.TryReadUInt32(out uint leaves))
            return null;
        for (uint i = 0; i < leaves; i++)
        {
            if (!reader.TryReadUInt32(out uint index) || HashRatchet.Read(ref reader) is not { } handshake
                || HashRatchet.Read(ref reader) is not { } application)
            {
                return null;
            }
            tree._leaves[index] = new LeafRatchets(handshake, application);
        }
        return tree;
    }

    private LeafRatchets Open(LeafIndex leaf)
    {
        int level = 0;
        while (level <= _rootLevel && !_nodes.ContainsKey(TreeMath.Ancestor(leaf, level).Value))
            level++;
        if (level > _rootLevel)
            throw new InvalidOperationException("The leaf lies outside the secret tree.");
        for (; level > 0; level--)
        {
            NodeIndex node = TreeMath.Ancestor(leaf, level);
            if (!_nodes.Remove(node.Value, out byte[]? secret))
                throw new InvalidOperationException("The secret of an unopened node is missing.");
            _nodes[TreeMath.Left(node)!.Value.Value] = _suite.ExpandWithLabel(secret, "tree"u8, "left"u8, _suite.HashSize);
            _nodes[TreeMath.Right(node)!.Value.Value] = _suite.ExpandWithLabel(secret, "tree"u8, "right"u8, _suite.HashSize);
            Secrets.Zero(secret);
        }
        _nodes.Remove(leaf.ToNode().Value, out byte[]? own);
        LeafRatchets ratchets = new(
            new HashRatchet(_suite.DeriveSecret(own, "handshake"u8)),
            new HashRatchet(_suite.DeriveSecret(own, "application"u8)));
        Secrets.Zero(own);
        return ratchets;
    }

    private readonly record struct LeafRatchets(HashRatchet Handshake, HashRatchet Application);
}
