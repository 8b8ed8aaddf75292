using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

public class GroupWireTests
{
    private static readonly LocalIdentity Alice = LocalIdentity.Generate(new Random(1).NextBytes);
    private static readonly LocalIdentity Bob = LocalIdentity.Generate(new Random(2).NextBytes);
    private static readonly MeshGroupId Group = new(1, 2);
    private static readonly StateId State = new(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());

    private delegate bool Reader(ReadOnlySpan<byte> bytes);

    [Fact]
    public void Every_frame_is_read_whole_and_not_when_it_is_cut_anywhere()
    {
        foreach ((string name, byte[] bytes, Reader read) in All())
        {
            Assert.True(read(bytes), name);
            for (int cut = 0; cut < bytes.Length; cut++)
                Assert.False(read(bytes.AsSpan(0, cut)), $"{name} cut at {cut}");
            Assert.False(read([.. bytes, 0]), $"{name} with a byte more");
        }
    }

    [Fact]
    public void No_altered_frame_makes_a_reader_throw()
    {
        var random = new Random(3);
        foreach ((_, byte[] bytes, Reader read) in All())
        {
            for (int i = 0; i < 3000; i++)
            {
                byte[] altered = (byte[])bytes.Clone();
                for (int k = random.Next(1, 4); k > 0; k--)
                    altered[random.Next(altered.Length)] = (byte)random.Next(256);
                _ = read(altered);
            }
        }
    }

    [Fact]
    public void A_whole_group_takes_altered_frames_without_harm()
    {
        var world = new GroupWorld(7);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c");
        world.Form(a, b, c);
        b.Rotate();
        world.Run(TimeSpan.FromSeconds(20));
        byte[][] frames = [.. a.MailLog.Concat(b.MailLog).Select(m => m.Mail.Frame)];
        Assert.NotEmpty(frames);
        var random = new Random(4);
        for (int i = 0; i < 2000; i++)
        {
            byte[] frame = (byte[])frames[random.Next(frames.Length)].Clone();
            frame[random.Next(frame.Length)] ^= (byte)(1 << random.Next(8));
            c.Take(random.Next(2) == 0 ? a : b, frame);
        }

        world.Run(TimeSpan.FromMinutes(2));
        Assert.True(world.Agree(world.Members), world.Describe());
    }

    [Fact]
    public void What_is_saved_of_a_group_is_read_back_and_not_when_it_is_cut()
    {
        var world = new GroupWorld(8);
        SimMember a = world.Add("a"), b = world.Add("b");
        world.Form(a, b);
        a.Send("kept");
        GroupDisk saved = a.Disk.Group;
        using GroupSelf self = NewSelf();
        using GroupEntry loaded = saved.Load(self, () => world.Now)!;
        Assert.Equal(a.Group!.Tip, loaded.Group.Tip);
        Assert.Equal(1, loaded.Group.Unreceived);
        GroupDisk again = GroupDisk.Of(self, loaded.Group, world.Now);
        Assert.Equal(Names(saved), Names(again));
        using GroupSelf next = NewSelf();
        GroupDisk third = GroupDisk.Of(next, again.Load(next, () => world.Now)!.Group, world.Now);
        Assert.Equal(again.Main, third.Main);
        Assert.Equal(Values(again), Values(third));
        for (int cut = 0; cut < saved.Main.Length; cut += 1 + (saved.Main.Length / 400))
            CannotLoad(saved, d => d.Main = saved.Main[..cut]);
        foreach ((int slot, byte[] piece) in saved.Pieces)
        {
            for (int cut = 0; cut < piece.Length; cut += 1 + (piece.Length / 100))
                CannotLoad(saved, d => d.Pieces[slot] = piece[..cut]);

            // A text is worth nothing to the others; without any other piece the group is no whole.
            if (!NameOf(piece).StartsWith("text-", StringComparison.Ordinal))
                CannotLoad(saved, d => d.Pieces.Remove(slot));
        }

        GroupSelf NewSelf() => new(a.Identity, world.Fill, world.Time, new GroupTiming());

        void CannotLoad(GroupDisk whole, Action<GroupDisk> change)
        {
            GroupDisk damaged = whole.Copy();
            change(damaged);
            using GroupSelf other = NewSelf();
            Assert.Null(damaged.Load(other, () => world.Now));
        }
    }

    private static string NameOf(byte[] piece) => System.Text.Encoding.ASCII.GetString(piece, 1, piece[0]);

    private static IEnumerable<string> Values(GroupDisk disk) =>
        disk.Pieces.Values.Select(Convert.ToHexString).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Names(GroupDisk disk) =>
        disk.Pieces.Values.Select(NameOf).Order(StringComparer.Ordinal);

