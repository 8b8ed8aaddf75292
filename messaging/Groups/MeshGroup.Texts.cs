using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Twins;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>Texts, which belong to the conversation and not to an epoch.</content>
internal sealed partial class MeshGroup
{
    /// <summary>
    /// Epochs after which a text is sealed again though its state is on the way: its keys will soon be gone.
    /// </summary>
    private const int SealAgainAfter = GroupSelf.PastEpochs - 2;

    /// <summary>
    /// Generations that are set apart with one write that the disk is waited for. Whoever receives looks further ahead.
    /// </summary>
    private const uint BlockOfGenerations = 32;

    /// <summary>
    /// Whoever is heard of and has not proved for so long that it has a text gets it again, ever more seldom.
    /// </summary>
    private static readonly TimeSpan SealAgainAge = TimeSpan.FromMinutes(30);

    /// <summary>The group was loaded: of the block that was set apart any may have been used.</summary>
    private bool _leavesOutRest;

    /// <summary>Seals a text for all other members.</summary>
    /// <returns>Its id; null if this node is no member, or nobody else is.</returns>
    internal EnvelopeId? Send(Instant now, ReadOnlyMemory<byte> content, GroupOutput output)
    {
        TimeSpan at = _clock.At(now);
        if (_own.Status == MembershipStatus.Out)
            return null;

        // Who is to be removed reads nothing that is written after that is known.
        if (_pool.HasRemoval && CanCommit)
            TryCommit(at, output);
        NodeAddress[] others = [.. Others(Table)];
        if (others.Length == 0)
            return null;
        uint generation = NextGeneration(output);
        MessagePlace first = PlaceOf(_tree.Tip.Id, _mls.Self, generation);
        byte[] body = TextBody.Write(null, content.Span);
        if (!_mls.Encrypt(body, generation: generation).TryGet(out byte[]? payload))
            return null;
        var text = new OutgoingText
        {
            First = first,
            Message = IdOf(_self.Address, first),
            Content = content.ToArray(),
            SentAt = at,
            Sealed = (at, 0),
        };

        // Who is to be removed, which this node cannot commit now, gets it only if that comes to nothing.
        NodeAddress[] to = [.. others.Where(m => !_pool.Removes(m))];
        foreach (NodeAddress member in others)
            text.IsSealedFor(member, _pool.Removes(member) ? NoState : _tree.Tip.Id);
        _texts.Add(text);
        _own.MessagesSinceHealing++;
        output.Moved = true;
        output.Texts.Add(WithCompact(new SealedText(text.Message, payload, to, IsAgain: false), body, generation));
        Schedule(at);
        PlanProbe(at);
        return text.Message;
    }

    /// <summary>
    /// The generation of the next text. The disk is waited for only where another block of them is set apart; after a
    /// restart the rest of a block is left out.
    /// </summary>
    private uint NextGeneration(GroupOutput output)
    {
        StateId tip = _tree.Tip.Id;
        uint next = _mls.NextGeneration;
        bool isBlock = _own.SetApart.State == tip && _own.SetApart.Until > 0;
        if (isBlock && _leavesOutRest)
            next = Math.Max(next, _own.SetApart.Until);
        _leavesOutRest = false;
        if (isBlock && next < _own.SetApart.Until)
            return next;
        _own.SetApart = (tip, next + BlockOfGenerations);
        output.SetsKeysApart = true;
        return next;
    }

    /// <summary>Where a text of this node stands; null if it is not under way.</summary>
    internal MessagePlace? PlaceOf(EnvelopeId message) => _texts.All.FirstOrDefault(t => t.Message == message)?.First;

    /// <summary>A member has proved that it has a text.</summary>
    internal void Delivered(in EnvelopeId message, in NodeAddress member, GroupOutput output)
    {
        // Whoever has read it is in the state that it was sealed in, though nothing else was heard of it yet.
        if (_tips.Of(member) is null && _texts.SealedFor(message, member) is { } state && _tree.Find(state) is not null)
        {
            _tips.Saw(member, state);
            output.Changed = true;
        }

        output.Moved |= _texts.Delivered(message, member);
    }

    /// <summary>A text is kept, to be sealed again.</summary>
    internal bool Holds(EnvelopeId message) => _texts.All.Any(t => t.Message == message);

