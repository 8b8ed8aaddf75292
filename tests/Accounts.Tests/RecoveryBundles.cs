using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Contacts;
using QuicProChat.Mesh.Node.Accounts;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Recovery;
using QuicProChat.Mesh.Rpc.Connections;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>Recovery bundles as bytes.</summary>
public sealed class RecoveryBundles
{
    [Fact]
    public void What_was_sealed_opens_with_its_code_and_with_no_other()
    {
        using LocalIdentity identity = LocalIdentity.Generate(), friend = LocalIdentity.Generate();
        using RecoveryCode code = RecoveryCode.Generate(RandomSource.System), other = RecoveryCode.Generate(
            RandomSource.System);
        byte[] bundle = Make(identity, friend).Seal(code, RandomSource.System);
        Assert.Equal(0, (bundle.Length - 41) % 4096);
        Assert.True(RecoveryBundle.TryOpen(code, bundle, out RecoveryBundle? opened, out string? error), error);
        using (opened.Identity)
            Assert.Equal(identity.Address, opened.Identity.Address);
        AccountRecord account = Assert.Single(opened.Accounts);
        Assert.Equal(("example.org", "alice"), (account.Server, account.User));
        Assert.Equal(new byte[32], account.Token);
        Assert.Equal(friend.Address, Assert.Single(opened.Contacts.Names).Value);
        Assert.True(Assert.Single(opened.Contacts.People).IsVerified);
        Assert.False(RecoveryBundle.TryOpen(other, bundle, out opened, out error));
        Assert.Contains("does not open", error);
        Assert.NotEqual(RecoveryBundle.IdOf(code), RecoveryBundle.IdOf(other));
    }

    [Fact]
    public void A_bundle_that_is_cut_or_altered_anywhere_does_not_open_and_nothing_is_thrown()
    {
        using LocalIdentity identity = LocalIdentity.Generate(), friend = LocalIdentity.Generate();
        using RecoveryCode code = RecoveryCode.Generate(RandomSource.System);
        byte[] bundle = Make(identity, friend).Seal(code, RandomSource.System);
        for (int i = 0; i < bundle.Length; i++)
        {
            Assert.False(RecoveryBundle.TryOpen(code, bundle.AsSpan(0, i), out _, out string? error));
            Assert.NotNull(error);
            bundle[i] ^= 0x20;
            Assert.False(RecoveryBundle.TryOpen(code, bundle, out _, out error));
            Assert.NotNull(error);
            bundle[i] ^= 0x20;
        }

        Assert.False(RecoveryBundle.TryOpen(code, new byte[RecoveryBundle.MaxSize + 1], out _, out _));
    }

    private static RecoveryBundle Make(LocalIdentity identity, LocalIdentity friend)
    {
        Assert.True(ServerEndpoint.TryParse("example.org", out ServerEndpoint? endpoint, out _));
        return new RecoveryBundle(
            identity,
            [new AccountRecord
            {
                Endpoint = endpoint,
                User = "alice",
                Trusted = new string('a', 64),
                Token = new byte[32],
                ServerKey = friend.PublicKey.ToArray(),
            }],
            new BackupContent(
                [new("friend", friend.Address)], [new Contact(friend.PublicKey, IsVerified: true, null)], [], []));
    }
}
