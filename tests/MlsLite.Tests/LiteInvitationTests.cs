namespace QuicProChat.Mesh.MlsLite.Tests;

public class LiteInvitationTests
{
    [Fact]
    public void An_invitation_survives_its_uri_and_a_typing_mistake_is_named()
    {
        using LiteGroup alice = LiteGroup.Create(World.Self(1), "mühle", LiteCipher.AesCcm8);
        using LiteInvitation invitation = alice.Invite(out IReadOnlyList<LiteReply> rekeys);
        Assert.Empty(rekeys);
        string uri = invitation.ToUri();
        Assert.True(LiteInvitation.TryParse($" {uri}\n", out LiteInvitation? read, out _));
        Assert.Equal("mühle", read.Name);
        Assert.Equal(uri, read.ToUri());
        for (int i = "qpc-lite:".Length; i < uri.Length; i++)
        {
            char other = uri[i] == 'A' ? 'B' : 'A';
            Assert.False(LiteInvitation.TryParse(uri[..i] + other + uri[(i + 1)..], out _, out string? error));
            Assert.NotEmpty(error);
            Assert.False(LiteInvitation.TryParse(uri[..i], out _, out _));
        }
    }

    [Fact]
    public void An_invitation_with_a_key_an_epoch_or_a_name_that_no_honest_program_makes_is_refused()
    {
        byte[] key = World.Key(1);
        Assert.True(Parses(LiteConstants.MaxEpoch, key, "mühle und wald"));
        Assert.True(Parses(0, key, ""));
        Assert.False(Parses(LiteConstants.MaxEpoch + 1, key, "mill"));
        Assert.False(Parses(uint.MaxValue, key, "mill"));
        Assert.False(Parses(0, new byte[32], "mill"));
        Assert.False(Parses(0, [1, .. new byte[31]], "mill"));
        Assert.False(Parses(0, [.. Enumerable.Repeat((byte)0xFF, 32)], "mill"));
        foreach (string name in new[] { "mi\u202ell", "mi\u200bll", "mi\u200dll", "mi\u2066ll", "mi\nll",
            "mi\u001b[2Jll", "\ufeffmill", "mill\u200d" })
            Assert.False(Parses(0, key, name), name);

        static bool Parses(uint epoch, byte[] key, string name)
        {
            using var made = new LiteInvitation(LiteCipher.AesCcm8, default, epoch, new byte[32], 7, 0, key, name);
            bool parsed = LiteInvitation.TryParse(made.ToUri(), out LiteInvitation? read, out string? error);
            Assert.Equal(parsed, error is null);
            read?.Dispose();
            return parsed;
        }
    }
}