    /// <summary>A text is not wanted any more: its words go.</summary>
    internal void Withdraw(in EnvelopeId message, GroupOutput output) => output.Moved |= _texts.Withdraw(message);

    /// <summary>A text travels to a member in an envelope.</summary>
    /// <returns>The first envelope that it travelled to that member in.</returns>
    internal EnvelopeId Carried(in EnvelopeId message, in NodeAddress member, in EnvelopeId envelope) =>
        _texts.Carried(message, member, envelope);

    /// <summary>
    /// The envelopes that texts travel in: the envelope, its message, its receiver, and the first one for it.
    /// </summary>
    internal IEnumerable<(EnvelopeId Envelope, EnvelopeId Message, NodeAddress Member, EnvelopeId First)> Copies =>
        from text in _texts.All
        from copy in text.Copies
        from envelope in (EnvelopeId[])[copy.Value.First, copy.Value.Last]
        select (envelope, text.Message, copy.Key, copy.Value.First);

    /// <summary>Opens a text.</summary>
    internal TextOutcome Open(Instant now, ReadOnlySpan<byte> payload, GroupOutput output, out ReceivedText? text)
    {
        text = null;
        if (CompactForm.IsMarked(payload))
            return OpenCompact(now, payload, output, out text);
        if (!UnverifiedMessage.Parse(payload).TryGet(out UnverifiedMessage? message) || !message.IsPrivate
            || message.ContentType != Mls.Messages.ContentType.Application)
            return TextOutcome.Refused;
        MlsResult<Outcome> processed = _mls.Process(message);
        if (!processed.TryGet(out Outcome? outcome))
            return OutcomeOf(now, processed.Error.Code, output);
        var opened = (Outcome.ApplicationMessage)outcome;
        _twins.Spend(opened.State, opened.Sender.Index, opened.Generation);
        return Take(
            now, new OpenedText(opened.State, opened.Sender, opened.Generation, opened.Data), output, out text);
    }

    /// <summary>The keys of a text are spent: what it says is looked at.</summary>
    private TextOutcome Take(Instant now, OpenedText opened, GroupOutput output, out ReceivedText? text)
    {
        text = null;
        output.Moved = true;
        NodeAddress sender = AddressCredential.AddressOf(opened.Sender.Leaf);
        TimeSpan? gone = GoneFor(_clock.At(now), sender);
        if (!TextBody.TryRead(opened.Body.Span, out TextBody body) || gone > Timing.FormerMemberPatience)
            return TextOutcome.Refused;
        if (_tree.Find(opened.State) is { } state)
            Saw(_clock.At(now), sender, state, output);
        MessagePlace first = body.First ?? PlaceOf(opened.State, opened.Sender.Index, opened.Number);
        NodeAddress? owner = body.First is null ? sender : OwnerOf(first);
        if (owner is not null && owner != sender)
            return TextOutcome.Refused;
        text = new ReceivedText(
            IdOf(sender, first), sender, body.Content.ToArray(), owner is null ? null : first, IsOfFormer: gone
                is not null);
        return TextOutcome.Opened;
    }

    /// <summary>Whose leaf a place names; null if its state is not here.</summary>
    private NodeAddress? OwnerOf(in MessagePlace place)
    {
        foreach (GroupState state in _mls.States)
        {
            if (state.Id.Short == place.State)
            {
                return state.FindMember(new LeafIndex(place.Leaf)) is { } member
                    ? AddressCredential.AddressOf(member.Leaf)
                    : default(NodeAddress);
            }
        }

        return null;
    }

    /// <summary>
    /// Since how long an address is out, where it was put out on the way to the tip; null for others. Its keys of past
    /// states still open what it seals; what it wrote before it knew is on its way for a while.
    /// </summary>
    private TimeSpan? GoneFor(TimeSpan at, in NodeAddress sender)
    {
        if (Table.IsMember(sender) || !Table.Knows(sender))
            return null;
        for (StateNode node = _tree.Tip; _tree.ParentOf(node) is { } parent; node = parent)
        {
            // What was the tip before the removal was it until then.
            if (parent.Table.IsMember(sender))
                return at - parent.Since;
        }

        return TimeSpan.MaxValue;
    }

