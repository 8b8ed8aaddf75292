using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Lite;

namespace QuicProChat.Mesh.Mls.Tests.Lite;

public class LiteInvitationTests
{
    [Fact]
    public void An_invitation_survives_its_uri_and_a_typing_mistake_is_named()
    {
        byte[] key = new byte[32];
        Ed25519.KeyPairFromSeed(Enumerable.Repeat((byte)1, 32).ToArray(), key, new byte[64]);
        using LiteGroup alice = LiteGroup.Create("mühle", LiteCipher.AesCcm8, key);
        using LiteInvitation invitation = alice.Invite(key, out LiteReply? rekey);
        Assert.Null(rekey);
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
}
