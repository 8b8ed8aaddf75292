using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Negative;

/// <summary>What joiners refuse, and what groups refuse of joiners: sections 11 and 12.4.3 of RFC 9420.</summary>
public class JoinTests
{
    private readonly TestClient _alice = new("alice", policy: Open);
    private readonly TestClient _bob = new("bob", policy: Open);
    private readonly TestClient _dave = new("dave", policy: Open);
    private readonly Group[] _groups;

    public JoinTests() => _groups = TestClient.GroupOf("g", _alice, _bob);

    private static GroupPolicy Open => new() { EncryptHandshakes = false };

    private Group Alice => _groups[0];

    private Group Bob => _groups[1];

    [Fact]
    public void A_welcome_for_somebody_else_is_refused_12_4_3_1()
    {
        byte[] welcome = Alice.Commit(new CommitRequest { Add = [_dave.KeyPackageFor(_alice)] }).Value.Welcome!;
        new TestClient("other").Client.Join(UnverifiedWelcome.Parse(welcome).Value)
            .Fails(MlsErrorCode.NotForThisClient, "12.4.3.1");
    }

    [Fact]
    public void Every_changed_byte_of_a_welcome_is_noticed_12_4_3_1()
    {
        byte[] welcome = Alice.Commit(new CommitRequest { Add = [_dave.KeyPackageFor(_alice)] }).Value.Welcome!;
        for (int i = 0; i < welcome.Length; i++)
        {
            byte[] bad = [.. welcome];
            bad[i] ^= 0x10;
            MlsResult<UnverifiedWelcome> parsed = UnverifiedWelcome.Parse(bad);
            Assert.False(parsed.IsOk && _dave.Client.Join(parsed.Value).IsOk, $"Byte {i} is not protected.");
        }
        Assert.True(_dave.Client.Join(UnverifiedWelcome.Parse(welcome).Value).IsOk);
    }

    [Fact]
    public void A_group_of_the_same_id_is_not_joined_twice_12_4_3_1()
    {
        KeyPackage second = _bob.KeyPackageFor(_alice);
        TestClient mallory = new("mallory", policy: Open);
        byte[] welcome = mallory.Create("g").Commit(new CommitRequest { Add = [second] }).Value.Welcome!;
        _bob.Client.Join(UnverifiedWelcome.Parse(welcome).Value).Fails(MlsErrorCode.DuplicateGroup, "12.4.3.1");
    }

    [Fact]
    public void The_tree_must_be_there_and_be_the_right_one_12_4_3_3()
    {
        byte[] welcome =
            Alice.Commit(new CommitRequest
            {
                Add = [_dave.KeyPackageFor(_alice)],
                RatchetTreeInWelcome = false
            }).Value.Welcome!;
        byte[] old = Alice.RatchetTree();
        Alice.MergePending();
        byte[] tree = Alice.RatchetTree();
        UnverifiedWelcome parsed = UnverifiedWelcome.Parse(welcome).Value;
        _dave.Client.Join(parsed).Fails(MlsErrorCode.MissingRatchetTree, "12.4.3.1");
        _dave.Client.Join(parsed, old).Fails(MlsErrorCode.TreeHashMismatch, "12.4.3.1");
        _dave.Client.Join(parsed, new byte[] { 0 }).Fails(MlsErrorCode.InvalidTree, "12.4.3.3");
        _dave.Client.Join(parsed, new byte[] { 1, 0 }).Fails(MlsErrorCode.InvalidTree, "12.4.3.3");
        _dave.Client.Join(parsed, tree.AsMemory(0, tree.Length - 1)).Fails(MlsErrorCode.Malformed, "12.4.3.3");
        Assert.True(_dave.Client.Join(parsed, tree).IsOk);
    }

    [Fact]
    public void A_group_info_signed_by_another_is_refused_12_4_3_1()
    {
        byte[] info = MlsFrame.Write(WireFormat.GroupInfo,
            WelcomeBuilder.GroupInfo(TestEnvironment.Create(), Alice.Current, Bob.Identity, true, true));
        _dave.Client.JoinExternally(UnverifiedGroupInfo.Parse(info).Value, _dave.Identity)
            .Fails(MlsErrorCode.InvalidSignature, "12.4.3.1");
    }

    [Fact]
    public void A_group_info_without_the_external_key_opens_no_door_12_4_3_2()
    {
        UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(Alice.GroupInfo(withExternalPub: false).Value).Value;
        _dave.Client.JoinExternally(info, _dave.Identity).Fails(MlsErrorCode.InvalidExtension, "12.4.3.2");
    }

    [Fact]
    public void Trees_that_break_a_rule_are_refused_12_4_3_1()
    {
        Suite suite = Alice.Current.Suite;
        RatchetTree tree = Alice.Current.Tree;
        LeafNode leaf = tree.Leaf(new LeafIndex(0))!;
        Assert.Equal(MlsErrorCode.DuplicateKey, TreeShapeValidator.Check(tree.WithAdded(leaf, out _)).Code);

        byte[] key = suite.Kem.Generate(RandomSource.System).PublicKey;
        foreach (uint[] unmerged in new uint[][] { [1], [5] })
        {
            ParentNode parent = new(key, default, unmerged);
            TreeNode root = TreeNode.ForParent(parent, TreeNode.ForLeaf(0, leaf), TreeNode.ForLeaf(1, null));
            Assert.Equal(new MlsError(MlsErrorCode.InvalidTree, "12.4.3.1"),
                TreeShapeValidator.Check(new RatchetTree(suite, root)));
        }
        ParentNode lonely = new(key, default, []);
        TreeNode unchained =
            TreeNode.ForParent(lonely, TreeNode.ForLeaf(0, leaf), TreeNode.ForLeaf(1, tree.Leaf(new LeafIndex(1))));
        Assert.False(ParentHashValidator.IsValid(new RatchetTree(suite, unchained)));
    }

