using System.Text;
using QuicProChat.Mesh.Identity;
using static QuicProChat.Mesh.MlsLite.Tests.World;

namespace QuicProChat.Mesh.MlsLite.Tests;

public class LiteGroupTests
{
    public static TheoryData<LiteCipher> Ciphers => [LiteCipher.ChaCha20Poly1305, LiteCipher.AesCcm8];

    [Theory]
    [InlineData(LiteCipher.ChaCha20Poly1305, 20)]
    [InlineData(LiteCipher.AesCcm8, 12)]
    public void A_short_text_costs_this_many_bytes(LiteCipher cipher, int overhead)
    {
        (LiteGroup alice, LiteGroup bob) = Pair(cipher);
        Assert.Equal(40 + overhead, alice.Seal(Text).Message.Length);
        Assert.Equal(40 + overhead, bob.Seal(Text).Message.Length);
        Assert.Equal(40 + overhead + 64, bob.SealSigned(Text).Message.Length);
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void Two_members_talk_both_ways_after_an_invitation(LiteCipher cipher)
    {
        (LiteGroup alice, LiteGroup bob) = Pair(cipher);
        LiteSealed first = alice.Seal(Text);
        Assert.Null(first.Introduction);
        AssertReads(bob, first.Message, alice);
        LiteSealed answer = bob.Seal(Text);
        Assert.Null(answer.Introduction);
        AssertReads(alice, answer.Message, bob);
    }

    [Fact]
    public void A_message_is_read_once()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[] message = alice.Seal(Text).Message;
        AssertReads(bob, message, alice);
        Assert.Equal(LiteError.ReplayedOrTooOld, bob.Open(message).Error);
        Assert.Equal(LiteError.ReplayedOrTooOld, alice.Open(message).Error);
    }

