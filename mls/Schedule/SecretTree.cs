using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Schedule;

/// <summary>
/// The secret tree of one epoch (RFC 9420, section 9): the encryption secret at the root, opened towards a leaf when
/// that member first sends.
/// </summary>
internal sealed class SecretTree : IDisposable
{
    private readonly Suite _suite;
    private readonly SecretNodes _nodes;
    private readonly Dictionary<uint, LeafRatchets> _leaves = [];

    /// <summary>Set once the epoch is over: what is left is to read application data of the others.</summary>
    private bool _readingOnly;

    internal SecretTree(Suite suite, uint leafCount, byte[] encryptionSecret)
        : this(suite, new SecretNodes(suite, leafCount, encryptionSecret))
    {
    }

    private SecretTree(Suite suite, SecretNodes nodes)
    {
        _suite = suite;
        _nodes = nodes;
    }

    /// <summary>The ratchet of a member for handshake messages or for application messages.</summary>
    /// <exception cref="InvalidOperationException">There is none, or it was given up.</exception>
    internal HashRatchet Ratchet(LeafIndex leaf, bool handshake)
    {
        if (!_leaves.TryGetValue(leaf.Value, out LeafRatchets ratchets))
            _leaves[leaf.Value] = ratchets = Open(leaf);
        return (handshake ? ratchets.Handshake : ratchets.Application)
            ?? throw new InvalidOperationException("The ratchet was given up when its epoch ended.");
    }

    /// <summary>
    /// Gives up what only a current epoch needs: this member's own ratchets, and the handshake ratchets of the others.
    /// A leaf that nobody opened keeps its one secret, from which its handshake keys could still be derived.
    /// </summary>
    internal void KeepForReading(LeafIndex self)
    {
        _readingOnly = true;
        if (!_leaves.ContainsKey(self.Value))
            Secrets.Zero(_nodes.Take(self));
        foreach ((uint leaf, LeafRatchets ratchets) in _leaves.ToArray())
        {
            ratchets.Handshake?.Dispose();
            if (leaf == self.Value)
                ratchets.Application?.Dispose();
            _leaves[leaf] = new LeafRatchets(null, leaf == self.Value ? null : ratchets.Application);
        }
    }

    public void Dispose()
    {
        _nodes.Dispose();
        foreach (LeafRatchets ratchets in _leaves.Values)
        {
            ratchets.Handshake?.Dispose();
            ratchets.Application?.Dispose();
        }
        _leaves.Clear();
    }

    // nodes; bool reading only; uint32 count; each: uint32 leaf, optional handshake ratchet, optional application
    // ratchet
    internal void Write(MlsWriter writer)
    {
        _nodes.Write(writer);
        writer.Presence(_readingOnly);
        writer.UInt32((uint)_leaves.Count);
        foreach ((uint leaf, LeafRatchets ratchets) in _leaves)
        {
            writer.UInt32(leaf);
            writer.Presence(ratchets.Handshake is not null);
            ratchets.Handshake?.Write(writer);
            writer.Presence(ratchets.Application is not null);
            ratchets.Application?.Write(writer);
        }
    }

    internal static SecretTree? Read(Suite suite, ref MlsReader reader)
    {
        if (SecretNodes.Read(suite, ref reader) is not { } nodes || !reader.TryReadPresence(out bool readingOnly)
            || !reader.TryReadUInt32(out uint leaves))
        {
            return null;
        }
        SecretTree tree = new(suite, nodes) { _readingOnly = readingOnly };
        for (uint i = 0; i < leaves; i++)
        {
            if (!reader.TryReadUInt32(out uint index) || !TryReadRatchet(ref reader, out HashRatchet? handshake)
                || !TryReadRatchet(ref reader, out HashRatchet? application))
            {
                return null;
            }
            tree._leaves[index] = new LeafRatchets(handshake, application);
        }
        return tree;
    }

    private static bool TryReadRatchet(ref MlsReader reader, out HashRatchet? ratchet)
    {
        ratchet = null;
        if (!reader.TryReadPresence(out bool present))
            return false;
        ratchet = present ? HashRatchet.Read(ref reader) : null;
        return !present || ratchet is not null;
    }

    private LeafRatchets Open(LeafIndex leaf)
    {
        byte[] own = _nodes.Take(leaf) ?? throw new InvalidOperationException("The leaf lies outside the secret tree.");
        HashRatchet application = new(_suite.DeriveSecret(own, "application"u8));
        HashRatchet? handshake = _readingOnly ? null : new HashRatchet(_suite.DeriveSecret(own, "handshake"u8));
        Secrets.Zero(own);
        return new LeafRatchets(handshake, application);
    }

    private readonly record struct LeafRatchets(HashRatchet? Handshake, HashRatchet? Application);
}
