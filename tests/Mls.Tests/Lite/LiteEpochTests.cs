using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Lite;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Lite;

/// <summary>Where secrets of epochs come from, and what a state that was not stored leaves behind.</summary>
public class LiteEpochTests
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes("Meet at the old mill at nine, bring rope");

    [Theory]
    [InlineData(LiteCipher.ChaCha20Poly1305)]
    [InlineData(LiteCipher.AesCcm8)]
    public void The_members_of_a_real_MLS_group_derive_one_group_and_a_commit_gives_them_another(LiteCipher cipher)
    {
        TestClient alice = new("alice");
        TestClient bob = new("bob");
        Group[] groups = TestClient.GroupOf("g", alice, bob);
        (LiteGroup a, LiteGroup b) = Derive(groups, cipher);
        Assert.Equal(a.EpochTag, b.EpochTag);
        Assert.Equal((uint)groups[0].Epoch, a.Epoch);
        AssertReads(b, a.Seal(Text), a);
        AssertReads(a, b.SealSigned(Text, Sign(2)), b);

        groups[1].Follow(groups[0].Commit(new CommitRequest { ForcePath = true }).Value.Message);
        groups[0].MergePending();
        (LiteGroup laterA, LiteGroup laterB) = Derive(groups, cipher);
        Assert.Equal(a.Epoch + 1, laterA.Epoch);
        byte[] later = laterA.Seal(Text);
        Assert.NotEqual(LiteError.None, b.Open(later).Error);
        AssertReads(laterB, later, laterA);
        // The cipher is part of the context: one epoch never gives two ciphers the same keys.
        LiteCipher other = cipher == LiteCipher.AesCcm8 ? LiteCipher.ChaCha20Poly1305 : LiteCipher.AesCcm8;
        Assert.NotEqual(laterA.NextChain(0), Derive(groups, other).Alice.NextChain(0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Whoever_was_invited_while_another_invitation_was_open_gets_into_the_epoch_of_all(int firstToJoin)
    {
        LiteGroup founder = LiteGroup.Create("g", LiteCipher.ChaCha20Poly1305, PublicKey(1));
        using LiteInvitation one = founder.Invite(PublicKey(1), out _);
        using LiteInvitation two = founder.Invite(PublicKey(1), out _);
        LiteInvitation[] order = firstToJoin == 0 ? [one, two] : [two, one];
        LiteGroup early = LiteGroup.Join(order[0], PublicKey(2), out LiteReply hello);
        Deliver([founder, early], hello);
        byte[] between = founder.Seal(Text);
        LiteGroup late = LiteGroup.Join(order[1], PublicKey(3), out hello);
        Deliver([founder, early, late], hello);

        AssertReads(early, between, founder);
        Assert.NotEqual(LiteError.None, late.Open(between).Error);
        LiteGroup[] all = [founder, early, late];
        foreach (LiteGroup writer in all)
        {
            byte[] message = writer.Seal(Text);
            foreach (LiteGroup reader in all.Where(g => g != writer))
                AssertReads(reader, message, writer);
        }
    }

    [Fact]
    public void A_group_that_goes_back_to_what_was_stored_never_gives_a_counter_out_again()
    {
        LiteGroup alice = LiteGroup.Create("g", LiteCipher.ChaCha20Poly1305, PublicKey(1));
        using LiteInvitation invitation = alice.Invite(PublicKey(1), out _);
        LiteGroup bob = LiteGroup.Join(invitation, PublicKey(2), out LiteReply hello);
        Deliver([alice, bob], hello);
        byte[] incoming = bob.Seal(Text);
        byte[] stored = alice.Save();
        byte[] lost = alice.Seal(Text);
        AssertReads(alice, incoming, bob);

        Assert.True(LiteGroup.TryLoad(stored, out LiteGroup? back));
        int before = back.Counter;
        back.KeepSpent(alice);

        Assert.Equal((before + 1, alice.CountersLeft), (back.Counter, back.CountersLeft));
        // What was read in between was not stored, so it is read again; what was written is not written again.
        AssertReads(back, incoming, bob);
        AssertReads(bob, back.Seal(Text), back);
        AssertReads(bob, lost, alice);
    }

    [Fact]
    public void At_the_last_epoch_hostile_numbers_are_refused_and_nothing_throws()
    {
        byte[] id = [1, 2, 3, 4, 5, 6, 7, 8], secret = [.. Enumerable.Repeat((byte)9, 32)];
        using LiteGroup victim = LiteGroup.FromSecret(id, "g", LiteCipher.ChaCha20Poly1305, secret, LiteConstants.MaxEpoch, 1, PublicKey(2));
        victim.AddMember(0, PublicKey(1));
        Assert.False(victim.HasNextEpoch);
        Assert.Throws<InvalidOperationException>(() => victim.Rekey());
        Assert.Throws<InvalidOperationException>(() => victim.Invite(PublicKey(2), out _));
        foreach (uint number in new[] { LiteConstants.MaxEpoch + 1, LiteConstants.MaxEpoch + 3, uint.MaxValue, 0u, LiteConstants.MaxEpoch - 1 })
            Assert.Equal(LiteError.Malformed, victim.Open(Rekey(number)).Error);

        // A second epoch of the last number is the limit of what can be said; a hello in the one that lost moves nobody on.
        Assert.Equal(LiteError.None, victim.Open(Rekey(LiteConstants.MaxEpoch)).Error);
        foreach (byte[] root in new[] { secret, Fresh })
        {
            LiteEpoch epoch = LiteEpoch.Derive(root, LiteConstants.MaxEpoch, LiteCipher.ChaCha20Poly1305);
            using LocalIdentity puppet = Identity(7);
            byte[] address = new byte[NodeAddress.Size];
            puppet.Address.Write(address);
            byte[] hello = epoch.Seal(id, 9, puppet.Address, LiteMessageType.Hello, address, puppet.PublicKey.Span);
            LiteOutcome outcome = victim.Open(hello);
            Assert.Contains(outcome.Error, new[] { LiteError.None, LiteError.ReplayedOrTooOld });
        }

        Assert.Equal(LiteConstants.MaxEpoch, victim.Epoch);

        byte[] Rekey(uint number)
        {
            LiteEpoch carrier = LiteEpoch.Derive(secret, LiteConstants.MaxEpoch, LiteCipher.ChaCha20Poly1305);
            for (int i = 0; i < _used; i++)
                _ = carrier.Seal(id, 0, NodeAddress.Of(PublicKey(1)), LiteMessageType.Text, default, "x"u8);
            _used++;
            byte[] content = new byte[36];
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(content, number);
            Fresh.CopyTo(content, 4);
            return carrier.Seal(id, 0, NodeAddress.Of(PublicKey(1)), LiteMessageType.Rekey, default, content);
        }
    }

    private static readonly byte[] Fresh = [.. Enumerable.Repeat((byte)77, 32)];

    private int _used;

    private static (LiteGroup Alice, LiteGroup Bob) Derive(Group[] groups, LiteCipher cipher)
    {
        LiteGroup a = LiteExporter.Derive(groups[0].Export, groups[0].GroupId.Span, groups[0].Epoch, "g", cipher, 0, PublicKey(1));
        LiteGroup b = LiteExporter.Derive(groups[1].Export, groups[1].GroupId.Span, groups[1].Epoch, "g", cipher, 1, PublicKey(2));
        a.AddMember(1, PublicKey(2));
        b.AddMember(0, PublicKey(1));
        return (a, b);
    }

    /// <summary>Brings a message, and what it causes, to whom it is for; what comes too early is tried again.</summary>
    private static void Deliver(LiteGroup[] groups, LiteReply first)
    {
        var queue = new Queue<(LiteReply Reply, LiteGroup To, int Tries)>();
        void Enqueue(LiteReply reply)
        {
            foreach (LiteGroup group in groups.Where(g => reply.To.Any(m => m.Index == g.OwnIndex)))
                queue.Enqueue((reply, group, 0));
        }

        Enqueue(first);
        while (queue.TryDequeue(out (LiteReply Reply, LiteGroup To, int Tries) next))
        {
            LiteOutcome outcome = next.To.Open(next.Reply.Message.Span);
            if (outcome.Error is LiteError.UnknownEpoch or LiteError.UnknownSender && next.Tries < 10)
                queue.Enqueue(next with { Tries = next.Tries + 1 });
            else
                Assert.Equal(LiteError.None, outcome.Error);
            foreach (LiteReply reply in outcome.Replies ?? [])
                Enqueue(reply);
        }
    }

    private static void AssertReads(LiteGroup reader, byte[] message, LiteGroup sender)
    {
        LiteOutcome outcome = reader.Open(message);
        Assert.Equal(LiteError.None, outcome.Error);
        Assert.Equal(sender.OwnIndex, outcome.Sender!.Index);
        Assert.Equal(Text, outcome.Text.ToArray());
    }

    private static LocalIdentity Identity(byte seed) => LocalIdentity.FromSeed([.. Enumerable.Repeat(seed, 32)]);

    private static byte[] PublicKey(byte seed)
    {
        using LocalIdentity identity = Identity(seed);
        return identity.PublicKey.ToArray();
    }

    private static LiteSigner Sign(byte seed) => (message, signature) =>
    {
        using LocalIdentity identity = Identity(seed);
        identity.Sign(message, signature);
    };
}
