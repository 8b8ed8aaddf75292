using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>The chain of secrets along a filtered direct path (RFC 9420, section 7.4).</summary>
internal sealed class PathSecrets : IDisposable
{
    internal required byte[][] Secrets { get; init; }

    internal required HpkeKeyPair[] KeyPairs { get; init; }

    internal required byte[] CommitSecret { get; init; }

    /// <summary>Derives the chain upwards from its first secret, for so many nodes.</summary>
    internal static PathSecrets Derive(Suite suite, byte[] first, int count)
    {
        byte[][] secrets = new byte[count][];
        HpkeKeyPair[] pairs = new HpkeKeyPair[count];
        byte[] current = first;
        for (int i = 0; i < count; i++)
        {
            secrets[i] = current;
            byte[] node = suite.DeriveSecret(current, "node"u8);
            pairs[i] = suite.Kem.DeriveKeyPair(node);
            Crypto.Secrets.Zero(node);
            current = suite.DeriveSecret(current, "path"u8);
        }
        return new PathSecrets { Secrets = secrets, KeyPairs = pairs, CommitSecret = current };
    }

    /// <summary>Zeroes the path secrets and the commit secret, but not the private keys, which move on.</summary>
    public void Dispose()
    {
        foreach (byte[] secret in Secrets)
            Crypto.Secrets.Zero(secret);
        Crypto.Secrets.Zero(CommitSecret);
    }
}

/// <summary>Sending and receiving an UpdatePath (RFC 9420, sections 7.5 and 7.6).</summary>
internal static class TreeKem
{
    /// <summary>
    /// Encrypts each path secret to the resolution of its copath node, leaving out leaves added by this commit.
    /// </summary>
    internal static MlsError Encrypt(
        Suite suite, PathStep[] path, PathSecrets secrets, IReadOnlySet<uint> newLeaves,
        ReadOnlySpan<byte> groupContext,
        RandomFill random, out UpdatePathNode[] nodes)
    {
        nodes = new UpdatePathNode[path.Length];
        byte[] context = suite.EncryptionContext("UpdatePathNode"u8, groupContext);
        List<TreeNode> resolution = [];
        for (int i = 0; i < path.Length; i++)
        {
            resolution.Clear();
            RatchetTree.Resolve(path[i].Copath, resolution);
            using Codec.MlsWriter writer = new(128 * resolution.Count + 16);
            int count = 0;
            foreach (TreeNode node in resolution)
            {
                if (node.Level == 0 && newLeaves.Contains(node.FirstLeaf))
                    continue;
                if (!suite.Hpke.TrySealIn(
                    node.EncryptionKey.Span, context, default, secrets.Secrets[i], random,
                    out HpkeCiphertext ciphertext))
                {
                    return Errors.At(MlsErrorCode.InvalidTree, "7.6");
                }
                ciphertext.Write(writer);
                count++;
            }
            nodes[i] = new UpdatePathNode(secrets.KeyPairs[i].PublicKey, writer.ToArray(), count);
        }
        return MlsError.None;
    }

    /// <summary>Checks that a received path has the shape of the sender's filtered direct path.</summary>
    internal static MlsError CheckShape(Suite suite, PathStep[] path, UpdatePath update, ReadOnlySpan<uint> newLeaves)
    {
        MlsError invalid = Errors.At(MlsErrorCode.InvalidPath, "7.6");
        if (update.Nodes.Length != path.Length)
            return invalid;
        for (int i = 0; i < path.Length; i++)
        {
            TreeNode copath = path[i].Copath;
            int expected = copath.ResolutionSize
                - ParentNode.Within(newLeaves, copath.FirstLeaf, copath.EndLeaf).Length;
            if (update.Nodes[i].CiphertextCount != expected
                || !suite.Kem.IsValidPublicKey(update.Nodes[i].EncryptionKey.Span))
                return invalid;
        }
        return MlsError.None;
    }

    /// <summary>
    /// Decrypts the one path secret that is meant for this member, derives those above it, and checks them against the
    /// public keys of the path. The new private keys go into <paramref name="keys"/>.
    /// </summary>
    internal static MlsError Decrypt(
        Suite suite, PathStep[] path, UpdatePath update, LeafIndex self, uint[] newLeaves,
        ReadOnlySpan<byte> groupContext, PathKeys keys, out byte[] commitSecret)
    {
        commitSecret = [];
        int at = Array.FindIndex(path, step => self.Value >= step.Copath.FirstLeaf && self.Value < step.Copath.EndLeaf);
        if (at < 0)
            return Errors.At(MlsErrorCode.InvalidPath, "7.5");
        TreeNode node = FindOwn(path[at].Copath, self, newLeaves, out int position);
        if (keys[node.Level] is not { } privateKey)
            return Errors.At(MlsErrorCode.InvalidState, "7.5");
        byte[]? secret = suite.DecryptWithLabel(
            privateKey, node.EncryptionKey.Span, "UpdatePathNode"u8, groupContext,
            update.Nodes[at].Ciphertext(position));
        if (secret is null || secret.Length != suite.HashSize)
            return Errors.At(MlsErrorCode.DecryptionFailed, "7.5");

        using PathSecrets secrets = PathSecrets.Derive(suite, secret, path.Length - at);
        for (int i = at; i < path.Length; i++)
        {
            HpkeKeyPair pair = secrets.KeyPairs[i - at];
            if (!update.Nodes[i].EncryptionKey.Span.SequenceEqual(pair.PublicKey))
                return Errors.At(MlsErrorCode.InvalidPath, "7.5");
            keys[path[i].Level] = pair.PrivateKey;
        }
        commitSecret = (byte[])secrets.CommitSecret.Clone();
        return MlsError.None;
    }

    // The node of the copath's resolution above (or at) the own leaf, and its place among those that were encrypted to.
    private static TreeNode FindOwn(TreeNode copath, LeafIndex self, uint[] newLeaves, out int position)
    {
        position = 0;
        TreeNode node = copath;
        while (node.IsBlank && node.Level > 0)
        {
            if (node.IsRight(self.Value) && node.Left is { } left)
                position += left.ResolutionSize - ParentNode.Within(newLeaves, left.FirstLeaf, left.EndLeaf).Length;
            node = node.ChildTowards(self.Value);
        }
        if (node.Parent is { } parent && parent.IsUnmerged(self.Value))
        {
            position++;
            foreach (uint leaf in parent.UnmergedLeaves)
            {
                if (leaf == self.Value)
                    break;
                if (newLeaves.AsSpan().BinarySearch(leaf) < 0)
                    position++;
            }
            node = RatchetTree.Descend(node, self.Value, 0);
        }
        return node;
    }
}
