using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.MlsLite;
using Xunit.Abstractions;
using static QuicProChat.Mesh.Messaging.Tests.Groups.CompactWorld;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>
/// The keys of texts in their compact form: none is used twice, whatever happens to states and to disks, and none is
/// kept longer than its state.
/// </summary>
public class CompactFormKeysTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public void F15_a_state_that_lost_and_is_the_tip_again_uses_no_key_twice_and_reads_nothing_again()
    {
        int moves = 0;
        for (int seed = 300; seed < 320; seed++)
        {
            var world = new GroupWorld(seed);
            SimMember[] all = [.. "abcd".Select(n => world.Add($"{n}"))];
            foreach (SimMember member in all)
                member.IsBehindRadio = true;
            world.Form(all);
            for (int round = 0; round < 4; round++)
            {
                world.Part(m => Array.IndexOf(all, m) % 2);
                all[0].Rotate();
                all[1].Rotate();
                for (int i = 0; i < 6; i++)
                {
                    SimMember writer = all[world.Random.Next(4)];
                    writer.Send($"{seed} {round} {i}");
                    world.Run(TimeSpan.FromSeconds(world.Random.Next(8)));
                }

                SimMember killed = all[world.Random.Next(4)];
                killed.Crash();
                killed.Start();
                killed.Send($"{seed} {round} killed");
                world.Heal();
                world.RunUntil(() => world.Agree(all), TimeSpan.FromMinutes(2), $"seed {seed}: all agree");
            }

            moves += all.Sum(m => m.Notices.Count(n => n.Kind == GroupNoticeKind.Fork));
            world.Run(TimeSpan.FromHours(2));
            AssertNoKeyTwice(world);
            AssertReadOnce(world, all);
            foreach (SimMember member in all)
            {
                string[] sent = [.. all.Where(m => m != member).SelectMany(m => m.Sent.Values).Select(s => s.Text)];
                Assert.Equal(sent.Order(), member.Received.Values.Order());
            }
        }

        Assert.True(moves > 10, $"{moves} changes of branch");
    }

    [Fact]
    public void F15_a_node_that_was_killed_or_whose_backup_was_put_back_uses_no_key_twice()
    {
        (GroupWorld world, SimMember a, SimMember b, SimMember radio) = Three(205);
        a.Send("first");
        world.Run(Soon);
        (GroupDisk, byte[]) backup = a.Disk;
        for (int i = 0; i < 5; i++)
        {
            a.Send($"before it is killed {i}");
            a.Crash();
            a.Start();
            world.Run(Soon);
        }

        int fails = 1;
        a.FailsToWrite = () => fails-- > 0;
        Assert.Null(a.Send("lost with the disk"));
        Assert.NotNull(a.Send("after it"));
        world.Run(Soon);
        AssertNoKeyTwice(world);
        Assert.Equal(7, b.Received.Count);
        Assert.Equal(b.Received.Values.Order(), radio.Received.Values.Order());

        // The backup knows nothing of what was sent since: its numbers come again, and its keys do not.
        SimMember again = a.Clone(backup);
        for (int i = 0; i < 200; i++)
            Assert.NotNull(again.Send($"from the backup {i}"));
        Assert.Contains(
            Compact(world).GroupBy(static m => m.Place), static p => p.DistinctBy(m => m.Guard).Count() > 1);
        AssertNoKeyTwice(world);
    }

    [Fact]
    public void What_is_settled_and_gone_has_no_twin()
    {
        (GroupWorld world, SimMember a, SimMember b, SimMember radio) = Three(212);
        for (int i = 0; i < 12; i++)
        {
            (i % 2 == 0 ? a : b).Rotate();
            world.RunUntil(() => world.Agree([a, b, radio]), Soon, "all agree");
            a.Send($"text {i}");
            world.Run(Soon);
        }

        int states = MlsOf(a).States.Count;
        int twins = Pieces(a).Count(static n => n.StartsWith("twin-", StringComparison.Ordinal) && n.Length == 5 + 64);
        Assert.InRange(twins, 1, states);
        Assert.Equal(12, radio.Received.Count);
    }

    [Fact]
    public void Gaps_in_the_numbers_of_a_leaf_cost_64_subtrees_at_most_and_the_lowest_go_first()
    {
        using LiteTwin twin = LiteTwin.Derive(new byte[32], [1], 1, LiteCipher.AesCcm8, [0, 1]);
        for (uint number = 0; number <= LiteTwin.MaxNumber; number += 2)
            Assert.True(twin.Spend(0, number));
        Assert.Equal(3 + (64 * 37), twin.SaveLeaf(0).Length);
        Assert.False(twin.Has(0, 1023 - (2 * 64)));
        Assert.All(Enumerable.Range(0, 64), i => Assert.True(twin.Has(0, 1023 - (2 * (uint)i))));
        Assert.True(twin.Has(1, 0));
    }

    [Fact]
    public void Whoever_wrote_a_text_keeps_no_key_of_its_number_nor_of_one_before_it()
    {
        (GroupWorld world, SimMember a, SimMember _, SimMember _) = Three(215);
        a.Send("first");
        a.Crash();
        a.Start();
        a.Send("after numbers that were set apart");
        world.Run(Soon);
        uint last = Compact(world).Max(static m => (uint)m.Place & 0xffff);
        Assert.True(last > 1);
        int own = (int)MlsOf(a).Self.Value;
        using LiteTwin twin = TwinOf(a);
        for (uint number = 0; number <= last; number++)
            Assert.False(twin.Has(own, number));
        Assert.True(twin.Has(own, last + 1));

        // Above the highest number there is no compact form, and below it none comes any more.
        Assert.True(twin.SpendThrough(own, LiteTwin.MaxNumber + 1));
        Assert.False(twin.Has(own, LiteTwin.MaxNumber));
        Assert.False(twin.SpendThrough(own, LiteTwin.MaxNumber + 1));
        Assert.False(twin.SpendThrough(200, 0));
    }

    [Fact]
    public void Members_behind_a_radio_renew_their_leaves_once_a_week()
    {
        (GroupWorld world, SimMember a, SimMember b, SimMember radio) = Three(213);
        ulong epoch = a.Group!.Epoch;
        for (int day = 0; day < 6; day++)
        {
            for (int i = 0; i < 30; i++)
            {
                a.Send($"{day} {i}");
                b.Send($"{i} {day}");
                world.Run(TimeSpan.FromMinutes(1));
            }

            world.Run(TimeSpan.FromHours(23));
        }

        Assert.Equal(epoch, a.Group!.Epoch);
        world.Run(TimeSpan.FromDays(3));
        Assert.True(a.Group!.Epoch > epoch);
        Assert.Equal(360, radio.Received.Count);
    }

    [Fact]
    public void Histories_with_members_behind_radios_lose_nothing_show_nothing_twice_and_use_no_key_twice()
    {
        int compact = 0, forks = 0, rejoins = 0;
        for (int seed = 1; seed <= 12; seed++)
        {
            int modulus = 1 + (seed % 3);
            var history = new GroupHistory(seed, isBehindRadio: n => n % modulus == 0);
            history.Run(60);
            Assert.True(
                history.Lost + history.Unreadable + history.Twice == 0,
                $"seed {seed}: lost {history.Lost}, unreadable {history.Unreadable}, twice {history.Twice} "
                    + history.Trouble);
            AssertNoKeyTwice(history.World);
            compact += Compact(history.World).Count;
            forks += history.Forks;
            rejoins += history.Rejoins;
        }

        output.WriteLine($"12 histories: {compact} texts in their compact form, {forks} changes of branch, {rejoins} "
            + "rejoins");
        Assert.True(compact > 200 && forks > 20, $"{compact} in their compact form, {forks} changes of branch");
    }

    // One message goes to several members. Two that differ never have one key.
    private static void AssertNoKeyTwice(GroupWorld world)
    {
        Dictionary<(ulong, ulong), byte[]> keys = [];
        List<(ulong Place, ulong Guard, byte[] Payload)> all = Compact(world);
        Assert.NotEmpty(all);
        foreach ((ulong place, ulong guard, byte[] payload) in all)
        {
            if (keys.TryGetValue((place, guard), out byte[]? before))
                Assert.Equal(before, payload);
            keys[(place, guard)] = payload;
        }
    }

    // What a member opened comes again, after all that happened: it does not open.
    private static void AssertReadOnce(GroupWorld world, SimMember[] all)
    {
        foreach (SimMember reader in all)
        {
            Assert.NotEmpty(reader.Opened);
            foreach (byte[] payload in reader.Opened)
            {
                Assert.NotEqual(
                    TextOutcome.Opened,
                    reader.Group!.Open(world.Now, payload, new GroupOutput(), out ReceivedText? text));
                Assert.Null(text);
            }
        }
    }
}
