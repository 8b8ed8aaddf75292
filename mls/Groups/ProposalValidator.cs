using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>Whether a proposal is valid by itself in an epoch (RFC 9420, section 12.1).</summary>
internal sealed class ProposalValidator(MlsEnvironment environment, Suite suite, GroupContext context, RatchetTree tree)
{
    private readonly LeafValidator _leaves = new(environment, suite);

    /// <summary>The extensions that the group has already; null for one that is new to this client.</summary>
    internal ExtensionList? KnownExtensions { get; init; }

    /// <summary>
    /// True while a group is created as the successor of another, where resumption PSKs of that kind belong.
    /// </summary>
    internal bool AllowSuccessorPsk { get; init; }

    internal static ProposalValidator For(MlsEnvironment environment, GroupEpoch state) =>
        new(environment, state.Suite, state.Context, state.Tree) { KnownExtensions = state.Context.Extensions };

    internal MlsError Check(Proposal proposal, Sender sender) => proposal switch
    {
        AddProposal add => CheckKeyPackage(add.KeyPackage, sending: false),
        UpdateProposal update => CheckUpdate(update.Leaf, sender),
        RemoveProposal remove => tree.Leaf(remove.Removed) is null ? Errors.At(MlsErrorCode.InvalidProposal, "12.1.3")
            : MlsError.None,
        PreSharedKeyProposal psk => CheckPsk(psk.Psk),
        ReInitProposal reInit => reInit.Version < Protocol.Version ? Errors.At(MlsErrorCode.InvalidProposal, "12.1.5")
            : MlsError.None,
        ExternalInitProposal => sender.Type == SenderType.NewMemberCommit
            ? MlsError.None
            : Errors.At(MlsErrorCode.InvalidProposal, "12.1.6"),
        GroupContextExtensionsProposal extensions => CheckExtensions(extensions.Extensions),
        SelfRemoveProposal => CheckSelfRemove(sender),
        _ => Errors.At(MlsErrorCode.UnsupportedProposal, "12.1"),
    };

    /// <summary>Section 10.1.</summary>
    /// <param name="keyPackage">The key package.</param>
    /// <param name="sending">Whether this client is about to use it, so that its lifetime must hold now.</param>
    internal MlsError CheckKeyPackage(UnverifiedKeyPackage keyPackage, bool sending)
    {
        if (keyPackage.Version != Protocol.Version)
            return Errors.At(MlsErrorCode.UnsupportedVersion, "10.1");
        if (keyPackage.CipherSuite != suite.Id)
            return Errors.At(MlsErrorCode.UnsupportedCipherSuite, "10.1");
        LeafNode leaf = keyPackage.Leaf;
        if (leaf.Source != LeafNodeSource.KeyPackage)
            return Errors.At(MlsErrorCode.InvalidLeafNode, "7.3");
        if (keyPackage.InitKey.Span.SequenceEqual(leaf.EncryptionKey.Span)
            || !suite.Kem.IsValidPublicKey(keyPackage.InitKey.Span))
            return Errors.At(MlsErrorCode.InvalidKeyPackage, "10.1");
        MlsError error = _leaves.Check(
            leaf, default, default, sending || environment.Policy.CheckReceivedLifetimes, CredentialUse.Member);
        if (error.Failed)
            return error;
        return keyPackage.VerifySignature(suite) ? MlsError.None : Errors.At(MlsErrorCode.InvalidSignature, "10.1");
    }

    /// <summary>The form of an own key package that is about to be published.</summary>
    internal MlsError CheckOwnKeyPackage(UnverifiedKeyPackage keyPackage, Signer signer)
    {
        MlsError error = _leaves.CheckForm(keyPackage.Leaf, checkLifetime: false);
        if (error.Failed || !signer.IsForeign)
            return error;
        return keyPackage.VerifySignature(suite) && keyPackage.Leaf.VerifySignature(suite, default, default)
            ? MlsError.None
            : Errors.At(MlsErrorCode.InvalidSignature, "10.1");
    }

    private MlsError CheckUpdate(LeafNode leaf, Sender sender)
    {
        LeafIndex index = new(sender.Index);
        if (sender.Type != SenderType.Member || tree.Leaf(index) is not { } current)
            return Errors.At(MlsErrorCode.InvalidSender, "12.1.2");
        return CheckReplacement(leaf, current, index, LeafNodeSource.Update, "12.1.2", CredentialUse.Replacement);
    }

    /// <summary>A leaf that takes the place of another: in an Update, in the path of a commit, in a resync.</summary>
    internal MlsError CheckReplacement(
        LeafNode leaf, LeafNode current, LeafIndex index, LeafNodeSource source, string section, CredentialUse use)
    {
        MlsError error = CheckSuccession(leaf, current, source, section);
        if (error.Failed)
            return error;

        // What was judged when the member came in is not judged again (section 5.3.1).
        bool known = leaf.EncodedCredential.Span.SequenceEqual(current.EncodedCredential.Span)
            && leaf.SignatureKey.Span.SequenceEqual(current.SignatureKey.Span);
        return _leaves.Check(leaf, context.GroupId.Span, index, checkLifetime: false, known ? null : use);
    }

