using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Lite;

namespace QuicProChat.Mesh.Mls.Tests.Lite;

public class LiteGroupTests
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes("Meet at the old mill at nine, bring rope");

    public static TheoryData<LiteCipher> Ciphers => [LiteCipher.ChaCha20Poly1305, LiteCipher.AesCcm8];

    [Theory]
    [InlineData(LiteCipher.ChaCha20Poly1305, 20)]
    [InlineData(LiteCipher.AesCcm8, 12)]
    public void A_short_text_costs_this_many_bytes(LiteCipher cipher, int overhead)
    {
        (LiteGroup alice, _) = Pair(cipher);
        Assert.Equal(40 + overhead, alice.Seal(Text).Length);
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void Two_members_talk_both_ways_after_an_invitation(LiteCipher cipher)
    {
        (LiteGroup alice, LiteGroup bob) = Pair(cipher);
        AssertReads(bob, alice.Seal(Text), alice);
        AssertReads(alice, bob.Seal(Text), bob);
    }

    [Fact]
    public void A_message_is_read_once()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[] message = alice.Seal(Text);
        AssertReads(bob, message, alice);
        Assert.Equal(LiteError.ReplayedOrTooOld, bob.Open(message).Error);
        Assert.Equal(LiteError.ReplayedOrTooOld, alice.Open(message).Error);
    }

    [Fact]
    public void Messages_arrive_in_any_order_within_the_window_and_not_beyond_it()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[][] messages = [.. Enumerable.Range(0, LiteConstants.OutOfOrderWindow + 2).Select(_ => alice.Seal(Text))];
        AssertReads(bob, messages[^1], alice);
        Assert.Equal(LiteError.ReplayedOrTooOld, bob.Open(messages[0]).Error);
        for (int i = messages.Length - 2; i >= 1; i--)
            AssertReads(bob, messages[i], alice);
    }

    [Fact]
    public void A_gap_up_to_the_forward_limit_is_bridged_and_one_more_is_refused()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[] message = [];
        for (int i = 0; i <= LiteConstants.ForwardLimit; i++)
            message = alice.Seal(Text);
        byte[] tooFar = alice.Seal(Text);
        Assert.Equal(LiteError.TooFarAhead, bob.Open(tooFar).Error);
        AssertReads(bob, message, alice);
        AssertReads(bob, tooFar, alice);
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void Every_altered_bit_and_every_cut_is_refused_and_changes_nothing(LiteCipher cipher)
    {
        (LiteGroup alice, LiteGroup bob) = Pair(cipher);
        byte[] message = alice.Seal(Text);
        byte[] before = bob.Save();
        for (int bit = 0; bit < message.Length * 8; bit++)
        {
            byte[] altered = [.. message];
            altered[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(LiteError.None, bob.Open(altered).Error);
        }

        for (int size = 0; size < message.Length; size++)
            Assert.NotEqual(LiteError.None, bob.Open(message.AsSpan(0, size)).Error);
        Assert.Equal(before, bob.Save());
        AssertReads(bob, message, alice);
    }

    [Fact]
    public void Random_bytes_never_throw_and_never_open()
    {
        (_, LiteGroup bob) = Pair();
        var random = new Random(5);
        byte[] bytes = new byte[128];
        for (int i = 0; i < 200_000; i++)
        {
            int size = random.Next(bytes.Length);
            random.NextBytes(bytes.AsSpan(0, size));
            if (size > 2 && random.Next(2) == 0)
                (bytes[0], bytes[1]) = ((byte)(bob.EpochTag >> 8), (byte)bob.EpochTag);
            Assert.NotEqual(LiteError.None, bob.Open(bytes.AsSpan(0, size)).Error);
        }
    }

    [Fact]
    public void A_used_key_is_nowhere_in_the_state()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[] before = bob.Save();
        byte[] message = alice.Seal(Text);
        AssertReads(bob, message, alice);
        byte[] after = bob.Save();
        Assert.True(LiteGroup.TryLoad(before, out LiteGroup? thiefBefore));
        Assert.True(LiteGroup.TryLoad(after, out LiteGroup? thiefAfter));
        Assert.Equal(LiteError.None, thiefBefore.Open(message).Error);
        Assert.Equal(LiteError.ReplayedOrTooOld, thiefAfter.Open(message).Error);
        // The chain that opened it stood in the state before; it must not in the state after.
        byte[] chain = ChainOf(before, alice.OwnIndex);
        Assert.True(before.AsSpan().IndexOf(chain) >= 0);
        Assert.True(after.AsSpan().IndexOf(chain) < 0);
    }

    [Fact]
    public void The_memory_of_a_used_chain_is_zeroed()
    {
        byte[] chain = RandomNumberGenerator.GetBytes(32);
        byte[] copy = [.. chain];
        using var ratchet = new SenderRatchet(chain, 0);
        ratchet.Consume(2);
        byte[] skipped = ratchet.Skipped[0].Chain;
        Assert.Equal(copy, skipped);
        ratchet.Consume(0);
        Assert.All(skipped, b => Assert.Equal(0, b));
        Assert.NotEqual(copy, chain);
        ratchet.Dispose();
        Assert.All(chain, b => Assert.Equal(0, b));
    }

    [Fact]
    public void A_newcomer_reads_nothing_from_before()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[] old = bob.Seal(Text);
        (LiteGroup carol, _) = Join(alice, [bob]);
        Assert.Equal(LiteError.UnknownEpoch, carol.Open(old).Error);
        AssertReads(alice, old, bob);
    }

    [Fact]
    public void Three_members_hear_one_another_and_know_who_is_who()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        (LiteGroup carol, byte[] carolKey) = Join(alice, [bob]);
        Assert.Equal(NodeAddress.Of(carolKey), bob.Members.Single(m => m.Index == carol.OwnIndex).Address);
        byte[] fromBob = bob.Seal(Text);
        AssertReads(alice, fromBob, bob);
        AssertReads(carol, fromBob, bob);
        byte[] fromCarol = carol.Seal(Text);
        AssertReads(alice, fromCarol, carol);
        AssertReads(bob, fromCarol, carol);
    }

    [Fact]
    public void Two_devices_with_one_invitation_never_share_key_and_nonce_and_the_first_keeps_the_index()
    {
        byte[] aliceKey = Key(1);
        using LiteGroup alice = LiteGroup.Create("mill", LiteCipher.ChaCha20Poly1305, aliceKey);
        using LiteInvitation invitation = alice.Invite(aliceKey, out _);
        using LiteGroup first = LiteGroup.Join(invitation, Key(2), out LiteReply hello);
        using LiteGroup second = LiteGroup.Join(invitation, Key(3), out LiteReply otherHello);
        Assert.Equal(LiteError.None, alice.Open(hello.Message.Span).Error);
        Assert.Equal(LiteError.UnknownSender, alice.Open(otherHello.Message.Span).Error);
        byte[] a = first.Seal(Text);
        byte[] b = second.Seal(Text);
        // With one key and nonce the ciphertexts of one text would be equal.
        Assert.False(a.AsSpan(4, Text.Length).SequenceEqual(b.AsSpan(4, Text.Length)));
        AssertReads(alice, a, first);
        Assert.NotEqual(LiteError.None, alice.Open(b).Error);
    }

    [Fact]
    public void A_rekey_leaves_the_thief_of_an_old_state_behind_who_missed_it()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        Assert.True(LiteGroup.TryLoad(bob.Save(), out LiteGroup? thief));
        LiteReply rekey = alice.Rekey()!;
        Assert.Equal(LiteError.None, bob.Open(rekey.Message.Span).Error);
        byte[] message = bob.Seal(Text);
        AssertReads(alice, message, bob);
        Assert.Equal(LiteError.UnknownEpoch, thief.Open(message).Error);
    }

    [Fact]
    public void Members_who_invite_at_the_same_time_end_in_one_epoch_with_everybody_in_it()
    {
        for (int round = 0; round < 20; round++)
        {
            byte[] aliceKey = Key(1), bobKey = Key(2);
            (LiteGroup alice, LiteGroup bob) = Pair();
            using LiteInvitation forCarol = alice.Invite(aliceKey, out LiteReply? toBob);
            using LiteInvitation forDave = bob.Invite(bobKey, out LiteReply? toAlice);
            if (forCarol.Index == forDave.Index)
                continue;
            LiteGroup carol = LiteGroup.Join(forCarol, Key(3), out LiteReply carolHello);
            LiteGroup dave = LiteGroup.Join(forDave, Key(4), out LiteReply daveHello);
            LiteGroup[] all = [alice, bob, carol, dave];
            Deliver(all, [carolHello, daveHello, toBob!, toAlice!]);
            Assert.Single(all.Select(g => g.EpochTag).Distinct());
            Assert.All(all, g => Assert.Equal(4, g.Members.Count));
            byte[] message = dave.Seal(Text);
            AssertReads(carol, message, dave);
            AssertReads(alice, message, dave);
        }
    }

    [Fact]
    public void A_signature_proves_the_member_and_another_members_fails()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[] secret = Secret(1);
        byte[] good = alice.SealSigned(Text, (m, s) => Ed25519.Sign(m, secret, s));
        LiteOutcome outcome = bob.Open(good);
        Assert.Equal(LiteMessageType.SignedText, outcome.Type);
        Assert.Equal(Text, outcome.Text.ToArray());
        byte[] other = Secret(2);
        byte[] bad = alice.SealSigned(Text, (m, s) => Ed25519.Sign(m, other, s));
        Assert.Equal(LiteError.BadSignature, bob.Open(bad).Error);
    }

    [Fact]
    public void A_group_survives_saving_and_loading_with_its_gaps()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[] first = alice.Seal(Text);
        byte[] second = alice.Seal(Text);
        AssertReads(bob, second, alice);
        byte[] state = bob.Save();
        Assert.True(LiteGroup.TryLoad(state, out LiteGroup? loaded));
        Assert.Equal(state, loaded.Save());
        AssertReads(loaded, first, alice);
        Assert.Equal(LiteError.ReplayedOrTooOld, loaded.Open(second).Error);
        AssertReads(alice, loaded.Seal(Text), loaded);
        for (int size = 0; size < state.Length; size++)
            Assert.False(LiteGroup.TryLoad(state.AsSpan(0, size), out _));
    }

    [Fact]
    public void The_thirty_third_member_is_refused()
    {
        byte[] key = Key(1);
        using LiteGroup alice = LiteGroup.Create("full", LiteCipher.ChaCha20Poly1305, key);
        for (int i = 1; i < LiteConstants.MaxMembers; i++)
            alice.Invite(key, out _).Dispose();
        Assert.Throws<InvalidOperationException>(() => alice.Invite(key, out _));
    }

    [Fact]
    public void An_exporter_gives_all_members_the_same_group()
    {
        static void Export(string label, ReadOnlySpan<byte> context, Span<byte> output) =>
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(label), context, output);
        byte[] id = [1, 2, 3];
        using LiteGroup alice = LiteExporter.Derive(Export, id, 7, "g", LiteCipher.ChaCha20Poly1305, 0, Key(1));
        using LiteGroup bob = LiteExporter.Derive(Export, id, 7, "g", LiteCipher.ChaCha20Poly1305, 1, Key(2));
        bob.AddMember(0, Key(1));
        AssertReads(bob, alice.Seal(Text), alice);
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
                byte[] message = alice.Seal(text);
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

    private static (LiteGroup Alice, LiteGroup Bob) Pair(LiteCipher cipher = LiteCipher.ChaCha20Poly1305)
    {
        LiteGroup alice = LiteGroup.Create("mill", cipher, Key(1));
        using LiteInvitation invitation = alice.Invite(Key(1), out _);
        LiteGroup bob = LiteGroup.Join(invitation, Key(2), out LiteReply hello);
        Deliver([alice, bob], [hello]);
        return (alice, bob);
    }

    private static (LiteGroup Newcomer, byte[] Key) Join(LiteGroup inviter, LiteGroup[] others)
    {
        byte[] key = Key(3);
        using LiteInvitation invitation = inviter.Invite(Key(1), out LiteReply? rekey);
        LiteGroup newcomer = LiteGroup.Join(invitation, key, out LiteReply hello);
        Deliver([inviter, newcomer, .. others], [rekey!, hello]);
        return (newcomer, key);
    }

    /// <summary>
    /// Brings every message, and what it causes, to whom it is for. What comes before the epoch or the member it needs
    /// is kept and tried again, as a node does.
    /// </summary>
    private static void Deliver(LiteGroup[] groups, IEnumerable<LiteReply> replies)
    {
        var queue = new Queue<(LiteGroup To, ReadOnlyMemory<byte> Message, int Tries)>();
        void Enqueue(LiteReply reply)
        {
            foreach (LiteGroup group in groups.Where(g => reply.To.Any(m => m.Address == Self(g).Address)))
                queue.Enqueue((group, reply.Message, 0));
        }

        foreach (LiteReply reply in replies)
            Enqueue(reply);
        while (queue.TryDequeue(out (LiteGroup To, ReadOnlyMemory<byte> Message, int Tries) next))
        {
            LiteOutcome outcome = next.To.Open(next.Message.Span);
            if (outcome.Error is LiteError.UnknownEpoch or LiteError.UnknownSender && next.Tries < 10)
                queue.Enqueue(next with { Tries = next.Tries + 1 });
            else
                Assert.Equal(LiteError.None, outcome.Error);
            foreach (LiteReply reply in outcome.Replies ?? [])
                Enqueue(reply);
        }
    }

    private static LiteMember Self(LiteGroup group) => group.Members.Single(m => m.Index == group.OwnIndex);

    private static void AssertReads(LiteGroup reader, byte[] message, LiteGroup sender)
    {
        LiteOutcome outcome = reader.Open(message);
        Assert.Equal(LiteError.None, outcome.Error);
        Assert.Equal(sender.OwnIndex, outcome.Sender!.Index);
        Assert.Equal(Text, outcome.Text.ToArray());
    }

    private static byte[] ChainOf(byte[] state, int index)
    {
        Assert.True(LiteGroup.TryLoad(state, out LiteGroup? group));
        return group.NextChain(index);
    }

    private static byte[] Key(byte seed)
    {
        byte[] key = new byte[32];
        Ed25519.KeyPairFromSeed(Enumerable.Repeat(seed, 32).ToArray(), key, new byte[64]);
        return key;
    }

    private static byte[] Secret(byte seed)
    {
        byte[] secret = new byte[64];
        Ed25519.KeyPairFromSeed(Enumerable.Repeat(seed, 32).ToArray(), new byte[32], secret);
        return secret;
    }
}
