using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

public class GroupBasicsTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_founder_adds_two_and_all_read_what_each_writes()
    {
        var world = new GroupWorld(1);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c");
        world.Form(a, b, c);
        foreach (SimMember member in world.Members)
            Assert.NotNull(member.Send($"from {member.Name}"));
        world.Run(Soon);
        foreach (SimMember member in world.Members)
        {
            Assert.Equal(2, member.Received.Count);
            Assert.All(member.Sent.Values, s => Assert.Equal(2, s.Delivered.Count));
        }
    }

    [Theory]
    [InlineData(CipherSuite.X25519ChaCha20Poly1305Sha256Ed25519)]
    [InlineData(CipherSuite.MlKem768X25519Aes256GcmSha384Ed25519)]
    public void Whoever_joined_or_started_again_commits_in_a_group_of_any_suite(CipherSuite suite)
    {
        var world = new GroupWorld(6) { Suite = suite };
        SimMember a = world.Add("a"), b = world.Add("b");
        world.Form(a, b);
        foreach (SimMember member in new[] { b, a, b })
        {
            ulong before = member.Group!.Epoch;
            member.Crash();
            member.Start();
            member.Rotate();
            world.RunUntil(() => member.Group!.Epoch > before && world.Agree([a, b]), Soon, "new keys");
        }
    }

    [Fact]
    public void Two_commits_at_once_are_decided_alike_by_all()
    {
        var world = new GroupWorld(2);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c"), d = world.Add("d");
        world.Form(a, b, c, d);
        world.Part(m => m == a || m == b ? 0 : 1);
        b.Rotate();
        d.Rotate();
        world.Run(Soon);
        Assert.NotEqual(b.Group!.Tip, d.Group!.Tip);
        b.Send("left");
        d.Send("right");
        world.Run(Soon);
        world.Heal();
        world.RunUntil(() => world.Agree(world.Members), Soon, "all agree");
        world.Run(Soon);
        Assert.All(world.Members.Where(m => m != b), m => Assert.Contains("left", m.Received.Values));
        Assert.All(world.Members.Where(m => m != d), m => Assert.Contains("right", m.Received.Values));
    }

    [Fact]
    public void A_member_that_was_removed_knows_it_and_reads_nothing_more()
    {
        var world = new GroupWorld(3);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c");
        world.Form(a, b, c);
        Assert.False(b.Remove(c));
        Assert.True(a.Remove(c));
        world.RunUntil(() => world.Agree([a, b]) && c.Group!.Status == MembershipStatus.Out, Soon, "c is out");
        Assert.False(a.Group!.Table.IsMember(c.Address));
        b.Send("without c");
        world.Run(Soon);
        Assert.Empty(c.Received);
        Assert.Single(a.Received);
    }

    [Fact]
    public void A_member_that_leaves_is_taken_out_by_whoever_is_next()
    {
        var world = new GroupWorld(4);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c");
        world.Form(a, b, c);
        Assert.True(a.Order(OrderKind.Leave, a));
        world.RunUntil(() => world.Agree([b, c]) && a.Group!.Status == MembershipStatus.Out, Soon, "a left");
        Assert.False(b.Group!.Table.IsMember(a.Address));
        Assert.Single(b.Group!.Table.Admins);
    }

    [Fact]
    public void A_member_that_was_away_replays_the_commits_and_reads_all()
    {
        var world = new GroupWorld(5);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c");
        world.Form(a, b, c);
        c.Crash();
        for (int i = 0; i < 12; i++)
        {
            (i % 2 == 0 ? b : a).Rotate();
            world.Run(TimeSpan.FromSeconds(20));
            (i % 2 == 0 ? a : b).Send($"text {i}");
        }

        Assert.True(a.Group!.Epoch > c.Group!.Epoch + 10);
        c.Start();
        world.RunUntil(() => world.Agree(world.Members), Soon, "c is back");
        world.Run(Soon);
        Assert.Equal(12, c.Received.Count);
    }
}
