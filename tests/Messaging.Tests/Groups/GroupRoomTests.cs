using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>
/// What the members of an accepted group, of whom there may be as many as somebody makes, cost a node in all.
/// </summary>
public class GroupRoomTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public void Commits_beside_the_way_of_a_node_fill_no_more_than_the_room_of_all_groups_and_it_goes_on()
    {
        long used = UsedBy(Formed(seed: 301, room: GroupRoom.Usual));
        long room = used * 4;
        GroupWorld world = Formed(seed: 301, room);
        SimMember a = world.Members[0], v = world.Members[1], m = world.Members[2];
        StateId before = v.Group!.Tip;
        var refused = 0;
        for (int i = 0; i < 40; i++)
        {
            // Each goes on from another own commit, for as long as one is followed.
            SimMember side = m.Clone();
            side.MayLeave = _ => false;
            for (int deep = 0; deep < 4; deep++)
            {
                side.Rotate();
                for (int t = 0; t < 20; t++)
                    side.Do((g, o) => g.Tick(side.Clock + TimeSpan.FromSeconds(t), o));
            }

            var output = new GroupOutput();
            v.Group!.Receive(world.Now, m.Address, CommitsOf(world, side), output);
            refused += output.Refused;
            Assert.InRange(v.Self.UsedRoom, 1, room);
            world.Run(TimeSpan.FromMinutes(1));
        }

        Assert.True(refused > 0, "nothing was refused: the test fills no room");
        Assert.True(a.Remove(m));
        world.RunUntil(() => v.Group!.Tip == a.Group!.Tip && !v.Group.Table.IsMember(m.Address),
            TimeSpan.FromMinutes(5), "v goes on");
        Assert.NotEqual(before, v.Group!.Tip);
    }

    [Fact]
    public void Lines_of_all_members_of_all_groups_have_one_bound_and_each_has_room_for_a_short_one()
    {
        int kept = 0;
        for (int member = 0; member < 1000; member++)
        {
            int room = GroupRoom.LineEntriesLeft(kept);
            if (member < 64)
                Assert.True(room >= GroupRoom.LeastLineEntries, $"member {member} has room for {room}");
            kept += Math.Min(room, 2 * LineBody.MaxEntries);
        }

        Assert.InRange(kept, GroupRoom.MaxLineEntries / 2, GroupRoom.MaxLineEntries);
    }

    [Fact]
    public void Tips_that_a_member_tells_of_others_cost_it_what_they_cost_this_node()
    {
        GroupWorld world = Formed(seed: 302, room: GroupRoom.Usual);
        SimMember a = world.Members[0], v = world.Members[1], m = world.Members[2];
        int looked = 0;
        for (int i = 0; i < 100; i++)
        {
            SignedTip[] forged = [.. Enumerable.Range(0, LineBody.MaxTips).Select(n => new SignedTip(
                a.Identity.PublicKey, ulong.MaxValue - (ulong)n, 1, default, new byte[64]))];
            var output = new GroupOutput();
            v.Group!.Receive(world.Now, m.Address,
                FrameOf(world, m, GroupFrameKind.Line, new LineBody(false, default, [], forged).Write), output);
            looked += output.Checked;
        }

        // Half a megabyte a minute, a kilobyte each.
        Assert.InRange(looked, 100, 512);
    }

    [Fact]
    public void Of_a_line_the_newest_is_kept_as_far_as_there_is_room()
    {
        var peer = new MemberSync();
        LineEntry[] line = [.. Enumerable.Range(0, 100).Select(i => new LineEntry((ulong)i, 7, 0, default))];
        peer.Told(line, room: 64);
        Assert.Equal(line[36..], peer.Line);
        peer.Told([], room: 0);
        Assert.Empty(peer.Line);
    }

    [Fact]
    public void What_an_idle_node_need_not_keep_any_more_goes_without_anybodys_doing()
    {
        using var node = new GroupNode();
        for (int i = 0; i < 3; i++)
        {
            using var inviter = new GroupInviter();
            Assert.NotEmpty(inviter.KeyPackageOf(node));
        }

        Assert.Equal(3, node.Groups.UnusedKeyPackages);
        node.Tick();
        Assert.Equal(3, node.Groups.UnusedKeyPackages);

        // A calendar that jumps deletes nothing, nor calls for anything.
        node.Time.Ahead = TimeSpan.FromDays(105);
        node.Now += TimeSpan.FromMinutes(16);
        Assert.DoesNotContain(node.Tick().States, s => s.Of.Id == GroupDesk.Place);
        node.Time.Ahead = TimeSpan.Zero;
        Assert.Equal(3, node.Groups.UnusedKeyPackages);

        // Their ninety days, and the grace of two weeks.
        node.Store.Running = TimeSpan.FromDays(105);
        node.Now += TimeSpan.FromMinutes(16);
        Assert.True(node.Groups.NextDue <= node.Now);
        Assert.Contains(node.Tick().States, s => s.Of.Id == GroupDesk.Place);
        Assert.Equal(0, node.Groups.UnusedKeyPackages);
    }

    private static long UsedBy(GroupWorld world) => world.Members[1].Self.UsedRoom;

    private static GroupWorld Formed(int seed, long room)
    {
        var world = new GroupWorld(seed) { Room = room };
        SimMember a = world.Add("a"), v = world.Add("v"), m = world.Add("m");
        world.Form(a, v, m);
        world.Run(Soon);
        return world;
    }

    private static byte[] CommitsOf(GroupWorld world, SimMember side) => FrameOf(
        world, side, GroupFrameKind.Commits,
        new CommitsBody([.. side.Group!.Nodes.Where(n => !n.Commit.IsEmpty && n.AuthorAddress == side.Address)
            .OrderBy(n => n.Epoch).Select(n => new CommitBundle(n.Parent, n.Commit))]).Write);

    private static byte[] FrameOf(GroupWorld world, SimMember from, GroupFrameKind kind, Action<FrameWriter> body)
    {
        MeshGroup group = from.Group!;
        var tip = SignedTip.Sign(group.Id, 1_000_000 + (ulong)world.Now.Ticks, group.Epoch, group.Tip, from.Identity);
        var writer = new FrameWriter();
        new GroupFrame(kind, group.Id, 0, tip).WriteHead(writer);
        body(writer);
        return writer.ToArray();
    }
}
