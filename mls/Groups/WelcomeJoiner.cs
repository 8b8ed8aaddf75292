using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>What a Welcome comes to: a state of the group, who signed for it, and what it follows.</summary>
/// <param name="Epoch">The state, from the newcomer's leaf.</param>
/// <param name="Signer">The member whose commit added this client.</param>
/// <param name="SuccessorOf">The reinit or branch PSK by which the group proves to follow another; null if it follows
/// none.</param>
internal sealed record WelcomeResult(GroupEpoch Epoch, LeafIndex Signer, PreSharedKeyId? SuccessorOf);

/// <summary>Joining by Welcome (RFC 9420, section 12.4.3.1), in the order of the section.</summary>
internal sealed class WelcomeJoiner(MlsClient client)
{
    private readonly MlsEnvironment _environment = client.Environment;

    internal MlsError Join(
        UnverifiedWelcome welcome, KeyPackageRecord record, HpkeCiphertext encrypted,
        ReadOnlyMemory<byte>? suppliedTree,
        out WelcomeResult result)
    {
        result = null!;
        if (Suite.Find(welcome.CipherSuite) is not { } suite || record.KeyPackage.CipherSuite != welcome.CipherSuite)
            return Errors.At(MlsErrorCode.UnsupportedCipherSuite, "12.4.3.1");
        byte[]? plaintext = suite.DecryptWithLabel(
            record.InitKey, record.KeyPackage.InitKey.Span, "Welcome"u8, welcome.EncryptedGroupInfo.Span, encrypted);
        if (plaintext is null)
            return Errors.At(MlsErrorCode.DecryptionFailed, "12.4.3.1");
        try
        {
            MlsReader reader = new(plaintext);
            return GroupSecrets.TryRead(ref reader, out GroupSecrets secrets) && reader.AtEnd
                ? Join(suite, welcome, record, secrets, suppliedTree, out result)
                : Errors.Malformed("12.4.3.1");
        }
        finally
        {
            Secrets.Zero(plaintext);
        }
    }

    private MlsError Join(
        Suite suite, UnverifiedWelcome welcome, KeyPackageRecord record, GroupSecrets secrets,
        ReadOnlyMemory<byte>? suppliedTree, out WelcomeResult result)
    {
        result = null!;
        MlsError error = CheckPsks(suite, secrets, out PreSharedKeyId? successorOf);
        if (error.Failed)
            return error;
        error = PskResolver.Resolve(_environment, suite, secrets.Psks, client.FindResumption, out byte[] pskSecret);
        if (error.Failed)
            return error;
        byte[] member = KeySchedule.MemberSecret(suite, secrets.JoinerSecret.Span, pskSecret);
        Secrets.Zero(pskSecret);
        try
        {
            error = OpenGroupInfo(suite, welcome, member, out UnverifiedGroupInfo info);
            return error.Failed
                ? error
                : Join(suite, info, record, secrets, member, suppliedTree, successorOf, out result);
        }
        finally
        {
            Secrets.Zero(member);
        }
    }

    private MlsError Join(
        Suite suite, UnverifiedGroupInfo info, KeyPackageRecord record, GroupSecrets secrets, byte[] member,
        ReadOnlyMemory<byte>? suppliedTree, PreSharedKeyId? successorOf, out WelcomeResult result)
    {
        result = null!;
        MlsError error = JoinValidator.Check(
            _environment, suite, info, suppliedTree, out RatchetTree tree, out GroupRequirements requirements);
        LeafIndex self = default;
        if (!error.Failed)
            error = FindOwnLeaf(tree, record, out self);
        if (error.Failed)
            return error;
        PathKeys keys = PathKeys.ForLeaf((byte[])record.LeafKey.Clone());
        if (secrets.PathSecret is { } pathSecret)
            error = TakePathSecret(suite, tree, self, info.Signer, pathSecret.Span, keys);
        if (!error.Failed && !keys.Cover(tree, self))
            error = Errors.At(MlsErrorCode.InvalidPath, "12.4.3.1");
        if (error.Failed)
        {
            keys.Dispose();
            return error;
        }
        byte[] epochSecret = KeySchedule.EpochSecret(suite, member, info.Context.Encoded);
        GroupEpoch epoch = GroupEpoch.Start(suite, info.Context, requirements, tree, self, keys, epochSecret);
        if (!Secrets.Same(epoch.ConfirmationTag, info.ConfirmationTag.Span))
            error = Errors.At(MlsErrorCode.InvalidConfirmationTag, "12.4.3.1");
        else if (successorOf is not null)
            error = CheckSuccession(epoch, successorOf);
        if (error.Failed)
            epoch.Dispose();
        else
            result = new WelcomeResult(epoch, info.Signer, successorOf);
        return error;
    }

