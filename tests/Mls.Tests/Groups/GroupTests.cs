using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Groups;

public class GroupTests
{
    public static TheoryData<CipherSuite> Suites => [.. Enum.GetValues<CipherSuite>()];

    [Theory, MemberData(nameof(Suites))]
    public void Two_members_talk_and_follow_each_others_commits(CipherSuite suite)
    {
        TestClient alice = new("alice", suite);
        TestClient bob = new("bob", suite);
        Group[] groups = TestClient.GroupOf("g", alice, bob);
        Assert.Equal("hello", groups[1].Process(groups[0].Send("hello")).Text());
        Assert.Equal("hi", groups[0].Process(groups[1].Send("hi")).Text());
        for (int i = 0; i < 4; i++)
        {
            PendingCommit commit = groups[i % 2].Commit(new CommitRequest()).Value;
            groups[(i + 1) % 2].Follow(commit.Message);
            groups[i % 2].MergePending();
            AssertAgreed(groups);
            Assert.Equal($"m{i}", groups[0].Process(groups[1].Send($"m{i}")).Text());
        }
    }

    /// <summary>What was skipped and comes late is opened, as far as its sender's part of the keys goes.</summary>
    [Theory]
    [InlineData(2, 0, 4)]
    [InlineData(2, 100, 50)]
    [InlineData(5, 100, 20)]
    [InlineData(5, 10, 4)]
    public void Few_members_may_have_more_under_way_than_many(int members, int total, int kept)
    {
        GroupPolicy policy = new() { OutOfOrderWindow = 4, OutOfOrderTotal = total };
        Group[] group = TestClient.GroupOf(
            "g", [.. Enumerable.Range(0, members).Select(i => new TestClient($"{i}", policy: policy))]);
        byte[][] sent = [.. Enumerable.Range(0, 80).Select(i => group[0].Send($"{i}"))];
        Assert.Equal("79", group[1].Process(sent[79]).Text());
        for (int i = 0; i < 79; i++)
        {
            if (i >= 79 - kept)
                Assert.Equal($"{i}", group[1].Process(sent[i]).Text());
            else
                group[1].Process(sent[i]).Fails(MlsErrorCode.KeyConsumed, "9.2");
        }
    }

    [Theory, MemberData(nameof(Suites))]
    public void Members_join_by_reference_by_value_and_from_outside(CipherSuite suite)
    {
        TestClient alice = new("alice", suite);
        TestClient bob = new("bob", suite);
        TestClient carol = new("carol", suite);
        TestClient dave = new("dave", suite);
        foreach (TestClient client in new[] { alice, bob, carol })
            client.Validator.External = true;
        Group[] two = TestClient.GroupOf("g", alice, bob);
        two[0].Process(two[1].ProposeAdd(carol.KeyPackageFor(bob)).Value);
        PendingCommit add = two[0].Commit(new CommitRequest { ForcePath = true }).Value;
        CommitSummary summary = two[1].Follow(add.Message);
        Assert.Equal("carol",
            System.Text.Encoding.UTF8.GetString(Assert.Single(summary.Added).Credential.Identity.Span));
        two[0].MergePending();
        Group third = carol.Join(add.Welcome!);
        AssertAgreed(two[0], two[1], third);

        ExternalJoin external = dave.Client.JoinExternally(
            UnverifiedGroupInfo.Parse(third.GroupInfo().Value).Value, dave.Identity).Value;
        foreach (Group group in new[] { two[0], two[1], third })
            Assert.True(group.Follow(external.Message).IsExternal);
        Group fourth = external.Accept();
        AssertAgreed(two[0], two[1], third, fourth);
        Assert.Equal("all", two[0].Process(fourth.Send("all")).Text());
    }

    [Fact]
    public void A_removed_member_learns_it_and_reads_nothing_more()
    {
        TestClient alice = new("alice");
        TestClient bob = new("bob");
        TestClient carol = new("carol");
        Group[] g = TestClient.GroupOf("g", alice, bob, carol);
        PendingCommit commit = g[0].Commit(new CommitRequest { Remove = [new LeafIndex(2)] }).Value;
        g[1].Follow(commit.Message);
        CommitSummary seen = g[2].Follow(commit.Message);
        Assert.True(seen.RemovesSelf);
        Assert.Equal(GroupStatus.Removed, g[2].Status);
        Assert.Empty(carol.Store.Keys("group/"));
        g[0].MergePending();
        AssertAgreed(g[0], g[1]);
        g[2].Process(g[0].Send("secret")).Fails(MlsErrorCode.GroupClosed, "12.4.2");
    }

