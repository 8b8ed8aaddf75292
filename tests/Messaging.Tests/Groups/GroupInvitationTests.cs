using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>What those can do to a node who are in no group with it.</summary>
public sealed class GroupInvitationTests : IDisposable
{
    private readonly GroupNode _node = new();
    private readonly List<GroupInviter> _inviters = [];

    public void Dispose()
    {
        _inviters.ForEach(i => i.Dispose());
        _node.Dispose();
    }

    [Fact]
    public void The_same_invitation_again_writes_nothing_and_is_put_off_when_it_comes_all_the_time()
    {
        GroupInviter inviter = New();
        byte[] frame = inviter.Invite(_node, inviter.KeyPackageOf(_node));
        Assert.Single(_node.Receive(inviter.Seal(_node, frame)).States);
        for (int i = 0; i < 400; i++)
            Assert.False(_node.Receive(inviter.Seal(_node, frame)).HasWrites);
        Assert.InRange(_node.Groups.Counters[GroupCount.Repeated], 1, 300);
        Assert.InRange(_node.Groups.Counters[GroupCount.PutOff], 100, 400);
    }

    [Fact]
    public void An_invitation_is_changed_by_its_inviter_a_few_times_in_an_hour()
    {
        GroupInviter inviter = New();
        byte[] frame = inviter.Invite(_node, inviter.KeyPackageOf(_node));
        int[] kept = [.. Enumerable.Range(0, 12).Where(i => _node.Receive(
            inviter.Seal(_node, GroupInviter.Changed(frame, (byte)i))).States.Count == 1)];
        Assert.Equal([0, 1, 2, 3, 4], kept);
        Assert.Equal(7, _node.Groups.Counters[GroupCount.Refused]);
        _node.Now += TimeSpan.FromHours(1);
        Assert.Single(_node.Receive(inviter.Seal(_node, GroupInviter.Changed(frame, 99))).States);
    }

    [Fact]
    public async Task Strangers_have_half_of_the_places_and_give_way_to_whom_the_owner_knows_and_after_a_day_to_each_other()
    {
        byte[] keyPackage = New().KeyPackageOf(_node);
        List<NodeAddress> strangers = [];
        for (int i = 0; i <= GroupDesk.MaxOfStrangers; i++)
        {
            Assert.Equal(i < GroupDesk.MaxOfStrangers, Invites(New(), keyPackage));
            strangers.Add(_inviters[^1].Address);
        }

        for (int i = 0; i <= GroupDesk.MaxInvitations - GroupDesk.MaxOfStrangers; i++)
        {
            GroupInviter known = New();
            _node.Store.Known.Add(known.Address);
            Assert.True(Invites(known, keyPackage));
        }

        IReadOnlyList<GroupInvitation> all = await _node.DoAsync(g => g.ListInvitationsAsync());
        Assert.Equal(GroupDesk.MaxInvitations, all.Count);
        Assert.Equal(strangers[1..GroupDesk.MaxOfStrangers], all.Select(i => i.Inviter).Where(strangers.Contains));

        Assert.False(Invites(New(), keyPackage));
        _node.Now += GroupDesk.StrangersTime;
        Assert.True(Invites(New(), keyPackage));
        all = await _node.DoAsync(g => g.ListInvitationsAsync());
        Assert.DoesNotContain(strangers[1], all.Select(i => i.Inviter));
        Assert.Contains(_inviters[^1].Address, all.Select(i => i.Inviter));
    }

    [Fact]
    public async Task Who_is_blocked_gets_no_KeyPackage_and_no_invitation_in_and_those_that_wait_are_not_shown()
    {
        GroupInviter inviter = New();
        byte[] frame = inviter.Invite(_node, inviter.KeyPackageOf(_node));
        _node.Store.Blocked.Add(inviter.Address);
        Assert.Empty(_node.Receive(inviter.Ask(_node)).Envelopes);
        Assert.False(_node.Receive(inviter.Seal(_node, frame)).HasWrites);
        Assert.False(_node.Groups.MayLearn(inviter.Address));
        _node.Store.Blocked.Clear();
        Assert.True(_node.Receive(inviter.Seal(_node, frame)).HasWrites);
        _node.Store.Blocked.Add(inviter.Address);
        Assert.Empty(await _node.DoAsync(g => g.ListInvitationsAsync()));
    }

