using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Tests.Stores;

/// <summary>What every kind of store promises of KeyPackages of devices.</summary>
public abstract partial class ServerStoreContract
{
    private protected static readonly DeviceId Phone = new(1), Laptop = new(2);

    [ContractFact]
    public async Task One_key_package_of_each_device_is_given_and_that_of_last_resort_is_each_devices_own()
    {
        IdentityKey alice = await WithDevicesAsync();
        Assert.Empty(await Store.KeyPackages.TakeOfEachAsync(alice));
        await LeaveAsync(alice, Phone, 1);
        await LeaveAsync(alice, Phone, 2);
        await LeaveAsync(alice, Phone, 3, lastResort: true);
        await LeaveAsync(alice, Laptop, 11);
        await LeaveAsync(alice, Laptop, 13, lastResort: true);
        Assert.Equal([(Phone, 1, false), (Laptop, 11, false)], await TakenAsync(alice));
        Assert.Equal([(Phone, 2, false), (Laptop, 13, true)], await TakenAsync(alice));
        Assert.Equal([(Phone, 3, true), (Laptop, 13, true)], await TakenAsync(alice));
        // Who asks for those of its own account means the others.
        Assert.Equal(
            [Laptop], (await Store.KeyPackages.TakeOfEachAsync(alice, static d => d != Phone)).Select(p => p.Device));
    }