    private MlsError CheckSuccession(GroupEpoch epoch, PreSharedKeyId successorOf)
    {
        MlsError error = client.Open(successorOf.Id, out Group? old);
        if (!error.Failed && old is null)
            error = Errors.At(MlsErrorCode.UnknownPsk, "8.4");
        return error.Failed ? error : SuccessorRules.CheckJoined(_environment, epoch, successorOf, old!);
    }

    private static MlsError CheckPsks(Suite suite, GroupSecrets secrets, out PreSharedKeyId? successorOf)
    {
        successorOf = null;
        foreach (PreSharedKeyId psk in secrets.Psks)
        {
            if (psk.Nonce.Length != suite.HashSize)
                return Errors.At(MlsErrorCode.InvalidPsk, "8.4");
            if (!psk.IsReInitOrBranch)
                continue;
            if (successorOf is not null)
                return Errors.At(MlsErrorCode.InvalidPsk, "12.4.3.1");

            // A copy, because the buffer is zeroed.
            successorOf = PreSharedKeyId.Resumption(psk.Usage, psk.Id.ToArray(), psk.Epoch, psk.Nonce.ToArray());
        }
        return MlsError.None;
    }

    private static MlsError OpenGroupInfo(
        Suite suite, UnverifiedWelcome welcome, byte[] member, out UnverifiedGroupInfo info)
    {
        info = null!;
        ReadOnlySpan<byte> encrypted = welcome.EncryptedGroupInfo.Span;
        if (encrypted.Length < AeadCipher.TagSize)
            return Errors.Malformed("12.4.3.1");
        (byte[] key, byte[] nonce) = KeySchedule.WelcomeKey(suite, member);
        byte[] plaintext = new byte[encrypted.Length - AeadCipher.TagSize];
        bool opened = AeadCipher.TryOpen(suite.Aead, key, nonce, default, encrypted, plaintext);
        Secrets.Zero(key);
        Secrets.Zero(nonce);
        if (!opened)
            return Errors.At(MlsErrorCode.DecryptionFailed, "12.4.3.1");
        MlsReader reader = new(plaintext);
        return UnverifiedGroupInfo.TryRead(ref reader, out info) && reader.AtEnd ? MlsError.None
            : Errors.Malformed("12.4.3");
    }

    private static MlsError FindOwnLeaf(RatchetTree tree, KeyPackageRecord record, out LeafIndex self)
    {
        foreach ((LeafIndex index, LeafNode leaf) in tree.Members())
        {
            if (leaf.SameAs(record.KeyPackage.Leaf))
            {
                self = index;
                return MlsError.None;
            }
        }
        self = default;
        return Errors.At(MlsErrorCode.NotForThisClient, "12.4.3.1");
    }

    // The keys of all nodes from the common ancestor with the signer up to the root.
    private static MlsError TakePathSecret(
        Suite suite, RatchetTree tree, LeafIndex self, LeafIndex signer, ReadOnlySpan<byte> pathSecret, PathKeys keys)
    {
        MlsError invalid = Errors.At(MlsErrorCode.InvalidPath, "12.4.3.1");
        int ancestor = TreeMath.CommonAncestorLevel(self, signer);
        if (ancestor == 0 || pathSecret.Length != suite.HashSize)
            return invalid;
        PathStep[] steps = tree.FilteredPath(signer);
        int at = Array.FindIndex(steps, s => s.Level == ancestor);
        if (at < 0)
            return invalid;
        using PathSecrets secrets = PathSecrets.Derive(suite, pathSecret.ToArray(), steps.Length - at);
        for (int i = at; i < steps.Length; i++)
        {
            TreeNode node = RatchetTree.Descend(tree.Root, signer.Value, steps[i].Level);
            if (!node.EncryptionKey.Span.SequenceEqual(secrets.KeyPairs[i - at].PublicKey))
                return invalid;
            keys[steps[i].Level] = secrets.KeyPairs[i - at].PrivateKey;
        }
        return MlsError.None;
    }
}
