using System.Text.Json;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Vectors;

public class TreeVectorTests
{
    [SharedFact("vectors/mls/tree-operations.json")]
    public void Tree_operations_agree_with_the_vectors() => CheckOperations(MlsInputs.Cases("tree-operations"));

    [Fact]
    public void Tree_operations_agree_with_mlspp() => CheckOperations(MlsInputs.OfMlspp("tree-operations"));

    private static void CheckOperations(IEnumerable<JsonElement> cases)
    {
        foreach (JsonElement item in cases)
        {
            Suite suite = Suite.Require((CipherSuite)item.UInt("cipher_suite"));
            RatchetTree tree = ReadTree(suite, item.Hex("tree_before"));
            Assert.Equal(item.Hex("tree_hash_before"), tree.Hash);
            MlsReader reader = new(item.Hex("proposal"));
            Assert.True(Proposal.TryRead(ref reader, out Proposal proposal));
            RatchetTree after = proposal switch
            {
                AddProposal add => tree.WithAdded(add.KeyPackage.Leaf, out _),
                UpdateProposal update => tree.WithUpdate(new LeafIndex(item.UInt("proposal_sender")), update.Leaf),
                RemoveProposal remove => tree.WithBlank(remove.Removed).Truncated(),
                _ => throw new InvalidOperationException("The vectors hold no other proposals."),
            };
            Assert.Equal(item.Hex("tree_hash_after"), after.Hash);
            Assert.Equal(item.Hex("tree_after"), Bytes(after));
        }
    }

    [SharedFact("vectors/mls/tree-validation.json")]
    public void Tree_validation_agrees_with_the_vectors() => CheckValidation(MlsInputs.Cases("tree-validation"));

    [Fact]
    public void Tree_validation_agrees_with_mlspp() => CheckValidation(MlsInputs.OfMlspp("tree-validation"));

    private static void CheckValidation(IEnumerable<JsonElement> cases)
    {
        foreach (JsonElement item in cases)
        {
            Suite suite = Suite.Require((CipherSuite)item.UInt("cipher_suite"));
            RatchetTree tree = ReadTree(suite, item.Hex("tree"));
            Assert.Equal(item.Hex("tree"), Bytes(tree));
            byte[] groupId = item.Hex("group_id");
            JsonElement hashes = item.GetProperty("tree_hashes");
            JsonElement resolutions = item.GetProperty("resolutions");
            for (int i = 0; i < hashes.GetArrayLength(); i++)
            {
                NodeIndex index = new((uint)i);
                TreeNode node = RatchetTree.Descend(tree.Root, FirstLeaf(index), index.Level);
                Assert.Equal(index, node.Index);
                Assert.Equal(hashes[i].Hex(), node.Hash(suite));
                List<TreeNode> resolution = [];
                RatchetTree.Resolve(node, resolution);
                Assert.Equal(resolutions[i].EnumerateArray().Select(r => r.GetUInt32()),
                    resolution.Select(n => n.Index.Value));
                Assert.Equal(resolution.Count, node.ResolutionSize);
            }
            Assert.True(ParentHashValidator.IsValid(tree));
            Assert.False(TreeShapeValidator.Check(tree).Failed);
            Assert.All(tree.Members(), m => Assert.True(m.Leaf.VerifySignature(suite, groupId, m.Index)));
        }
    }

    [SharedFact("vectors/mls/tree-validation.json")]
    public void A_tree_with_any_parent_hash_changed_is_refused_7_9_2()
    {
        foreach (JsonElement item in MlsInputs.Cases("tree-validation").Where(i => i.UInt("cipher_suite") == 1))
        {
            Suite suite = Suite.Require((CipherSuite)item.UInt("cipher_suite"));
            RatchetTree tree = ReadTree(suite, item.Hex("tree"));
            for (int level = 1; level <= tree.Root.Level; level++)
            {
                for (uint first = 0; first < tree.LeafCount; first += 1u << level)
                {
                    TreeNode node = RatchetTree.Descend(tree.Root, first, level);
                    if (node.Parent is not { } parent)
                        continue;
                    byte[] key = parent.EncryptionKey.ToArray();
                    key[0] ^= 1;
                    TreeNode root = Replace(
                        tree.Root, node, new ParentNode(key, parent.ParentHash, parent.UnmergedLeaves));
                    Assert.False(ParentHashValidator.IsValid(new RatchetTree(suite, root)));
                }
            }
        }
    }

