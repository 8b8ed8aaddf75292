namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>
/// Looks for new keys among all keys of a tree in one pass, as leaf validation (RFC 9420, section 7.3) and commit
/// processing (section 12.4.2) demand. A one-byte filter spares almost every node the comparison.
/// </summary>
internal sealed class KeyScan
{
    private readonly Dictionary<ReadOnlyMemory<byte>, int> _encryption = new(BytesComparer.Instance);
    private readonly Dictionary<ReadOnlyMemory<byte>, int> _signature = new(BytesComparer.Instance);
    private readonly bool[] _encryptionFilter = new bool[256];
    private readonly bool[] _signatureFilter = new bool[256];

    /// <summary>
    /// Expects an encryption key so many times in the tree; false if it is expected already or empty.
    /// </summary>
    internal bool ExpectEncryptionKey(ReadOnlyMemory<byte> key, int times) =>
        Expect(_encryption, _encryptionFilter, key, times);

    /// <summary>Expects a signature key so many times in the tree; false if it is expected already or empty.</summary>
    internal bool ExpectSignatureKey(ReadOnlyMemory<byte> key, int times) =>
        Expect(_signature, _signatureFilter, key, times);

    /// <summary>Whether every expected key is met exactly as often as expected. A leaf may be left out.</summary>
    internal bool Matches(RatchetTree tree, LeafIndex? exceptSignatureOf)
    {
        if (_encryption.Count > 0 || _signature.Count > 0)
            Visit(tree.Root, exceptSignatureOf);
        return _encryption.Values.All(left => left == 0) && _signature.Values.All(left => left == 0);
    }

    private static bool Expect(
        Dictionary<ReadOnlyMemory<byte>, int> keys, bool[] filter, ReadOnlyMemory<byte> key, int times)
    {
        if (key.IsEmpty || !keys.TryAdd(key, times))
            return false;
        filter[key.Span[^1]] = true;
        return true;
    }

    private void Visit(TreeNode node, LeafIndex? exceptSignatureOf)
    {
        if (!node.IsBlank)
        {
            Count(_encryption, _encryptionFilter, node.EncryptionKey);
            if (node.Leaf is { } leaf && exceptSignatureOf != new LeafIndex(node.FirstLeaf))
                Count(_signature, _signatureFilter, leaf.SignatureKey);
        }
        if (node.Left is { ResolutionSize: > 0 } left)
            Visit(left, exceptSignatureOf);
        if (node.Right is { ResolutionSize: > 0 } right)
            Visit(right, exceptSignatureOf);
    }

    private static void Count(Dictionary<ReadOnlyMemory<byte>, int> keys, bool[] filter, ReadOnlyMemory<byte> key)
    {
        if (!key.IsEmpty && filter[key.Span[^1]] && keys.TryGetValue(key, out int left))
            keys[key] = left - 1;
    }
}
