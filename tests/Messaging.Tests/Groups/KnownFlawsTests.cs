using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>
/// The sequences by which weaker rules fail, F1 to F14 of the design: each ends well here. F15 to F21 are about the
/// compact twin of a state (<see cref="CompactFormTests"/>); F22 to F42 are about bundles, gossip, channels, deletion
/// and files, and no group's.
/// </summary>
public class KnownFlawsTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public void F1_a_removed_member_that_commits_on_an_old_state_does_not_come_back()
    {
        var world = new GroupWorld(101);
        SimMember a = world.Add("a"), b = world.Add("b"), m = world.Add("m"), c = world.Add("c");
        world.Form(a, b, m, c);
        (GroupDisk, byte[]) before = m.Disk;
        b.Rotate();
        world.Run(Soon);
        Assert.True(a.Remove(m));
        world.RunUntil(() => world.Agree([a, b, c]) && m.Group!.Status == MembershipStatus.Out, Soon, "m is out");
        m.IsLiar = true;
        a.Crash();
        SimMember clone = m.Clone(before);
        clone.Rotate();
        Push(world, clone);
        world.Run(Soon);

        // The admin is away, and still the removal holds before anybody writes.
        b.Send("without m");
        world.Run(Soon);
        Assert.False(b.Group!.Table.IsMember(m.Address));
        Assert.DoesNotContain("without m", clone.Received.Values);
        Assert.DoesNotContain("without m", m.Received.Values);
        Assert.Contains("without m", c.Received.Values);
    }

    [Fact]
    public void F2_a_leaf_that_commits_twice_on_one_state_moves_nobody_for_long_and_is_put_out()
    {
        var world = new GroupWorld(102);
        SimMember a = world.Add("a"), b = world.Add("b"), m = world.Add("m"), c = world.Add("c");
        world.Form(a, b, m, c);
        m.IsLiar = true;
        SimMember[] clones = [.. Enumerable.Range(0, 4).Select(_ => m.Clone())];
        SimMember[] others = [a, b, c];
        foreach (SimMember clone in clones)
        {
            SimMember only = others[world.Random.Next(3)];
            clone.MayLeave = mail => mail.To == only.Address;
            clone.Rotate();
            Push(world, clone);
        }

        world.RunUntil(() => world.Agree(others) && !a.Group!.Table.IsMember(m.Address), Soon, "m is put out by proof");
        Assert.Contains(a.Notices, n => n.Kind == GroupNoticeKind.FoulPlay && n.Subject == m.Address);
        ulong epoch = a.Group!.Epoch;
        world.Run(TimeSpan.FromMinutes(5));
        Assert.Equal(epoch, a.Group!.Epoch);
    }

    [Fact]
    public void F3_two_that_commit_at_once_and_get_each_others_commit_follow_the_same_one()
    {
        var world = new GroupWorld(103);
        SimMember[] all = [world.Add("f"), world.Add("a"), world.Add("b")];
        world.Form(all);
        (SimMember a, SimMember b) = TwoThatMayCommit(all);
        world.Part(m => m == a ? 0 : 1);
        a.Rotate();
        b.Rotate();
        world.Run(Soon);
        world.Heal();
        world.RunUntil(() => world.Agree([a, b]), Soon, "both agree");

        // The one that lost goes back to no state of its own, and is renewed again later: both have committed in the
        // end.
        Assert.Contains(a.Notices.Concat(b.Notices), n => n.Kind == GroupNoticeKind.Fork);
    }

    [Fact]
    public void F4_a_state_that_was_left_is_not_made_again_and_no_key_is_used_twice()
    {
        var world = new GroupWorld(104);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c"), d = world.Add("d");
        world.Form(a, b, c, d);
        for (int round = 0; round < 4; round++)
        {
            world.Part(m => m == a || m == b ? 0 : 1);
            a.Rotate();
            c.Rotate();
            world.Run(Soon);
            a.Send($"a{round}");
            c.Send($"c{round}");
            world.Run(TimeSpan.FromSeconds(1));
            world.Heal();
            world.RunUntil(() => world.Agree(world.Members), Soon, "all agree");
            world.Run(Soon);
        }

        // A second message of one generation would have been refused as a repetition, and be missing.
        Assert.All(world.Members.Where(m => m != a), m => Assert.Equal(4, m.Received.Values.Count(t => t[0] == 'a')));
        Assert.All(world.Members.Where(m => m != c), m => Assert.Equal(4, m.Received.Values.Count(t => t[0] == 'c')));
    }

    [Fact]
    public void F5_halves_that_were_apart_for_ten_days_come_together_once()
    {
        var world = new GroupWorld(105);
        SimMember[] all = [.. Enumerable.Range(0, 6).Select(i => world.Add($"m{i}"))];
        world.Form(all);
        world.Part(m => Array.IndexOf(all, m) % 2);
        for (int day = 0; day < 10; day++)
        {
            all[day % 6].Rotate();
            all[(day + 1) % 6].Rotate();
            all[(day + 2) % 6].Send($"day {day} of {(day + 2) % 2}");
            world.Run(TimeSpan.FromDays(1));
        }

        Assert.True(all[0].Group!.Epoch > 13);
        Dictionary<SimMember, int> before = all.ToDictionary(m => m, m => m.Rejoined);
        world.Heal();
        world.RunUntil(() => world.Agree(all), Soon, "both halves agree");
        StateId tip = all[0].Group!.Tip;
        world.Run(TimeSpan.FromMinutes(10));
        Assert.True(world.Agree(all));
        SimMember[] lost = [.. all.Where(m => m.Rejoined > before[m])];
        Assert.Equal(3, lost.Length);
        Assert.Single(lost.Select(m => Array.IndexOf(all, m) % 2).Distinct());
        Assert.Equal(tip, all[0].Group!.Tip);

        // A text is kept for seven days to be sealed again.
        string[] kept = [.. all.SelectMany(m => m.Sent.Values).Select(s => s.Text).Where(t => t[4] > '3')];
        Assert.Equal(6, kept.Length);
        foreach (SimMember member in all)
            Assert.Empty(kept.Except(member.Received.Values).Except(member.Sent.Values.Select(s => s.Text)));
    }

    [Fact]
    public void F6_absence_does_not_keep_what_lets_states_take_commits()
    {
        var world = new GroupWorld(106);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c");
        world.Form(a, b, c);
        c.Crash();
        b.Rotate();
        world.Run(Soon);
        Assert.True(a.Group!.LiveStates > 1);
        world.Run(TimeSpan.FromHours(73));
        Assert.Equal(1, a.Group!.LiveStates);
        Assert.Equal(1, b.Group!.LiveStates);
    }

    [Fact]
    public void F6_where_all_are_heard_of_it_is_deleted_at_once_and_in_strict_groups_always()
    {
        var world = new GroupWorld(1061);
        SimMember a = world.Add("a"), b = world.Add("b");
        world.Form(a, b);
        b.Rotate();
        world.Run(Soon);
        a.Send("heard");
        b.Send("heard");
        world.Run(Soon);
        Assert.Equal(1, a.Group!.LiveStates);
        Assert.Equal(1, b.Group!.LiveStates);

        SimMember s = world.Add("s"), t = world.Add("t");
        s.Found(isStrict: true);
        s.Invite(t);
        world.RunUntil(() => world.Agree([s, t]), Soon, "they form");
        t.Crash();
        s.Remove(t);
        world.Run(Soon);
        Assert.Equal(1, s.Group!.LiveStates);
    }

    [Fact]
    public void F7_every_leaf_is_renewed_in_its_turn()
    {
        var world = new GroupWorld(107);
        SimMember[] all = [.. Enumerable.Range(0, 5).Select(i => world.Add($"m{i}"))];
        world.Form(all);
        ulong before = all[0].Group!.Epoch;
        foreach (SimMember member in all)
            member.Rotate();
        world.RunUntil(() => world.Agree(all) && all[0].Group!.Epoch >= before + 5, TimeSpan.FromMinutes(3),
            "all renew");
        world.Run(TimeSpan.FromMinutes(5));

        // One commit each, or one more where two met; then nothing is left to do.
        Assert.InRange(all[0].Group!.Epoch, before + 5, before + 7);
    }

    [Fact]
    public void F8_an_add_that_lost_is_done_by_others_while_its_author_is_away()
    {
        var world = new GroupWorld(108);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c"), m = world.Add("m"), n = world.Add("n");
        world.Form(a, b, c, m);
        Assert.True(a.Order(OrderKind.Promote, b));
        world.RunUntil(() => world.Agree([a, b, c, m]) && b.Group!.IsAdmin, Soon, "b is an admin");
        world.Part(x => x == a || x == c ? 0 : 1);
        Assert.True(b.Invite(n));
        world.Run(Soon);
        Assert.NotNull(n.Group);

        // A removal beats it, whatever the turn; the newcomer's KeyPackage was used up by the first Welcome.
        Assert.True(a.Remove(m));
        world.Run(Soon);
        world.Heal();
        b.Crash();
        world.Run(Soon);
        b.Start();
        world.RunUntil(() => world.Agree([a, b, c, n]), Soon + Soon, "n is in, m is out");
        Assert.False(a.Group!.Table.IsMember(m.Address));
    }

    [Fact]
    public void F9_a_commit_whose_author_dies_after_writing_it_leaves_with_its_welcome_later()
    {
        var world = new GroupWorld(109);
        SimMember a = world.Add("a"), b = world.Add("b"), n = world.Add("n");
        world.Form(a, b);
        world.Part(x => x == a ? 0 : 1);
        Assert.True(a.Invite(n));
        a.Crash();
        world.Run(Soon);
        Assert.Null(n.Group);
        world.Heal();
        a.Start();
        world.RunUntil(() => world.Agree([a, b, n]), Soon + Soon, "n joins");
    }

    [Fact]
    public void F10_one_member_alone_makes_no_run_of_epochs()
    {
        var world = new GroupWorld(110);
        SimMember a = world.Add("a"), b = world.Add("b"), m = world.Add("m");
        world.Form(a, b, m);
        a.Rotate();
        world.Run(Soon);
        m.Rotate();
        world.RunUntil(() => world.Agree(world.Members), Soon, "they agree");
        ulong epoch = a.Group!.Epoch;
        for (int i = 0; i < 20; i++)
        {
            m.Rotate();
            world.Run(TimeSpan.FromSeconds(1));
        }

        world.Run(Soon);
        Assert.InRange(a.Group!.Epoch, epoch, epoch + 1);
    }

    [Fact]
    public void F11_orders_that_wait_block_no_text()
    {
        var world = new GroupWorld(111);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c");
        world.Form(a, b, c);
        world.Part(m => m == c ? 1 : 0);
        Assert.True(c.Order(OrderKind.Leave, c));
        Assert.NotNull(c.Send("goodbye"));
        world.Heal();
        world.Run(Soon);
        Assert.Contains("goodbye", a.Received.Values);
        Assert.NotNull(a.Send("and on"));
        world.Run(Soon);
        Assert.Contains("and on", b.Received.Values);
    }

    [Fact]
    public void F12_siblings_share_a_number_and_are_told_apart()
    {
        var world = new GroupWorld(112);
        SimMember[] all = [world.Add("c"), world.Add("a"), world.Add("b")];
        world.Form(all);
        (SimMember a, SimMember b) = TwoThatMayCommit(all);
        SimMember c = all.Single(m => m != a && m != b);
        world.Part(m => Array.IndexOf([a, b, c], m));
        a.Rotate();
        b.Rotate();
        world.Run(Soon);
        Assert.Equal(a.Group!.Epoch, b.Group!.Epoch);
        Assert.NotEqual(a.Group!.Tip, b.Group!.Tip);
        a.Send("of one");
        b.Send("of the other");
        world.Heal();
        world.RunUntil(() => world.Agree(world.Members), Soon, "they agree");
        world.Run(Soon);
        Assert.Equal(2, c.Received.Count);
    }

    [Fact]
    public void F13_who_was_away_for_weeks_keeps_its_state_and_reads_all()
    {
        var world = new GroupWorld(113);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c");
        world.Form(a, b, c);
        c.Crash();
        for (int day = 0; day < 6; day++)
        {
            (day % 2 == 0 ? b : a).Rotate();
            (day % 2 == 0 ? a : b).Send($"day {day}");
            world.Run(TimeSpan.FromDays(1));
        }

        c.Start();
        world.RunUntil(() => world.Agree(world.Members), Soon, "c is back");
        world.Run(Soon);
        Assert.Equal(0, c.Rejoined);
        Assert.Equal(6, c.Received.Count);
    }

    [Fact]
    public void F14_no_commit_refers_to_a_proposal_that_could_be_missing()
    {
        var world = new GroupWorld(114);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c");
        world.Form(a, b, c);
        Assert.True(c.Order(OrderKind.Leave, c));
        b.Rotate();
        world.RunUntil(() => world.Agree([a, b]) && c.Group!.Status == MembershipStatus.Out, Soon, "c left");
        foreach (StateNode node in a.Group!.Nodes.Where(n => !n.Commit.IsEmpty))
        {
            CommitEvidence evidence =
                CommitEvidence.Of(QuicProChat.Mesh.Mls.Messages.UnverifiedMessage.Parse(node.Commit.Span).Value)!;
            Assert.Equal(0, evidence.References);
        }
    }

    // Whoever made the tip makes no other commit after it.
    private static (SimMember First, SimMember Second) TwoThatMayCommit(SimMember[] members)
    {
        SimMember[] may =
            [.. members.Where(m => m.Group!.Nodes.Single(n => n.Id == m.Group.Tip).AuthorAddress != m.Address)];
        return (may[0], may[1]);
    }

    private static void Push(GroupWorld world, SimMember clone)
    {
        for (int i = 0; i < 20; i++)
            clone.Do((g, o) => g.Tick(world.Now + TimeSpan.FromSeconds(i), o));
    }
}
