using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>Groups with post-quantum keys: the same protocol, and forty times the bytes of a key.</summary>
public class PostQuantumGroupTests(ITestOutputHelper output)
{
    private const CipherSuite Suite = CipherSuite.MlKem768X25519Aes256GcmSha384Ed25519;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public void Three_talk_one_crashes_and_one_is_removed_and_reads_nothing_more()
    {
        GroupWorld world = World(1);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c");
        world.Form(a, b, c);
        b.Crash();
        c.Rotate();
        a.Send("while b is away");
        world.Run(Soon);
        b.Start();
        world.RunUntil(() => world.Agree(world.Members), Soon, "b is back");
        world.Run(Soon);
        Assert.Equal(["while b is away"], b.Received.Values);
        output.WriteLine($"commits {string.Join(' ', a.Group!.Nodes.Select(n => n.Commit.Length))}; "
            + $"values {a.Self.UsedRoom} bytes");
        Assert.True(a.Remove(c));
        world.RunUntil(() => world.Agree([a, b]) && c.Group!.Status == MembershipStatus.Out, Soon, "c is out");
        b.Send("without c");
        world.Run(Soon);
        Assert.DoesNotContain("without c", c.Received.Values);
        Assert.Contains("without c", a.Received.Values);
    }

    [Fact]
    public void Histories_with_liars_crashes_and_partitions_end_as_those_of_other_suites()
    {
        for (int seed = 1; seed <= 2; seed++)
        {
            var history = new GroupHistory(seed, Suite);
            history.Run(60);
            Assert.True(history.Lost + history.Unreadable + history.Twice == 0, $"seed {seed}: {history.Trouble}");
        }
    }

    [Fact]
    public void The_largest_group_fits_into_its_envelopes_when_every_node_of_the_tree_has_a_key()
    {
        GroupWorld world = World(2);
        var largest = new Dictionary<GroupFrameKind, int>();
        SimMember[] all = [.. Enumerable.Range(0, GroupSuites.MaxPostQuantumMembers).Select(i => world.Add($"m{i}"))];
        foreach (SimMember member in all)
        {
            member.MayLeave = mail =>
            {
                var kind = (GroupFrameKind)mail.Frame[0];
                largest[kind] = Math.Max(largest.GetValueOrDefault(kind), mail.Frame.Length);
                return true;
            };
        }

        // All but one; then everybody renews its keys, so that no node is blank.
        all[0].Found();
        Assert.All(all[1..^1], m => Assert.True(all[0].Invite(m)));
        world.RunUntil(() => world.Agree(all[..^1]), TimeSpan.FromMinutes(3), "the group forms");
        // Nobody may make two in a row: whoever founded it and took all in is the last.
        foreach (int i in Enumerable.Range(1, all.Length - 2).Append(0))
        {
            ulong before = all[i].Group!.Epoch;
            all[i].Rotate();
            world.RunUntil(
                () => all[i].Group!.Epoch > before && world.Agree(all[..^1]), TimeSpan.FromMinutes(2), $"{i} renews");
        }

        Assert.True(all[0].Invite(all[^1]));
        world.RunUntil(() => world.Agree(all), TimeSpan.FromMinutes(2), "the last one is in");
        foreach (SimMember member in all)
        {
            Assert.NotNull(member.Send($"from {member.Name}"));
            world.Run(TimeSpan.FromSeconds(1));
        }

        world.Run(Soon);
        Assert.All(all, m => Assert.Equal(all.Length - 1, m.Received.Count));
        int[] commits = [.. all[0].Group!.Nodes.Select(n => n.Commit.Length)];
        output.WriteLine($"commits {string.Join(' ', commits)}");
        output.WriteLine(string.Join(", ", largest.Select(l => $"{l.Key} {l.Value}"))
            + $"; values of one member: {all[0].Self.UsedRoom} bytes");

        // The order table may grow to 128 addresses; that and the head of the envelope have to fit beside it.
        int table = 49 * (GroupSuites.MaxPostQuantumAddresses - all.Length);
        Assert.InRange(largest[GroupFrameKind.Welcome] + table, 30_000, GroupFrame.MaxSize);
        Assert.InRange(commits.Max(), 10_000, CommitBundle.MaxCommit);
        Assert.InRange(all[0].Self.UsedRoom, 100_000, GroupRoom.Usual / 2);

        // And one more is not taken, neither by whoever asks nor by whoever would follow.
        SimMember over = world.Add("over");
        Assert.False(all[0].Invite(over));
        Assert.False(GroupSuites.Allows(Suite, TableOf(GroupSuites.MaxPostQuantumMembers + 1, all[0].Identity)));
        Assert.True(GroupSuites.Allows(Suite, TableOf(GroupSuites.MaxPostQuantumMembers, all[0].Identity)));
        Assert.True(GroupSuites.Allows(
            GroupSuites.All[0], TableOf(GroupSuites.MaxPostQuantumMembers + 1, all[0].Identity)));
    }

