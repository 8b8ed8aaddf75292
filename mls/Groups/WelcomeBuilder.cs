using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// One Welcome for everybody that a commit adds, and GroupInfo (RFC 9420, sections 12.4.3 and 12.4.3.1).
/// </summary>
internal static class WelcomeBuilder
{
    /// <summary>Builds the Welcome; an error if a newcomer's init key is none that can be encrypted to.</summary>
    internal static MlsError Build(
        MlsEnvironment environment, GroupEpoch next, CommitPlan plan, AppliedProposals applied, OwnPath? path,
        ReadOnlyMemory<byte> joinerSecret, ReadOnlySpan<byte> memberSecret, out byte[]? welcome)
    {
        welcome = null;
        Suite suite = next.Suite;
        MlsIdentity signer = path is null ? plan.Signer : plan.Identity;
        byte[] groupInfo = GroupInfo(environment, next, signer, plan.IncludeTree, plan.IncludeExternalPub);
        (byte[] key, byte[] nonce) = KeySchedule.WelcomeKey(suite, memberSecret);
        byte[] encrypted = new byte[groupInfo.Length + AeadCipher.TagSize];
        AeadCipher.Seal(suite.Aead, key, nonce, default, groupInfo, encrypted);
        Secrets.Zero(key);
        Secrets.Zero(nonce);

        byte[] context = suite.EncryptionContext("Welcome"u8, encrypted);
        List<EncryptedGroupSecrets> entries = new(applied.Added.Count);
        foreach ((LeafIndex index, UnverifiedKeyPackage keyPackage) in applied.Added)
        {
            ReadOnlyMemory<byte>? pathSecret = null;
            if (path is not null)
                pathSecret = path.SecretFor(next.Self, index);
            GroupSecrets secrets = new(joinerSecret, pathSecret, [.. applied.Psks]);
            using MlsWriter writer = new();
            secrets.Write(writer);
            if (!suite.Hpke.TrySealIn(
                keyPackage.InitKey.Span, context, default, writer.Written, environment.Random,
                out HpkeCiphertext ciphertext))
            {
                return Errors.At(MlsErrorCode.InvalidKeyPackage, "10.1");
            }
            entries.Add(new EncryptedGroupSecrets(suite.KeyPackageRef(keyPackage.Encoded.Span), ciphertext));
        }
        welcome = UnverifiedWelcome.CreateMessage(suite.Id, entries, encrypted);
        return MlsError.None;
    }

    /// <summary>A signed GroupInfo, without the header of an MLSMessage.</summary>
    internal static byte[] GroupInfo(
        MlsEnvironment environment, GroupEpoch epoch, MlsIdentity signer, bool includeTree, bool includeExternalPub)
    {
        return UnverifiedGroupInfo.Create(epoch.Context, WriteExtensions, epoch.ConfirmationTag, epoch.Self,
            signer.Signer);

        void WriteExtensions(MlsWriter writer)
        {
            if (includeTree)
            {
                writer.UInt16(ExtensionType.RatchetTree);
                int mark = writer.Begin();
                epoch.Tree.Write(writer);
                writer.End(mark);
            }
            if (includeExternalPub)
            {
                byte[] publicKey = epoch.Secrets.ExternalKeyPair(epoch.Suite).PublicKey;
                writer.UInt16(ExtensionType.ExternalPub);
                int mark = writer.Begin();
                writer.Vector(publicKey);
                writer.End(mark);
            }
            if (environment.Policy.Grease)
                Grease.WriteExtension(writer, environment.Random);
        }
    }
}