    [Fact]
    public void An_order_holds_once_and_only_of_whoever_may_give_it()
    {
        OrderTable table = OrderTable.Founded(Alice.Address);
        Order add = Order.Sign(new Order.Fields(Group, Bob.Address, OrderKind.Add, default, default), Alice);
        Assert.True(add.IsAuthentic());
        OrderTable after = table.After(add)!;
        Assert.True(after.IsMember(Bob.Address));
        Assert.Null(after.After(add));
        Assert.Null(after.After(
            Order.Sign(new Order.Fields(Group, Alice.Address, OrderKind.Remove, default, default), Bob)));
        Order remove = Order.Sign(new Order.Fields(Group, Bob.Address, OrderKind.Remove, add.Hash, default), Alice);
        OrderTable gone = after.After(remove)!;
        Assert.False(gone.IsMember(Bob.Address));
        Assert.Null(gone.After(add));
        Assert.NotEqual(table.Hash(), gone.Hash());
        byte[] forged = remove.Encoded.ToArray();
        forged[^1] ^= 1;
        Assert.True(Order.TryRead(forged, out Order? read));
        Assert.False(read.IsAuthentic());
    }

    [Fact]
    public void The_last_admin_that_goes_leaves_an_heir()
    {
        OrderTable table = OrderTable.Founded(Alice.Address);
        Order add = Order.Sign(new Order.Fields(Group, Bob.Address, OrderKind.Add, default, default), Alice);
        Order leave = Order.Sign(new Order.Fields(Group, Alice.Address, OrderKind.Leave, default, default), Alice);
        OrderTable left = table.After(add)!.After(leave)!;
        Assert.Equal(Bob.Address, Assert.Single(left.Admins));
    }

    [Fact]
    public void Better_is_a_removal_then_the_senior_admin_then_the_turn()
    {
        CommitRank proof = new(0, 0, 9), senior = new(0, 1, 9), junior = new(0, 2, 0), other = new(1, 0, 0),
            later = new(1, 0, 1);
        Assert.Equal([proof, senior, junior, other, later], new[] { later, junior, other, proof, senior }.Order());
        Assert.Equal(4, Enumerable.Range(0, 4).Select(leaf => CommitRank.TurnOf((uint)leaf, 7, 4)).Distinct().Count());
    }

    private static IEnumerable<(string Name, byte[] Bytes, Reader Read)> All()
    {
        var tip = SignedTip.Sign(Group, 3, 4, State, Alice);
        Assert.True(tip.IsAuthentic(Group));
        Assert.False(tip.IsAuthentic(new MeshGroupId(1, 3)));
        Order order = Order.Sign(new Order.Fields(Group, Bob.Address, OrderKind.Add, default, default), Alice);
        OrderTable table = OrderTable.Founded(Alice.Address).After(order)!;
        Contradiction proof = Contradiction.Of([1, 2, 3], [4, 5], [6])!;
        Order proven = Order.OfProof(Group, Bob.PublicKey.Span, order.Hash, proof);
        yield return ("order", order.Encoded.ToArray(), b => Order.TryRead(b, out _));
        yield return ("proof", proven.Encoded.ToArray(), b => Order.TryRead(b, out _));
        yield return ("commit data", CommitData.Write([order, proven]), b => CommitData.TryRead(b, out _));
        yield return ("table", Written(table.Write), b =>
        {
            var reader = new FrameReader(b);
            return OrderTable.TryRead(ref reader, out _) && reader.AtEnd;
        }
        );
        yield return ("head", Written(new GroupFrame(GroupFrameKind.Tip, Group, 1, tip).WriteHead), b =>
        {
            var reader = new FrameReader(b);
            return GroupFrame.TryRead(ref reader, out _) && reader.AtEnd;
        }
        );
        yield return ("commits", Written(new CommitsBody([new(State, new byte[] { 1, 2 })]).Write), b =>
        {
            var reader = new FrameReader(b);
            return CommitsBody.TryRead(ref reader, out _);
        }
        );
        yield return ("line",
            Written(new LineBody(true, order.Hash, [new(1, 2, 3, new CommitRank(1, 0, 2))], [tip]).Write), b =>
        {
            var reader = new FrameReader(b);
            return LineBody.TryRead(ref reader, out _);
        }
        );
        yield return ("orders", Written(new OrdersBody([new OrderWithKeys(order, new byte[] { 7 })]).Write), b =>
        {
            var reader = new FrameReader(b);
            return OrdersBody.TryRead(ref reader, out _);
        }
        );
        yield return ("welcome",
            Written(new WelcomeBody(new CommitRank(1, 0, 3), "lake", table, new byte[] { 8, 9 }).Write), b =>
        {
            var reader = new FrameReader(b);
            return WelcomeBody.TryRead(ref reader, out _);
        }
        );
    }

    private static byte[] Written(Action<FrameWriter> write)
    {
        var writer = new FrameWriter();
        write(writer);
        return writer.ToArray();
    }
}
