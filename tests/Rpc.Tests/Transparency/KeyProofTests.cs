using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc.Transparency;

namespace QuicProChat.Mesh.Rpc.Tests.Transparency;

public class KeyProofTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    [Fact]
    public void A_head_is_its_servers_and_altered_or_cut_it_is_nobodys()
    {
        using LocalIdentity server = LocalIdentity.Generate(), other = LocalIdentity.Generate();
        TreeHead head = TreeHead.Sign(server, 7, MerkleTree.EmptyRoot, 1234);
        byte[] bytes = head.Bytes.ToArray();
        TreeHead read = TreeHead.Verify(bytes, server.PublicKey.Span)!;
        Assert.Equal((7UL, 1234UL), (read.Size, read.TimeMs));
        Assert.Equal(MerkleTree.EmptyRoot, read.Root.ToArray());
        Assert.Null(TreeHead.Verify(bytes, other.PublicKey.Span));
        for (int i = 0; i < bytes.Length; i++)
        {
            Assert.Null(TreeHead.Verify(bytes.AsSpan(0, i), server.PublicKey.Span));
            byte[] altered = [.. bytes];
            altered[i] ^= 0x40;
            Assert.Null(TreeHead.Verify(altered, server.PublicKey.Span));
        }

        Assert.Null(TreeHead.Verify([.. bytes, 0], server.PublicKey.Span));
    }

    [Fact]
    public void A_leaf_is_the_hash_of_name_and_key_with_the_counter_and_is_read_as_written()
    {
        KeyLeaf leaf = KeyLeaf.Of("alice", Key, 3);
        byte[] bytes = leaf.ToBytes();
        Assert.Equal(System.Security.Cryptography.SHA256.HashData([.. "alice\0"u8, .. Key]), bytes[..32]);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 3], bytes[48..]);
        Assert.Equal(bytes, KeyLeaf.Read(bytes)!.ToBytes());
        for (int i = 0; i < bytes.Length; i++)
            Assert.Null(KeyLeaf.Read(bytes.AsSpan(0, i)));
        Assert.Null(KeyLeaf.Read([.. bytes, 0]));
        Assert.NotEqual(leaf.Hash(), KeyLeaf.Of("alice", [], 3).Hash());
    }

    [Fact]
    public void A_proof_holds_for_its_name_and_key_alone_and_not_when_it_is_cut_or_altered()
    {
        using LocalIdentity server = LocalIdentity.Generate();
        Dictionary<TreePlace, byte[]> nodes = [];
        for (ulong i = 0; i < 11; i++)
        {
            byte[] leaf = (i == 6 ? KeyLeaf.Of("alice", Key, 2)
                : KeyLeaf.Of($"user{i}", Encoding.ASCII.GetBytes($"a key of 32 bytes {i,14}"), 0)).Hash();
            nodes.Add(new TreePlace(0, i), leaf);
            foreach ((TreePlace place, byte[] hash) in MerkleTree.Completed(i, leaf, p => nodes[p]))
                nodes.Add(place, hash);
        }

        TreeHead head = TreeHead.Sign(server, 11, MerkleTree.Root(11, p => nodes[p]), 0);
        byte[] proof = KeyProof.Write(6, 2, MerkleTree.Inclusion(6, 11, p => nodes[p]));
        Assert.True(KeyProof.TryVerify(proof, "alice", Key, head, out ulong counter));
        Assert.Equal(2UL, counter);
        Assert.False(KeyProof.TryVerify(proof, "alice", new byte[32], head, out _));
        Assert.False(KeyProof.TryVerify(proof, "alicf", Key, head, out _));
        Assert.False(KeyProof.TryVerify(
            proof, "alice", Key, TreeHead.Sign(server, 11, MerkleTree.EmptyRoot, 0), out _));
        for (int i = 0; i < proof.Length; i++)
        {
            Assert.False(KeyProof.TryVerify(proof.AsSpan(0, i), "alice", Key, head, out _));
            byte[] altered = [.. proof];
            altered[i] ^= 0x80;
            Assert.False(KeyProof.TryVerify(altered, "alice", Key, head, out _));
        }

        Assert.False(KeyProof.TryVerify(new byte[100_000], "alice", Key, head, out _));
    }
}
