using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// A message whose signature holds, the state that it belongs to, and the key that it was encrypted with.
/// </summary>
/// <param name="State">The state.</param>
/// <param name="Content">What was signed.</param>
/// <param name="Ratchet">The sender's ratchet; null for a message in the clear.</param>
/// <param name="Peek">The key, to be consumed or released.</param>
internal readonly record struct Received(
    GroupEpoch State, AuthenticatedContent Content, HashRatchet? Ratchet, RatchetPeek Peek)
{
    /// <summary>Leaves the key where it is.</summary>
    internal void Release()
    {
        if (Ratchet is not null)
            HashRatchet.Release(Peek);
    }
}

/// <summary>
/// Unprotects messages and verifies who signed them, in one state (RFC 9420, sections 6.1 to 6.3). Changes nothing.
/// </summary>
internal static class MessageOpener
{
    /// <summary>Opens a message in either format in a live state.</summary>
    internal static MlsError Open(
        MlsEnvironment environment, GroupEpoch state, UnverifiedMessage message, out Received received)
    {
        received = default;
        if (message.Public is { } open)
        {
            MlsError error = VerifyPublic(environment, state, open);
            if (!error.Failed)
                received = new Received(state, open.Authenticated, null, default);
            return error;
        }
        PrivateMessage closed = message.Private!;
        return MessageProtection.TryOpenSenderData(state.Suite, state.Secrets.SenderDataSecret, closed,
            out SenderData senderData)
            ? OpenPrivate(environment.Policy, state, closed, senderData, out received)
            : Errors.At(MlsErrorCode.DecryptionFailed, "6.3.2");
    }

    /// <summary>Decrypts a message whose sender data were decrypted in a state.</summary>
    internal static MlsError OpenPrivate(
        GroupPolicy policy, GroupEpoch state, PrivateMessage message, SenderData senderData, out Received received)
    {
        received = default;
        LeafIndex sender = new(senderData.LeafIndex);
        if (state.Tree.Leaf(sender) is not { } leaf)
            return Errors.At(MlsErrorCode.InvalidSender, "6.3.2");
        if (sender == state.Self)
            return Errors.At(MlsErrorCode.OwnMessage, "6.3.2");
        bool handshake = message.ContentType != ContentType.Application;
        HashRatchet ratchet = state.SecretTree.Ratchet(sender, handshake);
        MlsError error = ratchet.Peek(
            state.Suite, senderData.Generation, policy.OutOfOrderOf(state.Tree.MemberCount), policy.ForwardWindow,
            out RatchetPeek peek);
        if (error.Failed)
            return error;
        error = MessageProtection.Open(state.Suite, peek.Key, senderData, message, out AuthenticatedContent content);
        if (!error.Failed && !content.VerifySignature(state.Suite, leaf.SignatureKey.Span, state.Context))
            error = Errors.At(MlsErrorCode.InvalidSignature, "6.1");
        if (error.Failed)
            HashRatchet.Release(peek);
        else
            received = new Received(state, content, ratchet, peek);
        return error;
    }

    /// <summary>Verifies a message in the clear in a live state.</summary>
    internal static MlsError VerifyPublic(MlsEnvironment environment, GroupEpoch state, PublicMessage message)
    {
        FramedContent content = message.Content;
        if (content.Sender.Type == SenderType.Member)
        {
            if (state.Tree.Leaf(new LeafIndex(content.Sender.Index)) is null)
                return Errors.At(MlsErrorCode.InvalidSender, "6.1");
            if (!message.VerifyMembershipTag(state.Suite, state.Context, state.Secrets.MembershipKey))
                return Errors.At(MlsErrorCode.InvalidMembershipTag, "6.2");
            if (content.Sender.Index == state.Self.Value)
                return Errors.At(MlsErrorCode.OwnMessage, "6.1");
        }
        MlsError error = SenderKey(environment, state, content, out ReadOnlyMemory<byte> key);
        if (error.Failed)
            return error;
        return message.Authenticated.VerifySignature(state.Suite, key.Span, state.Context)
            ? MlsError.None
            : Errors.At(MlsErrorCode.InvalidSignature, "6.1");
    }

    /// <summary>
    /// Whether only somebody at a state can have made a commit for it: by who could encrypt its sender data, or by its
    /// signature. Works in a settled state too.
    /// </summary>
    internal static bool IsFrom(GroupEpoch state, UnverifiedMessage commit)
    {
        if (commit.Private is { } closed)
        {
            return MessageProtection.TryOpenSenderData(
                state.Suite, state.Secrets.SenderDataSecret, closed, out SenderData senderData)
                && state.Tree.Leaf(new LeafIndex(senderData.LeafIndex)) is not null;
        }
        AuthenticatedContent content = commit.Public!.Authenticated;
        Sender sender = content.Content.Sender;
        ReadOnlyMemory<byte>? key = sender.Type switch
        {
            SenderType.Member => state.Tree.Leaf(new LeafIndex(sender.Index))?.SignatureKey,
            SenderType.NewMemberCommit => content.Content.Commit?.Path?.Leaf.SignatureKey,
            _ => null,
        };
        return key is { } known && content.VerifySignature(state.Suite, known.Span, state.Context);
    }

    /// <summary>Whether every member supports SelfRemove (draft-ietf-mls-extensions).</summary>
    internal static bool IsSelfRemoveCapable(GroupEpoch state) =>
        (state.Tree.Root.CredentialsSupported & CredentialMask.SelfRemove) != 0;

    // The key that has to have signed, and whether this kind of sender may send this (section 6.1).
    private static MlsError SenderKey(
        MlsEnvironment environment, GroupEpoch state, FramedContent content, out ReadOnlyMemory<byte> key)
    {
        MlsError invalid = Errors.At(MlsErrorCode.InvalidSender, "6.1");
        key = default;
        switch (content.Sender.Type)
        {
            case SenderType.Member:
                key = state.Tree.Leaf(new LeafIndex(content.Sender.Index))!.SignatureKey;
                return MlsError.None;
            case SenderType.External:
                if (content.Proposal is not { } proposal || !proposal.AllowedFromExternalSender)
                    return Errors.At(MlsErrorCode.InvalidSender, "12.1.8");
                if (!state.Context.Extensions.TryFind(ExtensionType.ExternalSenders, out ReadOnlyMemory<byte> data)
                    || !ExternalSender.TryParse(data, out ExternalSender[] senders)
                    || content.Sender.Index >= senders.Length)
                {
                    return Errors.At(MlsErrorCode.InvalidSender, "12.1.8.1");
                }
                key = senders[content.Sender.Index].SignatureKey;
                return MlsError.None;
            case SenderType.NewMemberProposal:
                if (content.Proposal is not AddProposal add)
                    return invalid;
                if (!environment.Validator.MayProposeItself(add.KeyPackage.Leaf.Credential))
                    return Errors.At(MlsErrorCode.InvalidCredential, "12.1.8");
                key = add.KeyPackage.Leaf.SignatureKey;
                return MlsError.None;
            case SenderType.NewMemberCommit:
            default:
                if (content.Commit is not { } commit)
                    return invalid;
                if (commit.Path is not { } path)
                    return Errors.At(MlsErrorCode.MissingPath, "12.4.3.2");
                key = path.Leaf.SignatureKey;
                return MlsError.None;
        }
    }
}
