using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Hardening;

/// <summary>Whether a commit is valid does not depend on when it arrives.</summary>
public class LateCommitTests
{
    [Theory]
    [InlineData(31)]
    [InlineData(-400)]
    [InlineData(4000)]
    public void A_commit_is_followed_by_whoever_gets_it_whatever_the_clock_says(int days)
    {
        TestClient alice = new("alice"), bob = new("bob"), carol = new("carol");
        Group[] g = TestClient.GroupOf("g", alice, bob);
        PendingCommit add = g[0].Commit(new CommitRequest { Add = [carol.KeyPackageFor(alice)] }).Value;
        g[0].MergePending();
        bob.Time.Now += TimeSpan.FromDays(days);
        CommitSummary summary = g[1].Follow(add.Message);
        Member late = Assert.Single(summary.OutOfLifetime);
        Assert.Equal(Assert.Single(summary.Added).Index, late.Index);
        Assert.False(late.IsWithinLifetime(bob.Time.Now));
        Assert.True(late.IsWithinLifetime(alice.Time.Now));
        carol.Time.Now += TimeSpan.FromDays(days);
        Group third = carol.Join(add.Welcome!);
        GroupTests.AssertAgreed(g[0], g[1], third);
    }

    [Fact]
    public void A_leaf_that_was_never_renewed_keeps_nobody_out()
    {
        TestClient alice = new("alice"), bob = new("bob"), dave = new("dave"), erin = new("erin");
        alice.Validator.External = bob.Validator.External = true;
        Group[] g = TestClient.GroupOf("g", alice, bob);
        foreach (TestClient client in new[] { alice, dave, erin })
            client.Time.Now += TimeSpan.FromDays(500);
        Assert.Contains(g[0].Members, m => !m.IsWithinLifetime(alice.Time.Now));
        PendingCommit next = g[0].Commit(new CommitRequest { Add = [dave.KeyPackageFor(alice)] }).Value;
        g[0].MergePending();
        Group joined = dave.Join(next.Welcome!);
        GroupTests.AssertAgreed(g[0], joined);
        ExternalJoin outside =
            erin.Client.JoinExternally(UnverifiedGroupInfo.Parse(g[0].GroupInfo().Value).Value, erin.Identity).Value;
        Assert.Empty(g[0].Follow(outside.Message).OutOfLifetime);

        // Whoever renews its leaf has no lifetime any more.
        g[1].Follow(next.Message);
        g[1].Follow(outside.Message);
        g[1].Follow(g[0].Commit(new CommitRequest()).Value.Message);
        g[0].MergePending();
        Assert.True(g[0].Members[0].IsWithinLifetime(DateTimeOffset.MaxValue));
    }
}
