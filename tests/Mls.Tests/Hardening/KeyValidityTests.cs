using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Hardening;

/// <summary>
/// Public keys that nobody can agree with: refused where they turn up, in every suite (RFC 9180, section 7.1.4).
/// </summary>
public class KeyValidityTests
{
    private static readonly GroupPolicy Open = new() { EncryptHandshakes = false };

    public static TheoryData<CipherSuite> Suites => [.. Enum.GetValues<CipherSuite>()];

    [Theory, MemberData(nameof(Suites))]
    public void A_key_is_valid_exactly_if_something_can_be_encrypted_to_it(CipherSuite id)
    {
        Suite suite = Suite.Require(id);
        HpkeKeyPair own = suite.Kem.Generate(RandomSource.System);
        byte[] shared = new byte[suite.HashSize];
        foreach (byte[] key in BadKeys(suite).Append(suite.Kem.Generate(RandomSource.System).PublicKey))
        {
            bool valid = suite.Kem.IsValidPublicKey(key);
            string name = Convert.ToHexStringLower(key);
            Assert.True(valid == suite.Kem.TryEncapsulate(key, RandomSource.System, shared, out _), name);
            if (suite.Kem is DhKem kem)
            {
                Assert.True(valid == kem.TryAgree(own.PrivateKey, key, new byte[kem.DhSize]), name);
                Assert.True(valid == kem.TryDecapsulate(key, own.PrivateKey, own.PublicKey, shared), name);
            }
            Assert.True(valid == suite.Hpke.TrySeal(key, default, default, "x"u8, RandomSource.System, out _), name);
            Assert.True(valid
                == suite.Hpke.TryExportToSender(key, default, default, shared, RandomSource.System, out _), name);
            if (!valid)
                Assert.Null(suite.Hpke.Open(key, own.PrivateKey, own.PublicKey, default, default, new byte[40]));
        }
    }

    [Theory, MemberData(nameof(Suites))]
    public void Bad_keys_of_every_kind_are_refused_in_every_suite(CipherSuite id)
    {
        Suite suite = Suite.Require(id);
        Assert.All(BadKeys(suite), key => Assert.False(suite.Kem.IsValidPublicKey(key), Convert.ToHexStringLower(key)));
        Assert.False(suite.Kem.TryGetPublicKey(new byte[suite.Kem.PrivateKeySize + 1],
            new byte[suite.Kem.PublicKeySize]));
        if (suite.Kem is DhKem kem)
            Assert.False(kem.TryAgree([], kem.Generate(RandomSource.System).PublicKey, new byte[kem.DhSize]));
    }

    [Theory, MemberData(nameof(Suites))]
    public void A_key_package_with_a_key_that_nobody_can_agree_with_is_refused_10_1_7_3(CipherSuite id)
    {
        TestClient alice = new("alice", id, Open), bob = new("bob", id, Open), mallory = new("mallory", id, Open);
        Group[] g = TestClient.GroupOf("g", alice, bob);
        Suite suite = Suite.Require(id);
        foreach (byte[] key in BadKeys(suite))
        {
            UnverifiedKeyPackage badInit = UnverifiedKeyPackage.Create(
                suite, key, Forge.KeyPackage(mallory).Leaf, ExtensionList.Empty, mallory.Identity.Signer);
            alice.Client.Verify(Reread(badInit)).Fails(MlsErrorCode.InvalidKeyPackage, "10.1");
            g[1].Process(Forge.Proposal(g[0], new AddProposal(badInit))).Fails(MlsErrorCode.InvalidKeyPackage, "10.1");
            g[1].Process(Forge.Commit(g[0], [new AddProposal(badInit)])).Fails(MlsErrorCode.InvalidKeyPackage, "10.1");

            UnverifiedKeyPackage badLeaf = Forge.KeyPackage(mallory, c => c with { EncryptionKey = key });
            alice.Client.Verify(Reread(badLeaf)).Fails(MlsErrorCode.InvalidLeafNode, "7.3");
            g[1].Process(Forge.Proposal(g[0], new AddProposal(badLeaf))).Fails(MlsErrorCode.InvalidLeafNode, "7.3");
        }
        Assert.True(g[1].Commit(new CommitRequest()).IsOk);
    }

    [Theory, MemberData(nameof(Suites))]
    public void A_member_cannot_update_to_a_key_that_nobody_can_agree_with_7_3(CipherSuite id)
    {
        Group[] g = TestClient.GroupOf(
            "g", new TestClient("alice", id, Open), new TestClient("bob", id, Open), new TestClient("carol", id, Open));
        UpdatePath path = Forge.Path(g[0]);
        foreach (byte[] key in BadKeys(g[0].Current.Suite).Where(k => k.Length > 0))
        {
            byte[] update = Forge.Proposal(g[0], new UpdateProposal(Forge.Leaf(g[0], null, encryptionKey: key)));
            g[1].Process(update).Fails(MlsErrorCode.InvalidLeafNode, "7.3");
            LeafNode leaf = Forge.Leaf(g[0], path.Leaf.ParentHash.ToArray(), encryptionKey: key);
            g[1].Process(Forge.Commit(g[0], Array.Empty<Proposal>(), new UpdatePath(leaf, path.Nodes)))
                .Fails(MlsErrorCode.InvalidLeafNode, "7.3");
            UpdatePathNode[] nodes = [Node(key, path.Nodes[0]), .. path.Nodes[1..]];
            g[1].Process(Forge.Commit(g[0], Array.Empty<Proposal>(), new UpdatePath(path.Leaf, nodes)))
                .Fails(MlsErrorCode.InvalidPath, "7.6");
        }
        g[1].Follow(g[0].Commit(new CommitRequest()).Value.Message);
        g[0].MergePending();
        GroupTests.AssertAgreed(g[0], g[1]);
    }

