using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Groups.Pairs;

/// <summary>Conversations with one node that get keys of their own by themselves.</summary>
public sealed class PairTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_first_messages_are_sealed_and_after_an_answer_both_write_under_keys_of_both(bool lowBegins)
    {
        using var world = new PairWorld(1);
        (PairNode low, PairNode high) = world.Two();
        world.Run(Minute);
        (PairNode first, PairNode second) = lowBegins ? (low, high) : (high, low);
        first.Send(second, "hello");
        world.Run(Minute);
        Assert.False(first.IsReady(second));
        second.Send(first, "hello yourself");
        world.Run(Minute);
        Assert.True(first.IsReady(second) && second.IsReady(first));
        first.Send(second, "and now");
        second.Send(first, "me too");
        world.Run(Minute);

        Assert.Equal(["hello", "and now"], second.Has(first));
        Assert.Equal(["hello yourself", "me too"], first.Has(second));
        foreach (PairNode node in (PairNode[])[low, high])
        {
            Assert.Equal(
                [Protection.Sealed, Protection.Sealed, Protection.Mls, Protection.Mls],
                node.Disk.Messages.Select(m => m.Protection));
            Assert.All(node.Disk.Messages, m => Assert.True(m.Conversation.IsDirect));
            Assert.All(node.Disk.Messages.Where(m => !m.Outgoing), m => Assert.NotNull(m.SentAt));
            ProtectionChanged told = Assert.Single(node.Disk.Events.OfType<ProtectionChanged>());
            Assert.Equal(Protection.Mls, told.Protection);
            Assert.DoesNotContain(node.Told, t => t.Contains(" of ", StringComparison.Ordinal));
        }

        Assert.All(first.Disk.Messages.Where(m => m.Outgoing), m => Assert.Equal(
            MessageState.Delivered, first.Disk.Proven[m.Id]));
    }

    /// <summary>Proofs are noted together: until then long texts filled the room of those that wait.</summary>
    [Fact]
    public void Long_texts_one_after_the_other_all_go_under_keys_of_both()
    {
        using var world = new PairWorld(1) { MaxDelay = TimeSpan.FromMilliseconds(1) };
        (PairNode first, PairNode second) = world.Two();
        world.Run(Minute);
        first.Send(second, "hello");
        world.Run(Minute);
        second.Send(first, "hello yourself");
        world.Run(Minute);
        for (int i = 0; i < 12; i++)
        {
            first.Send(second, new string('x', 30_000));
            world.Run(TimeSpan.FromMilliseconds(10));
        }

        Assert.Equal(13, second.Has(first).Count());
        Assert.Equal(12, first.Disk.Messages.Count(m => m is { Outgoing: true, Protection: Protection.Mls }));
    }

    [Fact]
    public void A_hundred_texts_that_were_held_up_are_opened_behind_two_hundred_that_went_another_way()
    {
        using var world = new PairWorld(1);
        (PairNode first, PairNode second) = world.Two();
        world.Run(Minute);
        first.Send(second, "hello");
        world.Run(Minute);
        second.Send(first, "hello yourself");
        world.Run(Minute);
        world.HeldUp = Minute / 2;
        for (int i = 0; i < 100; i++)
            first.Send(second, $"held up {i}");
        world.Run(TimeSpan.FromSeconds(1));
        world.HeldUp = TimeSpan.Zero;
        for (int i = 0; i < 200; i++)
        {
            first.Send(second, $"{i}");
            world.Run(TimeSpan.FromMilliseconds(100));
        }

        // One in ten comes a second time, by yet another way.
        Assert.InRange(second.Has(first).Count(), 201, 250);
        world.Run(Minute);
        Assert.Equal(301, second.Has(first).Distinct().Count());
        Assert.Equal(300, first.Disk.Messages.Count(m => m is { Outgoing: true, Protection: Protection.Mls }));
        Assert.All(first.Disk.Messages.Where(m => m.Outgoing), m => Assert.Equal(
            MessageState.Delivered, first.Disk.Proven[m.Id]));
    }

    [Fact]
    public void Who_writes_to_somebody_that_has_not_written_sends_the_texts_and_nothing_else()
    {
        using var world = new PairWorld(1);
        (PairNode first, PairNode second) = world.Two();
        world.Run(Minute);
        first.Disk.Known.Add(second.Address);
        int before = world.Sent.Count;
        for (int i = 0; i < 20; i++)
            first.Send(second, $"{i}");
        world.Run(TimeSpan.FromHours(1));
        Assert.Equal(20, world.Sent.Count - before);
    }

    [Fact]
    public void Two_that_begin_at_once_end_in_one_group_and_every_text_is_there_once()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            using var world = new PairWorld(seed) { MaxDelay = TimeSpan.FromSeconds(1 + (seed % 8)), Loss = 0.2 };
            (PairNode low, PairNode high) = world.Two();
            world.Run(Minute);
            low.Disk.Known.Add(high.Address);
            high.Disk.Known.Add(low.Address);
            for (int i = 0; i < 6; i++)
            {
                low.Send(high, $"low {i}");
                high.Send(low, $"high {i}");
                world.Run(TimeSpan.FromSeconds(world.Random.Next(5)));
            }

            world.Run(TimeSpan.FromMinutes(30));
            AssertWhole(seed, low, high, 6);
            AssertOneGroup(seed, low, high);
        }
    }

    [Fact]
    public void Whatever_is_lost_and_whoever_is_killed_every_text_comes_once_and_the_keys_settle()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            using var world = new PairWorld(seed) { Loss = 0.3, MaxDelay = TimeSpan.FromSeconds(2) };
            (PairNode low, PairNode high) = world.Two();
            world.Run(Minute);
            low.Disk.Known.Add(high.Address);
            high.Disk.Known.Add(low.Address);
            int sent = 0;
            for (int round = 0; round < 12; round++)
            {
                foreach ((PairNode from, PairNode to) in ((PairNode, PairNode)[])[(low, high), (high, low)])
                {
                    if (!from.IsUp)
                        from.Start();
                    from.Fate = () => world.Random.Next(12) switch
                    {
                        0 => WriteFate.Failed,
                        1 => WriteFate.KilledBefore,
                        2 => WriteFate.KilledAfter,
                        _ => WriteFate.Written,
                    };
                    from.Send(to, $"{(from == low ? "low" : "high")} {round}");
                }

                sent++;
                world.Run(TimeSpan.FromSeconds(world.Random.Next(20)));
            }

            foreach (PairNode node in (PairNode[])[low, high])
            {
                node.Fate = static () => WriteFate.Written;
                if (!node.IsUp)
                    node.Start();
            }

            world.Announced(low);
            world.Announced(high);
            world.Run(TimeSpan.FromMinutes(10));
            low.Send(high, "low end");
            high.Send(low, "high end");
            world.Run(TimeSpan.FromHours(2));
            AssertSame(seed, low, high);
            AssertSame(seed, high, low);
            AssertOneGroup(seed, low, high);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whoever_lost_its_disk_gets_new_keys_and_what_it_had_not_received(bool lowLoses)
    {
        using var world = new PairWorld(3);
        (PairNode low, PairNode high) = world.Two();
        Settle(world, low, high);
        (PairNode lost, PairNode other) = lowLoses ? (low, high) : (high, low);
        ulong before = NumberOf(other, lost);
        world.Reach = (_, _) => false;
        lost.LoseAll();
        other.Send(lost, "while away");
        Assert.Equal(Protection.Mls, other.ProtectionOf("while away"));
        world.Run(Minute);
        world.Reach = (_, _) => true;
        lost.Disk.Known.Add(other.Address);
        world.Announced(lost);
        world.Run(TimeSpan.FromMinutes(40));
        Assert.Equal(["while away"], lost.Has(other));
        Assert.True(NumberOf(other, lost) > before);
        lost.Send(other, "back");
        other.Send(lost, "good");
        world.Run(Minute);
        Assert.Equal(["while away", "good"], lost.Has(other));
        Assert.Equal(Protection.Mls, other.ProtectionOf("back"));
        AssertOneGroup(0, low, high);
    }

    [Fact]
    public void A_stranger_gets_no_group_and_its_Welcome_waits_until_the_owner_answers()
    {
        using var world = new PairWorld(4);
        (PairNode low, PairNode high) = world.Two();
        world.Run(Minute);
        low.Send(high, "who are you");
        // A version before began with the first message.
        low.Want(high, DirectSecurity.Mls);
        world.Run(TimeSpan.FromMinutes(5));
        Assert.Equal(0, high.Groups.PairCount);
        Assert.Equal(1, low.Groups.PairCount);
        Assert.False(low.IsReady(high));
        high.Send(low, "me");
        world.Run(TimeSpan.FromSeconds(2));
        Assert.True(low.IsReady(high) && high.IsReady(low));
    }

    [Fact]
    public void A_conversation_that_is_pinned_to_sealed_stays_sealed_on_both_sides()
    {
        using var world = new PairWorld(5);
        (PairNode low, PairNode high) = world.Two();
        world.Run(Minute);
        high.Want(low, DirectSecurity.Sealed);
        for (int i = 0; i < 4; i++)
        {
            low.Send(high, $"low {i}");
            high.Send(low, $"high {i}");
            world.Run(Minute);
        }

        Assert.All(low.Disk.Messages.Concat(high.Disk.Messages), m => Assert.Equal(Protection.Sealed, m.Protection));
        Assert.Equal(0, high.Groups.PairCount);

        // What was pinned survives a restart; taking it back is enough.
        high.Kill();
        high.Start();
        Assert.Equal(DirectSecurity.Sealed, high.Groups.SecurityOf(low.Address));
        high.Want(low, DirectSecurity.Auto);
        world.Run(TimeSpan.FromMinutes(2));
        Assert.True(low.IsReady(high) && high.IsReady(low));
        high.Want(low, DirectSecurity.Sealed);
        high.Send(low, "as before");
        world.Run(Minute);
        Assert.Equal(Protection.Sealed, low.ProtectionOf("as before"));
    }

    [Fact]
    public void Who_names_no_KeyPackage_is_not_asked_unless_the_owner_pins_it()
    {
        using var world = new PairWorld(6);
        LocalIdentity a = LocalIdentity.Generate(world.Fill), b = LocalIdentity.Generate(world.Fill);
        PairNode wired = world.Add(a), radio = world.Add(b, hasRadio: true);
        world.Run(Minute);
        Assert.Null(radio.Named);
        Assert.Single(world.Records);
        for (int i = 0; i < 3; i++)
        {
            wired.Send(radio, $"wired {i}");
            world.Run(Minute);
        }

        Assert.All(world.Sent, s => Assert.Equal(EnvelopeKind.Sealed, s.Envelope.Header.Kind));
        Assert.Equal(["wired 0", "wired 1", "wired 2"], radio.Has(wired));
    }

    [Fact]
    public void Of_what_is_carried_only_the_KeyPackage_that_the_announce_names_is_used()
    {
        using var world = new PairWorld(7);
        (PairNode low, PairNode high) = world.Two();
        world.Run(Minute);
        byte[] own = Assert.Single(world.Records, r => IsOf(r, high));
        byte[] other = Assert.Single(world.Records, r => IsOf(r, low));
        // Somebody carries an older one under the right name, another's, and garbage.
        world.Records.Remove(own);
        world.Records.Add(KeyRecord.Create(
            high.Identity, GroupSuites.All[0], 7, 0, OldKeyPackageOf(high)));
        world.Records.Add(KeyRecord.Create(high.Identity, GroupSuites.All[0], 8, 0, KeyPackageIn(other)));
        world.Records.Add(KeyRecord.Create(high.Identity, GroupSuites.All[0], 9, 0, new byte[300]));
        low.Send(high, "hello");
        low.Want(high, DirectSecurity.Mls);
        world.Run(TimeSpan.FromMinutes(10));
        Assert.Equal(0, low.Groups.PairCount);
        Assert.Equal(0, low.Groups.Counters[GroupCount.KeyPackageFound]);
        Assert.Equal(["hello"], high.Has(low));

        // The owner is asked, who answers for itself.
        high.Send(low, "hello yourself");
        world.Run(Minute);
        Assert.True(low.IsReady(high) && high.IsReady(low));
    }

    [Fact]
    public void A_KeyPackage_of_last_resort_lets_in_twice_and_the_leaf_is_renewed_at_once()
    {
        using var world = new PairWorld(8);
        LocalIdentity[] all = [.. Enumerable.Range(0, 5).Select(_ => LocalIdentity.Generate(world.Fill))
            .OrderBy(i => i.Address)];
        PairNode target = world.Add(all[^1]);
        PairNode[] founders = [.. all[..^1].Select(i => world.Add(i))];
        world.Run(Minute);
        foreach (PairNode founder in founders)
        {
            target.Disk.Known.Add(founder.Address);
            founder.Send(target, "hello");
            founder.Want(target, DirectSecurity.Mls);
        }

        world.Run(TimeSpan.FromMinutes(5));
        foreach (PairNode founder in founders)
        {
            Assert.Equal(1, founder.Groups.Counters[GroupCount.KeyPackageFound]);
            Assert.True(founder.IsReady(target) && target.IsReady(founder));
            // Epoch 1 began with the KeyPackage; the commit that renews the leaf leads to 2.
            Assert.Equal(2UL, EpochOf(founder, target));
        }
    }

    [Fact]
    public void The_disk_is_waited_for_once_in_a_while_and_a_power_cut_lets_no_key_be_used_twice()
    {
        using var world = new PairWorld(12);
        (PairNode low, PairNode high) = world.Two();
        Settle(world, low, high);
        foreach (int each in (int[])[5, 40, 1])
        {
            int before = low.Disk.Waits;
            for (int i = 0; i < each; i++)
            {
                low.Send(high, $"{each} before {i}");
                world.Run(TimeSpan.FromSeconds(1));
            }

            Assert.InRange(low.Disk.Waits - before, each / 32, 3);
            low.Kill();
            low.Disk.LosePower();
            low.Start();
            world.Run(TimeSpan.FromSeconds(5));
            Assert.True(low.IsReady(high));
            for (int i = 0; i < 3; i++)
                low.Send(high, $"{each} after {i}");
            world.Run(TimeSpan.FromSeconds(5));
            Assert.Equal(
                ["after 0", "after 1", "after 2"],
                high.Has(low).Where(t => t.StartsWith($"{each} after", StringComparison.Ordinal))
                    .Select(t => t[(t.IndexOf(' ', StringComparison.Ordinal) + 1)..]).Order());
        }

        Assert.Equal(0, high.Groups.Counters[GroupCount.Refused]);
    }

    [Fact]
    public void Sizes_of_texts_are_rounded_as_those_of_sealed_ones()
    {
        using var world = new PairWorld(9);
        (PairNode low, PairNode high) = world.Two();
        Settle(world, low, high);
        int[] sizes = [.. Enumerable.Range(1, 64).Select(n =>
        {
            int before = world.Sent.Count;
            low.Send(high, new string('x', n));
            return world.Sent.Skip(before).First(s => s.Envelope.Header.WantsReceipt).Envelope.Bytes.Length;
        })];
        Assert.InRange(sizes.Distinct().Count(), 1, 4);
    }

    [Fact]
    public void A_reaction_and_an_edit_find_a_message_that_was_sealed()
    {
        using var world = new PairWorld(10);
        (PairNode low, PairNode high) = world.Two();
        Settle(world, low, high);
        EnvelopeId asked = low.Disk.Messages[0].Id;
        high.Send(low, new ReplyContent(ContentReference.To(asked), "as you said"));
        world.Run(Minute);
        Message reply = low.Disk.Messages[^1];
        Assert.Equal(Protection.Mls, reply.Protection);
        Assert.Equal(asked.Prefix, ((ReplyContent)reply.Content).To.IdPrefix);
        Assert.Equal(reply.Id, high.Disk.Messages[^1].Id);
        low.Send(high, new ReplyContent(ContentReference.To(reply), "and you"));
        world.Run(Minute);
        Assert.Equal(reply.Id.Prefix, ((ReplyContent)high.Disk.Messages[^1].Content).To.IdPrefix);
    }

    private static void Settle(PairWorld world, PairNode low, PairNode high)
    {
        world.Run(Minute);
        low.Send(high, "hello");
        world.Run(TimeSpan.FromSeconds(2));
        high.Send(low, "hello yourself");
        world.Run(Minute);
        Assert.True(low.IsReady(high) && high.IsReady(low));
    }

    private static void AssertWhole(int seed, PairNode low, PairNode high, int each)
    {
        Assert.True(
            Enumerable.Range(0, each).Select(i => $"low {i}").SequenceEqual(high.Has(low).Order()), $"seed {seed}");
        Assert.True(
            Enumerable.Range(0, each).Select(i => $"high {i}").SequenceEqual(low.Has(high).Order()), $"seed {seed}");
    }

    private static void AssertSame(int seed, PairNode from, PairNode to)
    {
        string[] written = [.. from.Disk.Messages.Where(m => m.Outgoing).Select(m => m.Text).Order()];
        string[] read = [.. to.Has(from).Order()];
        Assert.True(
            written.SequenceEqual(read), $"seed {seed}: {string.Join(", ", written)} / {string.Join(", ", read)}");
    }

    private static void AssertOneGroup(int seed, PairNode a, PairNode b)
    {
        Assert.True(a.IsReady(b) && b.IsReady(a), $"seed {seed}: ready {a.IsReady(b)} {b.IsReady(a)}");
        Assert.True(NumberOf(a, b) == NumberOf(b, a), $"seed {seed}");
        Assert.Equal((1, 1), (a.Groups.PairCount, b.Groups.PairCount));
    }

    private static ulong NumberOf(PairNode node, PairNode with) =>
        node.Groups.PairWith(with.Address)?.Group.PairNumber ?? 0;

    private static ulong EpochOf(PairNode node, PairNode with) => node.Groups.PairWith(with.Address)!.Group.Epoch;

    private static bool IsOf(byte[] record, PairNode node) => GossipRecord.TryRead(record, out GossipRecord read)
        && read.Topic == KeyRecord.TopicOf(node.Address);

    private static byte[] KeyPackageIn(byte[] record)
    {
        Assert.True(GossipRecord.TryRead(record, out GossipRecord read));
        Assert.True(KeyRecord.TryRead(read, out KeyRecord key));
        return key.KeyPackage.ToArray();
    }

    private static byte[] OldKeyPackageOf(PairNode node)
    {
        using var self = new GroupSelf(node.Identity, RandomSource.System, TimeProvider.System, new GroupTiming());
        return new NodeKeyPackages(self).LastResort(GroupSuites.All[0]).ToMessage();
    }
}