    [Fact]
    public void Unmerged_leaves_must_be_listed_all_the_way_down_12_4_3_1()
    {
        Suite suite = Alice.Current.Suite;
        TreeNode Leaf(uint i) => TreeNode.ForLeaf(i, Forge.KeyPackage(new TestClient($"leaf{i}")).Leaf);
        ParentNode Parent(params uint[] unmerged) =>
            new(suite.Kem.Generate(RandomSource.System).PublicKey, default, unmerged);
        TreeNode inner = TreeNode.ForParent(Parent(), Leaf(0), Leaf(1));
        TreeNode other = TreeNode.ForParent(null, Leaf(2), Leaf(3));
        Assert.True(TreeShapeValidator.Check(
            new RatchetTree(suite, TreeNode.ForParent(Parent(1), inner, other))).Failed);
        inner = TreeNode.ForParent(Parent(1), Leaf(0), Leaf(1));
        Assert.False(TreeShapeValidator.Check(
            new RatchetTree(suite, TreeNode.ForParent(Parent(1), inner, other))).Failed);
    }

    [Fact]
    public void Unmerged_leaves_out_of_order_are_malformed_7_1()
    {
        foreach (byte[] list in new byte[][] { [0, 0, 0, 2, 0, 0, 0, 1], [0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 1] })
        {
            byte[] node = [1, 9, 0, (byte)list.Length, .. list];
            Codec.MlsReader reader = new(node);
            Assert.False(ParentNode.TryRead(ref reader, out _));
        }
    }

    [Fact]
    public void An_external_commit_holds_what_it_may_and_nothing_else_12_2_12_4_3_2()
    {
        _bob.Validator.External = true;
        Commit good = ExternalCommit();
        ProposalOrRef init = good.Proposals[0];
        Refused(good, MlsErrorCode.InvalidProposalList, "12.2", init, init);
        Refused(good, MlsErrorCode.InvalidProposalList, "12.2");
        Refused(good, MlsErrorCode.InvalidProposalList, "12.4.3.2", init, new ProposalOrRef(null, new byte[32]));
        Refused(good, MlsErrorCode.InvalidProposalList, "12.2", init, Remove(0), Remove(1));
        Refused(good, MlsErrorCode.InvalidProposalList, "12.2", init,
            new ProposalOrRef(new AddProposal(Forge.KeyPackage(new TestClient("x"))), default));
        Refused(good, MlsErrorCode.InvalidProposalList, "12.2", init,
            new ProposalOrRef(new GroupContextExtensionsProposal(ExtensionList.Empty), default));
        Bob.Process(Wrap(new Commit(good.Proposals, null))).Fails(MlsErrorCode.MissingPath, "12.4.3.2");
        Refused(good, MlsErrorCode.InvalidConfirmationTag, "12.4.2", init);
    }

    [Fact]
    public void The_door_for_external_joins_is_closed_unless_the_application_opens_it_12_4_3_2()
    {
        TestClient carol = new("carol", policy: Open);
        Group[] g = TestClient.GroupOf("d", _alice, _bob, carol);
        byte[] removal = g[0].Commit(new CommitRequest { Remove = [g[2].Self] }).Value.Message;
        g[1].Follow(removal);
        g[2].Follow(removal);
        g[0].MergePending();
        UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(g[1].GroupInfo().Value).Value;
        ExternalJoin join = carol.Client.JoinExternally(info, carol.Identity).Value;
        g[0].Process(join.Message).Fails(MlsErrorCode.InvalidCredential, "12.4.3.2");
        _alice.Validator.External = true;
        Assert.True(g[0].Process(join.Message).IsOk);
    }

    [Fact]
    public void A_resync_that_removes_somebody_else_is_refused_12_4_3_2()
    {
        Commit good = ExternalCommit();
        Refused(good, MlsErrorCode.InvalidCredential, "12.4.3.2", good.Proposals[0], Remove(0));
    }

    [Fact]
    public void A_resync_replaces_the_old_appearance_12_4_3_2()
    {
        TestClient again = new("bob again", policy: Open, identity: _bob.Identity);
        UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(Alice.GroupInfo().Value).Value;
        ExternalJoin join =
            again.Client.JoinExternally(info, _bob.Identity, new ExternalJoinRequest { RemovePrior = true }).Value;
        CommitSummary summary = Alice.Follow(join.Message);
        Assert.Single(summary.Removed);
        Assert.True(Bob.Follow(join.Message).RemovesSelf);
        Tests.Groups.GroupTests.AssertAgreed(Alice, join.Accept());
        Assert.Equal(2, Alice.MemberCount);
    }

    private Commit ExternalCommit()
    {
        UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(Alice.GroupInfo().Value).Value;
        ExternalJoin join = _dave.Client.JoinExternally(info, _dave.Identity).Value;
        return UnverifiedMessage.Parse(join.Message).Value.Public!.Content.Commit!;
    }

    private void Refused(Commit good, MlsErrorCode code, string section, params ProposalOrRef[] proposals) =>
        Bob.Process(Wrap(new Commit(proposals, good.Path))).Fails(code, section);

    private byte[] Wrap(Commit commit)
    {
        FramedHeader header = Forge.Header(Alice) with { Sender = new Sender(SenderType.NewMemberCommit, 0) };
        return Forge.Public(Alice, FramedContent.ForCommit(header, commit), new byte[32], _dave.Identity);
    }

    private static ProposalOrRef Remove(uint leaf) => new(new RemoveProposal(new LeafIndex(leaf)), default);
}
