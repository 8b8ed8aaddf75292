using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Storage;

namespace QuicProChat.Mesh.Mls.Tests.Support;

/// <summary>
/// What a dishonest committer can put into a Welcome: it is opened with the newcomer's keys, changed, and closed again.
/// </summary>
internal static class WelcomeForge
{
    internal static byte[] WithoutPathSecret(TestClient owner, KeyPackage keyPackage, byte[] welcome) => Change(
        owner, keyPackage, welcome,
        secrets => new GroupSecrets(secrets.JoinerSecret, null, secrets.Psks), info => info);

    /// <summary>Changes the secrets and the GroupInfo of a Welcome for one newcomer, without PSKs.</summary>
    internal static byte[] Change(
        TestClient owner, KeyPackage keyPackage, byte[] welcome, Func<GroupSecrets, GroupSecrets> changeSecrets,
        Func<byte[], byte[]> changeInfo)
    {
        Suite suite = Suite.Require(owner.Identity.CipherSuite);
        UnverifiedWelcome parsed = UnverifiedWelcome.Parse(welcome).Value;
        byte[] record = owner.Store.Read(StoreKeys.KeyPackage(keyPackage.Reference.Span))!;
        KeyPackageRecord keys = KeyPackageRecord.Read(record)!;
        Assert.True(parsed.TryFind(keyPackage.Reference.Span, out HpkeCiphertext encrypted));
        byte[] plaintext = suite.DecryptWithLabel(
            keys.InitKey, keys.KeyPackage.InitKey.Span, "Welcome"u8, parsed.EncryptedGroupInfo.Span, encrypted)!;
        MlsReader reader = new(plaintext);
        Assert.True(GroupSecrets.TryRead(ref reader, out GroupSecrets secrets));
        byte[] member = KeySchedule.MemberSecret(suite, secrets.JoinerSecret.Span, suite.Zeros);
        (byte[] key, byte[] nonce) = KeySchedule.WelcomeKey(suite, member);
        byte[] info = new byte[parsed.EncryptedGroupInfo.Length - AeadCipher.TagSize];
        Assert.True(AeadCipher.TryOpen(suite.Aead, key, nonce, default, parsed.EncryptedGroupInfo.Span, info));

        info = changeInfo(info);
        byte[] sealedInfo = new byte[info.Length + AeadCipher.TagSize];
        AeadCipher.Seal(suite.Aead, key, nonce, default, info, sealedInfo);
        using MlsWriter writer = new();
        changeSecrets(secrets).Write(writer);
        Assert.True(suite.TryEncryptWithLabel(
            keys.KeyPackage.InitKey.Span, "Welcome"u8, sealedInfo, writer.Written, RandomSource.System,
            out HpkeCiphertext closed));
        return UnverifiedWelcome.CreateMessage(suite.Id, [new EncryptedGroupSecrets(keyPackage.Reference, closed)],
            sealedInfo);
    }
}