    [Theory, MemberData(nameof(Suites))]
    public void A_tree_with_a_parent_key_that_nobody_can_agree_with_is_not_joined_12_4_3_1(CipherSuite id)
    {
        Suite suite = Suite.Require(id);
        LeafNode[] leaves =
            [Forge.KeyPackage(new TestClient("a", id)).Leaf, Forge.KeyPackage(new TestClient("b", id)).Leaf];
        foreach (byte[] key in BadKeys(suite))
        {
            ParentNode parent = new(key, default, []);
            TreeNode root = TreeNode.ForParent(parent, TreeNode.ForLeaf(0, leaves[0]), TreeNode.ForLeaf(1, leaves[1]));
            Assert.Equal(
                new MlsError(MlsErrorCode.InvalidTree, "12.4.3.1"),
                TreeShapeValidator.Check(new RatchetTree(suite, root)));
        }
    }

    [Theory, MemberData(nameof(Suites))]
    public void An_external_init_that_nobody_can_agree_with_is_refused_and_nothing_throws_8_3(CipherSuite id)
    {
        TestClient alice = new("alice", id, Open), dave = new("dave", id, Open);
        alice.Validator.External = true;
        Group g = alice.Create("g");
        UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(g.GroupInfo().Value).Value;
        Commit good = UnverifiedMessage.Parse(
            dave.Client.JoinExternally(info, dave.Identity).Value.Message).Value.Public!.Content.Commit!;
        foreach (byte[] output in BadOutputs(g.Current.Suite))
        {
            ProposalOrRef init = new(new ExternalInitProposal(output), default);
            FramedHeader header = Forge.Header(g) with { Sender = new Sender(SenderType.NewMemberCommit, 0) };
            FramedContent content = FramedContent.ForCommit(header, new Commit([init], good.Path));
            g.Process(Forge.Public(g, content, new byte[g.Current.Suite.HashSize], dave.Identity))
                .Fails(MlsErrorCode.InvalidProposal, "8.3");
        }
    }

    /// <summary>Wrong in form, not on the curve, or of small order.</summary>
    internal static IEnumerable<byte[]> BadKeys(Suite suite)
    {
        int size = suite.Kem.PublicKeySize;
        yield return [];
        yield return new byte[size];
        yield return suite.Kem.Generate(RandomSource.System).PublicKey[..^1];
        yield return [.. suite.Kem.Generate(RandomSource.System).PublicKey, 0];
        if (suite.Kem is X25519Kem)
        {
            foreach (byte[] point in SmallOrder())
            {
                yield return point;
                yield return [.. point[..^1], (byte)(point[^1] | 0x80)];
            }
            yield break;
        }
        byte[] good = suite.Kem.Generate(RandomSource.System).PublicKey;
        if (suite.Kem is XWingKem)
        {
            // Coefficients at both ends and in the middle that are the modulus; and X25519's part of small order.
            foreach (int at in new[] { 0, 576, 1149 })
                yield return [.. good[..at], 0x01, (byte)((good[at + 1] & 0xf0) | 0x0d), .. good[(at + 2)..]];
            foreach (byte[] point in SmallOrder())
                yield return [.. good[..MlKem768.EncapsulationKeySize], .. point];
            yield break;
        }
        yield return [4, .. new byte[size - 1]];
        yield return [2, .. good[1..]];
        yield return [0, .. good[1..]];
        yield return [.. good[..^1], (byte)(good[^1] ^ 1)];
        yield return [4, .. Enumerable.Repeat((byte)0xff, size - 1)];
        yield return good[..(1 + suite.Kem.PrivateKeySize)];
    }

    /// <summary>What nobody can have encapsulated, and what tells so by itself.</summary>
    private static IEnumerable<byte[]> BadOutputs(Suite suite)
    {
        if (suite.Kem is DhKem)
            return BadKeys(suite);
        byte[] good = new byte[suite.Kem.OutputSize];
        RandomSource.System(good);
        return [[], good[1..], [.. good, 0], .. SmallOrder().Select(p => (byte[])[.. good[..^32], .. p])];
    }

    // Found by the arithmetic of RFC 7748 itself, not copied from the library: what some scalar sends to zero.
    private static IEnumerable<byte[]> SmallOrder()
    {
        byte[] scalar = RandomSource.System.Bytes(32);
        foreach (string hex in new[]
        {
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        })
        {
            byte[] point = Convert.FromHexString(hex);
            Assert.False(X25519.TryAgree(scalar, point, new byte[32]), hex);
            yield return point;
        }
    }

    private static UnverifiedKeyPackage Reread(UnverifiedKeyPackage keyPackage) =>
        UnverifiedKeyPackage.Parse(keyPackage.ToMessage()).Value;

    private static UpdatePathNode Node(byte[] key, UpdatePathNode from)
    {
        using Codec.MlsWriter writer = new();
        for (int i = 0; i < from.CiphertextCount; i++)
            from.Ciphertext(i).Write(writer);
        return new UpdatePathNode(key, writer.ToArray(), from.CiphertextCount);
    }
}
