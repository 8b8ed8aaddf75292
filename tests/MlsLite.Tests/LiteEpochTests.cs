using static QuicProChat.Mesh.MlsLite.Tests.World;

namespace QuicProChat.Mesh.MlsLite.Tests;

/// <summary>How epochs follow one another, and what a state that was not stored leaves behind.</summary>
public class LiteEpochTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Whoever_was_invited_while_another_invitation_was_open_gets_into_the_epoch_of_all(int firstToJoin)
    {
        LiteGroup founder = LiteGroup.Create(Self(1), "g", LiteCipher.ChaCha20Poly1305);
        using LiteInvitation one = founder.Invite(out _);
        using LiteInvitation two = founder.Invite(out _);
        LiteInvitation[] order = firstToJoin == 0 ? [one, two] : [two, one];
        LiteGroup early = LiteGroup.Join(Self(2), order[0], out LiteReply hello);
        Deliver([founder, early], [hello]);
        byte[] between = founder.Seal(Text).Message;
        LiteGroup late = LiteGroup.Join(Self(3), order[1], out hello);
        Deliver([founder, early, late], [hello]);

        AssertReads(early, between, founder);
        Assert.NotEqual(LiteError.None, late.Open(between).Error);
        LiteGroup[] all = [founder, early, late];
        foreach (LiteGroup writer in all)
        {
            byte[] message = Seal(writer, all);
            foreach (LiteGroup reader in all.Where(g => g != writer))
                AssertReads(reader, message, writer);
        }
    }

    [Fact]
    public void A_group_that_goes_back_to_what_was_stored_never_gives_a_counter_out_again()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        byte[] incoming = bob.Seal(Text).Message;
        byte[] stored = alice.Save();
        byte[] lost = alice.Seal(Text).Message;
        AssertReads(alice, incoming, bob);

        Assert.True(LiteGroup.TryLoad(Self(1), stored, out LiteGroup? back));
        uint before = back.Sent;
        back.KeepSpent(alice);

        Assert.Equal(before + 1, back.Sent);
        // What was read in between was not stored, so it is read again; what was written is not written again.
        AssertReads(back, incoming, bob);
        LiteSealed next = back.Seal(Text);
        Assert.True(UnverifiedLiteMessage.TryRead(lost, out UnverifiedLiteMessage lostRead));
        Assert.True(UnverifiedLiteMessage.TryRead(next.Message, out UnverifiedLiteMessage nextRead));
        Assert.Equal((lostRead.Tag, lostRead.Counter + 1), (nextRead.Tag, nextRead.Counter));
        AssertReads(bob, next.Message, back);
        AssertReads(bob, lost, alice);
        // Who was told of the stream in what was lost is told again.
        Assert.NotNull(next.Introduction);
    }

    [Fact]
    public void At_the_last_epoch_hostile_numbers_are_refused_and_nothing_throws()
    {
        LiteGroupId id = new(0x0102030405060708);
        byte[] secret = [.. Enumerable.Repeat((byte)9, 32)];
        LiteGroup victim = At(LiteConstants.MaxEpoch, 1);
        LiteGroup evil = At(LiteConstants.MaxEpoch, 0);
        Assert.False(victim.HasNextEpoch);
        Assert.False(victim.NeedsRekey);
        Assert.Throws<InvalidOperationException>(() => victim.Rekey());
        Assert.Throws<InvalidOperationException>(() => victim.Invite(out _));
        foreach (uint number in new[] { LiteConstants.MaxEpoch + 1, LiteConstants.MaxEpoch
            + 3, uint.MaxValue, 0u, LiteConstants.MaxEpoch - 1 })
            Assert.Equal(LiteError.Malformed,
                victim.Open(Forge.Rekey(evil, victim, number, [.. Enumerable.Repeat((byte)77, 32)])).Error);

        // A second epoch of the last number is the limit of what can be said; a hello in the one that lost moves nobody
        // on.
        Assert.Equal(LiteError.None,
            victim.Open(Forge.Rekey(evil, victim, LiteConstants.MaxEpoch, [.. Enumerable.Repeat((byte)78, 32)])).Error);
        foreach (byte fill in new byte[] { 9, 78 })
        {
            var puppet = LiteGroup.FromSecret(
                Self(7), id, "g", LiteCipher.ChaCha20Poly1305, [.. Enumerable.Repeat(fill, 32)],
                LiteConstants.MaxEpoch, 9);
            LiteOutcome outcome = victim.Open(Forge.Seal(puppet, LiteMessageType.Hello, Key(7)));
            Assert.Equal(LiteError.None, outcome.Error);
        }

        Assert.Equal(LiteConstants.MaxEpoch, victim.Epoch);
        _ = Seal(victim, []);

        LiteGroup At(uint epoch, int index)
        {
            var group = LiteGroup.FromSecret(Self((byte)(index + 1)), id, "g", LiteCipher.ChaCha20Poly1305, secret,
                epoch, index);
            group.AddMember(1 - index, Key((byte)(2 - index)));
            return group;
        }
    }

    [Fact]
    public void An_epoch_far_ahead_or_in_the_past_is_not_taken_over()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        for (int i = 0; i < 3; i++)
            Deliver([bob], alice.Rekey());
        uint now = bob.Epoch;
        foreach ((uint number, LiteError error) in new[]
                 {
                     (now - 1, LiteError.Malformed), (now + LiteConstants.MaxEpochStep + 1, LiteError.Malformed),
                     (now, LiteError.None), (now + LiteConstants.MaxEpochStep, LiteError.None),
                 })
        {
            Assert.Equal(error,
                bob.Open(Forge.Rekey(alice, bob, number, Guid.NewGuid().ToByteArray().Concat(new byte[16])
                    .ToArray())).Error);
        }

        Assert.Equal(now + LiteConstants.MaxEpochStep, bob.Epoch);
    }

    [Fact]
    public void A_member_cannot_push_the_others_epoch_out_by_beginning_many()
    {
        LiteGroup[] all = Circle(3);
        (LiteGroup alice, LiteGroup bob, LiteGroup mallory) = (all[0], all[1], all[2]);
        for (uint i = 1; i <= 40; i++)
        {
            byte[] twin = [.. Enumerable.Repeat((byte)i, 32)];
            // Some of one number, some each a number higher: to alice only.
            Assert.Equal(LiteError.None, alice.Open(Forge.Rekey(mallory, alice, bob.Epoch + (i / 4), twin)).Error);
        }

        AssertReads(alice, bob.Seal(Text).Message, bob);
    }

    [Fact]
    public void A_group_that_a_member_split_by_rekeying_for_some_only_comes_together_again()
    {
        var time = new ManualTime();
        LiteGroup[] all = Circle(4, time);
        (LiteGroup alice, LiteGroup bob, LiteGroup mallory, LiteGroup carol) = (all[0], all[1], all[2], all[3]);
        Deliver([alice], [.. mallory.Rekey().Where(r => r.To[0].Index == alice.OwnIndex)]);
        Assert.Equal(LiteError.UnknownEpoch, bob.Open(alice.Seal(Text).Message).Error);

        // A text of bob's that was under way when the rekey came proves nothing; that he goes on does.
        Assert.Empty(alice.Open(bob.Seal(Text).Message).Replies!);
        time.Advance(TimeSpan.FromMinutes(30));
        IReadOnlyList<LiteReply> replies = alice.Open(bob.Seal(Text).Message).Replies!;
        Assert.NotEmpty(replies);
        // What is sealed in the epoch that the others never got, in case they did, opens for nobody.
        Deliver(all, replies, mayFail: true);
        foreach (LiteGroup reader in new[] { bob, carol, mallory })
            AssertReads(reader, Seal(alice, all), alice);
        AssertReads(alice, Seal(bob, all), bob);

        // Once: whoever keeps a member behind does not make new keys for everybody with each of its texts.
        Deliver([alice], [.. mallory.Rekey().Where(r => r.To[0].Index == alice.OwnIndex)]);
        for (int i = 0; i < 10; i++)
        {
            time.Advance(TimeSpan.FromMinutes(20));
            Assert.Empty(alice.Open(bob.Seal(Text).Message).Replies!);
        }
    }

    [Fact]
    public void A_rekey_reaches_a_member_who_did_not_get_the_one_before()
    {
        LiteGroup[] all = Circle(3);
        (LiteGroup alice, LiteGroup bob, LiteGroup mallory) = (all[0], all[1], all[2]);
        Deliver([alice], [.. mallory.Rekey().Where(r => r.To[0].Index == alice.OwnIndex)]);
        Deliver([bob, mallory], alice.Rekey(), mayFail: true);
        AssertReads(bob, Seal(alice, all), alice);
        AssertReads(mallory, Seal(alice, all), alice);
    }

    [Fact]
    public void Epochs_of_one_number_and_one_secret_in_two_groups_or_numbers_share_no_key()
    {
        byte[] secret = [.. Enumerable.Repeat((byte)3, 32)];
        (LiteGroupId Id, uint Number, LiteCipher Cipher)[] places =
        [
            (new(1), 5, LiteCipher.ChaCha20Poly1305), (new(2), 5, LiteCipher.ChaCha20Poly1305),
            (new(1), 6, LiteCipher.ChaCha20Poly1305), (new(1), 5, LiteCipher.AesCcm8),
        ];
        LiteEpoch[] roots = [.. places.Select(p => LiteEpoch.Derive(secret, p.Id, p.Number, p.Cipher, 0))];
        Assert.Equal(places.Length, roots.Select(e => Convert.ToHexString(e.Id)).Distinct().Count());
        Assert.Equal(places.Length, roots.Select(e => Convert.ToHexString(e.Subtrees[0].Secret)).Distinct().Count());
    }
}