    [Fact]
    public void Updates_by_reference_are_merged_by_everybody()
    {
        TestClient[] clients = [.. Enumerable.Range(0, 5).Select(i => new TestClient($"c{i}"))];
        Group[] g = TestClient.GroupOf("g", clients);
        foreach (int i in new[] { 1, 3, 4 })
        {
            byte[] update = g[i].ProposeUpdate().Value;
            foreach (Group other in g.Where(o => o != g[i]))
                Assert.IsType<Outcome.ProposalStored>(other.Process(update).Value);
        }
        PendingCommit commit = g[0].Commit(new CommitRequest()).Value;
        foreach (Group other in g[1..])
            Assert.Equal(4, other.Follow(commit.Message).Updated.Count);
        g[0].MergePending();
        AssertAgreed(g);
        commit = g[3].Commit(new CommitRequest()).Value;
        foreach (Group other in g.Where(o => o != g[3]))
            other.Follow(commit.Message);
        g[3].MergePending();
        AssertAgreed(g);
    }

    [Fact]
    public void A_group_is_reinitialised_with_another_cipher_suite()
    {
        TestClient alice = new("alice");
        TestClient bob = new("bob");
        Group[] g = TestClient.GroupOf("old", alice, bob);
        byte[] newId = [1, 2, 3];
        const CipherSuite next = CipherSuite.P256Aes128GcmSha256P256;
        PendingCommit commit = g[0]
            .Commit(new CommitRequest { ReInit = new ReInitRequest(newId, next, ExtensionList.Empty) }).Value;
        g[1].Follow(commit.Message);
        g[0].MergePending();
        Assert.Equal(GroupStatus.ReInitialised, g[1].Status);
        g[0].Encrypt("x"u8).Fails(MlsErrorCode.GroupClosed, "12.4.2");

        MlsIdentity a = MlsIdentity.Generate(next, alice.Identity.Credential);
        MlsIdentity b = MlsIdentity.Generate(next, bob.Identity.Credential);
        alice.Client.AddIdentity(a);
        bob.Client.AddIdentity(b);
        KeyPackage forAlice = bob.Client.Verify(UnverifiedKeyPackage.Parse(
            alice.Client.CreateKeyPackage(a, TimeSpan.FromDays(1)).ToMessage()).Value).Value;
        SuccessorGroup successor = bob.Client.ReInitialise(g[1], b, [forAlice]).Value;
        Group joined = alice.Join(successor.Welcome);
        AssertAgreed(successor.Group, joined);
        Assert.Equal(next, joined.CipherSuite);
    }

    [Fact]
    public void A_subgroup_branches_off()
    {
        TestClient alice = new("alice");
        TestClient bob = new("bob");
        TestClient carol = new("carol");
        Group[] g = TestClient.GroupOf("old", alice, bob, carol);
        SuccessorGroup branch =
            alice.Client.Branch(g[0], [9, 9], ExtensionList.Empty, [carol.KeyPackageFor(alice)], forcePath: true).Value;
        AssertAgreed(branch.Group, carol.Join(branch.Welcome));
        TestClient dave = new("dave");
        alice.Client.Branch(g[0], [9, 8], ExtensionList.Empty, [dave.KeyPackageFor(alice)])
            .Fails(MlsErrorCode.InvalidSuccessor, "11.3");
    }

