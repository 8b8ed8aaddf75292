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
    private const byte RatchetVersion = 1;

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
        if (!_leaves.TryGetValue(leaf.Value, out LeafRatchets? ratchets))
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

    /// <summary>The members whose ratchets were begun.</summary>
    internal IEnumerable<uint> Leaves => _leaves.Keys;

    /// <summary>
    /// Ratchets were begun that the nodes on disk could still give anew: nodes and ratchets have to be written
    /// together.
    /// </summary>
    internal bool HasNewLeaves { get; private set; }

    /// <summary>Whether a member's messages can still be read, or there were ratchets for them.</summary>
    internal bool Has(LeafIndex leaf) => _leaves.ContainsKey(leaf.Value) || _nodes.Has(leaf);

    /// <summary>Nothing of it is on disk: all of it has to be written.</summary>
    internal void MarkChanged()
    {
        HasNewLeaves = true;
        foreach (LeafRatchets ratchets in _leaves.Values)
            ratchets.IsChanged = true;
    }

    // nodes; bool reading only
    internal void WriteNodes(MlsWriter writer)
    {
        _nodes.Write(writer);
        writer.Presence(_readingOnly);
        HasNewLeaves = false;
    }

    // version; optional handshake ratchet, optional application ratchet
    /// <summary>A member's ratchets as they are to be written; null if they are what was written last.</summary>
    internal byte[]? TakeChange(uint leaf)
    {
        LeafRatchets ratchets = _leaves[leaf];
        if (!ratchets.IsChanged && ratchets.Handshake is not { IsChanged: true }
            && ratchets.Application is not { IsChanged: true })
            return null;
        using MlsWriter writer = new(256);
        writer.Byte(RatchetVersion);
        foreach (HashRatchet? ratchet in (ReadOnlySpan<HashRatchet?>)[ratchets.Handshake, ratchets.Application])
        {
            writer.Presence(ratchet is not null);
            if (ratchet is null)
                continue;
            ratchet.Write(writer);
            ratchet.IsChanged = false;
        }
        ratchets.IsChanged = false;
        return writer.ToArray();
    }

    /// <summary>Takes back what <see cref="WriteNodes"/> wrote.</summary>
    internal static SecretTree? ReadNodes(Suite suite, ref MlsReader reader) =>
        SecretNodes.Read(suite, ref reader) is { } nodes && reader.TryReadPresence(out bool readingOnly)
            ? new SecretTree(suite, nodes) { _readingOnly = readingOnly } : null;

    /// <summary>Takes back what <see cref="TakeChange"/> wrote; false if it makes no sense.</summary>
    internal bool TryReadRatchets(uint leaf, byte[] written)
    {
        MlsReader reader = new(written);
        if (!reader.TryReadByte(out byte version) || version != RatchetVersion
            || !TryReadRatchet(ref reader, out HashRatchet? handshake)
            || !TryReadRatchet(ref reader, out HashRatchet? application) || !reader.AtEnd)
        {
            return false;
        }
        _leaves[leaf] = new LeafRatchets(handshake, application) { IsChanged = false };
        return true;
    }

    // nodes; bool reading only; uint32 count; each: uint32 leaf, optional handshake ratchet, optional application
    // ratchet
    /// <summary>Takes back what was written when ratchets were no values of their own.</summary>
    internal static SecretTree? ReadWhole(Suite suite, ref MlsReader reader)
    {
        if (ReadNodes(suite, ref reader) is not { } tree || !reader.TryReadUInt32(out uint leaves))
            return null;
        for (uint i = 0; i < leaves; i++)
        {
            if (!reader.TryReadUInt32(out uint index) || !TryReadRatchet(ref reader, out HashRatchet? handshake)
                || !TryReadRatchet(ref reader, out HashRatchet? application))
            {
                return null;
            }
            tree._leaves[index] = new LeafRatchets(handshake, application);
        }
        tree.HasNewLeaves = true;
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
        HasNewLeaves = true;
        return new LeafRatchets(handshake, application);
    }

    private sealed class LeafRatchets(HashRatchet? handshake, HashRatchet? application)
    {
        internal HashRatchet? Handshake { get; } = handshake;

        internal HashRatchet? Application { get; } = application;

        /// <summary>It is not what was written last; a ratchet of it may have moved beside.</summary>
        internal bool IsChanged { get; set; } = true;
    }
}