    [Fact]
    public void A_commit_takes_in_eight_newcomers_and_no_more_than_there_are_places()
    {
        using var founder = LocalIdentity.Generate();
        var table = OrderTable.Founded(founder.Address);
        var pool = new OrderPool();
        for (byte i = 1; i <= 12; i++)
        {
            var order = Order.Sign(
                new Order.Fields(default, Address(i), OrderKind.Add, default, default), founder);
            Assert.True(pool.Offer(new OrderWithKeys(order, new byte[2_900]), table));
        }

        Assert.Equal(GroupSuites.MaxPostQuantumNewcomers, pool.Choose(table, founder.Address, Suite).Count);
        Assert.Equal(12, pool.Choose(table, founder.Address, GroupSuites.All[0]).Count);
        OrderTable full = TableOf(GroupSuites.MaxPostQuantumMembers - 1, founder);
        var last = Order.Sign(new Order.Fields(default, Address(99), OrderKind.Add, default, default), founder);
        var next = Order.Sign(new Order.Fields(default, Address(98), OrderKind.Add, default, default), founder);
        var both = new OrderPool();
        Assert.True(both.Offer(new OrderWithKeys(last, new byte[2_900]), full));
        Assert.True(both.Offer(new OrderWithKeys(next, new byte[2_900]), full));
        Assert.Single(both.Choose(full, founder.Address, Suite));
    }

    [Fact]
    public void A_Welcome_waits_while_only_a_radio_leads_to_its_newcomer_and_leaves_when_there_is_another_way()
    {
        GroupWorld world = World(3);
        SimMember a = world.Add("a"), b = world.Add("b"), c = world.Add("c");
        bool isRadio = true;
        a.Self.IsBehindRadio = to => isRadio && to == c.Address;
        a.Found();
        Assert.True(a.Invite(b));
        world.RunUntil(() => world.Agree([a, b]), Soon, "two");
        Assert.True(a.Invite(c));
        world.Run(TimeSpan.FromHours(1));
        Assert.Null(c.Group);
        Assert.True(a.Group!.Table.IsMember(c.Address));
        isRadio = false;
        world.Reconnect();
        world.RunUntil(() => world.Agree(world.Members), Soon, "c is in");
    }

    [Fact]
    public async Task A_node_behind_a_radio_gets_no_post_quantum_keys_and_its_invitation_is_an_error_that_says_why()
    {
        using var node = new GroupNode();
        using var other = LocalIdentity.Generate();
        await node.DoAsync(g => g.CreateAsync("lake", "pq", isStrict: false));
        node.Groups.IsBehindRadio = _ => true;
        MessagingException refused = await Assert.ThrowsAsync<MessagingException>(
            () => node.InviteAsync("lake", other));
        Assert.Contains("crosses a radio", refused.Message, StringComparison.Ordinal);
        Assert.Contains("postQuantumOverRadio", refused.Message, StringComparison.Ordinal);
        await node.DoAsync(g => g.CreateAsync("pond", "1", isStrict: false));
        await node.InviteAsync("pond", other);

        using var asker = new GroupInviter();
        Assert.False(node.Receive(asker.Ask(node, Suite)).HasWrites);
        Assert.NotEmpty(node.Receive(asker.Ask(node)).Envelopes);
        node.Groups.IsBehindRadio = _ => false;
        SentEnvelope answer = Assert.Single(node.Receive(asker.Ask(node, Suite)).Envelopes);
        Assert.InRange(answer.Bytes.Length, 2_700, OrderWithKeys.MaxKeyPackage);
    }

    [Fact]
    public void A_post_quantum_KeyPackage_takes_the_places_of_four()
    {
        using var identity = LocalIdentity.Generate();
        using var self = new GroupSelf(identity, RandomSource.System, TimeProvider.System, new GroupTiming());
        var packages = new NodeKeyPackages(self);
        for (byte i = 0; i < 40; i++)
            Assert.NotNull(packages.Give(default, Address(i), i, isKnown: true, Suite));

        Assert.Equal(NodeKeyPackages.MaxOut / 4, self.Client.KeyPackages().Count(p => !p.IsLastResort));
        Assert.Equal(NodeKeyPackages.MaxOut, packages.Unused);
    }

    [Theory]
    [InlineData("1", CipherSuite.X25519Aes128GcmSha256Ed25519)]
    [InlineData("3", CipherSuite.X25519ChaCha20Poly1305Sha256Ed25519)]
    [InlineData("pq", Suite)]
    [InlineData("62586", Suite)]
    public void A_suite_has_a_number_and_the_post_quantum_one_a_name(string text, CipherSuite suite)
    {
        Assert.True(GroupSuites.TryParse(text, out CipherSuite read));
        Assert.Equal(suite, read);
        Assert.StartsWith("MLS_128_", GroupSuites.NameOf(read), StringComparison.Ordinal);
        Assert.All(["", "0", "2", "-1", "+1", " 1", "PQ", "65536", "62587"], t => Assert.False(
            GroupSuites.TryParse(t, out _)));
    }

    private static GroupWorld World(int seed) => new(seed) { Suite = Suite };

    private static NodeAddress Address(byte number)
    {
        Span<byte> bytes = stackalloc byte[NodeAddress.Size];
        bytes.Clear();
        bytes[0] = number;
        return NodeAddress.Read(bytes);
    }

    private static OrderTable TableOf(int members, LocalIdentity founder)
    {
        var table = OrderTable.Founded(founder.Address);
        for (byte i = 1; i < members; i++)
        {
            var order = Order.Sign(
                new Order.Fields(default, Address(i), OrderKind.Add, default, default), founder);
            table = table.After(order)!;
        }

        return table;
    }
}
