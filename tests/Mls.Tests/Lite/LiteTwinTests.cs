using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.MlsLite;

namespace QuicProChat.Mesh.Mls.Tests.Lite;

/// <summary>The compact twin of a real MLS group.</summary>
public class LiteTwinTests
{
    private static readonly byte[] Text = "Meet at the old mill at nine, bring rope"u8.ToArray();

    [Theory]
    [InlineData(LiteCipher.ChaCha20Poly1305)]
    [InlineData(LiteCipher.AesCcm8)]
    public void The_members_of_a_real_MLS_group_derive_one_group_and_a_commit_gives_them_another_epoch_of_it(
        LiteCipher cipher)
    {
        TestClient alice = new("alice");
        TestClient bob = new("bob");
        Group[] groups = TestClient.GroupOf("g", alice, bob);
        LiteGroup a = Derive(groups[0], cipher, 0), b = Derive(groups[1], cipher, 1);
        Assert.Equal(a.EpochTag, b.EpochTag);
        Assert.Equal((uint)groups[0].Epoch, a.Epoch);
        AssertReads(b, a.Seal(Text), a);
        AssertReads(a, b.SealSigned(Text), b);

        groups[1].Follow(groups[0].Commit(new CommitRequest { ForcePath = true }).Value.Message);
        groups[0].MergePending();
        Assert.True(LiteExporter.TryFollow(a, groups[0].Export, groups[0].GroupId.Span, groups[0].Epoch));
        LiteSealed later = a.Seal(Text);
        Assert.NotEqual(LiteError.None, b.Open(later.Message).Error);
        Assert.True(LiteExporter.TryFollow(b, groups[1].Export, groups[1].GroupId.Span, groups[1].Epoch));
        Assert.Equal((a.Epoch, a.EpochTag), (b.Epoch, b.EpochTag));
        AssertReads(b, later, a);
        // The cipher is part of the context: one epoch never gives two ciphers the same keys.
        LiteCipher other = cipher == LiteCipher.AesCcm8 ? LiteCipher.ChaCha20Poly1305 : LiteCipher.AesCcm8;
        Assert.NotEqual(a.EpochTag, Derive(groups[0], other, 0).EpochTag);
    }

    private static LiteGroup Derive(Group group, LiteCipher cipher, int leaf)
    {
        var self = new LiteSelf(Identity((byte)(leaf + 1)), RandomSource.System, TimeProvider.System);
        LiteGroup twin = LiteExporter.Derive(self, group.Export, group.GroupId.Span, group.Epoch, "g", cipher, leaf);
        using LocalIdentity other = Identity((byte)(2 - leaf));
        twin.AddMember(1 - leaf, other.PublicKey.Span);
        return twin;
    }

    private static void AssertReads(LiteGroup reader, LiteSealed made, LiteGroup sender)
    {
        if (made.Introduction is { } introduction)
            Assert.Equal(LiteError.None, reader.Open(introduction.Message.Span).Error);
        LiteOutcome outcome = reader.Open(made.Message);
        Assert.Equal(LiteError.None, outcome.Error);
        Assert.Equal(sender.OwnIndex, outcome.Sender!.Index);
        Assert.Equal(Text, outcome.Text.ToArray());
    }

    private static LocalIdentity Identity(byte seed) => LocalIdentity.FromSeed([.. Enumerable.Repeat(seed, 32)]);
}
