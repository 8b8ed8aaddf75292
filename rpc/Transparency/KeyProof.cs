using System.Buffers.Binary;

namespace QuicProChat.Mesh.Rpc.Transparency;

/// <summary>
/// Shows that a server's log has a name with a key (ours):
/// <code>
/// position(8) counter(8) hash(32)...
/// </code>
/// The hashes are those of RFC 9162, section 2.1.3.
/// </summary>
public static class KeyProof
{
    /// <summary>The largest proof in bytes.</summary>
    public const int MaxSize = HeadSize + (MerkleTree.MaxProof * MerkleTree.HashSize);

    private const int HeadSize = 2 * sizeof(ulong);

    /// <summary>Writes a proof.</summary>
    public static byte[] Write(ulong position, ulong counter, IReadOnlyList<byte[]> path)
    {
        byte[] proof = new byte[HeadSize];
        BinaryPrimitives.WriteUInt64BigEndian(proof, position);
        BinaryPrimitives.WriteUInt64BigEndian(proof.AsSpan(sizeof(ulong)), counter);
        return [.. proof, .. MerkleTree.Join(path)];
    }

    /// <summary>Tells whether a proof is one for this name and key under this head.</summary>
    /// <param name="proof">Any bytes.</param>
    /// <param name="username">The name that was asked for.</param>
    /// <param name="key">The key that the server named, 32 bytes.</param>
    /// <param name="head">A head whose signature holds.</param>
    /// <param name="counter">The number of the entry among those of its name.</param>
    public static bool TryVerify(
        ReadOnlySpan<byte> proof, string username, ReadOnlySpan<byte> key, TreeHead head, out ulong counter)
    {
        ArgumentNullException.ThrowIfNull(head);
        counter = 0;
        if (proof.Length is < HeadSize or > MaxSize)
            return false;
        ulong position = BinaryPrimitives.ReadUInt64BigEndian(proof);
        counter = BinaryPrimitives.ReadUInt64BigEndian(proof[sizeof(ulong)..]);
        return MerkleTree.VerifyInclusion(
            KeyLeaf.Of(username, key, counter).Hash(), position, head.Size, head.Root.Span, proof[HeadSize..]);
    }
}
