using System.Security.Cryptography;

namespace QuicProChat.Mesh.MlsLite.Tests;

public class KeyTreeTests
{
    private static byte[] Root => [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public void A_leaf_that_was_cut_out_is_gone_and_all_others_stay_what_they_were()
    {
        using var whole = new KeyTree(Root);
        using var tree = new KeyTree(Root);
        var random = new Random(1);
        var cut = new HashSet<uint>();
        for (int i = 0; i < 60; i++)
        {
            uint leaf = i % 3 == 0 ? (uint)i : (uint)random.Next(1 << 13);
            tree.Puncture(new LeafPath(leaf));
            tree.Puncture(new LeafPath(leaf));
            cut.Add(leaf);
        }

        byte[] expected = new byte[32], found = new byte[32];
        foreach (uint leaf in cut.Concat(Enumerable.Range(0, 500).Select(_ => (uint)random.Next(1 << 14)))
            .Append(uint.MaxValue))
        {
            Assert.True(whole.TryDerive(leaf, 0, expected));
            Assert.Equal(!cut.Contains(leaf), tree.TryDerive(leaf, 0, found));
            Assert.Equal(cut.Contains(leaf), tree.CostOf(leaf, 0) < 0);
            if (!cut.Contains(leaf))
                Assert.Equal(expected, found);
        }
    }

    [Fact]
    public void No_secret_that_is_kept_leads_to_a_leaf_that_was_cut_out()
    {
        using var tree = new KeyTree(Root);
        foreach (uint leaf in new uint[] { 5, 6, 4095, 4096, 8191, 1 << 20, uint.MaxValue })
        {
            tree.Puncture(new LeafPath(leaf));
            Assert.DoesNotContain(tree.Subtrees, s => s.First <= leaf && leaf < s.End);
        }

        long end = 0;
        foreach (Subtree subtree in tree.Subtrees)
        {
            Assert.True(subtree.First >= end);
            end = subtree.End;
        }
    }

    [Fact]
    public void The_memory_of_what_was_used_is_zeroed()
    {
        byte[] root = Root;
        var tree = new KeyTree(root);
        tree.Puncture(new LeafPath(7));
        Assert.All(root, b => Assert.Equal(0, b));
        byte[] last = tree.Subtrees[^1].Secret;
        Assert.NotEqual(new byte[32], last);
        tree.GiveUp(1u << 31, 31);
        Assert.All(last, b => Assert.Equal(0, b));
        Assert.Equal(-1, tree.CostOf(1u << 31, 0));
        byte[][] rest = [.. tree.Subtrees.Select(s => s.Secret)];
        tree.Dispose();
        Assert.All(rest, secret => Assert.All(secret, b => Assert.Equal(0, b)));
    }

    [Fact]
    public void A_child_is_what_the_document_says()
    {
        using var tree = new KeyTree(Root);
        byte[] expected = Root, found = new byte[32];
        uint leaf = 0b10110;
        for (int level = 31; level >= 0; level--)
            expected = HKDF.Expand(HashAlgorithmName.SHA256, expected, 32, (leaf >> level & 1) != 0
                ? "right"u8.ToArray() : "left"u8.ToArray());
        Assert.True(tree.TryDerive(leaf, 0, found));
        Assert.Equal(expected, found);
    }

    [Fact]
    public void In_order_a_key_costs_two_derivations_on_average_and_few_secrets_are_kept()
    {
        using var tree = new KeyTree(Root);
        int cost = 0;
        for (int counter = 0; counter <= LiteConstants.MaxCounter; counter++)
        {
            LeafPath path = LeafPath.Of(3, 9, signed: false, counter);
            cost += tree.CostOf(path.Leaf, 0);
            tree.Puncture(path);
            Assert.InRange(tree.Subtrees.Count, LeafPath.SenderBits + LeafPath.SlotBits + 1, LeafPath.TreeHeight);
        }

        Assert.InRange(cost, LiteConstants.MaxCounter, 2 * LiteConstants.MaxCounter);
    }

    [Fact]
    public void Gaps_are_bounded_apart_for_each_sender_and_for_what_is_signed_and_the_smallest_oldest_go_first()
    {
        using var tree = new KeyTree(Root);
        for (int counter = 1; counter < 1000; counter += 2)
        {
            tree.Puncture(LeafPath.Of(3, 9, signed: false, counter));
            tree.Trim(LeafPath.Of(3, 9, signed: false, counter), _ => 0);
            if (counter < 100)
            {
                tree.Puncture(LeafPath.Of(3, 9, signed: true, counter));
                tree.Puncture(LeafPath.Of(4, 9, signed: false, counter));
            }
        }

        Assert.Equal(-1, tree.CostOf(LeafPath.Of(3, 9, signed: false, 0).Leaf, 0));
        Assert.Equal(0, tree.CostOf(LeafPath.Of(3, 9, signed: false, 998).Leaf, 0));
        Assert.Equal(0, tree.CostOf(LeafPath.Of(3, 9, signed: true, 0).Leaf, 0));
        Assert.Equal(0, tree.CostOf(LeafPath.Of(4, 9, signed: false, 0).Leaf, 0));
        int kept = tree.Subtrees.Count(s => new LeafPath(s.First).Sender == 3 && !new LeafPath(s.First).IsSigned
            && s.Height <= LeafPath.ClassHeight);
        Assert.Equal(LiteConstants.MaxSubtrees, kept);
    }

    [Fact]
    public void Gaps_in_an_older_stream_go_before_those_in_a_newer_one_wherever_its_slot_is()
    {
        using var tree = new KeyTree(Root);
        foreach (int slot in new[] { 200, 7 })
        {
            for (int counter = 1; counter < 400; counter += 2)
            {
                LeafPath path = LeafPath.Of(3, slot, signed: false, counter);
                tree.Puncture(path);
                tree.Trim(path, s => s == 200 ? 0 : 1);
            }
        }

        Assert.DoesNotContain(tree.Subtrees, s => new LeafPath(s.First) is { Sender: 3, Slot: 200, IsSigned: false }
            && s.Height <= LeafPath.ClassHeight);
        Assert.Equal(0, tree.CostOf(LeafPath.Of(3, 7, signed: false, 398).Leaf, 0));
    }

    [Fact]
    public void A_stored_tree_whose_subtrees_overlap_or_lie_askew_is_refused()
    {
        byte[] s = new byte[32];
        Assert.NotNull(KeyTree.FromSubtrees([]));
        Assert.NotNull(KeyTree.FromSubtrees([new(0, 3, s), new(8, 0, s), new(1u << 31, 31, s)]));
        foreach (Subtree[] wrong in new Subtree[][]
                 {
                     [new(0, 33, s)], [new(1, 1, s)], [new(0, 3, s), new(7, 0, s)], [new(8, 0, s), new(0, 3, s)],
                     [new(uint.MaxValue, 1, s)], [new(0, 255, s)], [new(3u << 30, 31, s)],
                     [new(0, 32, s), new(5, 0, s)],
                 })
            Assert.Null(KeyTree.FromSubtrees(wrong));
    }
}