    [Fact]
    public void Where_receipts_are_for_contacts_a_stranger_learns_from_nothing_that_a_node_is_there()
    {
        using var node = new GroupNode(ReceiptPolicy.Contacts);
        GroupInviter inviter = New();
        Assert.False(node.Groups.MayLearn(inviter.Address));
        Assert.False(node.Receive(inviter.Ask(node)).HasWrites);
        Assert.Equal(0, node.Groups.Counters[GroupCount.KeyPackageGiven]);
        node.Store.Known.Add(inviter.Address);
        Assert.True(node.Groups.MayLearn(inviter.Address));
        Assert.NotEmpty(inviter.KeyPackageOf(node));
    }

    [Fact]
    public void Strangers_use_up_neither_the_KeyPackages_for_those_whom_the_owner_knows_nor_those_of_other_neighbours()
    {
        using var identity = LocalIdentity.Generate();
        using var self = new GroupSelf(identity, RandomSource.System, TimeProvider.System, new GroupTiming());
        var packages = new NodeKeyPackages(self);
        CipherSuite suite = GroupSuites.All[0];
        const ulong near = 1, far = 2;

        // One asker: four of its own, eight times that of last resort, and nothing.
        bool[] answers =
            [.. Enumerable.Range(0, 14)
                .Select(_ => packages.Give(default, Address(100), near, false, suite) is not null)];
        Assert.Equal(12, answers.Count(a => a));
        Assert.False(answers[^1]);

        // Many askers behind one source: half of the answers, and half of the single ones.
        int given = Enumerable.Range(0, 200)
            .Count(i => packages.Give(default, Address(1000 + i), near, false, suite) is not null);
        Assert.Equal(60 - 12, given);
        Assert.Equal(NodeKeyPackages.MaxOutToStrangers, self.Client.KeyPackages().Count(p => !p.IsLastResort));
        Assert.NotNull(packages.Give(default, Address(3000), far, false, suite));
        Assert.NotNull(packages.Give(default, Address(3001), near, true, suite));
        Assert.Equal(NodeKeyPackages.MaxOutToStrangers + 1, self.Client.KeyPackages().Count(p => !p.IsLastResort));
    }

    [Fact]
    public void What_was_made_while_the_clock_was_wrong_is_not_handed_out_when_it_is_right()
    {
        using var identity = LocalIdentity.Generate();
        var time = new GroupNode.Calendar { Ahead = TimeSpan.FromDays(3650) };
        using var self = new GroupSelf(identity, RandomSource.System, time, new GroupTiming());
        var packages = new NodeKeyPackages(self);
        CipherSuite suite = GroupSuites.All[0];
        TimeSpan at = default;
        KeyPackage wrong = packages.LastResort(suite);
        GiveAll();
        Assert.Equal(NodeKeyPackages.MaxOut, Single());

        time.Ahead = default;
        KeyPackage right = packages.LastResort(suite);
        Assert.NotEqual(wrong.Reference.ToArray(), right.Reference.ToArray());
        Assert.Equal(right.Reference.ToArray(), packages.LastResort(suite).Reference.ToArray());
        // Those that nobody takes leave room for others.
        GiveAll();
        Assert.Equal(2 * NodeKeyPackages.MaxOut, Single());

        // And however often the clock goes wrong, there is an end.
        for (int years = 11; years < 20; years++)
        {
            time.Ahead = TimeSpan.FromDays(365 * years);
            GiveAll();
        }

        Assert.InRange(Single(), NodeKeyPackages.MaxKept - NodeKeyPackages.MaxOut, NodeKeyPackages.MaxKept);

        int Single() => self.Client.KeyPackages().Count(static p => !p.IsLastResort);

        void GiveAll()
        {
            for (int i = 0; i < 2 * NodeKeyPackages.MaxOut; i++)
                Assert.NotNull(packages.Give(at += TimeSpan.FromDays(1), Address(i), 1, true, suite));
        }
    }

