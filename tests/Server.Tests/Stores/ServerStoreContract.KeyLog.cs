using QuicProChat.Mesh.Rpc.Transparency;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Tests.Stores;

/// <summary>What every kind of store promises of the log of keys.</summary>
public abstract partial class ServerStoreContract
{
    [ContractFact]
    public async Task A_registration_and_a_deletion_are_in_the_log_and_a_refused_one_is_not()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        Assert.Equal(RegisterResult.Taken,
            await Store.Accounts.RegisterAsync(new StoredAccount("alice", Key(3), Record), null));
        Assert.Equal(new LoggedKey(bob, 1, 0), await Store.KeyLog.FindAsync("bob"));
        Assert.True(await Store.Accounts.DeleteAsync(alice));
        Assert.False(await Store.Accounts.DeleteAsync(alice));
        Assert.Null(await Store.KeyLog.FindAsync("alice"));
        IdentityKey other = await RegisterAsync("alice", 3);
        await ReopenAsync();
        Assert.Equal(new LoggedKey(other, 3, 2), await Store.KeyLog.FindAsync("alice"));
        KeyLeaf[] expected =
        [
            KeyLeaf.Of("alice", alice.ToArray(), 0), KeyLeaf.Of("bob", bob.ToArray(), 0), KeyLeaf.Of("alice", [], 1),
            KeyLeaf.Of("alice", other.ToArray(), 2),
        ];
        Assert.Equal(4UL, await Store.KeyLog.CountAsync());
        Assert.Equal(expected.Select(Hex), (await Store.KeyLog.ReadAsync(0, 100)).Select(Hex));
        Assert.Equal(expected[1..3].Select(Hex), (await Store.KeyLog.ReadAsync(1, 2)).Select(Hex));
        Assert.Empty(await Store.KeyLog.ReadAsync(4, 2));
    }

    [ContractFact]
    public async Task The_hashes_that_are_kept_are_those_of_the_tree_also_when_many_register_at_once()
    {
        // Fewer than a process has connections: each registration waits for the one before.
        await Parallel.ForEachAsync(Enumerable.Range(0, 37), new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (i, _) => await RegisterAsync($"user{i}", (byte)(i + 1)));
        Assert.Equal(37UL, await Store.KeyLog.CountAsync());
        TreeFrontier read = new();
        foreach (KeyLeaf leaf in await Store.KeyLog.ReadAsync(0, 100))
        {
            read.Add(leaf.Hash());
            ulong size = read.Size;
            IReadOnlyList<TreePlace> needed = MerkleTree.Needed(nodes => _ = MerkleTree.Root(size, nodes));
            IReadOnlyList<byte[]> hashes = await Store.KeyLog.ReadNodesAsync(needed);
            Assert.Equal(read.Root, MerkleTree.Root(size, p => hashes[needed.ToList().IndexOf(p)]));
        }

        Assert.Equal(37UL, read.Size);
    }

    private static string Hex(KeyLeaf leaf) => Convert.ToHexString(leaf.ToBytes());
}