    private TextOutcome OutcomeOf(Instant now, MlsErrorCode error, GroupOutput output)
    {
        switch (error)
        {
            case MlsErrorCode.KeyConsumed or MlsErrorCode.OwnMessage:
                return TextOutcome.Repeated;
            case MlsErrorCode.WrongEpoch or MlsErrorCode.DecryptionFailed:
                // Of a state that is not known; or nothing at all. Whom to ask only the tips of others tell.
                AskAround(_clock.At(now), output);
                return TextOutcome.Later;
            default:
                return TextOutcome.Refused;
        }
    }

    // A message shows where its sender stands, if that is further than what is known.
    private void Saw(TimeSpan at, in NodeAddress sender, StateNode state, GroupOutput output)
    {
        if (_tips.Of(sender) is { } known
            && (_tree.Find(known) is not { } before || !_tree.IsAncestor(before.Id, state)))
            return;
        output.Changed |= _tips.Of(sender) != state.Id;
        _tips.Saw(sender, state.Id);
        TipsChanged(at, output);
    }

    /// <summary>Seals those texts again whose receivers do not come by the state that they were sealed in.</summary>
    private void SealAgain(TimeSpan at, GroupOutput output)
    {
        if (_own.Status is MembershipStatus.Out or MembershipStatus.Forked || _mls.Status != GroupStatus.Active)
            return;
        foreach (OutgoingText text in _texts.All)
        {
            NodeAddress[] to = [.. text.Missing.Where(m => IsLost(at, text, m.Key, m.Value)).Select(m => m.Key)];
            if (to.Length == 0)
                continue;
            byte[] body = TextBody.Write(text.First, text.Content);
            uint generation = NextGeneration(output);
            if (!_mls.Encrypt(body, generation: generation).TryGet(out byte[]? payload))
                continue;
            foreach (NodeAddress member in to)
                text.IsSealedFor(member, _tree.Tip.Id);
            text.Sealed = (at, Math.Min(text.Sealed.Times + (to.Any(m => IsOverdue(at, text, m)) ? 1 : 0), 10));
            _own.MessagesSinceHealing++;
            output.Moved = true;
            output.Texts.Add(WithCompact(new SealedText(text.Message, payload, to, IsAgain: true), body, generation));
        }
    }

    private bool IsLost(TimeSpan at, OutgoingText text, in NodeAddress member, StateId sealedIn)
    {
        StateNode tip = _tree.Tip;
        if (!tip.Table.IsMember(member) || _pool.Removes(member) || (PairNumber is not null && IsInvited(member)))
            return false;
        if (IsOverdue(at, text, member))
            return true;
        if (sealedIn == tip.Id)
            return false;
        return _tree.Find(sealedIn) is not { } state || !_tree.IsAncestor(state.Id, tip)
            || tip.Epoch - state.Epoch > SealAgainAfter;
    }

    // An idle pair tells nothing by itself: there nobody waits to hear of the other.
    private bool IsOverdue(TimeSpan at, OutgoingText text, in NodeAddress member) =>
        (PairNumber is not null || (_peers.TryGetValue(member, out MemberSync? peer) && peer.HeardAt > text.Sealed.At))
        && at - text.Sealed.At > SealAgainAge * (1 << text.Sealed.Times);

    /// <summary>A member was taken in again: what was sealed for it before it cannot read.</summary>
    private void ForgetSealed(in NodeAddress member)
    {
        foreach (OutgoingText text in _texts.All)
        {
            if (text.Missing.ContainsKey(member))
                text.IsSealedFor(member, NoState);
        }
    }

    // No state has it: it is no digest of anything.
    private static StateId NoState { get; } = new(Enumerable.Repeat((byte)0xff, StateId.Size).ToArray());

    private static MessagePlace PlaceOf(StateId state, LeafIndex leaf, uint number) =>
        new(state.Short, (ushort)leaf.Value, number);

    // With the sender in it nobody can take the id of another's message.
    private EnvelopeId IdOf(in NodeAddress sender, in MessagePlace first)
    {
        var writer = new FrameWriter();
        writer.Raw("qpc-mesh/1 group message"u8);
        Id.Write(writer.Take(MeshGroupId.Size));
        sender.Write(writer.Take(NodeAddress.Size));
        first.Write(writer.Take(MessagePlace.Size));
        Span<byte> digest = stackalloc byte[Digest.Size];
        Digest.Of(writer.ToArray()).Write(digest);
        return EnvelopeId.Read(digest);
    }
}
