using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Tests.Stores;

/// <summary>What every kind of store promises of recovery bundles.</summary>
public abstract partial class ServerStoreContract
{
    [ContractFact]
    public async Task An_account_has_one_recovery_bundle_and_the_later_one_counts_over_a_restart()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        byte[] first = [1, 1], second = [2, 2], bobs = [3, 3];
        Assert.Null(await Store.Recovery.FindAsync(first));
        Assert.Equal(RecoveryResult.Stored, await Store.Recovery.PutAsync(alice, first, new byte[] { 10 }));
        Assert.Equal(RecoveryResult.Stored, await Store.Recovery.PutAsync(bob, bobs, new byte[] { 30 }));
        Assert.Equal(RecoveryResult.Stored, await Store.Recovery.PutAsync(alice, second, new byte[] { 20 }));
        await ReopenAsync();
        Assert.Null(await Store.Recovery.FindAsync(first));
        Assert.Equal([20], await Store.Recovery.FindAsync(second));
        Assert.Equal(RecoveryResult.Conflict, await Store.Recovery.PutAsync(alice, bobs, new byte[] { 40 }));
        Assert.Equal([30], await Store.Recovery.FindAsync(bobs));
        Assert.Equal([20], await Store.Recovery.FindAsync(second));
        Assert.Equal(RecoveryResult.NoAccount, await Store.Recovery.PutAsync(Key(99), first, new byte[] { 50 }));
        Assert.True(await Store.Recovery.DeleteAsync(alice));
        Assert.False(await Store.Recovery.DeleteAsync(alice));
        Assert.Null(await Store.Recovery.FindAsync(second));
        Assert.Equal([30], await Store.Recovery.FindAsync(bobs));
    }

    [ContractFact]
    public async Task The_recovery_bundle_of_a_deleted_account_is_gone()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        await Store.Recovery.PutAsync(alice, [1], new byte[] { 10 });
        await Store.Recovery.PutAsync(bob, [2], new byte[] { 20 });
        Assert.True(await Store.Accounts.DeleteAsync(alice));
        Assert.Null(await Store.Recovery.FindAsync([1]));
        Assert.Equal([20], await Store.Recovery.FindAsync([2]));
    }
}
