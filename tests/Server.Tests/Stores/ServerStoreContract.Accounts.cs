using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Tests.Stores;

/// <summary>What every kind of store promises of accounts, sessions and devices.</summary>
public abstract partial class ServerStoreContract
{
    [ContractFact]
    public async Task A_name_and_a_key_have_one_account_and_an_invitation_registers_once()
    {
        IdentityKey alice = await RegisterAsync("alice", 1);
        Assert.Equal(RegisterResult.Taken,
            await Store.Accounts.RegisterAsync(new StoredAccount("alice", Key(2), Record), null));
        Assert.Equal(RegisterResult.Taken,
            await Store.Accounts.RegisterAsync(new StoredAccount("bob", alice, Record), null));
        byte[] invite = [1, 2, 3];
        Assert.Equal(RegisterResult.NotInvited,
            await Store.Accounts.RegisterAsync(new StoredAccount("bob", Key(2), Record), invite));
        await Store.Accounts.AddInviteAsync(invite);
        Assert.Equal(RegisterResult.Taken,
            await Store.Accounts.RegisterAsync(new StoredAccount("alice", Key(3), Record), invite));
        Assert.Equal(RegisterResult.Registered,
            await Store.Accounts.RegisterAsync(new StoredAccount("bob", Key(2), Record), invite));
        Assert.Equal(RegisterResult.NotInvited,
            await Store.Accounts.RegisterAsync(new StoredAccount("carol", Key(3), Record), invite));
        StoredAccount found = (await Store.Accounts.FindAsync("alice"))!;
        Assert.Equal((alice, Convert.ToHexString(Record)), (found.Identity, Convert.ToHexString(found.Record)));
        Assert.Equal("bob", (await Store.Accounts.FindAsync(Key(2)))!.Username);
        Assert.Null(await Store.Accounts.FindAsync("carol"));
    }

    [ContractFact]
    public async Task A_session_is_one_devices_and_ends_with_time_with_the_device_and_with_the_account()
    {
        (IdentityKey alice, _) = await TwoAsync();
        byte[] first = [1], second = [2], third = [3];
        DeviceId phone = new(1), laptop = new(2);
        await Store.Accounts.AddDeviceAsync(alice, phone, "phone");
        await Store.Accounts.AddDeviceAsync(alice, laptop, "laptop");
        foreach (byte[] token in new[] { first, second, third })
            await Store.Accounts.AddSessionAsync(token, alice, 1000);
        Assert.Null(await Store.Accounts.UseSessionAsync(first, new DeviceId(3), 1000));
        Assert.Equal("alice", (await Store.Accounts.UseSessionAsync(first, phone, 1000))!.Username);
        Assert.Null(await Store.Accounts.UseSessionAsync(first, laptop, 1000));
        Assert.NotNull(await Store.Accounts.UseSessionAsync(second, laptop, 5000));
        Assert.True(await Store.Accounts.RemoveDeviceAsync(alice, phone));
        Assert.Null(await Store.Accounts.UseSessionAsync(first, phone, 1000));
        Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(await Store.Accounts.UseSessionAsync(third, default, 1000));
        Assert.NotNull(await Store.Accounts.UseSessionAsync(second, laptop, 5000));
        Assert.True(await Store.Accounts.DeleteAsync(alice));
        Assert.Null(await Store.Accounts.UseSessionAsync(second, laptop, 5000));
    }

    [ContractFact]
    public async Task An_account_has_five_devices_at_most_and_so_many_sessions()
    {
        (IdentityKey alice, _) = await TwoAsync();
        for (uint i = 1; i <= 5; i++)
            Assert.True(await Store.Accounts.AddDeviceAsync(alice, new DeviceId(i), $"device {i}"));
        Assert.False(await Store.Accounts.AddDeviceAsync(alice, new DeviceId(6), "one more"));
        Assert.True(await Store.Accounts.AddDeviceAsync(alice, new DeviceId(5), "renamed"));
        Assert.Equal("renamed", (await Store.Accounts.ListDevicesAsync(alice))
            .Single(d => d.Id == new DeviceId(5)).Name);
        for (byte i = 0; i < 25; i++)
        {
            await Store.Accounts.AddSessionAsync(new[] { i }, alice, 1_000_000);
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Null(await Store.Accounts.UseSessionAsync(new byte[] { 4 }, default, 1_000_000));
        Assert.NotNull(await Store.Accounts.UseSessionAsync(new byte[] { 5 }, default, 1_000_000));
    }

    [ContractFact]
    public async Task Accounts_and_devices_that_are_there_are_told_from_those_that_are_not()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        await Store.Accounts.AddDeviceAsync(alice, new DeviceId(1), "phone");
        // A session without a device ends where devices are.
        Assert.Equal([false, true, false, true, false],
            await Store.Accounts.AreThereAsync([(alice, default), (alice, new DeviceId(1)), (alice, new DeviceId(2)),
                (bob, default), (Key(99), default)]));
    }
}
