using QuicProChat.Mesh.Identity;
using static QuicProChat.Mesh.MlsLite.Tests.World;

namespace QuicProChat.Mesh.MlsLite.Tests;

/// <summary>What outsiders, and members who have all keys of the group, can and cannot do to the others.</summary>
public class LiteForgeryTests
{
    [Fact]
    public void A_signed_text_cannot_be_said_again_by_another_member_in_an_epoch_of_the_same_number()
    {
        LiteGroup[] all = Circle(3);
        (LiteGroup alice, LiteGroup bob, LiteGroup mallory) = (all[0], all[1], all[2]);
        byte[] first = SealSigned(alice, all);
        Assert.True(UnverifiedLiteMessage.TryRead(first, out UnverifiedLiteMessage read));
        OpenStream stream = mallory.Kept[0].Streams.First(s => s.Sender == alice.OwnIndex
            && s.Tag == (ushort)(first[0] << 8 | first[1]));
        var header = new LiteHeader(LiteMessageType.SignedText, alice.OwnIndex, Address(1), stream.Stream,
            read.Counter);
        Assert.Equal(LiteError.None, mallory.Kept[0]
            .TryOpen(mallory.Id, header, read.SealedContent, out byte[] content));
        AssertReads(bob, first, alice);

        for (byte round = 0; round < 3; round++)
        {
            byte[] twin = [.. Enumerable.Repeat((byte)(100 + round), 32)];
            uint number = mallory.Epoch + (round == 2 ? 1u : 0);
            Assert.Equal(LiteError.None, bob.Open(Forge.Rekey(mallory, bob, number, twin)).Error);
            LiteEpoch epoch = LiteEpoch.Derive(twin, bob.Id, number, bob.Cipher, 0);
            Assert.True(epoch.TryOpenStream(alice.OwnIndex, header.Stream));
            byte[] again = epoch.Seal(bob.Id, header, content)!;
            Assert.Equal(LiteError.BadSignature, bob.Open(again).Error);
        }

        // Nor with another counter, in another stream, or as another type.
        foreach (LiteHeader other in new[]
                 {
                     header with { Counter = read.Counter + 1 },
                     header with { Type = LiteMessageType.Roster, Counter = read.Counter + 2 },
                     header with { Stream = Forge.Header(LiteMessageType.Start, 0, default).Stream,
                         Type = LiteMessageType.Start },
                 })
        {
            LiteEpoch copy = Forge.Copy(mallory.Kept[0]);
            _ = copy.TryOpenStream(alice.OwnIndex, other.Stream);
            Assert.Equal(LiteError.BadSignature, bob.Open(copy.Seal(bob.Id, other, content)!).Error);
        }
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1022)]
    [InlineData(5)]
    public void A_member_who_writes_far_ahead_in_anothers_name_takes_no_more_than_that_one_counter_from_him(int ahead)
    {
        LiteGroup[] all = Circle(3);
        (LiteGroup alice, LiteGroup bob, LiteGroup mallory) = (all[0], all[1], all[2]);
        byte[] sample = bob.Seal(Text).Message;
        AssertReads(alice, sample, bob);
        int taken = Math.Min(LiteConstants.MaxCounter, CounterOf(sample) + ahead);
        Assert.Equal(LiteError.None, alice.Open(Forged(mallory, sample, taken)).Error);
        for (int i = 0; i < 40; i++)
        {
            byte[] next = bob.Seal(Text).Message;
            LiteError expected = CounterOf(next) == taken ? LiteError.ReplayedOrTooOld : LiteError.None;
            Assert.Equal(expected, alice.Open(next).Error);
        }
    }

    [Fact]
    public void A_member_who_writes_thousands_of_texts_in_anothers_name_silences_at_most_as_many_and_nothing_that_is_signed()
    {
        LiteGroup[] all = Circle(3);
        (LiteGroup alice, LiteGroup bob, LiteGroup mallory) = (all[0], all[1], all[2]);
        byte[] sample = bob.Seal(Text).Message;
        AssertReads(alice, sample, bob);
        var random = new Random(4);
        int[] counters =
            [.. Enumerable.Range(200, LiteConstants.MaxCounter - 200).OrderBy(_ => random.Next()).Take(600)];
        foreach (int counter in counters)
            _ = alice.Open(Forged(mallory, sample, counter));
        Assert.InRange(alice.Save().Length, 1000, 100_000);

        for (int i = 0; i < 50; i++)
            AssertReads(alice, SealSigned(bob, all), bob);
        // Whoever notices that he is not heard begins another stream, as every start does.
        Assert.True(LiteGroup.TryLoad(Self(2), bob.Save(), out LiteGroup? again));
        for (int i = 0; i < 50; i++)
            AssertReads(alice, Seal(again, all), again);
    }

    [Fact]
    public void What_has_another_members_signature_or_none_changes_nothing()
    {
        LiteGroup[] all = Circle(3);
        (LiteGroup alice, LiteGroup bob, LiteGroup mallory) = (all[0], all[1], all[2]);
        byte[] before = alice.Save();
        using LocalIdentity forger = IdentityOf(3);
        LiteStream known = mallory.Kept[0].Streams.First(s => s.Sender == bob.OwnIndex).Stream;
        foreach (LiteMessageType type in Enum.GetValues<LiteMessageType>().Where(t => t != LiteMessageType.Text))
        {
            LiteHeader header = Forge.Header(type, bob.OwnIndex, type == LiteMessageType.Hello ? default : Address(2));
            foreach (LiteHeader h in new[] { header, header with { Stream = known, Counter = 77 } })
            {
                if (type == LiteMessageType.SignedText && h.Stream != known)
                    continue;
                byte[] content = type switch
                {
                    LiteMessageType.Rekey => [(byte)alice.OwnIndex, .. new byte[36]],
                    LiteMessageType.Hello => Key(2),
                    LiteMessageType.Roster => [9, .. Key(9)],
                    LiteMessageType.Start => [],
                    _ => Text,
                };
                Assert.Equal(LiteError.BadSignature,
                    alice.Open(Forge.Seal(mallory, h, content, forger, mallory.Kept[0])).Error);
            }
        }

        Assert.Equal(before, alice.Save());
        AssertReads(alice, SealSigned(bob, all), bob);
        Assert.Equal(LiteError.None,
            alice.Open(bob.Rekey().First(r => r.To[0].Index == alice.OwnIndex).Message.Span).Error);
    }

    [Fact]
    public void Somebody_elses_identity_cannot_be_brought_in_as_a_member()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        using LocalIdentity forger = IdentityOf(2);
        LiteHeader header = Forge.Header(LiteMessageType.Hello, 20, default);
        Assert.Equal(LiteError.BadSignature, alice.Open(Forge.Seal(bob, header, Key(5), forger, bob.Kept[0])).Error);
        foreach (byte[] key in new[] { new byte[32], [1, .. new byte[31]], [.. Enumerable.Repeat((byte)0xFF, 32)] })
            Assert.Equal(LiteError.Malformed,
                alice.Open(Forge.Seal(bob, Forge.Header(LiteMessageType.Hello, 20, default), key, forger,
                    bob.Kept[0])).Error);
        Assert.Equal(2, alice.Members.Count);
        // In a roster they are passed over.
        LiteOutcome outcome =
            alice.Open(Forge.Seal(bob, LiteMessageType.Roster,
                [5, .. new byte[32], 6, .. Key(6), 32, .. Key(7), 255, .. Key(8)]));
        Assert.Equal(LiteError.None, outcome.Error);
        Assert.Equal([6], alice.Members.Where(m => m.Address == Address(6)).Select(m => m.Index));
        Assert.Equal(3, alice.Members.Count);
    }

    [Fact]
    public void A_forged_message_costs_few_derivations_wherever_it_points()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[] next = bob.Seal(Text).Message;
        Assert.InRange(Price(alice, next), 1, LeafPath.ClassHeight + 1);
        AssertReads(alice, next, bob);
        Assert.Equal(1, Price(alice, next));
        int worst = 0;
        for (int counter = 0; counter <= LiteConstants.MaxCounter; counter++)
        {
            byte[] forged = new byte[40];
            (forged[0], forged[1], forged[2]) = (next[0], next[1], next[2]);
            (forged[3], forged[4]) = counter < 128 ? ((byte)counter, (byte)0)
                : ((byte)(0x80 | counter >> 8), (byte)counter);
            worst = Math.Max(worst, Price(alice, forged));
            Assert.True(alice.Open(forged).Error is LiteError.NotAuthentic or LiteError.ReplayedOrTooOld);
        }

        Assert.InRange(worst, 2, LeafPath.ClassHeight + 1);
        byte[] cold = [(byte)(alice.EpochTag >> 8), (byte)alice.EpochTag,
            (byte)((int)LiteMessageType.Start << 5 | bob.OwnIndex), 9, 3, 3, .. new byte[16 + 80]];
        Assert.InRange(Price(alice, cold), 10, LeafPath.TreeHeight + 1);
        Assert.Equal(LiteError.NotAuthentic, alice.Open(cold).Error);
        Assert.Equal(0, Price(alice, [0, 0, .. cold[2..]]));
    }

    [Fact]
    public void A_member_who_asks_again_and_again_is_answered_so_often_and_the_group_goes_on()
    {
        var time = new ManualTime();
        LiteGroup[] all = Circle(3, time);
        (LiteGroup alice, LiteGroup bob, LiteGroup mallory) = (all[0], all[1], all[2]);
        int answers = 0, refused = 0;
        for (int i = 0; i < 1000; i++)
        {
            LiteOutcome outcome = alice.Open(Forge.Seal(mallory, LiteMessageType.Roster, []));
            refused += outcome.Error == LiteError.TooMany ? 1 : 0;
            answers += outcome.Replies?.Count ?? 0;
        }

        Assert.InRange(answers, 1, 64);
        Assert.InRange(refused, 700, 999);
        // Others have their own share, and after a while she is heard again.
        Assert.Equal(LiteError.None,
            alice.Open(bob.Rekey().First(r => r.To[0].Index == alice.OwnIndex).Message.Span).Error);
        Assert.Equal(LiteError.TooMany, alice.Open(Forge.Seal(mallory, LiteMessageType.Start, [])).Error);
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(LiteError.None, alice.Open(Forge.Seal(mallory, LiteMessageType.Start, [])).Error);
    }

    [Fact]
    public void Streams_that_a_member_begins_push_nobodys_out_but_his_own()
    {
        LiteGroup[] all = Circle(3);
        (LiteGroup alice, LiteGroup bob, LiteGroup mallory) = (all[0], all[1], all[2]);
        for (int i = 0; i < 60; i++)
            Assert.Equal(LiteError.None, alice.Open(Forge.Seal(mallory, LiteMessageType.Start, [])).Error);
        Assert.InRange(alice.Kept[0].Streams.Count, 3, 3 * LiteConstants.StreamsOfSender);
        AssertReads(alice, bob.Seal(Text).Message, bob);
        Assert.InRange(alice.Save().Length, 1000, 30_000);
    }

    private static int Price(LiteGroup group, byte[] bytes) =>
        UnverifiedLiteMessage.TryRead(bytes, out UnverifiedLiteMessage message) ? group.PriceOf(message) : -1;

    /// <summary>A text in the stream of somebody else's text, with another counter.</summary>
    private static int CounterOf(byte[] message)
    {
        Assert.True(UnverifiedLiteMessage.TryRead(message, out UnverifiedLiteMessage read));
        return read.Counter;
    }

    private static byte[] Forged(LiteGroup by, byte[] sample, int counter)
    {
        Assert.True(UnverifiedLiteMessage.TryRead(sample, out UnverifiedLiteMessage read));
        int sender = read.Sender;
        ushort tag = read.Tag;
        LiteStream stream = by.Kept[0].Streams.First(s => s.Sender == sender && s.Tag == tag).Stream;
        var header = new LiteHeader(
            LiteMessageType.Text, sender, by.Members.Single(m => m.Index == sender).Address, stream, counter);
        return Forge.Copy(by.Kept[0]).Seal(by.Id, header, "forged"u8)!;
    }
}
