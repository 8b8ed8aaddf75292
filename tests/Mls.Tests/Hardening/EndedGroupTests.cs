using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Hardening;

/// <summary>
/// Groups that are over, and handles that were used: nothing public comes of them, and nothing lives again.
/// </summary>
public class EndedGroupTests
{
    private static readonly GroupPolicy Open = new() { EncryptHandshakes = false };

    [Fact]
    public void A_removed_member_exports_nothing()
    {
        Group[] g = TestClient.GroupOf("g", new TestClient("alice"), new TestClient("bob"), new TestClient("carol"));
        g[2].Follow(g[0].Commit(new CommitRequest { Remove = [new LeafIndex(2)] }).Value.Message);
        Assert.Equal(GroupStatus.Removed, g[2].Status);
        IsDead(g[2]);
    }

    [Fact]
    public void A_forgotten_group_exports_nothing()
    {
        TestClient alice = new("alice");
        Group[] g = TestClient.GroupOf("g", alice, new TestClient("bob"));
        alice.Client.Forget(g[0]);
        IsDead(g[0]);
        Assert.Null(alice.Client.FindGroup("g"u8));
        Assert.True(alice.Client.CreateGroup(alice.Identity, "g"u8).IsOk);
    }

    [Fact]
    public void A_group_that_was_replaced_exports_nothing_and_the_new_one_does()
    {
        TestClient alice = new("alice"), bob = new("bob");
        Group[] g = TestClient.GroupOf("g", alice, bob);
        UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(g[0].GroupInfo().Value).Value;
        ExternalJoin join =
            bob.Client.JoinExternally(info, bob.Identity, new ExternalJoinRequest { RemovePrior = true }).Value;
        g[0].Follow(join.Message);
        Group fresh = join.Accept();
        IsDead(g[1]);
        GroupTests.AssertAgreed(g[0], fresh);
    }

    [Fact]
    public void An_external_join_is_accepted_once()
    {
        TestClient alice = new("alice"), dave = new("dave");
        alice.Validator.External = true;
        Group[] g = TestClient.GroupOf("g", alice, new TestClient("bob"));
        ExternalJoin join =
            dave.Client.JoinExternally(UnverifiedGroupInfo.Parse(g[0].GroupInfo().Value).Value, dave.Identity).Value;
        g[0].Follow(join.Message);
        Group joined = join.Accept();
        Assert.Throws<InvalidOperationException>(join.Accept);
        GroupTests.AssertAgreed(g[0], joined);
        Assert.Same(joined, dave.Client.FindGroup("g"u8));
    }

    [Fact]
    public void An_own_commit_that_was_dropped_is_not_merged_from_its_echo()
    {
        TestClient alice = new("alice");
        Group[] g = TestClient.GroupOf("g", alice, new TestClient("bob"));
        PendingCommit pending = g[0].Commit(new CommitRequest()).Value;
        StagedCommit echo = ((Outcome.CommitStaged)g[0].Process(pending.Message).Value).Commit;
        g[0].DropPending();
        Assert.Throws<InvalidOperationException>(() => g[0].Merge(echo));
        GroupTests.AssertAgreed(g);
        Assert.NotEqual(new byte[32], Exported(g[0]));
        Assert.Throws<InvalidOperationException>(g[0].MergePending);

        // A later commit is another one, and the old echo does not merge it either.
        PendingCommit second = g[0].Commit(new CommitRequest()).Value;
        Assert.Throws<InvalidOperationException>(() => g[0].Merge(echo));
        g[1].Follow(second.Message);
        g[0].MergePending();
        GroupTests.AssertAgreed(g);
    }

    [Fact]
    public void A_staged_commit_is_merged_once()
    {
        Group[] g = TestClient.GroupOf("g", new TestClient("alice"), new TestClient("bob"));
        PendingCommit pending = g[0].Commit(new CommitRequest()).Value;
        StagedCommit echo = ((Outcome.CommitStaged)g[0].Process(pending.Message).Value).Commit;
        StagedCommit staged = ((Outcome.CommitStaged)g[1].Process(pending.Message).Value).Commit;
        g[1].Merge(staged);
        Assert.Throws<InvalidOperationException>(() => g[1].Merge(staged));
        g[0].Merge(echo);
        Assert.Throws<InvalidOperationException>(() => g[0].Merge(echo));
        Assert.Throws<InvalidOperationException>(g[0].MergePending);
        GroupTests.AssertAgreed(g);
    }

    [Fact]
    public void A_rival_commit_does_not_bring_a_removed_member_back()
    {
        TestClient carol = new("carol", policy: Open);
        Group[] g = TestClient.GroupOf("g", new TestClient("alice", policy: Open),
            new TestClient("bob", policy: Open), carol);
        byte[] other = g[1].Commit(new CommitRequest()).Value.Message;
        byte[] removal = g[0].Commit(new CommitRequest { Remove = [new LeafIndex(2)] }).Value.Message;
        StagedCommit first = ((Outcome.CommitStaged)g[2].Process(removal).Value).Commit;
        StagedCommit rival = ((Outcome.CommitStaged)g[2].Process(other).Value).Commit;
        g[2].Merge(first);
        Assert.Throws<InvalidOperationException>(() => g[2].Merge(rival));
        IsDead(g[2]);
        Assert.Empty(carol.Store.Keys("group/"));
    }

    [Fact]
    public void A_rival_commit_does_not_go_on_where_a_group_was_reinitialised()
    {
        TestClient bob = new("bob", policy: Open);
        Group[] g = TestClient.GroupOf("g", new TestClient("alice", policy: Open), bob,
            new TestClient("carol", policy: Open));
        byte[] other = g[2].Commit(new CommitRequest()).Value.Message;
        ReInitRequest request = new("n"u8.ToArray(), TestClient.DefaultSuite, ExtensionList.Empty);
        byte[] end = g[0].Commit(new CommitRequest { ReInit = request }).Value.Message;
        StagedCommit rival = ((Outcome.CommitStaged)g[1].Process(other).Value).Commit;
        g[1].Follow(end);
        Assert.Throws<InvalidOperationException>(() => g[1].Merge(rival));
        Assert.Equal(GroupStatus.ReInitialised, g[1].Status);
    }

    private static void IsDead(Group group)
    {
        Assert.Throws<InvalidOperationException>(() => Exported(group));
        Assert.Throws<InvalidOperationException>(() => group.EpochAuthenticator);
        Assert.Throws<InvalidOperationException>(group.MergePending);
        group.Encrypt("x"u8).Fails(MlsErrorCode.GroupClosed, "12.4.2");
        group.Commit(new CommitRequest()).Fails(MlsErrorCode.GroupClosed, "12.4.2");
        group.ProposeUpdate().Fails(MlsErrorCode.GroupClosed, "12.4.2");
        group.GroupInfo().Fails(MlsErrorCode.GroupClosed, "12.4.2");
    }

    private static byte[] Exported(Group group)
    {
        byte[] exported = new byte[32];
        group.Export("x", default, exported);
        return exported;
    }
}
