using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     HPKEPublicKey encryption_key;                   opaque<V>
//     opaque parent_hash<V>;
//     uint32 unmerged_leaves<V>;                      in increasing order
// } ParentNode;                                       RFC 9420, section 7.1
internal sealed class ParentNode(
    ReadOnlyMemory<byte> encryptionKey, ReadOnlyMemory<byte> parentHash, uint[] unmergedLeaves)
{
    internal ReadOnlyMemory<byte> EncryptionKey { get; } = encryptionKey;

    internal ReadOnlyMemory<byte> ParentHash { get; } = parentHash;

    /// <summary>Leaf indices, in increasing order; never changed in place.</summary>
    internal uint[] UnmergedLeaves { get; } = unmergedLeaves;

    internal static bool TryRead(ref MlsReader reader, out ParentNode node)
    {
        node = null!;
        if (!reader.TryReadVector(out ReadOnlyMemory<byte> key) || !reader.TryReadVector(out ReadOnlyMemory<byte> hash)
            || !reader.TryReadNested(out MlsReader list) || list.Remaining % 4 != 0)
        {
            return false;
        }
        uint[] leaves = list.Remaining == 0 ? [] : new uint[list.Remaining / 4];
        for (int i = 0; i < leaves.Length; i++)
        {
            // The order is a rule of section 7.1, and what makes the later checks linear.
            if (!list.TryReadUInt32(out leaves[i]) || (i > 0 && leaves[i] <= leaves[i - 1]))
                return false;
        }
        node = new ParentNode(key, hash, leaves);
        return true;
    }

    internal void Write(MlsWriter writer) => Write(writer, UnmergedLeaves);

    /// <summary>Writes the node as if its unmerged leaves were others.</summary>
    internal void Write(MlsWriter writer, ReadOnlySpan<uint> unmergedLeaves)
    {
        writer.Vector(EncryptionKey);
        writer.Vector(ParentHash);
        writer.VectorHeader(4 * unmergedLeaves.Length);
        foreach (uint leaf in unmergedLeaves)
            writer.UInt32(leaf);
    }

    /// <summary>
    /// The range of indices of the unmerged leaves in [<paramref name="first"/>, <paramref name="end"/>).
    /// </summary>
    internal ReadOnlySpan<uint> UnmergedWithin(uint first, uint end) => Within(UnmergedLeaves, first, end);

    internal static ReadOnlySpan<uint> Within(ReadOnlySpan<uint> sorted, uint first, uint end)
    {
        int low = LowerBound(sorted, first);
        return sorted[low..LowerBound(sorted, end)];
    }

    internal ParentNode WithUnmerged(uint leaf)
    {
        int at = LowerBound(UnmergedLeaves, leaf);
        uint[] leaves = new uint[UnmergedLeaves.Length + 1];
        UnmergedLeaves.AsSpan(0, at).CopyTo(leaves);
        leaves[at] = leaf;
        UnmergedLeaves.AsSpan(at).CopyTo(leaves.AsSpan(at + 1));
        return new ParentNode(EncryptionKey, ParentHash, leaves);
    }

    internal bool IsUnmerged(uint leaf) => UnmergedLeaves.AsSpan().BinarySearch(leaf) >= 0;

    private static int LowerBound(ReadOnlySpan<uint> sorted, uint value)
    {
        int index = sorted.BinarySearch(value);
        return index < 0 ? ~index : index;
    }
}
