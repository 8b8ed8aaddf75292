using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Tests.Stores;

/// <summary>What every kind of store promises of push tokens.</summary>
public abstract partial class ServerStoreContract
{
    private static readonly PushToken First = new("test", "first"), Second = new("test", "second");

    [ContractFact]
    public async Task A_device_has_one_token_which_goes_with_the_device_and_with_the_account()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        DeviceId phone = new(1), laptop = new(2);
        await Store.Accounts.AddDeviceAsync(bob, phone, "phone");
        Assert.True(await Store.PushTokens.SetAsync(bob, phone, First));
        Assert.True(await Store.PushTokens.SetAsync(bob, phone, Second));
        Assert.True(await Store.PushTokens.SetAsync(bob, default, First));
        Assert.False(await Store.PushTokens.SetAsync(bob, laptop, First));
        Assert.False(await Store.PushTokens.SetAsync(Key(9), default, First));
        await EnqueueAsync(alice, Message(bob, 1));
        Assert.Equal([new WaitingDevice(default, First), new WaitingDevice(phone, Second)], await WaitingAsync(bob));
        await ReopenAsync();
        Assert.Equal(2, (await WaitingAsync(bob)).Length);
        Assert.True(await Store.PushTokens.SetAsync(bob, default, null));
        Assert.Equal([new WaitingDevice(phone, Second)], await WaitingAsync(bob));
        await Store.Accounts.RemoveDeviceAsync(bob, phone);
        await Store.Accounts.AddDeviceAsync(bob, phone, "another phone");
        Assert.Empty(await WaitingAsync(bob));

        // One that was left without a device ends when one comes: it may be of whoever has the password.
        await Store.PushTokens.SetAsync(bob, default, First);
        await Store.Accounts.AddDeviceAsync(bob, laptop, "laptop");
        Assert.Empty(await WaitingAsync(bob));

        await Store.PushTokens.SetAsync(bob, default, First);
        await Store.Accounts.DeleteAsync(bob);
        IdentityKey again = await RegisterAsync("bob", 2);
        await EnqueueAsync(alice, Message(again, 2));
        Assert.Empty(await WaitingAsync(again));
    }

    [ContractFact]
    public async Task A_device_waits_for_what_it_has_not_acknowledged_in_any_of_its_inboxes()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        DeviceId phone = new(1), laptop = new(2);
        foreach (DeviceId device in (DeviceId[])[phone, laptop])
        {
            await Store.Accounts.AddDeviceAsync(bob, device, "device");
            await Store.PushTokens.SetAsync(bob, device, First);
        }

        Assert.Empty(await WaitingAsync(bob));
        await EnqueueAsync(alice, Message(bob, 1));
        Assert.Equal(2, (await WaitingAsync(bob)).Length);
        await Store.Inboxes.AcknowledgeAsync(Inbox(bob), phone, 1);
        Assert.Equal(laptop, Assert.Single(await WaitingAsync(bob)).Device);
        await Store.Inboxes.AcknowledgeAsync(Inbox(bob), laptop, 1);
        Assert.Empty(await WaitingAsync(bob));
        (ChannelId channel, _) = (await Store.Channels.OpenAsync(new ChannelId(5), alice, bob))!.Value;
        await EnqueueAsync(alice, Message(bob, 2, channel: channel));
        Assert.Equal(2, (await WaitingAsync(bob)).Length);
        Assert.Empty(await WaitingAsync(alice));
    }

    private async Task<WaitingDevice[]> WaitingAsync(IdentityKey identity) =>
        [.. (await Store.PushTokens.ListWaitingAsync(identity)).OrderBy(w => w.Device.Value)];
}