    [Fact]
    public void Messages_arrive_in_any_order_however_many_overtake()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[][] messages = [.. Enumerable.Range(0, 1000).Select(_ => alice.Seal(Text).Message)];
        AssertReads(bob, messages[^1], alice);
        for (int i = messages.Length - 2; i >= 0; i--)
            AssertReads(bob, messages[i], alice);
        Assert.All(messages, m => Assert.Equal(LiteError.ReplayedOrTooOld, bob.Open(m).Error));
    }

    [Fact]
    public void A_member_who_was_away_for_a_thousand_messages_reads_the_next_one()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[] message = [];
        for (int i = 0; i < LiteConstants.MaxCounter; i++)
            message = alice.Seal(Text).Message;
        AssertReads(bob, message, alice);
    }

    [Fact]
    public void A_stream_that_comes_to_its_end_is_followed_by_another_that_is_introduced()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        int introductions = 0;
        for (int i = 0; i < 3 * LiteConstants.MaxCounter; i++)
        {
            LiteSealed made = alice.Seal(Text);
            if (made.Introduction is { } introduction)
            {
                introductions++;
                Deliver([bob], [introduction]);
            }

            AssertReads(bob, made.Message, alice);
        }

        Assert.InRange(introductions, 2, 3);
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void Every_altered_bit_and_every_cut_is_refused_and_changes_nothing(LiteCipher cipher)
    {
        (LiteGroup alice, LiteGroup bob) = Pair(cipher);
        byte[][] messages =
            [alice.Seal(Text).Message, alice.SealSigned(Text).Message, alice.Rekey()[0].Message.ToArray()];
        byte[] before = bob.Save();
        foreach (byte[] message in messages)
        {
            for (int bit = 0; bit < message.Length * 8; bit++)
            {
                byte[] altered = [.. message];
                altered[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.NotEqual(LiteError.None, bob.Open(altered).Error);
            }

            for (int size = 0; size < message.Length; size++)
                Assert.NotEqual(LiteError.None, bob.Open(message.AsSpan(0, size)).Error);
        }

        Assert.Equal(before, bob.Save());
        Assert.All(messages, m => Assert.Equal(LiteError.None, bob.Open(m).Error));
    }

    [Fact]
    public void Random_bytes_never_throw_and_never_open()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[] message = alice.Seal(Text).Message;
        byte[] before = bob.Save();
        var random = new Random(5);
        byte[] bytes = new byte[128];
        for (int i = 0; i < 200_000; i++)
        {
            int size = random.Next(bytes.Length);
            random.NextBytes(bytes.AsSpan(0, size));
            if (size > 2 && random.Next(3) is > 0 and int which)
                (bytes[0], bytes[1]) = which == 1 ? ((byte)(bob.EpochTag >> 8), (byte)bob.EpochTag)
                    : (message[0], message[1]);
            Assert.NotEqual(LiteError.None, bob.Open(bytes.AsSpan(0, size)).Error);
        }

        Assert.Equal(before, bob.Save());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_used_key_is_nowhere_in_the_state_of_who_read_it_and_of_who_wrote_it(bool signed)
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[] before = bob.Save();
        byte[] message = (signed ? alice.SealSigned(Text) : alice.Seal(Text)).Message;
        AssertReads(bob, message, alice);
        Assert.True(LiteGroup.TryLoad(Self(2), before, out LiteGroup? thiefBefore));
        Assert.Equal(LiteError.None, thiefBefore.Open(message).Error);
        // Who has the writer's own state afterwards sees it as a member would that the message was not for.
        foreach ((byte[] state, byte seed) in new[] { (bob.Save(), (byte)2), (alice.Save(), (byte)1) })
        {
            Assert.True(LiteGroup.TryLoad(Self(seed), state, out LiteGroup? thief));
            Assert.Equal(LiteError.ReplayedOrTooOld, thief.Open(message).Error);
            Assert.False(Derivable(thief, alice.OwnIndex, message, signed));
        }

        Assert.True(LiteGroup.TryLoad(Self(2), before, out LiteGroup? again));
        Assert.True(Derivable(again, alice.OwnIndex, message, signed));
    }

    [Fact]
    public void A_newcomer_reads_nothing_from_before()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[] old = bob.Seal(Text).Message;
        LiteGroup carol = Join(alice, [bob], 3);
        Assert.Equal(LiteError.UnknownEpoch, carol.Open(old).Error);
        AssertReads(alice, old, bob);
    }

    [Fact]
    public void Three_members_hear_one_another_and_know_who_is_who()
    {
        LiteGroup[] all = Circle(3);
        (LiteGroup alice, LiteGroup bob, LiteGroup carol) = (all[0], all[1], all[2]);
        Assert.Equal(Address(3), bob.Members.Single(m => m.Index == carol.OwnIndex).Address);
        byte[] fromBob = Seal(bob, all);
        AssertReads(alice, fromBob, bob);
        AssertReads(carol, fromBob, bob);
        byte[] fromCarol = Seal(carol, all);
        AssertReads(alice, fromCarol, carol);
        AssertReads(bob, fromCarol, carol);
    }

    [Fact]
    public void Two_devices_with_one_invitation_never_share_key_and_nonce_and_the_first_keeps_the_index()
    {
        using LiteGroup alice = LiteGroup.Create(Self(1), "mill", LiteCipher.ChaCha20Poly1305);
        using LiteInvitation invitation = alice.Invite(out _);
        using LiteGroup first = LiteGroup.Join(Self(2), invitation, out LiteReply hello);
        using LiteGroup second = LiteGroup.Join(Self(3), invitation, out LiteReply otherHello);
        Assert.Equal(LiteError.None, alice.Open(hello.Message.Span).Error);
        Assert.Equal(LiteError.UnknownSender, alice.Open(otherHello.Message.Span).Error);
        byte[] a = first.Seal(Text).Message;
        byte[] b = second.Seal(Text).Message;
        // With one key and nonce the ciphertexts of one text would be equal.
        Assert.False(a.AsSpan(4, Text.Length).SequenceEqual(b.AsSpan(4, Text.Length)));
        AssertReads(alice, a, first);
        Assert.NotEqual(LiteError.None, alice.Open(b).Error);
    }

    [Fact]
    public void A_rekey_leaves_the_thief_of_an_old_state_behind()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        // The thief has all of bob's group, but not his identity.
        byte[] stolen = bob.Save();
        LiteReply rekey = Assert.Single(alice.Rekey());
        Assert.Equal(LiteError.None, bob.Open(rekey.Message.Span).Error);
        byte[] message = bob.Seal(Text).Message;
        AssertReads(alice, message, bob);
        using LocalIdentity wrong = IdentityOf(9);
        var self = new LiteSelf(Key(2), wrong.Sign, wrong.TryAgree, RandomSource.System, new ManualTime());
        Assert.True(LiteGroup.TryLoad(self, stolen, out LiteGroup? thief));
        // He even has the rekey, from the air, and opens it; what it hides is not for him.
        _ = thief.Open(rekey.Message.Span);
        Assert.Equal(LiteError.UnknownEpoch, thief.Open(message).Error);
    }

    [Fact]
    public void The_rekey_of_another_member_says_nothing_here()
    {
        LiteGroup[] all = Circle(3);
        IReadOnlyList<LiteReply> rekeys = all[0].Rekey();
        LiteReply forBob = rekeys.First(r => r.To[0].Index == all[1].OwnIndex);
        uint before = all[2].Epoch;
        Assert.Equal(LiteError.Malformed, all[2].Open(forBob.Message.Span).Error);
        Assert.Equal(before, all[2].Epoch);
        byte[] message = all[0].Seal(Text).Message;
        Assert.Equal(LiteError.UnknownEpoch, all[2].Open(message).Error);
        Deliver(all, rekeys);
        AssertReads(all[1], message, all[0]);
        AssertReads(all[2], message, all[0]);
        Assert.Equal(before + 1, all[0].Epoch);
    }

    [Fact]
    public void Members_who_invite_at_the_same_time_end_in_one_epoch_with_everybody_in_it()
    {
        for (int round = 0; round < 20; round++)
        {
            (LiteGroup alice, LiteGroup bob) = Pair();
            using LiteInvitation forCarol = alice.Invite(out IReadOnlyList<LiteReply> toBob);
            using LiteInvitation forDave = bob.Invite(out IReadOnlyList<LiteReply> toAlice);
            if (forCarol.Index == forDave.Index)
                continue;
            LiteGroup carol = LiteGroup.Join(Self(3), forCarol, out LiteReply carolHello);
            LiteGroup dave = LiteGroup.Join(Self(4), forDave, out LiteReply daveHello);
            LiteGroup[] all = [alice, bob, carol, dave];
            Deliver(all, [carolHello, daveHello, .. toBob, .. toAlice]);
            Assert.Single(all.Select(g => g.EpochTag).Distinct());
            Assert.All(all, g => Assert.Equal(4, g.Members.Count));
            byte[] message = Seal(dave, all);
            AssertReads(carol, message, dave);
            AssertReads(alice, message, dave);
        }
    }

    [Fact]
    public void A_signature_proves_the_member_and_another_members_fails()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        LiteOutcome outcome = bob.Open(alice.SealSigned(Text).Message);
        Assert.Equal(LiteMessageType.SignedText, outcome.Type);
        Assert.Equal(Text, outcome.Text.ToArray());
        using LocalIdentity other = IdentityOf(2), own = IdentityOf(1);
        var forger = new LiteSelf(Key(1), other.Sign, own.TryAgree, RandomSource.System, new ManualTime());
        Assert.True(LiteGroup.TryLoad(forger, alice.Save(), out LiteGroup? forged));
        LiteSealed bad = forged.SealSigned(Text);
        Assert.Equal(LiteError.BadSignature, bob.Open(bad.Introduction!.Message.Span).Error);
        Assert.Equal(LiteError.UnknownEpoch, bob.Open(bad.Message).Error);
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void A_group_survives_saving_and_loading_with_its_gaps(LiteCipher cipher)
    {
        (LiteGroup alice, LiteGroup bob) = Pair(cipher);
        byte[] first = alice.Seal(Text).Message;
        byte[] second = alice.Seal(Text).Message;
        AssertReads(bob, second, alice);
        byte[] state = bob.Save();
        Assert.True(LiteGroup.TryLoad(Self(2), state, out LiteGroup? loaded));
        Assert.Equal(state, loaded.Save());
        AssertReads(loaded, first, alice);
        Assert.Equal(LiteError.ReplayedOrTooOld, loaded.Open(second).Error);
        AssertReads(alice, Seal(loaded, [alice]), loaded);
        for (int size = 0; size < state.Length; size++)
            Assert.False(LiteGroup.TryLoad(Self(2), state.AsSpan(0, size), out _));
        // It is nobody else's.
        Assert.False(LiteGroup.TryLoad(Self(3), state, out _));
    }

    [Fact]
    public void The_thirty_third_member_is_refused()
    {
        using LiteGroup alice = LiteGroup.Create(Self(1), "full", LiteCipher.ChaCha20Poly1305);
        for (int i = 1; i < LiteConstants.MaxMembers; i++)
            alice.Invite(out _).Dispose();
        Assert.Throws<InvalidOperationException>(() => alice.Invite(out _));
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void A_hundred_thousand_messages_in_a_lossy_shuffled_stream_are_each_read_at_most_once(LiteCipher cipher)
    {
        const int Count = 50_000;
        (LiteGroup alice, LiteGroup bob) = Pair(cipher);
        var random = new Random(9);
        List<(int Number, byte[] Message)> air = [];
        var read = new HashSet<int>();
        int sent = 0, lost = 0;
        while (sent < Count || air.Count > 0)
        {
            if (sent < Count && air.Count < 16)
            {
                byte[] text = new byte[4 + random.Next(40)];
                random.NextBytes(text);
                BitConverter.TryWriteBytes(text, sent);
                // What goes before it is repeated until it arrives, unlike the message in this test.
                byte[] message = Seal(alice, [bob], text);
                if (random.Next(10) == 0)
                    lost++;
                else
                    air.Add((sent, message));
                sent++;
                continue;
            }

            int at = random.Next(air.Count);
            (int number, byte[] arrived) = air[at];
            LiteOutcome outcome = bob.Open(arrived);
            if (outcome.Error == LiteError.None)
            {
                Assert.Equal(number, BitConverter.ToInt32(outcome.Text.Span));
                Assert.True(read.Add(number));
            }
            else
            {
                Assert.Equal(LiteError.ReplayedOrTooOld, outcome.Error);
            }

            // One in eight comes once more, later.
            if (random.Next(8) != 0)
                air.RemoveAt(at);
        }

        Assert.InRange(read.Count, (Count - lost) * 99 / 100, Count - lost);
    }

    [Fact]
    public void A_group_has_a_name_of_at_most_twenty_bytes()
    {
        Assert.Throws<ArgumentException>(() => LiteGroup.Create(Self(1), new string('n', 21), LiteCipher.AesCcm8));
        Assert.Throws<ArgumentException>(() => Pair().Alice.Seal(new byte[LiteConstants.MaxContent + 1]));
        Assert.Throws<ArgumentException>(() => Pair().Alice.SealSigned(new byte[LiteConstants.MaxContent - 63]));
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[] longest = Encoding.UTF8.GetBytes(new string('x', LiteConstants.MaxContent));
        AssertReads(bob, alice.Seal(longest).Message, alice, longest);
    }

    /// <summary>Tells whether the state has a secret from which the message's key follows.</summary>
    private static bool Derivable(LiteGroup group, int sender, byte[] message, bool signed)
    {
        Assert.True(UnverifiedLiteMessage.TryRead(message, out UnverifiedLiteMessage read));
        int counter = read.Counter;
        return group.Kept.Any(epoch => epoch.Streams.Any(
            s => s.Sender == sender && epoch.CostOf(LeafPath.Of(sender, s.Stream.Slot, signed, counter)) >= 0
                && s.Tag == BitConverter.ToUInt16([message[1], message[0]])));
    }
}