    [Fact]
    public async Task A_name_that_several_invitations_have_is_refused_and_the_inviter_decides_which_is_meant()
    {
        GroupInviter first = New(), second = New(), third = New();
        byte[] keyPackage = first.KeyPackageOf(_node);
        Assert.True(Invites(first, keyPackage));
        Assert.True(Invites(second, keyPackage));
        Assert.True(Invites(third, keyPackage, first.Address.ToString()));
        MessagingException refused = await Assert.ThrowsAsync<MessagingException>(
            () => _node.DoAsync(g => g.AcceptAsync("lake", null)));
        Assert.Equal(Refusal.Refused, refused.Why);
        Assert.Contains(second.Address.ToString(), refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<MessagingException>(() => _node.DoAsync(g => g.DeclineAsync("lake")));

        // Nobody takes another's place by calling a group as the other's address.
        GroupConversation joined = await _node.DoAsync(g => g.AcceptAsync(first.Address.ToString(), null));
        Assert.Equal(first.Group!.Id.Conversation, joined.Id);
        Assert.Equal("lake", await _node.DoAsync(g => g.DeclineAsync("lake")));
        GroupInvitation left = Assert.Single(await _node.DoAsync(g => g.ListInvitationsAsync()));
        Assert.Equal(third.Address, left.Inviter);
    }

    [Fact]
    public async Task What_others_send_does_not_wait_for_the_disk_and_what_this_node_seals_does()
    {
        GroupInviter inviter = New();
        Assert.True(Invites(inviter, inviter.KeyPackageOf(_node)));
        await _node.DoAsync(g => g.AcceptAsync("lake", null));
        MessageTransaction received = _node.Receive(inviter.Text(_node, "hello"));
        Assert.Single(received.Messages);
        Assert.False(Assert.Single(received.States).Spent);
        MessageTransaction sent = await _node.SendAsync("lake", "hello yourself");
        Assert.Single(sent.Messages);
        Assert.True(Assert.Single(sent.States).Spent);
    }

    [Fact]
    public async Task Frames_of_all_members_together_are_put_off_for_a_while_where_they_are_too_many()
    {
        const int members = 10, each = 420;
        GroupInviter inviter = New();
        GroupInviter[] others = [.. Enumerable.Range(0, members).Select(_ => New())];
        Assert.True(_node.Receive(
            inviter.Seal(_node, inviter.Invite(_node, inviter.KeyPackageOf(_node), others))).HasWrites);
        await _node.DoAsync(g => g.AcceptAsync("lake", null));
        long before = _node.Groups.Counters[GroupCount.FrameReceived];
        for (uint number = 1; number <= each; number++)
        {
            foreach (GroupInviter other in others)
                _node.Receive(other.Tip(_node, inviter.Group!, number));
        }

        // 4 MiB of frames that count with 1 KiB more each.
        long heeded = (4 << 20) / (GroupFrame.HeadSize + GroupEntry.FramePrice);
        Assert.Equal(heeded, _node.Groups.Counters[GroupCount.FrameReceived] - before);
        Assert.Equal((members * each) - heeded, _node.Groups.Counters[GroupCount.PutOff]);
        _node.Now += TimeSpan.FromMinutes(1);
        _node.Receive(others[0].Tip(_node, inviter.Group!, each + 1));
        Assert.Equal(heeded + 1, _node.Groups.Counters[GroupCount.FrameReceived] - before);
    }

    private GroupInviter New()
    {
        var inviter = new GroupInviter();
        _inviters.Add(inviter);
        return inviter;
    }

    private bool Invites(GroupInviter inviter, byte[] keyPackage, string name = "lake") =>
        _node.Receive(inviter.Seal(_node, inviter.Invite(_node, keyPackage, name))).HasWrites;

    private static NodeAddress Address(int number)
    {
        byte[] bytes = new byte[NodeAddress.Size];
        BitConverter.TryWriteBytes(bytes, number);
        return NodeAddress.Read(bytes);
    }
}
