using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

// Receiving: unprotect (6.2, 6.3), verify the signature (6.1), then by content.
public sealed partial class Group
{
    /// <summary>Verifies a message and does what it asks, short of merging a commit.</summary>
    public MlsResult<Outcome> Process(UnverifiedMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Status != GroupStatus.Active)
            return Closed;
        if (!message.GroupId.Span.SequenceEqual(GroupId.Span))
            return Errors.At(MlsErrorCode.WrongGroup, "6");
        DropExpired();
        if (Pending is { } pending && message.Bytes.Span.SequenceEqual(pending.Message))
            return new Outcome.CommitStaged(pending.ToStaged(Current), isOwn: true);
        return message.Private is { } closed ? ProcessPrivate(closed) : ProcessPublic(message.Public!);
    }

    private MlsResult<Outcome> ProcessPublic(PublicMessage message)
    {
        FramedContent content = message.Content;
        if (content.ContentType == ContentType.Application)
            return Errors.At(MlsErrorCode.WrongWireFormat, "6");
        if (content.Epoch != Epoch)
            return Errors.At(MlsErrorCode.WrongEpoch, content.ContentType == ContentType.Commit ? "12.4.2" : "12.1");
        if (content.Sender.Type == SenderType.Member)
        {
            if (Current.Tree.Leaf(new LeafIndex(content.Sender.Index)) is null)
                return Errors.At(MlsErrorCode.InvalidSender, "6.1");
            if (!message.VerifyMembershipTag(Suite, Current.Context, Current.Secrets.MembershipKey))
                return Errors.At(MlsErrorCode.InvalidMembershipTag, "6.2");
            if (content.Sender.Index == Self.Value)
                return Errors.At(MlsErrorCode.OwnMessage, "6.1");
        }
        MlsError error = SenderKey(content, out ReadOnlyMemory<byte> key);
        if (error.Failed)
            return error;
        if (!message.Authenticated.VerifySignature(Suite, key.Span, Current.Context))
            return Errors.At(MlsErrorCode.InvalidSignature, "6.1");
        return content.ContentType == ContentType.Commit
            ? ProcessCommit(message.Authenticated)
            : StoreProposal(message.Authenticated, beforeSaving: null);
    }

    // The key that has to have signed, and whether this kind of sender may send this (section 6.1).
    private MlsError SenderKey(FramedContent content, out ReadOnlyMemory<byte> key)
    {
        MlsError invalid = Errors.At(MlsErrorCode.InvalidSender, "6.1");
        key = default;
        switch (content.Sender.Type)
        {
            case SenderType.Member:
                key = Current.Tree.Leaf(new LeafIndex(content.Sender.Index))!.SignatureKey;
                return MlsError.None;
            case SenderType.External:
                if (content.Proposal is not { } proposal || !proposal.AllowedFromExternalSender)
                    return Errors.At(MlsErrorCode.InvalidSender, "12.1.8");
                if (!Extensions.TryFind(ExtensionType.ExternalSenders, out ReadOnlyMemory<byte> data)
                    || !ExternalSender.TryParse(data, out ExternalSender[] senders) || content.Sender.Index >= senders.Length)
                {
                    return Errors.At(MlsErrorCode.InvalidSender, "12.1.8.1");
                }
                key = senders[content.Sender.Index].SignatureKey;
                return MlsError.None;
            case SenderType.NewMemberProposal:
                if (content.Proposal is not AddProposal add)
                    return invalid;
                if (!Environment.Validator.MayProposeItself(add.KeyPackage.Leaf.Credential))
                    return Errors.At(MlsErrorCode.InvalidCredential, "12.1.8");
                key = add.KeyPackage.Leaf.SignatureKey;
                return MlsError.None;
            default:
                if (content.Commit is not { } commit)
                    return invalid;
                if (commit.Path is not { } path)
                    return Errors.At(MlsErrorCode.MissingPath, "12.4.3.2");
                key = path.Leaf.SignatureKey;
                return MlsError.None;
        }
    }

    private MlsResult<Outcome> ProcessPrivate(PrivateMessage message)
    {
        bool handshake = message.ContentType != ContentType.Application;
        PastEpoch? past = null;
        if (message.Epoch != Epoch)
        {
            past = Past.Find(p => p.Context.Epoch == message.Epoch);
            if (past is null || handshake)
                return Errors.At(MlsErrorCode.WrongEpoch, handshake ? "12.4.2" : "15.3");
        }
        RatchetTree tree = past?.Tree ?? Current.Tree;
        GroupContext context = past?.Context ?? Current.Context;
        if (!MessageProtection.TryOpenSenderData(Suite, past?.SenderDataSecret ?? Current.Secrets.SenderDataSecret, message, out SenderData senderData))
            return Errors.At(MlsErrorCode.DecryptionFailed, "6.3.2");
        LeafIndex sender = new(senderData.LeafIndex);
        if (tree.Leaf(sender) is not { } leaf)
            return Errors.At(MlsErrorCode.InvalidSender, "6.3.2");
        if (past is null && sender == Self)
            return Errors.At(MlsErrorCode.OwnMessage, "6.3.2");

        GroupPolicy policy = Environment.Policy;
        HashRatchet ratchet = (past?.SecretTree ?? Current.SecretTree).Ratchet(sender, handshake);
        MlsError error = ratchet.Peek(Suite, senderData.Generation, policy.OutOfOrderWindow, policy.ForwardWindow, out RatchetPeek peek);
        if (error.Failed)
            return error;
        error = MessageProtection.Open(Suite, peek.Key, senderData, message, out AuthenticatedContent content);
        if (!error.Failed && !content.VerifySignature(Suite, leaf.SignatureKey.Span, context))
            error = Errors.At(MlsErrorCode.InvalidSignature, "6.1");
        if (error.Failed || content.Content.ContentType == ContentType.Commit)
        {
            // A commit's key goes with its whole epoch when it is merged; until then a crash must not make it unreadable.
            HashRatchet.Release(peek);
            return error.Failed ? error : ProcessCommit(content);
        }
        if (content.Content.ContentType == ContentType.Proposal)
        {
            MlsResult<Outcome> stored = StoreProposal(content, () => ratchet.Consume(peek, policy.OutOfOrderWindow));
            if (!stored.IsOk)
                HashRatchet.Release(peek);
            return stored;
        }
        ratchet.Consume(peek, policy.OutOfOrderWindow);
        SaveState();
        return new Outcome.ApplicationMessage(
            new Member(sender, leaf), message.Epoch, content.Content.ApplicationData, content.Content.AuthenticatedData);
    }

    private MlsResult<Outcome> StoreProposal(AuthenticatedContent content, Action? beforeSaving)
    {
        Proposal proposal = content.Content.Proposal!;
        Sender sender = content.Content.Sender;
        MlsError error = new ProposalValidator(Environment, Suite, Current.Context, Current.Tree).Check(proposal, sender);
        if (error.Failed)
            return error;
        byte[] reference = content.Reference(Suite);
        if (!Proposals.Exists(p => p.Resolved.Reference.Span.SequenceEqual(reference)))
        {
            if (!HasRoomFor(sender, content.Content.Encoded.Length))
                return Errors.At(MlsErrorCode.LimitExceeded, "12.1");
            Proposals.Add(ToStored(content, reference));
        }
        beforeSaving?.Invoke();
        Save(GroupState.StatePart(this), GroupState.ProposalsPart(this));
        Member? member = sender.Type == SenderType.Member
            ? new Member(new LeafIndex(sender.Index), Current.Tree.Leaf(new LeafIndex(sender.Index))!)
            : null;
        return new Outcome.ProposalStored(proposal, member);
    }

    // Bounded for each sender too, so that one cannot keep out what the others propose.
    private bool HasRoomFor(Sender sender, int size)
    {
        GroupPolicy policy = Environment.Policy;
        int own = 0;
        int bytes = size;
        foreach (StoredProposal stored in Proposals)
        {
            own += stored.Resolved.Sender == sender ? 1 : 0;
            bytes += stored.Content.Length;
        }
        return Proposals.Count < policy.MaxProposals && own < policy.MaxProposalsPerSender && bytes <= policy.MaxProposalBytes;
    }

    private static StoredProposal ToStored(AuthenticatedContent content, byte[] reference)
    {
        using Codec.MlsWriter writer = new();
        content.Write(writer);
        return new StoredProposal(
            new ResolvedProposal(content.Content.Proposal!, content.Content.Sender, reference, Checked: true), writer.ToArray());
    }

    private MlsResult<Outcome> ProcessCommit(AuthenticatedContent content)
    {
        Sender sender = content.Content.Sender;
        List<ResolvedProposal> proposals = new(content.Content.Commit!.Proposals.Length);
        HashSet<ReadOnlyMemory<byte>> references = new(BytesComparer.Instance);
        foreach (ProposalOrRef item in content.Content.Commit.Proposals)
        {
            if (item.Proposal is { } proposal)
            {
                proposals.Add(new ResolvedProposal(proposal, sender, default, Checked: false));
                continue;
            }
            if (sender.Type != SenderType.Member)
                return Errors.At(MlsErrorCode.InvalidProposalList, "12.4.3.2");
            StoredProposal? stored = Proposals.Find(p => p.Resolved.Reference.Span.SequenceEqual(item.Reference.Span));
            if (stored is null)
                return Errors.At(MlsErrorCode.UnknownProposal, "12.4");
            if (!references.Add(item.Reference))
                return Errors.At(MlsErrorCode.InvalidProposalList, "12.2");
            proposals.Add(stored.Resolved);
        }
        CommitReceiver receiver = new(Environment, Current, FindResumption)
        {
            OwnUpdateKey = reference => OwnUpdates.GetValueOrDefault(reference),
        };
        MlsError error = receiver.Process(content, proposals, out StagedCommit staged);
        return error.Failed ? error : new Outcome.CommitStaged(staged, isOwn: false);
    }

    private void DropExpired()
    {
        DateTimeOffset now = Environment.Time.GetUtcNow();
        if (!Past.Exists(p => p.Expires <= now))
            return;
        List<PastEpoch> expired = [.. Past.Where(p => p.Expires <= now)];
        Past.RemoveAll(expired.Contains);
        string group = StoreKey;
        Save([GroupState.StatePart(this), .. expired.Select(p => new StoreChange(StoreKeys.Epoch(group, p.Context.Epoch), null))]);
        foreach (PastEpoch past in expired)
            past.Dispose();
    }
}