    /// <summary>The leaf of a client that joins by external commit.</summary>
    internal MlsError CheckExternalJoiner(LeafNode leaf, LeafIndex index, LeafNode? removed)
    {
        if (!environment.Validator.MayJoinExternally(leaf.Credential, removed?.Credential))
            return Errors.At(MlsErrorCode.InvalidCredential, "12.4.3.2");
        if (removed is not null)
            return CheckReplacement(leaf, removed, index, LeafNodeSource.Commit, "12.2", CredentialUse.ExternalJoin);
        return leaf.Source == LeafNodeSource.Commit
            ? _leaves.Check(leaf, context.GroupId.Span, index, checkLifetime: false, CredentialUse.ExternalJoin)
            : Errors.At(MlsErrorCode.InvalidLeafNode, "7.3");
    }

    /// <summary>
    /// An own leaf that is about to be sent. All that others will check is checked, but for the truth of one's own
    /// credential; the signature only where it was made elsewhere.
    /// </summary>
    /// <param name="leaf">The leaf.</param>
    /// <param name="current">The own leaf that it replaces; null for none.</param>
    /// <param name="index">Its place.</param>
    /// <param name="signer">Who signed it.</param>
    internal MlsError CheckOwn(LeafNode leaf, LeafNode? current, LeafIndex index, Signer signer)
    {
        MlsError error = current is null ? MlsError.None : CheckSuccession(leaf, current, leaf.Source, "12.4.1");
        if (!error.Failed)
            error = _leaves.CheckForm(leaf, checkLifetime: false);
        if (!error.Failed)
            error = _leaves.CheckCertificate(leaf.Credential, leaf.SignatureKey);
        if (error.Failed || !signer.IsForeign)
            return error;
        ReadOnlySpan<byte> groupId = leaf.Source == LeafNodeSource.KeyPackage ? default : context.GroupId.Span;
        return leaf.VerifySignature(suite, groupId, index)
            ? MlsError.None
            : Errors.At(MlsErrorCode.InvalidSignature, "7.3");
    }

    private MlsError CheckSuccession(LeafNode leaf, LeafNode current, LeafNodeSource source, string section)
    {
        if (leaf.Source != source)
            return Errors.At(MlsErrorCode.InvalidLeafNode, "7.3");
        if (leaf.EncryptionKey.Span.SequenceEqual(current.EncryptionKey.Span))
            return Errors.At(MlsErrorCode.DuplicateKey, section);
        if (leaf.EncodedCredential.Span.SequenceEqual(current.EncodedCredential.Span))
            return MlsError.None;
        Verdict verdict = environment.Validator.JudgeSuccessor(current.Credential, leaf.Credential);
        return Errors.Of(verdict, MlsErrorCode.InvalidCredential, "5.3.1");
    }

    // A group is capable of it if every member is (draft-ietf-mls-extensions).
    private MlsError CheckSelfRemove(Sender sender)
    {
        if (sender.Type != SenderType.Member || tree.Leaf(new LeafIndex(sender.Index)) is null)
            return Errors.At(MlsErrorCode.InvalidSender, "12.1");
        return (tree.Root.CredentialsSupported & CredentialMask.SelfRemove) != 0
            ? MlsError.None
            : Errors.At(MlsErrorCode.UnsupportedProposal, "12.1");
    }

    private MlsError CheckPsk(PreSharedKeyId psk)
    {
        if (psk.Nonce.Length != suite.HashSize || (psk.IsReInitOrBranch && !AllowSuccessorPsk))
            return Errors.At(MlsErrorCode.InvalidPsk, "12.1.4");
        return MlsError.None;
    }

    /// <summary>
    /// The form of a group context's extensions, and the credentials of external senders in them, but for those that
    /// the group has already.
    /// </summary>
    internal MlsError CheckExtensions(ExtensionList extensions)
    {
        MlsError error = GroupRequirements.TryParse(extensions, out _);
        if (error.Failed)
            return error;
        if (!extensions.TryFind(ExtensionType.ExternalSenders, out ReadOnlyMemory<byte> data))
            return MlsError.None;
        if (!ExternalSender.TryParse(data, out ExternalSender[] senders))
            return Errors.At(MlsErrorCode.InvalidExtension, "12.1.8.1");
        ExternalSender[] known = [];
        if (KnownExtensions?.TryFind(ExtensionType.ExternalSenders, out ReadOnlyMemory<byte> before) == true)
            ExternalSender.TryParse(before, out known);
        foreach (ExternalSender sender in senders)
        {
            if (Array.Exists(known, k => k.SameAs(sender)))
                continue;
            error = _leaves.CheckCredential(sender.Credential, sender.SignatureKey, CredentialUse.ExternalSender);
            if (error.Failed)
                return error;
        }
        return MlsError.None;
    }
}
