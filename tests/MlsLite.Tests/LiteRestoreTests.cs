using QuicProChat.Mesh.Identity;
using static QuicProChat.Mesh.MlsLite.Tests.World;

namespace QuicProChat.Mesh.MlsLite.Tests;

/// <summary>No key is used for two messages, whatever becomes of the state in between.</summary>
public class LiteRestoreTests
{
    private static readonly byte[] Dawn = "attack at dawn"u8.ToArray();
    private static readonly byte[] Six = "retreat at six"u8.ToArray();

    public static TheoryData<LiteCipher> Ciphers => [LiteCipher.ChaCha20Poly1305, LiteCipher.AesCcm8];

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void States_that_were_put_back_share_no_key_and_are_heard(LiteCipher cipher)
    {
        (LiteGroup alice, LiteGroup bob) = Pair(cipher);
        byte[] backup = alice.Save();
        var streams = new HashSet<string>();
        int unheard = 0;
        for (int copy = 0; copy < 20; copy++)
        {
            LiteGroup restored = copy == 0 ? alice : Load(1, backup);
            byte[] text = copy % 2 == 0 ? Dawn : Six;
            LiteSealed plain = restored.Seal(text);
            byte[] signed = restored.SealSigned(text).Message;
            Assert.True(streams.Add(KeyStream(plain.Message, 4, text)), "a key was used twice");
            Assert.True(streams.Add(KeyStream(signed, 4 + Ed25519.SignatureSize, text)), "a key was used twice");
            if (plain.Introduction is { } introduction && bob.Open(introduction.Message.Span).Error != LiteError.None)
            {
                unheard++;
                continue;
            }

            AssertReads(bob, plain.Message, restored, text);
            AssertReads(bob, signed, restored, text);
        }

        // Two of them may draw one slot; more than that would be no chance.
        Assert.InRange(unheard, 0, 3);
    }

    [Fact]
    public void A_state_that_was_put_back_rekeys_invites_and_answers_with_other_keys()
    {
        LiteGroup[] all = Circle(3);
        byte[] backup = all[0].Save();
        byte[] secretOnce = [.. Enumerable.Repeat((byte)1, 32)];
        LiteReply[] first = [.. all[0].Rekey()], second = [.. Load(1, backup).Rekey()];
        // What is under the signature begins with the receiver and the epoch's number: the same in both.
        for (int i = 0; i < first.Length; i++)
        {
            Assert.Equal(first[i].To[0].Index, second[i].To[0].Index);
            byte[] content = [(byte)first[i].To[0].Index, 0, 0, 0, (byte)all[0].Epoch];
            int at = 2 + 1 + 1 + LiteStream.Size + 64;
            Assert.NotEqual(KeyStream(first[i].Message.ToArray(), at, content),
                KeyStream(second[i].Message.ToArray(), at, content));
        }
    }

    [Fact]
    public void An_invitation_that_is_used_again_after_leaving_gives_other_keys_and_the_member_is_heard()
    {
        LiteGroup alice = LiteGroup.Create(Self(1), "mill", LiteCipher.ChaCha20Poly1305);
        using LiteInvitation invitation = alice.Invite(out _);
        var streams = new HashSet<string>();
        for (int time = 0; time < 5; time++)
        {
            LiteGroup bob = LiteGroup.Join(Self(2), invitation, out LiteReply hello);
            Deliver([alice, bob], [hello]);
            byte[] message = bob.Seal(Dawn).Message;
            Assert.True(streams.Add(KeyStream(message, 4, Dawn)));
            AssertReads(alice, message, bob, Dawn);
        }
    }

    [Fact]
    public void An_epoch_that_was_given_up_and_brought_again_is_not_taken()
    {
        LiteGroup[] all = Circle(3);
        (LiteGroup alice, LiteGroup bob, LiteGroup mallory) = (all[0], all[1], all[2]);
        byte[] secret = [.. Enumerable.Repeat((byte)200, 32)];
        uint number = alice.Epoch + 1;
        foreach (LiteGroup victim in new[] { alice, bob })
            Assert.Equal(LiteError.None, victim.Open(Forge.Rekey(mallory, victim, number, secret)).Error);
        byte[] signed = SealSigned(alice, all);
        AssertReads(bob, signed, alice);
        Assert.Equal(LiteError.ReplayedOrTooOld, bob.Open(signed).Error);
        for (byte i = 0; i < 8; i++)
            Assert.Equal(LiteError.None,
                bob.Open(Forge.Rekey(mallory, bob, number + 1 + i, [.. Enumerable.Repeat(i, 32)])).Error);
        Assert.Equal(LiteError.UnknownEpoch, bob.Open(signed).Error);
        // With all its keys unused again, bob would read alice's words a second time.
        Assert.Equal(LiteError.None, bob.Open(Forge.Rekey(mallory, bob, number, secret)).Error);
        Assert.Equal(LiteError.UnknownEpoch, bob.Open(signed).Error);
        AssertReads(bob, alice.Save().Length > 0 ? SealIn(alice, all, bob) : [], alice);
    }

    [Fact]
    public void A_program_that_starts_often_begins_an_epoch_before_its_slots_run_out()
    {
        var time = new ManualTime();
        (LiteGroup alice, LiteGroup bob) = Pair(time: time);
        int starts = 0;
        while (!alice.NeedsRekey)
        {
            Assert.True(starts++ < 1000);
            AssertReads(bob, Seal(alice, [bob]), alice);
            time.Advance(TimeSpan.FromDays(1));
            alice = Load(1, alice.Save());
        }

        Assert.InRange(starts, 365, 600);
        Deliver([bob], alice.Rekey());
        Assert.False(alice.NeedsRekey);
        AssertReads(bob, Seal(alice, [bob]), alice);
        // Of all those streams a receiver keeps the last few, and its state stays small.
        Assert.InRange(bob.Save().Length, 1000, 20_000);
    }

    [Fact]
    public void One_that_never_rekeys_comes_to_its_end_without_using_a_key_twice()
    {
        (LiteGroup alice, LiteGroup bob) = Pair();
        var streams = new HashSet<string>();
        Exception? end = null;
        for (int i = 0; i < 3000 && end is null; i++)
        {
            alice = Load(1, alice.Save());
            end = Record.Exception(() => Assert.True(streams.Add(KeyStream(alice.Seal(Dawn).Message, 4, Dawn))));
        }

        Assert.IsType<InvalidOperationException>(end);
        Assert.InRange(streams.Count, 400, 3000);
        Deliver([alice], bob.Rekey());
        AssertReads(bob, Seal(alice, [bob]), alice);
    }

    private static byte[] SealIn(LiteGroup writer, LiteGroup[] all, LiteGroup reader)
    {
        // An epoch that both have: the writer begins one, and it reaches the reader where it was heard last.
        Deliver([reader], writer.Rekey(), mayFail: true);
        return Seal(writer, all);
    }

    private static LiteGroup Load(byte seed, byte[] state)
    {
        Assert.True(LiteGroup.TryLoad(Self(seed), state, out LiteGroup? group));
        return group;
    }

    private static string KeyStream(byte[] message, int at, byte[] text)
    {
        byte[] stream = new byte[text.Length];
        for (int i = 0; i < text.Length; i++)
            stream[i] = (byte)(message[at + i] ^ text[i]);
        return Convert.ToHexString(stream);
    }
}
