using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>
/// What single members and strangers can try beyond the flaws that have names, and what becomes of it.
/// </summary>
public class HostileMembersTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly LocalIdentity Founder = LocalIdentity.Generate(new Random(1).NextBytes);
    private static readonly LocalIdentity Junior = LocalIdentity.Generate(new Random(2).NextBytes);

    [Fact]
    public void A_group_that_a_member_founds_under_the_same_id_replaces_nothing()
    {
        var world = new GroupWorld(201);
        SimMember a = world.Add("a"), v = world.Add("v"), m = world.Add("m");
        world.Form(a, v, m);
        StateId tip = v.Group!.Tip;
        v.Take(m, MadeUp(world, m, v));
        Assert.Equal(tip, v.Group!.Tip);

        v.Take(m, FrameOf(world, m, GroupFrameKind.Tip, _ => { }, Nowhere));
        Assert.Equal(MembershipStatus.Behind, v.Group!.Status);
        v.Take(m, MadeUp(world, m, v));
        Assert.Equal(tip, v.Group!.Tip);
        Assert.Equal(0, v.Rejoined);
        a.Send("still here");
        world.Run(Soon);
        Assert.Contains("still here", v.Received.Values);
    }

    [Fact]
    public void A_group_that_a_stranger_founds_under_the_same_id_does_not_come_back_by_itself_to_whoever_is_out()
    {
        var world = new GroupWorld(202);
        SimMember a = world.Add("a"), v = world.Add("v"), b = world.Add("b"), stranger = world.Add("s");
        world.Form(a, v, b);
        Assert.True(a.Remove(v));
        world.RunUntil(() => v.Group!.Status == MembershipStatus.Out, Soon, "v is out");
        StateId tip = v.Group!.Tip;
        v.Take(stranger, MadeUp(world, stranger, v, a.Group!.Id));
        Assert.Equal(MembershipStatus.Out, v.Group!.Status);
        Assert.Equal(tip, v.Group!.Tip);
    }

    [Fact]
    public void Whoever_was_removed_comes_back_where_its_owner_accepts()
    {
        var world = new GroupWorld(203);
        SimMember a = world.Add("a"), v = world.Add("v"), b = world.Add("b");
        world.Form(a, v, b);
        Assert.True(a.Remove(v));
        world.RunUntil(() => v.Group!.Status == MembershipStatus.Out, Soon, "v is out");
        v.Accepts = true;
        Assert.True(a.Invite(v));
        world.RunUntil(() => world.Agree([a, v, b]), Soon, "v is back");
    }

    [Fact]
    public void F1_whoever_becomes_an_admin_beside_its_own_order_comes_after_all_others()
    {
        (OrderTable table, Order add) = TwoMembers();
        Order promote = Order.Sign(
            new Order.Fields(GroupId, Junior.Address, OrderKind.Promote, add.Hash, default), Founder);
        Order byJunior =
            Order.Sign(new Order.Fields(GroupId, Founder.Address, OrderKind.Remove, default, default), Junior);
        Order byFounder =
            Order.Sign(new Order.Fields(GroupId, Junior.Address, OrderKind.Remove, add.Hash, default), Founder);
        CommitRank chosen = CommitRank.Of([promote, byJunior], table, 0);
        CommitRank founders = CommitRank.Of([byFounder], table, 9);
        Assert.True(founders.CompareTo(chosen) < 0);
        Assert.True(table.After(promote)!.After(byJunior) is { } taken && !taken.IsMember(Founder.Address));
        Assert.Equal(OrderTable.MaxAdmins + 1, table.SeniorityOf(byJunior));
    }

    [Fact]
    public void F1_an_admin_that_is_demoted_does_not_win_by_removing_whoever_did_it()
    {
        var world = new GroupWorld(204);
        SimMember a = world.Add("a"), j = world.Add("j"), c = world.Add("c");
        world.Form(a, j, c);
        Assert.True(a.Order(OrderKind.Promote, j));
        world.RunUntil(() => world.Agree([a, j, c]) && j.Group!.IsAdmin, Soon, "j is an admin");
        world.Part(m => m == j ? 1 : 0);
        Assert.True(a.Order(OrderKind.Demote, j));
        Assert.True(j.Remove(a));
        world.Run(Soon);
        Assert.False(j.Group!.Table.IsMember(a.Address));
        world.Heal();
        world.RunUntil(() => world.Agree([a, j, c]), Soon, "they agree");
        Assert.True(c.Group!.Table.IsMember(a.Address));
        Assert.False(c.Group!.Table.IsAdmin(j.Address));
    }

    [Fact]
    public void Of_many_commits_of_one_leaf_on_one_state_two_are_kept_and_passed_on_once()
    {
        var world = new GroupWorld(205);
        SimMember a = world.Add("a"), b = world.Add("b"), m = world.Add("m"), c = world.Add("c");
        world.Form(a, b, m, c);
        StateId parent = a.Group!.Tip;
        m.IsLiar = true;
        SimMember[] clones = [.. Enumerable.Range(0, 8).Select(_ => m.Clone())];
        foreach (SimMember clone in clones)
        {
            clone.Rotate();
            for (int i = 0; i < 20; i++)
                clone.Do((g, o) => g.Tick(world.Now + TimeSpan.FromSeconds(i), o));
        }

        world.RunUntil(() => world.Agree([a, b, c]) && !a.Group!.Table.IsMember(m.Address), Soon,
            "m is put out by proof");
        foreach (SimMember member in (SimMember[])[a, b, c])
        {
            Assert.Equal(2, member.Group!.Nodes.Count(n => n.Parent == parent && n.AuthorAddress == m.Address));
            Assert.Single(member.Notices, n => n.Kind == GroupNoticeKind.FoulPlay);
        }
    }

    [Fact]
    public void A_rejoin_with_a_KeyPackage_that_the_group_cannot_take_costs_no_removal()
    {
        var world = new GroupWorld(206);
        SimMember a = world.Add("a"), c = world.Add("c"), m = world.Add("m");
        world.Form(a, c, m);
        using MlsIdentity identity = MlsIdentity.WithSigner(
            a.Group!.CipherSuite, m.Identity.PublicKey.Span, AddressCredential.Of(m.Identity.PublicKey.Span),
            (message, signature) =>
            {
                m.Identity.Sign(message, signature[..Ed25519.SignatureSize]);
                return Ed25519.SignatureSize;
            });
        var client = new MlsClient(
            new MlsClientOptions
            {
                Validator = new AddressCredential(),
                Rules = new MembershipRules(m.Self),
                Store = new NodeGroupStore(),
                Policy = new GroupPolicy(),
                Time = world.Time,
                Random = world.Fill,
            },
            [identity]);
        a.Take(m, Rejoin(world, a, m, client.CreateKeyPackage(identity, TimeSpan.FromDays(90))));
        Assert.Equal(0, a.Group!.Pending);
        Assert.True(a.Remove(c));
        Assert.False(a.Group!.Table.IsMember(c.Address));
    }

    [Fact]
    public void A_lie_about_the_state_that_a_commit_was_made_on_does_not_keep_it_out()
    {
        var world = new GroupWorld(207);
        SimMember a = world.Add("a"), c = world.Add("c"), b = world.Add("b"), m = world.Add("m");
        world.Form(a, c, b, m);
        StateNode tip = c.Group!.Nodes.Single(n => n.Id == c.Group.Tip);
        Assert.True(c.Group.LiveStates > 1);
        world.Part(x => x == c ? 1 : 0);
        b.Rotate();
        world.RunUntil(() => a.Group!.Tip != tip.Id, Soon, "b commits");
        StateNode made = a.Group!.Nodes.Single(n => n.Id == a.Group.Tip);
        var lie = new CommitsBody([new CommitBundle(tip.Parent, made.Commit)]);
        c.Take(m, FrameOf(world, m, GroupFrameKind.Commits, lie.Write));
        Assert.Equal(tip.Id, c.Group!.Tip);
        var truth = new CommitsBody([new CommitBundle(made.Parent, made.Commit)]);
        c.Take(a, FrameOf(world, a, GroupFrameKind.Commits, truth.Write));
        Assert.Equal(made.Id, c.Group!.Tip);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(11, false)]
    public void What_a_removed_member_writes_is_shown_for_ten_minutes(int minutes, bool isShown)
    {
        var world = new GroupWorld(209);
        SimMember a = world.Add("a"), b = world.Add("b"), m = world.Add("m");
        world.Form(a, b, m);
        world.Part(x => x == m ? 1 : 0);
        Assert.True(a.Remove(m));
        m.Send("still talking");
        world.Run(TimeSpan.FromMinutes(minutes));
        world.Heal();
        world.Run(Soon);
        Assert.Equal(MembershipStatus.Out, m.Group!.Status);
        Assert.Equal(isShown, a.Received.ContainsValue("still talking"));
        Assert.Equal(isShown, b.Received.ContainsValue("still talking"));
    }

    [Fact]
    public void Whoever_is_to_be_removed_gets_no_text_though_the_removal_cannot_be_committed_yet()
    {
        var world = new GroupWorld(210);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c"), m = world.Add("m");
        world.Form(a, b, c, m);
        a.Take(m, FrameOf(world, m, GroupFrameKind.Tip, _ => { }, Nowhere));
        Assert.Equal(MembershipStatus.Behind, a.Group!.Status);
        Assert.True(a.Remove(c));
        Assert.Equal(1, a.Group!.Pending);
        SealedText? sent = null;
        a.Do((g, o) =>
        {
            g.Send(world.Now, "without c"u8.ToArray(), o);
            sent = Assert.Single(o.Texts);
        });
        Assert.DoesNotContain(c.Address, sent!.To);
        Assert.Contains(b.Address, sent.To);
        world.Run(TimeSpan.FromHours(1));
        Assert.False(a.Group!.Table.IsMember(c.Address));
        Assert.Contains("without c", b.Received.Values);
        Assert.DoesNotContain("without c", c.Received.Values);
    }

    [Fact]
    public void A_text_that_is_sealed_again_takes_no_place_of_another_member()
    {
        var world = new GroupWorld(211);
        SimMember a = world.Add("a"), b = world.Add("b"), m = world.Add("m");
        world.Form(a, b, m);
        b.Send("mine");
        world.Run(Soon);
        StateId tip = a.Group!.Tip;
        Group mls = m.Self.Client.FindGroup(m.Group!.Id.ToArray())!;
        Assert.Equal(TextOutcome.Refused, Open(new MessagePlace(tip.Short, LeafOf(b), 0), out _));
        Assert.Equal(TextOutcome.Refused, Open(new MessagePlace(tip.Short, 77, 0), out _));
        var own = new MessagePlace(tip.Short, LeafOf(m), 0);
        Assert.Equal(TextOutcome.Opened, Open(own, out ReceivedText? text));
        Assert.Equal(own, text!.Place);

        // Nobody can tell any more whose that was: the words are shown, and no reference leads to them.
        Assert.Equal(TextOutcome.Opened, Open(new MessagePlace(~tip.Short, LeafOf(b), 0), out text));
        Assert.Null(text!.Place);

        ushort LeafOf(SimMember who) =>
            (ushort)mls.Members.Single(x => AddressCredential.AddressOf(x.Leaf) == who.Address).Index.Value;

        TextOutcome Open(MessagePlace place, out ReceivedText? opened) => a.Group!.Open(
            world.Now, mls.Encrypt(TextBody.Write(place, "words"u8)).Value, new GroupOutput(), out opened);
    }

    private static MeshGroupId GroupId { get; } = new(1, 2);

    /// <summary>A state that nobody was ever in.</summary>
    private static StateId Nowhere { get; } = new(Enumerable.Repeat((byte)0xaa, StateId.Size).ToArray());

    private static (OrderTable Table, Order Add) TwoMembers()
    {
        Order add = Order.Sign(new Order.Fields(GroupId, Junior.Address, OrderKind.Add, default, default), Founder);
        return (OrderTable.Founded(Founder.Address).After(add)!, add);
    }

    /// <summary>The Welcome to a group of somebody's own that has the id of one that is there.</summary>
    private static byte[] MadeUp(GroupWorld world, SimMember by, SimMember victim, MeshGroupId? id = null)
    {
        MeshGroupId taken = id ?? by.Group!.Id;
        bool isFirst = true;
        using var self = new GroupSelf(by.Identity, Fill, world.Time, new GroupTiming());
        MeshGroup founded = MeshGroup.Found(self, world.Now, "lake", CipherSuite.X25519Aes128GcmSha256Ed25519);
        Assert.Equal(taken, founded.Id);
        var output = new GroupOutput();
        Assert.True(founded.GiveOrder(world.Now, OrderKind.Add, victim.Address, victim.KeyPackage(), output));
        return output.Mail.Single(m => m.Frame[0] == (byte)GroupFrameKind.Welcome).Frame;

        void Fill(Span<byte> bytes)
        {
            if (isFirst && bytes.Length == MeshGroupId.Size)
            {
                taken.Write(bytes);
                isFirst = false;
            }
            else
            {
                world.Fill(bytes);
            }
        }
    }

    private static byte[] Rejoin(GroupWorld world, SimMember to, SimMember by, KeyPackage package)
    {
        var order = Order.Sign(
            new Order.Fields(
                to.Group!.Id, by.Address, OrderKind.Rejoin, to.Group.Table.LastOrder(by.Address),
                Digest.Of(package.Content.Leaf.EncryptionKey.Span)),
            by.Identity);
        return FrameOf(
            world, by, GroupFrameKind.Orders, new OrdersBody([new OrderWithKeys(order, package.ToMessage())]).Write,
            to.Group.Nodes.Single(n => n.Id == to.Group.Tip).Parent);
    }

    private static byte[] FrameOf(
        GroupWorld world, SimMember from, GroupFrameKind kind, Action<FrameWriter> body, StateId? state = null)
    {
        MeshGroup group = from.Group!;
        var tip = SignedTip.Sign(
            group.Id, 1_000_000 + (ulong)world.Now.Ticks, group.Epoch, state ?? group.Tip, from.Identity);
        var writer = new FrameWriter();
        new GroupFrame(kind, group.Id, 0, tip).WriteHead(writer);
        body(writer);
        return writer.ToArray();
    }
}
