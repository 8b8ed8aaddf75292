using System.Security.Cryptography;
using System.Text;
using static QuicProChat.Mesh.MlsLite.Tests.World;

namespace QuicProChat.Mesh.MlsLite.Tests;

public class LiteExporterTests
{
    private static readonly byte[] Id = [1, 2, 3];

    [Fact]
    public void An_exporter_gives_all_members_the_same_group()
    {
        (LiteGroup alice, LiteGroup bob) = Twins();
        AssertReads(bob, Seal(alice, [bob]), alice);
        AssertReads(alice, SealSigned(bob, [alice]), bob);
    }

    [Fact]
    public void A_twin_that_is_made_twice_in_an_epoch_uses_no_key_twice()
    {
        (LiteGroup alice, LiteGroup bob) = Twins();
        LiteGroup again = Twins().Alice;
        byte[] one = Seal(alice, [bob]), two = Seal(again, [bob]);
        Assert.False(one.AsSpan(4, Text.Length).SequenceEqual(two.AsSpan(4, Text.Length)));
        AssertReads(bob, one, alice);
        AssertReads(bob, two, again);
    }

    [Fact]
    public void A_twin_follows_its_group_forward_only_and_keeps_what_it_read()
    {
        (LiteGroup alice, LiteGroup bob) = Twins();
        byte[] old = Seal(alice, [bob]);
        AssertReads(bob, old, alice);
        Assert.False(LiteExporter.TryFollow(alice, Export, Id, 7));
        Assert.False(LiteExporter.TryFollow(alice, Export, Id, 6));
        Assert.Throws<ArgumentException>(() => LiteExporter.TryFollow(alice, Export, [9], 8));
        Assert.Throws<ArgumentException>(() => LiteExporter.TryFollow(Pair().Alice, Export, Id, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => LiteExporter.TryFollow(alice, Export, Id, 1UL << 31));
        Assert.True(LiteExporter.TryFollow(alice, (l, c, o) => Export(l + "8", c, o), Id, 8));
        Assert.True(LiteExporter.TryFollow(bob, (l, c, o) => Export(l + "8", c, o), Id, 8));
        LiteSealed made = alice.Seal(Text);
        // Bob knows the stream from before: it goes along.
        Assert.Null(made.Introduction);
        AssertReads(bob, made.Message, alice);
        Assert.Equal(LiteError.ReplayedOrTooOld, bob.Open(old).Error);
        Assert.Equal(8u, bob.Epoch);
    }

    [Fact]
    public void In_a_twin_nobody_rekeys_says_hello_or_tells_who_is_a_member()
    {
        (LiteGroup alice, LiteGroup bob) = Twins();
        Assert.Throws<InvalidOperationException>(() => alice.Rekey());
        Assert.Throws<InvalidOperationException>(() => alice.Invite(out _));
        Assert.False(alice.NeedsRekey);
        Assert.Equal(LiteError.NotHere, bob.Open(Forge.Rekey(alice, bob, 8, new byte[32])).Error);
        Assert.Equal(LiteError.NotHere, bob.Open(Forge.Seal(alice, LiteMessageType.Hello, Key(1))).Error);
        Assert.Equal(LiteError.NotHere, bob.Open(Forge.Seal(alice, LiteMessageType.Roster, [5, .. Key(5)])).Error);
        Assert.Equal(2, bob.Members.Count);
        Assert.True(LiteGroup.TryLoad(Self(2), bob.Save(), out LiteGroup? loaded));
        Assert.True(loaded.FollowsMls);
    }

    [Fact]
    public void Members_up_to_index_254_are_heard_and_one_that_was_taken_out_is_not()
    {
        LiteGroup alice = Twin(1, 31), bob = Twin(2, 254);
        alice.AddMember(254, Key(2));
        bob.AddMember(31, Key(1));
        AssertReads(bob, Seal(alice, [bob]), alice);
        byte[] message = Seal(bob, [alice]);
        Assert.Equal(40 + 21, message.Length);
        AssertReads(alice, message, bob);
        byte[] late = Seal(bob, [alice]);
        alice.RemoveMember(254);
        Assert.Equal(LiteError.UnknownEpoch, alice.Open(late).Error);
        alice.AddMember(254, Key(3));
        Assert.NotEqual(LiteError.None, alice.Open(late).Error);
        Assert.Throws<ArgumentException>(() => alice.AddMember(31, Key(4)));
        Assert.Throws<ArgumentException>(() => alice.AddMember(4, new byte[32]));
        Assert.Throws<ArgumentOutOfRangeException>(() => alice.AddMember(255, Key(4)));
    }

    private static (LiteGroup Alice, LiteGroup Bob) Twins()
    {
        LiteGroup alice = Twin(1, 0), bob = Twin(2, 1);
        alice.AddMember(1, Key(2));
        bob.AddMember(0, Key(1));
        return (alice, bob);
    }

    private static LiteGroup Twin(byte seed, int leaf) =>
        LiteExporter.Derive(Self(seed), Export, Id, 7, "g", LiteCipher.ChaCha20Poly1305, leaf);

    private static void Export(string label, ReadOnlySpan<byte> context, Span<byte> output) =>
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(label), context, output);
}