    [SharedFact("vectors/mls/treekem.json")]
    public void Update_paths_agree_with_the_vectors() => CheckPaths(MlsInputs.Cases("treekem"));

    [Fact]
    public void Update_paths_agree_with_mlspp() => CheckPaths(MlsInputs.OfMlspp("treekem"));

    private static void CheckPaths(IEnumerable<JsonElement> cases)
    {
        foreach (JsonElement item in cases)
        {
            Suite suite = Suite.Require((CipherSuite)item.UInt("cipher_suite"));
            RatchetTree tree = ReadTree(suite, item.Hex("ratchet_tree"));
            Dictionary<uint, PathKeys> members = [];
            foreach (JsonElement leaf in item.GetProperty("leaves_private").EnumerateArray())
                members[leaf.UInt("index")] = PrivateKeysOf(suite, tree, leaf);
            foreach (JsonElement v in item.GetProperty("update_paths").EnumerateArray())
            {
                LeafIndex sender = new(v.UInt("sender"));
                MlsReader reader = new(v.Hex("update_path"));
                Assert.True(UpdatePath.TryRead(ref reader, out UpdatePath path));
                PathStep[] steps = tree.FilteredPath(sender);
                Assert.False(TreeKem.CheckShape(suite, steps, path, []).Failed);
                ParentNode[] nodes =
                    tree.PathNodes(steps, path.Nodes.Select(n => n.EncryptionKey).ToArray(), out byte[] parentHash);
                Assert.Equal(path.Leaf.ParentHash.ToArray(), parentHash);
                Assert.True(path.Leaf.VerifySignature(suite, item.Hex("group_id"), sender));
                RatchetTree after = tree.WithPath(sender, path.Leaf, steps, nodes);
                Assert.Equal(v.Hex("tree_hash_after"), after.Hash);
                Assert.True(ParentHashValidator.IsValid(after));

                GroupContext context = Context(item, suite, after.Hash);
                byte[] commitSecret = v.Hex("commit_secret");
                foreach ((uint index, PathKeys keys) in members.Where(m => m.Key != sender.Value))
                {
                    PathKeys copy = keys.Copy();
                    Assert.False(TreeKem.Decrypt(suite, steps, path, new LeafIndex(index), [], context.Encoded, copy,
                        out byte[] secret).Failed);
                    Assert.Equal(commitSecret, secret);
                    int level = TreeMath.CommonAncestorLevel(new LeafIndex(index), sender);
                    byte[] expected =
                        suite.Kem.DeriveKeyPair(
                            suite.DeriveSecret(v.GetProperty("path_secrets")[(int)index].Hex(), "node"u8)).PrivateKey;
                    Assert.Equal(expected, copy[level]);
                }
                OwnPathReachesEverybody(suite, item, tree, sender, members);
            }
        }
    }

