using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

// Receiving: find the state, unprotect (6.2, 6.3), verify the signature (6.1), then by content.
public sealed partial class Group
{
    /// <summary>
    /// Verifies a message and does what it asks, short of entering the state that a commit leads to. The message is
    /// taken for the state that proves to be its own, among those that are kept.
    /// </summary>
    public MlsResult<Outcome> Process(UnverifiedMessage message) => Process(message, []);

    /// <summary>
    /// The same for a commit that travels with the proposals that it refers to: whether it is valid then depends on
    /// nothing that this member happened to receive. The proposals are verified, and neither stored nor counted.
    /// </summary>
    /// <param name="message">The commit.</param>
    /// <param name="proposals">Proposals of its epoch; those that do not verify, or that were received before, are
    /// passed over.</param>
    public MlsResult<Outcome> Process(UnverifiedMessage message, IReadOnlyList<UnverifiedMessage> proposals)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(proposals);
        if (Status == GroupStatus.Removed)
            return Closed;
        if (!message.GroupId.Span.SequenceEqual(GroupId.Span))
            return Errors.At(MlsErrorCode.WrongGroup, "6");
        Expire();

        // What was said before a ReInit may still arrive, from the epochs that are kept.
        if (Status == GroupStatus.ReInitialised
            && (message.ContentType != ContentType.Application || !Core.WithNumber(message.Epoch).Any()))
        {
            return Closed;
        }
        if (Pending is { } pending && message.Bytes.Span.SequenceEqual(pending.Message))
            return new Outcome.CommitStaged(Echo(pending), isOwn: true);
        MlsError error = message.Private is { } closed
            ? OpenPrivate(closed, out Received received)
            : OpenPublic(message.Public!, out received);
        if (error.Failed)
            return error;
        switch (received.Content.Content.ContentType)
        {
            case ContentType.Commit:
                // A commit's key goes with its state; until the commit is followed, a crash must not make it
                // unreadable.
                received.Release();
                return ProcessCommit(received, CommitLog.HashOf(message.Bytes.Span), proposals);
            case ContentType.Proposal:
                MlsResult<Outcome> stored = StoreProposal(received);
                if (!stored.IsOk)
                    received.Release();
                return stored;
            default:
                return TakeData(received);
        }
    }

    /// <summary>Tells what a commit is to this member, without processing it.</summary>
    public CommitStanding Classify(UnverifiedMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        CommitStanding unknown = new(CommitKind.Unknown, null, null, IsAuthentic: false);
        if (Status == GroupStatus.Removed || message.ContentType != ContentType.Commit
            || !message.GroupId.Span.SequenceEqual(GroupId.Span))
        {
            return unknown;
        }
        if (Pending is { } pending && message.Bytes.Span.SequenceEqual(pending.Message))
            return new CommitStanding(CommitKind.Own, Current.Id, pending.State, IsAuthentic: true);
        if (Core.Log.FindMessage(CommitLog.HashOf(message.Bytes.Span)) is { } record)
        {
            CommitKind known = record.IsOwn ? CommitKind.Own : CommitKind.Duplicate;
            return new CommitStanding(known, record.Parent, record.Child, IsAuthentic: true);
        }
        GroupEpoch? parent = Parents(message).FirstOrDefault(state => MessageOpener.IsFrom(state, message));
        bool authentic = parent is not null;
        parent ??= Core.WithNumber(message.Epoch).FirstOrDefault();
        if (parent is not null)
        {
            CommitKind kind = parent.Trace.Standing == StateStanding.Live && (parent == Current || HasForks)
                ? CommitKind.Next
                : CommitKind.Rival;
            return new CommitStanding(kind, parent.Id, null, authentic);
        }
        return message.Epoch < Epoch && Core.Log.FindParent(message.Epoch, Current.Id) is { } left
            ? new CommitStanding(CommitKind.Rival, left, null, IsAuthentic: false)
            : unknown;
    }

    private bool HasForks => Environment.Policy.ForkEpochs > 0;

    private IEnumerable<GroupEpoch> Parents(UnverifiedMessage message) => Core.WithNumber(message.Epoch);

    private MlsError OpenPublic(PublicMessage message, out Received received)
    {
        received = default;
        FramedContent content = message.Content;
        if (content.ContentType == ContentType.Application)
            return Errors.At(MlsErrorCode.WrongWireFormat, "6");
        if (content.Sender.Type == SenderType.Member && content.Proposal is not SelfRemoveProposal
            && Environment.Policy.IncomingHandshakes == HandshakeFormats.PrivateOnly)
        {
            return Errors.At(MlsErrorCode.WrongWireFormat, "6");
        }

        // Siblings have one number; the right one is where the message verifies, and the tip's error tells most.
        MlsError first =
            Errors.At(MlsErrorCode.WrongEpoch, content.ContentType == ContentType.Commit ? "12.4.2" : "12.1");
        bool any = false;
        foreach (GroupEpoch state in Core.WithNumber(content.Epoch))
        {
            if (state.Trace.Standing != StateStanding.Live)
                continue;
            MlsError error = MessageOpener.VerifyPublic(Environment, state, message);
            if (!error.Failed)
            {
                received = new Received(state, message.Authenticated, null, default);
                return error;
            }
            if (!any)
                first = error;
            any = true;
        }
        return first;
    }

    private MlsError OpenPrivate(PrivateMessage message, out Received received)
    {
        received = default;
        bool handshake = message.ContentType != ContentType.Application;
        if (handshake && Environment.Policy.IncomingHandshakes == HandshakeFormats.PublicOnly)
            return Errors.At(MlsErrorCode.WrongWireFormat, "6");
        bool any = false;
        foreach (GroupEpoch state in Core.WithNumber(message.Epoch))
        {
            if (handshake && state.Trace.Standing != StateStanding.Live)
                continue;
            any = true;
            if (MessageProtection.TryOpenSenderData(
                state.Suite, state.Secrets.SenderDataSecret, message, out SenderData senderData))
            {
                return MessageOpener.OpenPrivate(Environment.Policy, state, message, senderData, out received);
            }
        }
        return any
            ? Errors.At(MlsErrorCode.DecryptionFailed, "6.3.2")
            : Errors.At(MlsErrorCode.WrongEpoch, handshake ? "12.4.2" : "15.3");
    }

    private MlsResult<Outcome> TakeData(Received received)
    {
        GroupEpoch state = received.State;
        LeafIndex sender = new(received.Content.Content.Sender.Index);
        LeafNode leaf = state.Tree.Leaf(sender)!;
        uint generation = received.Peek.Key.Generation;
        Change(core =>
        {
            received.Ratchet!.Consume(received.Peek, Environment.Policy.OutOfOrderOf(state.Tree.MemberCount));
            return new GroupWriter(StoreKey, core).Ratchets(state);
        });
        return new Outcome.ApplicationMessage(new Member(sender, leaf), received.Content.Content, state.Id)
        {
            Generation = generation,
            IsFromFormerMember = state != Current && !IsStillMember(leaf),
        };
    }

    // By signature key, because a place may have been given to somebody else, and keys of other kinds are renewed.
    private bool IsStillMember(LeafNode sender)
    {
        foreach ((_, LeafNode leaf) in Current.Tree.Members())
        {
            if (leaf.SignatureKey.Span.SequenceEqual(sender.SignatureKey.Span)
                || leaf.EncodedCredential.Span.SequenceEqual(sender.EncodedCredential.Span))
            {
                return true;
            }
        }
        return false;
    }

    private MlsResult<Outcome> StoreProposal(Received received)
    {
        GroupEpoch state = received.State;
        AuthenticatedContent content = received.Content;
        MlsError error = Resolve(state, content, out ResolvedProposal resolved);
        if (error.Failed)
            return error;
        StoredProposal stored = new(resolved, StoredProposal.Encode(content));
        bool known = state.Waiting.Find(resolved.Reference.Span) is not null;
        if (!known && !state.Waiting.HasRoomFor(Environment.Policy, resolved.Sender, stored.Content.Length))
            return Errors.At(MlsErrorCode.LimitExceeded, "12.1");
        Change(core =>
        {
            if (!known)
                state.Waiting.Items.Add(stored);
            received.Ratchet?.Consume(received.Peek, Environment.Policy.OutOfOrderOf(state.Tree.MemberCount));
            return new GroupWriter(StoreKey, core).Secrets(state).Proposals(state);
        });
        return new Outcome.ProposalStored(CommitSummaries.Describe(resolved, state.Tree), state.Id);
    }

    // A proposal whose message was verified: is it valid, and do the rules allow it?
    private MlsError Resolve(GroupEpoch state, AuthenticatedContent content, out ResolvedProposal resolved)
    {
        resolved = null!;
        Proposal proposal = content.Content.Proposal!;
        if (proposal is SelfRemoveProposal && content.WireFormat != WireFormat.PublicMessage)
            return Errors.At(MlsErrorCode.WrongWireFormat, "6");
        MlsError error = ProposalValidator.For(Environment, state).Check(proposal, content.Content.Sender);
        if (error.Failed)
            return error;
        resolved = StoredProposal.Resolve(content, content.Reference(state.Suite));
        return RulesFor.Check(Environment, resolved, GroupState.Of(state), state.Tree);
    }

    private MlsResult<Outcome> ProcessCommit(Received received, UInt128 hash, IReadOnlyList<UnverifiedMessage> attached)
    {
        GroupEpoch state = received.State;
        Sender sender = received.Content.Content.Sender;
        if (Core.Log.ChildrenOf(state.Id) >= Environment.Policy.MaxChildren)
            return Errors.At(MlsErrorCode.LimitExceeded, "14");
        MlsError error = ResolveAll(state, received.Content.Content, attached, out List<ResolvedProposal> proposals);
        if (error.Failed)
            return error;
        CommitReceiver receiver = new(Environment, state, id => FindResumption(state, id));
        error = receiver.Process(received.Content, proposals, out CommitResult result);
        if (error.Failed)
            return error;
        if (result.Next is { } next && FindIdentity(next) is null)
        {
            next.Dispose();
            return Errors.At(MlsErrorCode.InvalidState, "");
        }
        if (Core.Find(result.State) is null && Core.Log.FindChild(result.State) is not null)
        {
            // Its ratchets would begin anew.
            result.Next?.Dispose();
            return Errors.At(MlsErrorCode.KeyConsumed, "9.2");
        }
        return new Outcome.CommitStaged(new StagedCommit(this, result, hash, isOwn: false), isOwn: false);
    }

    private MlsError ResolveAll(
        GroupEpoch state, FramedContent content, IReadOnlyList<UnverifiedMessage> attached,
        out List<ResolvedProposal> proposals)
    {
        proposals = new(content.Commit!.Proposals.Length);
        HashSet<ReadOnlyMemory<byte>> references = new(BytesComparer.Instance);
        List<ResolvedProposal> others = OpenAttached(state, attached);
        foreach (ProposalOrRef item in content.Commit.Proposals)
        {
            if (item.Proposal is { } proposal)
            {
                proposals.Add(new ResolvedProposal(proposal, content.Sender, default, Checked: false));
                continue;
            }
            ResolvedProposal? found = state.Waiting.Find(item.Reference.Span)?.Resolved
                ?? others.Find(p => p.Reference.Span.SequenceEqual(item.Reference.Span));

            // All that an external commit may refer to is a SelfRemove, which not every group is capable of.
            bool allowed = content.Sender.Type == SenderType.Member
                || (found is null ? MessageOpener.IsSelfRemoveCapable(state) : found.Proposal is SelfRemoveProposal);
            if (!allowed)
                return Errors.At(MlsErrorCode.InvalidProposalList, "12.4.3.2");
            if (found is null)
                return Errors.At(MlsErrorCode.UnknownProposal, "12.4");
            if (!references.Add(item.Reference))
                return Errors.At(MlsErrorCode.InvalidProposalList, "12.2");
            proposals.Add(found);
        }
        return MlsError.None;
    }

    private List<ResolvedProposal> OpenAttached(GroupEpoch state, IReadOnlyList<UnverifiedMessage> attached)
    {
        List<ResolvedProposal> list = [];
        foreach (UnverifiedMessage message in attached)
        {
            if (message.ContentType != ContentType.Proposal || message.Epoch != state.Number
                || !message.GroupId.Span.SequenceEqual(GroupId.Span)
                || MessageOpener.Open(Environment, state, message, out Received received).Failed)
            {
                continue;
            }
            received.Release();
            if (!Resolve(state, received.Content, out ResolvedProposal resolved).Failed)
                list.Add(resolved);
        }
        return list;
    }
}
