using System.Text;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Tests.Stores;

/// <summary>What every kind of store promises; one class for each kind runs it.</summary>
public abstract partial class ServerStoreContract : IAsyncLifetime
{
    private static readonly byte[] Record = [.. Enumerable.Repeat((byte)7, 192)];

    private protected ManualTime Time { get; } = new();

    private protected IServerStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync(new StoreLimits());

    public async Task DisposeAsync()
    {
        await Store.DisposeAsync();
        await RemoveAsync();
    }

    private protected abstract Task<IServerStore> OpenAsync(StoreLimits limits);

    private protected abstract Task RemoveAsync();

    [ContractFact]
    public async Task Numbers_rise_by_one_in_each_inbox_and_survive_a_restart()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        Assert.Equal((long[])[1, 2, 3], await SequencesAsync(alice, bob, 1, 3));
        Assert.Equal((long[])[1], await SequencesAsync(bob, alice, 1, 1));
        await ReopenAsync();
        Assert.Equal((long[])[4, 5], await SequencesAsync(alice, bob, 4, 2));
        InboxContent content = await ReadAsync(bob);
        Assert.Equal([1, 2, 3, 4, 5], content.Messages.Select(m => m.Sequence));
        Assert.Equal((1, 5), (content.OldestSequence, content.NewestSequence));
        Assert.Equal("message 3", Encoding.UTF8.GetString(content.Messages[2].Payload));
    }

    [ContractFact]
    public async Task An_id_is_stored_once_also_at_the_same_time_and_over_a_restart_and_other_bytes_conflict()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        EnqueueOutcome[] outcomes =
            await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => EnqueueAsync(alice, Message(bob, 1))));
        Assert.All(outcomes, o => Assert.Equal((EnqueueResult.Stored, 1L), (o.Result, o.Messages[0].Sequence)));
        Assert.Single(outcomes, o => !o.Messages[0].Duplicate);
        Assert.Single(outcomes.Select(o => o.Messages[0].TimeMs).Distinct());
        await ReopenAsync();
        Time.Advance(TimeSpan.FromSeconds(5));
        StoredMessage again = (await EnqueueAsync(alice, Message(bob, 1))).Messages[0];
        Assert.Equal((1, outcomes[0].Messages[0].TimeMs, true), (again.Sequence, again.TimeMs, again.Duplicate));
        Assert.Equal(EnqueueResult.Conflict, (await EnqueueAsync(alice, Message(bob, 1, "other"))).Result);
        Assert.Single((await ReadAsync(bob)).Messages);
    }

    [ContractFact]
    public async Task An_id_is_known_after_its_message_was_acknowledged_and_for_sixty_days()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        await EnqueueAsync(alice, Message(bob, 1));
        await Store.Inboxes.AcknowledgeAsync(Inbox(bob), default, 1);
        Assert.True((await EnqueueAsync(alice, Message(bob, 1))).Messages[0].Duplicate);
        Assert.Empty((await ReadAsync(bob)).Messages);
        Time.Advance(TimeSpan.FromDays(59));
        await ExpireAllAsync();
        Assert.True((await EnqueueAsync(alice, Message(bob, 1))).Messages[0].Duplicate);
        Time.Advance(TimeSpan.FromDays(2));
        await ExpireAllAsync();
        StoredMessage fresh = (await EnqueueAsync(alice, Message(bob, 1))).Messages[0];
        Assert.Equal((2, false), (fresh.Sequence, fresh.Duplicate));
    }

    [ContractFact]
    public async Task What_was_read_and_not_acknowledged_is_read_again()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        await SequencesAsync(alice, bob, 1, 5);
        Assert.Equal([1, 2, 3, 4, 5], (await ReadAsync(bob)).Messages.Select(m => m.Sequence));
        Assert.Equal([1, 2, 3, 4, 5], (await ReadAsync(bob)).Messages.Select(m => m.Sequence));
        await Store.Inboxes.AcknowledgeAsync(Inbox(bob), default, 3);
        InboxContent content = await ReadAsync(bob);
        Assert.Equal([4, 5], content.Messages.Select(m => m.Sequence));
        Assert.Equal(4, content.OldestSequence);
        // Lower numbers change nothing, higher ones acknowledge nothing that is to come.
        await Store.Inboxes.AcknowledgeAsync(Inbox(bob), default, 1);
        Assert.Equal([4, 5], (await ReadAsync(bob)).Messages.Select(m => m.Sequence));
        await Store.Inboxes.AcknowledgeAsync(Inbox(bob), default, long.MaxValue);
        await EnqueueAsync(alice, Message(bob, 6));
        Assert.Equal([6], (await ReadAsync(bob)).Messages.Select(m => m.Sequence));
    }

    [ContractFact]
    public async Task The_acknowledgement_of_one_device_leaves_the_others_alone()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        DeviceId phone = new(1), laptop = new(2);
        Assert.True(await Store.Accounts.AddDeviceAsync(bob, phone, "phone"));
        Assert.True(await Store.Accounts.AddDeviceAsync(bob, laptop, "laptop"));
        await SequencesAsync(alice, bob, 1, 3);
        await Store.Inboxes.AcknowledgeAsync(Inbox(bob), phone, 3);
        Assert.Empty((await ReadAsync(bob, phone)).Messages);
        Assert.Equal([1, 2, 3], (await ReadAsync(bob, laptop)).Messages.Select(m => m.Sequence));
        await Store.Inboxes.AcknowledgeAsync(Inbox(bob), laptop, 2);
        Assert.Equal(3, (await ReadAsync(bob, laptop)).OldestSequence);
        // A device that is gone holds nothing up.
        Assert.True(await Store.Accounts.RemoveDeviceAsync(bob, laptop));
        await Store.Inboxes.AcknowledgeAsync(Inbox(bob), phone, 3);
        Assert.Empty((await ReadAsync(bob, laptop)).Messages);
    }

    [ContractFact]
    public async Task A_batch_is_stored_as_a_whole_or_not_at_all()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        EnqueueOutcome refused =
            await Store.Inboxes.EnqueueAsync(alice, [Message(bob, 1), Message(Key(99), 2)], order: null);
        Assert.Equal(EnqueueResult.NoRecipient, refused.Result);
        Assert.Empty((await ReadAsync(bob)).Messages);
        Assert.Equal(
            EnqueueResult.Conflict,
            (await Store.Inboxes.EnqueueAsync(alice, [Message(bob, 1), Message(bob, 1, "x")], order: null)).Result);
        Assert.Empty((await ReadAsync(bob)).Messages);
        EnqueueOutcome stored =
            await Store.Inboxes.EnqueueAsync(alice, [Message(bob, 1), Message(alice, 2), Message(bob, 3)], order: null);
        Assert.Equal([1, 1, 2], stored.Messages.Select(m => m.Sequence));
    }

    [ContractFact]
    public async Task The_first_commit_for_an_epoch_wins_and_nothing_of_the_others_is_stored()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        IdentityKey carol = await RegisterAsync("carol", 3);
        byte[] group = [1, 2, 3];
        Assert.Equal(EnqueueResult.Stored, (await CommitAsync(alice, group, 0, Message(bob, 1))).Result);
        EnqueueOutcome[] both = await Task.WhenAll(
            CommitAsync(alice, group, 1, Message(bob, 10), Message(carol, 11)),
            CommitAsync(bob, group, 1, Message(alice, 20), Message(carol, 21)));
        EnqueueOutcome loser = Assert.Single(both, o => o.Result == EnqueueResult.StaleEpoch);
        Assert.Equal(2UL, loser.Epoch);
        Assert.Single(both, o => o.Result == EnqueueResult.Stored);
        // Its Welcome is never delivered.
        Assert.Single((await ReadAsync(carol)).Messages);
        // Who asks again after the winner's reply was lost learns that it won.
        IdentityKey winner = both[0] == loser ? bob : alice;
        EnqueueOutcome again = winner == alice
            ? await CommitAsync(alice, group, 1, Message(bob, 10), Message(carol, 11))
            : await CommitAsync(bob, group, 1, Message(alice, 20), Message(carol, 21));
        Assert.All(again.Messages, m => Assert.True(m.Duplicate));
        await ReopenAsync();
        Assert.Equal(EnqueueResult.Stored,
            (await CommitAsync(carol, group, 2, Message(alice, 30), Message(bob, 31))).Result);
    }

    [ContractFact]
    public async Task Only_members_commit_and_a_malformed_commit_blocks_nobody()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        IdentityKey mallory = await RegisterAsync("mallory", 3);
        byte[] group = [9];
        await CommitAsync(alice, group, 0, Message(bob, 1));
        EnqueueOutcome foreign = await CommitAsync(mallory, group, 1, Message(bob, 2));
        Assert.Equal((EnqueueResult.Forbidden, 0UL), (foreign.Result, foreign.Epoch));
        // The server cannot read commits: one that nobody can apply takes its number, and the next one follows.
        await CommitAsync(bob, group, 1, Message(alice, 3, "not a commit"));
        Assert.Equal((EnqueueResult.StaleEpoch, 2UL), await ResultAsync(CommitAsync(alice, group, 1, Message(bob, 4))));
        Assert.Equal(EnqueueResult.Stored, (await CommitAsync(alice, group, 2, Message(bob, 5))).Result);
    }

    [ContractFact]
    public async Task A_user_begins_so_many_groups_and_so_do_all_of_another_server()
    {
        await Store.DisposeAsync();
        await InitializeAsync(new StoreLimits { MaxGroups = 2, MaxGroupsOfServer = 3 });
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        Assert.Equal(EnqueueResult.Stored, (await CommitAsync(alice, [1], 0, Message(bob, 1))).Result);
        Assert.Equal(EnqueueResult.Stored, (await CommitAsync(alice, [2], 0, Message(bob, 2))).Result);
        Assert.Equal(EnqueueResult.Full, (await CommitAsync(alice, [3], 0, Message(bob, 3))).Result);
        // Nothing of it is stored; the groups that are there go on; and whoever is another has groups of its own.
        Assert.Equal(2, (await ReadAsync(bob)).Messages.Count);
        Assert.Equal(EnqueueResult.Stored, (await CommitAsync(alice, [1], 1, Message(bob, 4))).Result);
        Assert.Equal(EnqueueResult.Stored, (await CommitAsync(bob, [3], 0, Message(alice, 5))).Result);
        // Whose group it is does not change with who commits in it.
        Assert.Equal(EnqueueResult.Stored, (await CommitAsync(bob, [2], 1, Message(alice, 6))).Result);
        Assert.Equal(EnqueueResult.Full, (await CommitAsync(alice, [4], 0, Message(bob, 7))).Result);

        (IdentityKey eve, IdentityKey dan) = (Key(61), Key(62));
        Assert.Equal(EnqueueResult.Stored, await FromServerAsync(eve, [11], Message(bob, 11)));
        Assert.Equal(EnqueueResult.Stored, await FromServerAsync(eve, [12], Message(bob, 12)));
        Assert.Equal(EnqueueResult.Full, await FromServerAsync(eve, [13], Message(bob, 13)));
        Assert.Equal(EnqueueResult.Stored, await FromServerAsync(dan, [14], Message(bob, 14)));
        Assert.Equal(EnqueueResult.Full, await FromServerAsync(dan, [15], Message(bob, 15)));
    }

    [ContractFact]
    public async Task A_group_is_forgotten_when_nobody_commits_and_nobody_is_there_any_more()
    {
        StoreLimits limits = new() { MaxGroups = 1 };
        await Store.DisposeAsync();
        await InitializeAsync(limits);
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        IdentityKey eve = Key(61), dan = Key(62);
        Assert.Equal(EnqueueResult.Stored, (await CommitAsync(alice, [1], 7, Message(bob, 1))).Result);
        Assert.Equal(EnqueueResult.Stored, await FromServerAsync(eve, [11], Message(bob, 2)));
        Assert.Equal(EnqueueResult.Stored, await FromServerAsync(dan, [12], Message(alice, 3)));
        Time.Advance(limits.GroupLifetime + TimeSpan.FromDays(1));
        await ExpireAllAsync();
        // Their members have accounts: whoever is no member begins none of them anew.
        Assert.Equal(EnqueueResult.Full, await FromServerAsync(eve, [13], Message(alice, 4)));
        Assert.Equal(EnqueueResult.Forbidden, await FromServerAsync(eve, [1], Message(alice, 5)));
        Assert.True(await Store.Accounts.DeleteAsync(bob));
        Assert.Equal(EnqueueResult.Full, await FromServerAsync(eve, [13], Message(alice, 6)));
        await ExpireAllAsync();
        Assert.Equal(EnqueueResult.Stored, await FromServerAsync(eve, [13], Message(alice, 7)));
        Assert.Equal(EnqueueResult.Full, await FromServerAsync(dan, [14], Message(alice, 8)));

        // The end of an account leaves no groups that were its alone.
        Assert.True(await Store.Accounts.DeleteAsync(alice));
        alice = await RegisterAsync("alice", 1);
        IdentityKey carol = await RegisterAsync("carol", 3);
        Assert.Equal(EnqueueResult.Stored, (await CommitAsync(carol, [1], 0, Message(alice, 9))).Result);
    }

    [ContractFact]
    public async Task A_direct_channel_has_two_members_and_there_is_one_for_each_pair()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        IdentityKey carol = await RegisterAsync("carol", 3);
        (ChannelId channel, bool isNew) = (await Store.Channels.OpenAsync(new ChannelId(5), alice, bob))!.Value;
        Assert.True(isNew);
        Assert.Equal((channel, false), (await Store.Channels.OpenAsync(new ChannelId(6), bob, alice))!.Value);
        Assert.Null(await Store.Channels.OpenAsync(new ChannelId(7), alice, Key(99)));
        Assert.True(await Store.Channels.IsMemberAsync(channel, alice));
        Assert.False(await Store.Channels.IsMemberAsync(channel, carol));
        Assert.Equal(EnqueueResult.Stored, (await EnqueueAsync(alice, Message(bob, 1, channel: channel))).Result);
        Assert.Equal(EnqueueResult.Forbidden, (await EnqueueAsync(carol, Message(bob, 2, channel: channel))).Result);
        Assert.Equal(EnqueueResult.Forbidden, (await EnqueueAsync(alice, Message(carol, 3, channel: channel))).Result);
        Assert.Equal(EnqueueResult.Forbidden,
            (await EnqueueAsync(alice, Message(bob, 4, channel: new ChannelId(77)))).Result);
        Assert.Empty((await ReadAsync(bob)).Messages);
        Assert.Single((await Store.Inboxes.ReadAsync(new InboxId(bob, channel), default, 10, 1000)).Messages);
    }

    [ContractFact]
    public async Task Each_key_package_is_given_once_and_the_last_one_is_flagged()
    {
        (IdentityKey alice, _) = await TwoAsync();
        Assert.Null(await Store.KeyPackages.TakeAsync(alice));
        for (byte i = 0; i < 20; i++)
            Assert.Equal((KeyPackageResult.Added, i + 1), await LeaveAsync(alice, default, i));
        Assert.Equal((KeyPackageResult.Added, 20), await LeaveAsync(alice, default, 3));
        await LeaveAsync(alice, default, 100, lastResort: true);
        await LeaveAsync(alice, default, 101, lastResort: true);
        (byte[] Package, bool LastResort)?[] taken = await Task.WhenAll(
            Enumerable.Range(0, 30).Select(_ => Store.KeyPackages.TakeAsync(alice)));
        Assert.Equal(20, taken.Where(t => !t!.Value.LastResort).Select(t => t!.Value.Package[0]).Distinct().Count());
        Assert.Equal(Enumerable.Repeat((byte)101, 10), taken.Where(t => t!.Value.LastResort)
            .Select(t => t!.Value.Package[0]));
    }

    [ContractFact]
    public async Task What_outlived_its_lifetime_is_gone_and_told_from_loss()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        await EnqueueAsync(alice, Message(bob, 1) with { LifetimeMs = 1000 });
        await EnqueueAsync(alice, Message(bob, 2) with { LifetimeMs = 5000 });
        Time.Advance(TimeSpan.FromSeconds(2));
        InboxContent content = await ReadAsync(bob);
        Assert.Equal([2], content.Messages.Select(m => m.Sequence));
        Assert.Equal((2, 2), (content.OldestSequence, content.NewestSequence));
        Assert.Equal(1, await Store.Inboxes.ExpireAsync(100));
        Assert.Equal(0, await Store.Inboxes.ExpireAsync(100));
        Time.Advance(TimeSpan.FromSeconds(5));
        content = await ReadAsync(bob);
        Assert.Empty(content.Messages);
        Assert.Equal((3, 2), (content.OldestSequence, content.NewestSequence));
    }

    [ContractFact]
    public async Task One_sender_does_not_fill_the_inbox_of_all()
    {
        await Store.DisposeAsync();
        await RemoveAsync();
        await InitializeAsync(new StoreLimits { MaxInboxMessages = 16, SenderShare = 4, MaxInboxBytes = 4000 });
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        IdentityKey carol = await RegisterAsync("carol", 3);
        for (int i = 0; i < 4; i++)
            Assert.Equal(EnqueueResult.Stored, (await EnqueueAsync(alice, Message(bob, i))).Result);
        Assert.Equal(EnqueueResult.Full, (await EnqueueAsync(alice, Message(bob, 4))).Result);
        Assert.Equal(EnqueueResult.Full, (await EnqueueAsync(carol, Message(bob, 5, new string('x', 1001)))).Result);
        Assert.Equal(EnqueueResult.Stored, (await EnqueueAsync(carol, Message(bob, 5, new string('x', 1000)))).Result);
        // A batch counts as a whole.
        Assert.Equal(EnqueueResult.Full,
            (await Store.Inboxes.EnqueueAsync(bob, [.. Enumerable.Range(10, 5).Select(i => Message(bob, i))],
                null)).Result);
        // What was acknowledged makes room again, over a restart too.
        await Store.Inboxes.AcknowledgeAsync(Inbox(bob), default, 1);
        Assert.Equal(EnqueueResult.Stored, (await EnqueueAsync(alice, Message(bob, 4))).Result);
        Assert.Equal(EnqueueResult.Full, (await EnqueueAsync(alice, Message(bob, 6))).Result);
    }

    [ContractFact]
    public async Task A_deleted_account_leaves_nothing()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        ChannelId channel = (await Store.Channels.OpenAsync(new ChannelId(5), alice, bob))!.Value.Channel;
        await EnqueueAsync(alice, Message(bob, 1));
        await EnqueueAsync(alice, Message(bob, 2, channel: channel));
        await EnqueueAsync(bob, Message(alice, 3, channel: channel));
        await LeaveAsync(bob, default, 1, lastResort: true);
        Assert.True(await Store.Accounts.DeleteAsync(bob));
        Assert.False(await Store.Accounts.DeleteAsync(bob));
        Assert.Null(await Store.Accounts.FindAsync("bob"));
        Assert.Null(await Store.KeyPackages.TakeAsync(bob));
        Assert.Empty((await ReadAsync(bob)).Messages);
        Assert.Equal(EnqueueResult.NoRecipient, (await EnqueueAsync(alice, Message(bob, 4))).Result);
        Assert.Empty((await Store.Inboxes.ReadAsync(new InboxId(alice, channel), default, 10, 1000)).Messages);
        // The name is free again, for a key that begins with nothing.
        IdentityKey other = await RegisterAsync("bob", 9);
        Assert.Empty((await ReadAsync(other)).Messages);
    }

    [ContractFact]
    public async Task A_reading_is_bounded_in_messages_and_bytes_but_never_empty_for_size()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        for (int i = 0; i < 10; i++)
            await EnqueueAsync(alice, Message(bob, i, new string('x', 100)));
        Assert.Equal(4, (await Store.Inboxes.ReadAsync(Inbox(bob), default, 4, 10_000)).Messages.Count);
        Assert.Equal(2, (await Store.Inboxes.ReadAsync(Inbox(bob), default, 10, 299)).Messages.Count);
        Assert.Single((await Store.Inboxes.ReadAsync(Inbox(bob), default, 10, 1)).Messages);
    }

    private protected async Task InitializeAsync(StoreLimits limits) => Store = await OpenAsync(limits);

    private protected async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        Store = await OpenAsync(new StoreLimits());
    }

    private protected async Task<(IdentityKey Alice, IdentityKey Bob)> TwoAsync() =>
        (await RegisterAsync("alice", 1), await RegisterAsync("bob", 2));

    private protected async Task<IdentityKey> RegisterAsync(string name, byte key)
    {
        Assert.Equal(RegisterResult.Registered,
            await Store.Accounts.RegisterAsync(new StoredAccount(name, Key(key), Record), null));
        return Key(key);
    }

    private protected static IdentityKey Key(byte seed) => new(seed, seed);

    private protected static InboxId Inbox(IdentityKey owner) => new(owner, default);

    private protected static NewMessage Message(
        IdentityKey to, int number, string? text = null, ChannelId channel = default) => new(
        new InboxId(to, channel), new MessageId((UInt128)(number + 1)),
        Encoding.UTF8.GetBytes(text ?? $"message {number}"),
        (long)TimeSpan.FromDays(30).TotalMilliseconds);

    private protected Task<EnqueueOutcome> EnqueueAsync(IdentityKey from, NewMessage message) =>
        Store.Inboxes.EnqueueAsync(from, [message], order: null);

    private protected Task<InboxContent> ReadAsync(IdentityKey owner, DeviceId device = default) =>
        Store.Inboxes.ReadAsync(Inbox(owner), device, 1000, 1_000_000);

    private Task<EnqueueOutcome> CommitAsync(
        IdentityKey from, byte[] group, ulong epoch, params NewMessage[] messages) =>
        Store.Inboxes.EnqueueAsync(from, messages, new CommitOrder(group, epoch));

    private async Task<EnqueueResult> FromServerAsync(IdentityKey committer, byte[] group, NewMessage message) =>
        (await Store.Inboxes.EnqueueAsync(
            Key(60), [message], new CommitOrder(group, 0) { Committer = committer })).Result;

    private static async Task<(EnqueueResult, ulong)> ResultAsync(Task<EnqueueOutcome> outcome) =>
        ((await outcome).Result, (await outcome).Epoch);

    private async Task<long[]> SequencesAsync(IdentityKey from, IdentityKey to, int first, int count)
    {
        List<long> sequences = [];
        for (int i = first; i < first + count; i++)
            sequences.Add((await EnqueueAsync(from, Message(to, i))).Messages[0].Sequence);
        return [.. sequences];
    }

    private async Task ExpireAllAsync()
    {
        while (await Store.Inboxes.ExpireAsync(100) > 0)
        {
        }
    }
}