    private static void OwnPathReachesEverybody(
        Suite suite, JsonElement item, RatchetTree tree, LeafIndex sender, Dictionary<uint, PathKeys> members)
    {
        byte[] signatureKey = item.GetProperty("leaves_private").EnumerateArray()
            .Single(l => l.UInt("index") == sender.Value).Hex("signature_priv");
        using Signer signer = suite.Signature.CreateSigner(signatureKey)!;
        LeafNode old = tree.Leaf(sender)!;
        PathStep[] steps = tree.FilteredPath(sender);
        using PathSecrets secrets = PathSecrets.Derive(suite, RandomSource.System.Bytes(suite.HashSize), steps.Length);
        ReadOnlyMemory<byte>[] keys = [.. secrets.KeyPairs.Select(p => (ReadOnlyMemory<byte>)p.PublicKey)];
        ParentNode[] nodes = tree.PathNodes(steps, keys, out byte[] parentHash);
        LeafNodeContent content =
            new(suite.Kem.Generate(RandomSource.System).PublicKey, old.Credential, old.Capabilities, old.Extensions);
        LeafNode leaf = content.SignForGroup(signer, parentHash, item.Hex("group_id"), sender);
        RatchetTree after = tree.WithPath(sender, leaf, steps, nodes);
        GroupContext context = Context(item, suite, after.Hash);
        Assert.False(TreeKem.Encrypt(suite, steps, secrets, new HashSet<uint>(), context.Encoded, RandomSource.System,
            out UpdatePathNode[] encrypted).Failed);
        UpdatePath path = new(leaf, encrypted);
        Assert.False(TreeKem.CheckShape(suite, steps, path, []).Failed);
        foreach ((uint index, PathKeys own) in members.Where(m => m.Key != sender.Value))
        {
            Assert.False(TreeKem.Decrypt(suite, steps, path, new LeafIndex(index), [], context.Encoded, own.Copy(),
                out byte[] secret).Failed);
            Assert.Equal(secrets.CommitSecret, secret);
        }
    }

    private static PathKeys PrivateKeysOf(Suite suite, RatchetTree tree, JsonElement leaf)
    {
        LeafIndex index = new(leaf.UInt("index"));
        PathKeys keys = PathKeys.ForLeaf(leaf.Hex("encryption_priv"));
        byte[] derived = new byte[suite.Kem.PublicKeySize];
        Assert.True(suite.Kem.TryGetPublicKey(keys[0]!, derived));
        Assert.Equal(tree.Leaf(index)!.EncryptionKey.ToArray(), derived);
        foreach (JsonElement secret in leaf.GetProperty("path_secrets").EnumerateArray())
        {
            NodeIndex node = new(secret.UInt("node"));
            HpkeKeyPair pair = suite.Kem.DeriveKeyPair(suite.DeriveSecret(secret.Hex("path_secret"), "node"u8));
            Assert.Equal(RatchetTree.Descend(tree.Root, index.Value, node.Level).EncryptionKey.ToArray(),
                pair.PublicKey);
            keys[node.Level] = pair.PrivateKey;
        }
        return keys;
    }

    private static GroupContext Context(JsonElement item, Suite suite, byte[] treeHash) => new()
    {
        CipherSuite = suite.Id,
        GroupId = item.Hex("group_id"),
        Epoch = item.GetProperty("epoch").GetUInt64(),
        TreeHash = treeHash,
        ConfirmedTranscriptHash = item.Hex("confirmed_transcript_hash"),
        Extensions = ExtensionList.Empty,
    };

    private static uint FirstLeaf(NodeIndex node) => (node.Value - ((1u << node.Level) - 1)) >> 1;

    private static TreeNode Replace(TreeNode root, TreeNode target, ParentNode parent)
    {
        if (ReferenceEquals(root, target))
            return TreeNode.ForParent(parent, root.Left!, root.Right!);
        bool right = root.IsRight(target.FirstLeaf);
        return TreeNode.ForParent(
            root.Parent, right ? root.Left! : Replace(root.Left!, target, parent),
            right ? Replace(root.Right!, target, parent) : root.Right!);
    }

    private static RatchetTree ReadTree(Suite suite, byte[] bytes)
    {
        Assert.False(RatchetTree.TryRead(suite, bytes, out RatchetTree tree).Failed);
        return tree;
    }

    private static byte[] Bytes(RatchetTree tree)
    {
        using MlsWriter writer = new();
        tree.Write(writer);
        return writer.ToArray();
    }
}
