using System.Diagnostics;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Groups;

public class LargeGroupTests
{
    /// <summary>Ten thousand members: what is quadratic would take minutes here.</summary>
    [Fact]
    public void Ten_thousand_members_are_no_matter_of_minutes()
    {
        const int members = 10_000;
        TestClient alice = new("alice");
        TestClient bob = new("bob");
        Group first = alice.Create("large");
        KeyPackage[] packages =
            [.. Enumerable.Range(0, members - 2)
                .Select(i => new KeyPackage(Forge.KeyPackage(new TestClient($"m{i}")), default!))];
        Stopwatch watch = Stopwatch.StartNew();
        PendingCommit commit =
            first.Commit(new CommitRequest
            {
                Add = [.. packages, bob.KeyPackageFor(alice)],
                RatchetTreeInWelcome = true
            }).Value;
        first.MergePending();
        Group second = bob.Join(commit.Welcome!);
        Assert.Equal(members, second.MemberCount);
        for (int i = 0; i < 3; i++)
        {
            second.Follow(first.Commit(
                new CommitRequest { Remove = [new LeafIndex((uint)(17 * (i + 1)))] }).Value.Message);
            first.MergePending();
        }
        GroupTests.AssertAgreed(first, second);
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(10), $"It took {watch.Elapsed}.");
    }

    /// <summary>
    /// The worst that a hostile tree can ask of the validator: every parent non-blank, every leaf unmerged.
    /// </summary>
    [Fact]
    public void The_hashes_of_a_tree_full_of_unmerged_leaves_are_checked_in_time()
    {
        const int leaves = 4096;
        Suite suite = Suite.Require(TestClient.DefaultSuite);
        LeafNode[] nodes =
            [.. Enumerable.Range(0, leaves).Select(i => Forge.KeyPackage(new TestClient($"m{i % 50}")).Leaf)];
        TreeNode Build(int level, uint first)
        {
            if (level == 0)
                return TreeNode.ForLeaf(first, nodes[first]);
            uint[] unmerged = [.. Enumerable.Range((int)first + 1, (1 << level) - 1).Select(i => (uint)i)];
            ParentNode parent = new(suite.Kem.Generate(RandomSource.System).PublicKey, new byte[32], unmerged);
            return TreeNode.ForParent(parent, Build(level - 1, first), Build(level - 1, first + (1u << (level - 1))));
        }
        RatchetTree tree = new(suite, Build(12, 0));
        Stopwatch watch = Stopwatch.StartNew();
        Assert.False(ParentHashValidator.IsValid(tree));
        Assert.Equal(32, tree.Hash.Length);
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(10), $"It took {watch.Elapsed}.");
    }
}
