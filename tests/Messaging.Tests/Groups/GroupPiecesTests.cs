using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Messaging.Tests.Groups.Pairs;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>What a text writes of a group, and what it leaves there.</summary>
public class GroupPiecesTests(ITestOutputHelper output)
{
    [Fact]
    public void A_text_of_a_pair_writes_less_than_a_kilobyte_of_its_state()
    {
        using var world = new PairWorld(31);
        (PairNode low, PairNode high) = world.Two();
        foreach ((PairNode from, PairNode to) in ((PairNode, PairNode)[])[(low, high), (high, low)])
        {
            world.Run(TimeSpan.FromMinutes(1));
            from.Send(to, "hello");
            world.Run(TimeSpan.FromMinutes(1));
        }

        Assert.True(low.IsReady(high));
        low.Send(high, "first");
        world.Run(TimeSpan.FromSeconds(5));
        (long lowBefore, long highBefore) = (Written(low), Written(high));
        const int texts = 20;
        for (int i = 0; i < texts; i++)
        {
            low.Send(high, new string('x', 100));
            world.Run(TimeSpan.FromSeconds(1));
        }

        output.WriteLine(
            $"bytes of the state a text: {(Written(low) - lowBefore) / texts} where it is sent, "
                + $"{(Written(high) - highBefore) / texts} where it is received; whole {Whole(low)}");
        Assert.InRange((Written(low) - lowBefore) / texts, 100, 1000);
        Assert.InRange((Written(high) - highBefore) / texts, 50, 400);
        Assert.Equal(0, Pieces(low).Count(static n => n.StartsWith("text-", StringComparison.Ordinal)));

        static long Written(PairNode node) => node.Disk.States.Values.Sum(static s => s.Written);

        static long Whole(PairNode node) =>
            node.Disk.States.Values.Sum(static s => s.Main.Length + s.Pieces.Values.Sum(static p => p.Length));

        static IEnumerable<string> Pieces(PairNode node) =>
            node.Disk.States.Values.SelectMany(static s => s.Pieces.Values).Select(NameOf);
    }

    [Fact]
    public void A_text_of_a_group_of_250_writes_a_fraction_of_its_state()
    {
        var world = new GroupWorld(32) { Room = 64 << 20 };
        SimMember a = world.Add("a");
        a.Found();
        for (int i = 1; i < 250; i++)
        {
            using LocalIdentity other = LocalIdentity.Generate(world.Fill);
            using var self = new GroupSelf(other, world.Fill, world.Time, new GroupTiming());
            byte[] package = self.Client
                .CreateKeyPackage(self.IdentityFor(world.Suite), TimeSpan.FromDays(90)).ToMessage();
            Assert.True(a.Do((g, o) => g.GiveOrder(world.Now, OrderKind.Add, other.Address, package, o)));
        }

        Assert.Equal(250, a.Group!.Table.MemberCount);
        a.Send("first");
        long before = a.BytesWritten;
        a.Send("second");
        GroupDisk disk = a.Disk.Group;
        long whole = disk.Main.Length + disk.Pieces.Values.Sum(static p => (long)p.Length);
        output.WriteLine($"bytes a text: {a.BytesWritten - before} of {whole}");
        Assert.InRange(a.BytesWritten - before, 1000, 10_000);
        Assert.InRange(whole, 100_000, long.MaxValue);
    }

    [Fact]
    public void When_a_text_was_written_what_its_key_came_from_is_in_no_piece()
    {
        var world = new GroupWorld(33);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c");
        world.Form(a, b, c);
        a.Send("first");
        world.Run(TimeSpan.FromMinutes(1));
        foreach (SimMember member in (SimMember[])[a, b])
        {
            GroupDisk before = member.Disk.Group;
            byte[][] secrets = [.. before.Pieces.Values.Where(IsRatchet).Select(ApplicationSecret)];
            Assert.NotEmpty(secrets);
            a.Send("next");
            world.Run(TimeSpan.FromMinutes(1));
            GroupDisk after = member.Disk.Group;
            byte[][] left = [.. secrets.Where(s => after.Pieces.Values.Append(after.Main).Any(p => Holds(p, s)))];

            // Ratchets of those who wrote nothing stay; that of the writer has moved, wherever it was.
            Assert.Equal(secrets.Length - 1, left.Length);
        }

        static bool IsRatchet(byte[] piece) => NameOf(piece).StartsWith("mls-ratchet-", StringComparison.Ordinal);

        static bool Holds(byte[] piece, byte[] secret) => piece.AsSpan().IndexOf(secret) >= 0;
    }

    [Fact]
    public void What_a_damaged_state_left_behind_does_not_join_the_one_that_takes_its_place()
    {
        using var world = new PairWorld(34);
        (PairNode low, PairNode high) = world.Two();
        foreach ((PairNode from, PairNode to) in ((PairNode, PairNode)[])[(low, high), (high, low), (low, high)])
        {
            from.Send(to, "hello");
            world.Run(TimeSpan.FromMinutes(1));
        }

        Assert.True(low.IsReady(high));
        low.Kill();
        GroupDisk state = low.Disk.States.Single(static s => s.Value.Pieces.Count > 0).Value;
        state.Main[0] ^= 0xff;
        low.Start();
        Assert.NotEmpty(low.Disk.Damage);
        high.Send(low, "are you there");
        world.Run(TimeSpan.FromHours(1));
        Assert.True(low.IsReady(high));
        Assert.Contains("are you there", low.Has(high));
        low.Kill();
        low.Disk.Damage.Clear();
        low.Start();
        world.Run(TimeSpan.FromMinutes(1));
        Assert.Empty(low.Disk.Damage);
        Assert.True(low.IsReady(high));
    }

    // name size 1 | name | version 1 | handshake: there 1, next 4, size 1, secret 32, skipped 4 | application: the same
    private static byte[] ApplicationSecret(byte[] piece)
    {
        ReadOnlySpan<byte> value = piece.AsSpan(1 + piece[0]);
        Assert.Equal(1, value[1]);
        Assert.Equal(32, value[6]);
        int application = 2 + sizeof(uint) + 1 + 32 + sizeof(uint);
        Assert.Equal(1, value[application]);
        Assert.Equal(32, value[application + 5]);
        return value.Slice(application + 6, 32).ToArray();
    }

    private static string NameOf(byte[] piece) => System.Text.Encoding.ASCII.GetString(piece, 1, piece[0]);
}