    [Fact]
    public void Psks_enter_the_schedule_of_members_and_newcomers()
    {
        TestClient alice = new("alice");
        TestClient bob = new("bob");
        TestClient carol = new("carol");
        foreach (TestClient c in new[] { alice, bob, carol })
            c.Psks.Keys["AB"] = [1, 2, 3];
        Group[] g = TestClient.GroupOf("g", alice, bob);
        PendingCommit commit = g[0].Commit(new CommitRequest
        {
            Add = [carol.KeyPackageFor(alice)],
            ExternalPsks = [new byte[] { 0xab }],
        }).Value;
        g[1].Follow(commit.Message);
        g[0].MergePending();
        Group third = carol.Join(commit.Welcome!);
        AssertAgreed(g[0], g[1], third);

        commit = g[1].Commit(new CommitRequest { ResumptionPsks = [2] }).Value;
        g[0].Follow(commit.Message);
        third.Follow(commit.Message);
        g[1].MergePending();
        AssertAgreed(g[0], g[1], third);
    }

    [Fact]
    public void A_group_read_back_from_its_store_goes_on()
    {
        TestClient alice = new("alice");
        TestClient bob = new("bob");
        Group[] g = TestClient.GroupOf("g", alice, bob);
        byte[] first = g[1].Send("one");
        byte[] second = g[1].Send("two");
        Assert.Equal("two", g[0].Process(second).Text());
        PendingCommit pending = g[0].Commit(new CommitRequest { ForcePath = true }).Value;

        Group again = new MlsClient(alice.Options, alice.Identity).FindGroup("g"u8)!;
        again.Process(second).Fails(MlsErrorCode.KeyConsumed, "9.2");
        Assert.Equal("one", again.Process(first).Text());
        Assert.Equal(pending.Message, again.Pending!.Message);
        g[1].Follow(pending.Message);
        again.MergePending();
        AssertAgreed(again, g[1]);
        Group third = new MlsClient(alice.Options, alice.Identity).FindGroup("g"u8)!;
        AssertAgreed(third, g[1]);
        Assert.Equal("three", g[1].Process(third.Send("three")).Text());
    }

    [Fact]
    public void Grease_is_sent_if_wanted_and_ignored()
    {
        GroupPolicy policy = new() { Grease = true, EncryptHandshakes = false, Padding = new PaddingPolicy(64, true) };
        TestClient alice = new("alice", policy: policy);
        TestClient bob = new("bob", policy: policy);
        Group[] g = TestClient.GroupOf("g", alice, bob);
        Assert.Contains(g[0].Members, m => m.Leaf.Extensions.Any(e => (e.Type & 0x0f0f) == 0x0a0a));
        PendingCommit commit = g[1].Commit(new CommitRequest()).Value;
        g[0].Follow(commit.Message);
        g[1].MergePending();
        AssertAgreed(g);
        Assert.Equal("x", g[0].Process(g[1].Send("x")).Text());
    }

    [Fact]
    public void A_last_resort_key_package_serves_twice_and_another_once()
    {
        TestClient alice = new("alice");
        TestClient bob = new("bob");
        KeyPackage lasting = bob.KeyPackageFor(alice, lastResort: true);
        KeyPackage single = bob.KeyPackageFor(alice);
        foreach (string id in new[] { "g1", "g2" })
        {
            Group group = alice.Create(id);
            bob.Join(group.Commit(new CommitRequest { Add = [lasting] }).Value.Welcome!);
        }
        Assert.Contains(lasting.Content.Extensions, e => e.Type == ExtensionType.LastResort);
        bob.Join(alice.Create("g3").Commit(new CommitRequest { Add = [single] }).Value.Welcome!);
        byte[] again = alice.Create("g4").Commit(new CommitRequest { Add = [single] }).Value.Welcome!;
        bob.Client.Join(UnverifiedWelcome.Parse(again).Value).Fails(MlsErrorCode.NotForThisClient, "12.4.3.1");
    }

    internal static void AssertAgreed(params Group[] groups)
    {
        Span<byte> first = stackalloc byte[16];
        groups[0].Export("test", default, first);
        foreach (Group group in groups)
        {
            Assert.Equal(groups[0].Epoch, group.Epoch);
            Assert.Equal(groups[0].EpochAuthenticator.ToArray(), group.EpochAuthenticator.ToArray());
            Assert.Equal(groups[0].RatchetTree(), group.RatchetTree());
            byte[] exported = new byte[16];
            group.Export("test", default, exported);
            Assert.Equal(first.ToArray(), exported);
        }
    }
}