    [ContractFact]
    public async Task One_key_package_of_many_devices_is_given_to_one_of_many_who_ask_at_once()
    {
        IdentityKey alice = await WithDevicesAsync();
        for (byte i = 0; i < 20; i++)
            await LeaveAsync(alice, i % 2 == 0 ? Phone : Laptop, i);
        IReadOnlyList<DeviceKeyPackage>[] taken = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => Store.KeyPackages.TakeOfEachAsync(alice)));
        Assert.Equal(Enumerable.Range(0, 20),
            taken.SelectMany(t => t).Select(p => (int)p.Package.Span[0]).Order());
    }

    [ContractFact]
    public async Task Key_packages_end_with_their_device_and_a_device_that_is_gone_leaves_none()
    {
        IdentityKey alice = await WithDevicesAsync();
        await LeaveAsync(alice, Phone, 1);
        await LeaveAsync(alice, Phone, 2, lastResort: true);
        await LeaveAsync(alice, Laptop, 11);
        Assert.True(await Store.Accounts.RemoveDeviceAsync(alice, Phone));
        Assert.Equal((KeyPackageResult.NoDevice, 0), await LeaveAsync(alice, Phone, 4));
        Assert.Equal([(Laptop, 11, false)], await TakenAsync(alice));
        Assert.Null(await Store.KeyPackages.TakeAsync(alice));
    }

    [ContractFact]
    public async Task What_was_left_without_a_device_ends_with_the_first_one_that_is_registered()
    {
        (IdentityKey alice, _) = await TwoAsync();
        await LeaveAsync(alice, default, 1);
        Assert.Equal((KeyPackageResult.NoDevice, 0), await LeaveAsync(alice, Phone, 2));
        Assert.True(await Store.Accounts.AddDeviceAsync(alice, Phone, "phone"));
        Assert.Equal((KeyPackageResult.NoDevice, 0), await LeaveAsync(alice, default, 3));
        Assert.Empty(await Store.KeyPackages.TakeOfEachAsync(alice));
        await LeaveAsync(alice, Phone, 4);
        // Another name changes nothing else.
        Assert.True(await Store.Accounts.AddDeviceAsync(alice, Phone, "telephone"));
        Assert.Equal([(Phone, 4, false)], await TakenAsync(alice));
        Assert.True(await Store.Accounts.RemoveDeviceAsync(alice, Phone));
        Assert.Equal((KeyPackageResult.Added, 1), await LeaveAsync(alice, default, 5));
    }

    [ContractFact]
    public async Task A_device_has_so_many_key_packages_whatever_the_others_have()
    {
        IdentityKey alice = await WithDevicesAsync();
        for (byte i = 0; i < 100; i++)
            Assert.Equal((KeyPackageResult.Added, i + 1), await LeaveAsync(alice, Phone, i));
        Assert.Equal((KeyPackageResult.Full, 100), await LeaveAsync(alice, Phone, 100));
        Assert.Equal((KeyPackageResult.Added, 1), await LeaveAsync(alice, Laptop, 101));
        Assert.Equal((KeyPackageResult.Added, 100), await LeaveAsync(alice, Phone, 102, lastResort: true));
    }

    [ContractFact]
    public async Task What_an_owner_leaves_for_a_device_that_is_off_gives_way_and_stops_nobody()
    {
        await Store.DisposeAsync();
        await RemoveAsync();
        await InitializeAsync(new StoreLimits { MaxInboxMessages = 64, SenderShare = 4, MaxInboxBytes = 64_000 });
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        Assert.True(await Store.Accounts.AddDeviceAsync(alice, Phone, "phone"));
        Assert.True(await Store.Accounts.AddDeviceAsync(alice, Laptop, "laptop"));
        ChannelId channel = (await Store.Channels.OpenAsync(new ChannelId(5), alice, bob))!.Value.Channel;
        foreach (ChannelId where in (ChannelId[])[default, channel])
        {
            InboxId own = new(alice, where);
            Assert.Equal(EnqueueResult.Stored, (await EnqueueAsync(bob, Message(alice, 0, channel: where))).Result);
            // The phone reads, and the laptop is off: 16 is the owner's share.
            for (int i = 1; i <= 100; i++)
            {
                EnqueueOutcome sent = await Store.Inboxes.EnqueueAsync(
                    alice, [Message(bob, i, channel: where), Message(alice, i, channel: where)], order: null);
                Assert.Equal(EnqueueResult.Stored, sent.Result);
                await Store.Inboxes.AcknowledgeAsync(own, Phone, sent.Messages[1].Sequence);
                await Store.Inboxes.AcknowledgeAsync(new InboxId(bob, where), default, sent.Messages[0].Sequence);
            }

            long[] left = [.. (await Store.Inboxes.ReadAsync(own, Laptop, 1000, 1_000_000)).Messages
                .Select(m => m.Sequence)];
            Assert.Equal(1, left[0]);
            Assert.Equal(Enumerable.Range(102 - left.Length + 1, left.Length - 1).Select(n => (long)n), left[1..]);
            Assert.InRange(left.Length, 14, 17);
            // In bytes too; and what others leave has the room that it had.
            Assert.Equal(EnqueueResult.Stored,
                (await EnqueueAsync(alice, Message(alice, 200, new string('x', 15_900), where))).Result);
            Assert.Equal([1, 102], (await Store.Inboxes.ReadAsync(own, Laptop, 1000, 1_000_000)).Messages
                .Select(m => m.Sequence));
            for (int i = 1; i < (where.IsNone ? 16 : 64); i++)
            {
                Assert.Equal(EnqueueResult.Stored,
                    (await EnqueueAsync(bob, Message(alice, 300 + i, channel: where))).Result);
            }

            Assert.Equal(EnqueueResult.Full, (await EnqueueAsync(bob, Message(alice, 400, channel: where))).Result);
            Assert.Equal(EnqueueResult.Stored, (await EnqueueAsync(alice, Message(alice, 401, channel: where))).Result);
        }
    }

    private protected Task<(KeyPackageResult Result, int Available)> LeaveAsync(
        IdentityKey owner, DeviceId device, byte package, bool lastResort = false) =>
        Store.KeyPackages.AddAsync(
            new DeviceKeyPackage(owner, device, new[] { package }, lastResort), new[] { package });

    private protected async Task<IEnumerable<(DeviceId, int, bool)>> TakenAsync(IdentityKey owner) =>
        (await Store.KeyPackages.TakeOfEachAsync(owner)).Select(t => (t.Device, (int)t.Package.Span[0], t.LastResort));

    private async Task<IdentityKey> WithDevicesAsync()
    {
        (IdentityKey alice, _) = await TwoAsync();
        Assert.True(await Store.Accounts.AddDeviceAsync(alice, Phone, "phone"));
        Assert.True(await Store.Accounts.AddDeviceAsync(alice, Laptop, "laptop"));
        return alice;
    }
}
