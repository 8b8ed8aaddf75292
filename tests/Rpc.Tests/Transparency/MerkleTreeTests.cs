using System.Globalization;
using System.Text;
using QuicProChat.Mesh.Rpc.Transparency;

namespace QuicProChat.Mesh.Rpc.Tests.Transparency;

public class MerkleTreeTests
{
    // The eight leaves of the reference test of RFC 6962's authors, and the root over them.
    private const string ReferenceRoot = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328";

    private static readonly string[] Reference =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    [Fact]
    public void The_reference_tree_has_its_root()
    {
        Tree tree = new();
        foreach (string leaf in Reference)
            tree.Add(Convert.FromHexString(leaf));
        Assert.Equal(ReferenceRoot, Hex(tree.Root(8)));
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Hex(tree.Root(0)));
    }

    [Fact]
    public void Roots_and_proofs_are_those_of_a_second_implementation()
    {
        Tree tree = Tree.Of(25);
        int lines = 0;
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Transparency", "vectors.txt")))
        {
            string[] words = line.Split(' ');
            ulong first = ulong.Parse(words[1], CultureInfo.InvariantCulture);
            lines++;
            if (words[0] == "root")
            {
                Assert.Equal(words[2], Hex(tree.Root(first)));
                continue;
            }

            ulong second = ulong.Parse(words[2], CultureInfo.InvariantCulture);
            byte[] path = words[0] == "inclusion" ? tree.Inclusion(first, second) : tree.Consistency(first, second);
            Assert.Equal(string.Concat(words[3..]), Hex(path));
            Assert.True(words[0] == "inclusion"
                ? MerkleTree.VerifyInclusion(tree.Leaf(first), first, second, tree.Root(second), path)
                : MerkleTree.VerifyConsistency(first, tree.Root(first), second, tree.Root(second), path));
        }

        Assert.True(lines > 200);
    }

    [Fact]
    public void A_proof_holds_for_its_leaf_place_and_tree_alone()
    {
        Tree tree = Tree.Of(24), other = Tree.Of(24, "other");
        for (ulong size = 1; size <= 24; size++)
        {
            for (ulong position = 0; position < size; position++)
            {
                byte[] path = tree.Inclusion(position, size);
                Assert.False(MerkleTree.VerifyInclusion(
                    other.Leaf(position), position, size, tree.Root(size), path));
                Assert.False(MerkleTree.VerifyInclusion(
                    tree.Leaf(position), position, size, other.Root(size), path));
                for (ulong wrong = 0; wrong <= size; wrong++)
                {
                    if (wrong != position)
                        Assert.False(MerkleTree.VerifyInclusion(
                            tree.Leaf(position), wrong, size, tree.Root(size), path));
                }
            }
        }
    }

    [Fact]
    public void A_fork_has_no_proof_of_consistency()
    {
        Tree tree = Tree.Of(24), fork = Tree.Of(24, "other");
        for (ulong second = 1; second <= 24; second++)
        {
            for (ulong first = 1; first <= second; first++)
            {
                foreach (byte[] path in (byte[][])[tree.Consistency(first, second), fork.Consistency(first, second)])
                {
                    Assert.False(MerkleTree.VerifyConsistency(
                        first, tree.Root(first), second, fork.Root(second), path));
                    Assert.False(MerkleTree.VerifyConsistency(
                        first, fork.Root(first), second, tree.Root(second), path));
                    Assert.False(MerkleTree.VerifyConsistency(
                        second + 1, tree.Root(second), second, tree.Root(second), path));
                }
            }
        }
    }

    [Fact]
    public void A_proof_that_is_cut_or_altered_anywhere_does_not_hold()
    {
        Tree tree = Tree.Of(21);
        byte[] inclusion = tree.Inclusion(13, 21), consistency = tree.Consistency(11, 21);
        foreach ((byte[] path, Func<byte[], bool> holds) in new (byte[], Func<byte[], bool>)[]
        {
            (inclusion, p => MerkleTree.VerifyInclusion(tree.Leaf(13), 13, 21, tree.Root(21), p)),
            (consistency, p => MerkleTree.VerifyConsistency(11, tree.Root(11), 21, tree.Root(21), p)),
        })
        {
            Assert.True(holds(path));
            for (int i = 0; i < path.Length; i++)
            {
                Assert.False(holds(path[..i]));
                byte[] altered = [.. path];
                altered[i] ^= 1;
                Assert.False(holds(altered));
            }

            Assert.False(holds([.. path, .. new byte[32]]));
            Assert.False(holds([.. path, 0]));
            Assert.False(holds(new byte[65 * 32]));
        }
    }

    [Fact]
    public void Who_reads_all_leaves_has_the_root_and_goes_on_from_what_was_kept()
    {
        Tree tree = Tree.Of(70);
        TreeFrontier frontier = new();
        for (ulong i = 0; i < 70; i++)
        {
            Assert.Equal(Hex(tree.Root(i)), Hex(frontier.Root));
            frontier.Add(tree.Leaf(i));
            frontier = TreeFrontier.Restore(frontier.Size, frontier.Roots)!;
        }

        Assert.Equal(Hex(tree.Root(70)), Hex(frontier.Root));
        Assert.Null(TreeFrontier.Restore(71, frontier.Roots));
        Assert.Null(TreeFrontier.Restore(1, [new byte[31]]));
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>A tree with the hashes of its whole subtrees, as a server keeps them.</summary>
    private sealed class Tree
    {
        private readonly Dictionary<TreePlace, byte[]> _nodes = [];
        private ulong _size;

        internal static Tree Of(int leaves, string what = "leaf")
        {
            Tree tree = new();
            for (int i = 0; i < leaves; i++)
                tree.Add(Encoding.ASCII.GetBytes($"{what} {i}"));
            return tree;
        }

        internal void Add(byte[] entry)
        {
            byte[] leaf = MerkleTree.HashLeaf(entry);
            _nodes.Add(new TreePlace(0, _size), leaf);
            foreach ((TreePlace place, byte[] hash) in MerkleTree.Completed(_size, leaf, p => _nodes[p]))
                _nodes.Add(place, hash);
            _size++;
        }

        internal byte[] Leaf(ulong position) => _nodes[new TreePlace(0, position)];

        internal byte[] Root(ulong size) => MerkleTree.Root(size, p => _nodes[p]);

        internal byte[] Inclusion(ulong position, ulong size) =>
            MerkleTree.Join(MerkleTree.Inclusion(position, size, p => _nodes[p]));

        internal byte[] Consistency(ulong first, ulong second) =>
            MerkleTree.Join(MerkleTree.Consistency(first, second, p => _nodes[p]));
    }
}
