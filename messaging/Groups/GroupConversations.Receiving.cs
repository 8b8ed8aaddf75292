using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Twins;
using QuicProChat.Mesh.Messaging.Groups.Ways;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>Envelopes that come in.</content>
public sealed partial class GroupConversations
{
    /// <inheritdoc/>
    public Arrival Take(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload) =>
        new(token, id, header, payload.ToArray());

    /// <summary>What became of an envelope.</summary>
    private enum Taken
    {
        /// <summary>It was heeded, and is answered.</summary>
        Heeded,

        /// <summary>It was here already.</summary>
        Again,

        /// <summary>Too many came: later.</summary>
        PutOff,

        /// <summary>It is none, or none that is wanted.</summary>
        Refused,
    }

    /// <inheritdoc/>
    public void Received(Instant now, Arrival arrival, MessageTransaction transaction)
    {
        _now = now;
        _ = Take(now, arrival, transaction);
        SendProofs(transaction);
    }

    private ulong SourceOf(Arrival arrival) =>
        arrival is InboxArrival inbox ? inbox.Source : _context.Router.SourceOf(arrival.Token);

    private Taken Take(Instant now, Arrival arrival, MessageTransaction transaction)
    {
        ulong source = SourceOf(arrival);
        Taken taken = !_work.Allows(now, source, 1) ? Taken.PutOff
            : arrival.Payload.Length <= 1 ? Taken.Refused
            : arrival.Payload.Span[0] == GroupSealing.FrameMark ? TakeFrame(now, arrival, source, transaction)
            : TakeText(now, arrival, transaction) ? Taken.Heeded : Taken.Refused;
        if (taken == Taken.PutOff)
        {
            Counters.Add(GroupCount.PutOff);
            transaction.WhenOver(at => Answer(at, arrival, DeliveryOutcome.StoreFull));
        }
        else if (taken == Taken.Refused)
        {
            _work.Charge(now, source, 1);
            Counters.Add(GroupCount.Refused);
            transaction.WhenOver(at => Answer(at, arrival, DeliveryOutcome.Rejected));
        }

        return taken;
    }

    private void Answer(
        Instant now, Arrival arrival, DeliveryOutcome outcome, in NodeAddress sender = default, byte[]? proof = null)
    {
        if (arrival is not InboxArrival)
            _context.Router.DeliveryDone(now, arrival.Token, outcome, sender, proof);
    }

    private void Answered(
        Arrival arrival, DeliveryOutcome outcome, NodeAddress sender, byte[]? proof, MessageTransaction transaction)
    {
        if (arrival is InboxArrival inbox)
        {
            LearnCarrierBack(sender, inbox, transaction);
            // Whoever put a frame into an inbox has the server's word for it, and waits for no other.
            if (proof is not null && arrival.Payload.Span[0] != GroupSealing.FrameMark)
                Owe(sender, arrival.Id, proof);
            return;
        }

        transaction.WhenWritten(at => Answer(at, arrival, outcome, sender, proof));
        transaction.WhenFailed(at => Answer(at, arrival, DeliveryOutcome.StoreFull));
    }

    private Taken TakeFrame(Instant now, Arrival arrival, ulong source, MessageTransaction transaction)
    {
        byte[] proof = new byte[Receipt.ProofSize];
        if (_sealing.Open(arrival, out byte[] senderKey, proof) is not { Length: > 0 } frame)
            return Taken.Refused;
        var sender = NodeAddress.Of(senderKey);
        bool mayLearn = MayLearn(sender);
        bool isRouted = arrival is not InboxArrival;
        // To carry, and to tell of ways, is asked by nobody but whoever stands before this node.
        bool isDirect = arrival is not InboxArrival inbox || inbox.From == sender;
        Taken taken = frame[0] switch
        {
            CarriedFrame.Mark => isDirect ? TakeCarried(now, sender, arrival, frame, transaction) : Taken.Refused,
            WaysFrame.Mark => isDirect ? TakeWays(now, sender, arrival, frame, transaction) : Taken.Refused,
            ProofsFrame.Mark => TakeProofs(senderKey, frame, transaction),
            // Pairs are of the mesh.
            PairOffer.Mark or PairFrame.Mark when !isRouted => Taken.Refused,
            KeyPackageFrame.Question or KeyPackageFrame.Answer =>
                TakeKeyPackage(now, senderKey, source, frame, transaction),
            PairOffer.Mark => TakePairOffer(now, senderKey, source, frame, transaction),
            PairFrame.Mark => TakePairFrame(now, senderKey, source, frame, transaction),
            _ => TakeGroupFrame(now, senderKey, source, frame, transaction),
        };
        if (taken is Taken.PutOff or Taken.Refused)
            return taken;
        DeliveryOutcome outcome = DeliveryOutcome.AlreadyHave;
        if (taken == Taken.Heeded)
        {
            outcome = DeliveryOutcome.Accepted;
            Counters.Add(GroupCount.FrameReceived);
        }

        Answered(arrival, outcome, sender, mayLearn || MayLearn(sender) ? proof : null, transaction);
        return taken;
    }

    private Taken TakeGroupFrame(
        Instant now, byte[] senderKey, ulong source, byte[] frame, MessageTransaction transaction)
    {
        if (frame.Length < GroupFrame.HeadSize)
            return Taken.Refused;
        var id = MeshGroupId.Read(frame.AsSpan(1));
        var sender = NodeAddress.Of(senderKey);
        bool isWelcome = frame[0] == (byte)GroupFrameKind.Welcome;
        if (id == PairId.Of(_self.Address, sender))
            return Taken.Refused;

        if (!_groups.TryGetValue(id.Conversation, out GroupEntry? state))
            return isWelcome ? KeepInvitation(now, senderKey, source, frame, transaction) : Taken.Refused;
        if (isWelcome)
        {
            // To open it costs, whatever comes of it.
            _work.Charge(now, source, 1);
            if (Rejoin(now, state, sender, frame, transaction))
                return Taken.Heeded;
            // A group that this node is out of does not come back without its owner's word, unless this node asked for
            // it.
            return state.Group.Status == MembershipStatus.Out
                ? KeepInvitation(now, senderKey, source, frame, transaction) : Taken.Refused;
        }

        return ReadFrame(now, state, sender, frame, transaction);
    }

    private Taken ReadFrame(
        Instant now, GroupEntry state, NodeAddress sender, byte[] frame, MessageTransaction transaction)
    {
        var at = new TimeSpan(now.Ticks);
        int price = frame.Length + GroupEntry.FramePrice;
        if (!state.Reading.Has(at, price))
            return state.Group.Concerns(sender) ? Taken.PutOff : Taken.Refused;
        bool isRead = false;
        Do(now, state, transaction, (g, o) =>
        {
            isRead = g.Receive(now, sender, frame, o);
            state.Reading.Owe(at, o.Checked * GroupEntry.FramePrice);
        });
        if (!isRead)
            return Taken.Refused;
        state.Reading.TryTake(at, price);
        return Taken.Heeded;
    }

    private bool Rejoin(Instant now, GroupEntry state, NodeAddress sender, byte[] frame, MessageTransaction transaction)
    {
        var output = new GroupOutput();
        if (MeshGroup.Join(_self, now, sender, frame, state.Group, output) is not { } joined)
            return false;
        state.Group = joined;
        Apply(now, state, output, transaction);
        return true;
    }

    private bool TakeText(Instant now, Arrival arrival, MessageTransaction transaction)
    {
        if (CompactForm.IsMarked(arrival.Payload.Span))
            return TakeCompact(now, arrival, transaction);
        if (!UnverifiedMessage.Parse(arrival.Payload.Span).TryGet(out UnverifiedMessage? message)
            || !MeshGroupId.TryRead(message.GroupId.Span, out MeshGroupId id))
            return false;
        if (!_groups.TryGetValue(id.Conversation, out GroupEntry? state))
        {
            // Of a group that this node is just being taken into, if it is asked to join at all.
            if (!_desk.Invitations.Any(i => i.Shown.Group == id))
                return false;
            PutAside(now, arrival, id.Conversation, transaction);
            return true;
        }

        return TakeTextOf(now, state, arrival, transaction);
    }

    private bool TakeTextOf(Instant now, GroupEntry state, Arrival arrival, MessageTransaction transaction)
    {
        if (state.IsPair && arrival is InboxArrival)
            return false;
        TextOutcome outcome = OpenText(now, state, arrival, transaction, out ReceivedText? text);
        switch (outcome)
        {
            case TextOutcome.Opened:
                Accept(state, text!, arrival, transaction);
                return true;
            case TextOutcome.Repeated when _context.Store.FindOpened(Kind, arrival.Id) is { } before:
                Counters.Add(GroupCount.Repeated);
                Answered(arrival, DeliveryOutcome.AlreadyHave, before, Proof(state, before, arrival.Id), transaction);
                return true;
            case TextOutcome.Later:
                PutAside(now, arrival, state.Id, transaction);
                return true;
            default:
                return false;
        }
    }

    private TextOutcome OpenText(
        Instant now, GroupEntry state, Arrival arrival, MessageTransaction transaction, out ReceivedText? text)
    {
        TextOutcome outcome = TextOutcome.Refused;
        ReceivedText? opened = null;
        Do(now, state, transaction, (g, o) => outcome = g.Open(now, arrival.Payload.Span, o, out opened));
        text = opened;
        return outcome;
    }

    private void Accept(GroupEntry state, ReceivedText text, Arrival arrival, MessageTransaction transaction)
    {
        if (state.IsPair)
        {
            AcceptOfPair(
                state, text, arrival, transaction,
                (at, outcome, proven) => Answer(at, arrival, outcome, text.Sender, proven));
            return;
        }

        byte[]? proof = Proof(state, text.Sender, arrival.Id);
        if (Keep(state, text, arrival, transaction) is { } outcome)
            Answered(arrival, outcome, text.Sender, proof, transaction);
        else
            transaction.WhenOver(at => Answer(at, arrival, DeliveryOutcome.Rejected));
    }

    /// <summary>
    /// Stores what a text says, unless it is here already under its first name; null if it says nothing.
    /// </summary>
    private DeliveryOutcome? Keep(GroupEntry state, ReceivedText text, Arrival arrival, MessageTransaction transaction)
    {
        // No receipt tells a blocked member that anybody is there, also not when the envelope comes again.
        // What it wrote meanwhile does not come when it is heard again: its sender seals it anew, under the same name.
        bool isBlocked = _context.Store.IsBlocked(text.Sender);
        if (isBlocked)
            transaction.Drop(text.Message);
        if (isBlocked || _context.Store.IsDropped(text.Message))
        {
            Counters.Add(GroupCount.Refused);
            return null;
        }

        transaction.Opened(arrival.Id, text.Sender);
        if (_context.Store.FindMessage(text.Message) is not null
            || transaction.Messages.Any(m => m.Message.Id == text.Message))
        {
            Counters.Add(GroupCount.Repeated);
            return DeliveryOutcome.AlreadyHave;
        }

        // Who is out sets nothing for those who are in.
        if (!MessageContent.TryRead(text.Content.Span, out MessageContent? content)
            || (text.IsOfFormer && content.Plain is TimerContent))
        {
            Counters.Add(GroupCount.Refused);
            return null;
        }

        _context.Loop.Reach(MessagingPlace.Keep);
        _context.Contents.Receive(transaction, new ReceivedContent(
            text.Message, state.Id, text.Sender, content, ProtectionOf(state, text.IsCompact), arrival.Hops,
            arrival.Header.Priority, _context.Time.GetUtcNow())
        {
            Place = text.Place,
            IsLate = text.IsOfFormer,
        });
        transaction.WhenWritten(_ => Counters.Add(GroupCount.TextReceived));
        return DeliveryOutcome.Accepted;
    }

    private byte[]? Proof(GroupEntry state, NodeAddress sender, EnvelopeId envelope)
    {
        // Nobody who is out learns that somebody is there.
        if (!_context.Receipts.Allows(isKnown: true) || !state.Group.Table.IsMember(sender))
            return null;
        byte[] proof = new byte[Receipt.ProofSize];
        ReadOnlyMemory<byte> key = state.Group.KeyOf(sender);
        return !key.IsEmpty && _sealing.Receipts.TryProve(key.Span, envelope, proof) ? proof : null;
    }

    private void PutAside(Instant now, Arrival arrival, ConversationId? conversation, MessageTransaction transaction)
    {
        WaitingRoom.Aside became = _aside.Keep(
            now, arrival, conversation, SourceOf(arrival), transaction,
            (at, outcome) => Answer(at, arrival, outcome),
            out IReadOnlyList<WaitingEnvelope> gaveWay);
        foreach (WaitingEnvelope over in gaveWay)
            GiveUp(over, transaction);
        if (became == WaitingRoom.Aside.Kept)
            Counters.Add(GroupCount.PutAside);
        if (became != WaitingRoom.Aside.NoRoom)
            return;
        Counters.Add(GroupCount.Refused);
        transaction.WhenOver(at => Answer(at, arrival, DeliveryOutcome.Rejected));
    }

    private void GiveUp(WaitingEnvelope waiting, MessageTransaction transaction)
    {
        Counters.Add(GroupCount.GivenUp);
        transaction.NoLongerAside(waiting.Id);
    }

    /// <summary>A group moved: perhaps what was put aside opens now.</summary>
    private void OpenAside(Instant now, GroupEntry state, MessageTransaction transaction)
    {
        foreach (WaitingEnvelope waiting in _aside.For(state.Id))
        {
            _ = EnvelopeHeader.TryRead(waiting.Envelope.Span, out EnvelopeHeader header);
            var output = new GroupOutput();
            ReadOnlyMemory<byte> payload = waiting.Envelope[EnvelopeHeader.Size..];
            TextOutcome outcome = state.Group.Open(now, payload.Span, output, out ReceivedText? text);
            Carry(state, output, transaction);
            // What names no group may be of another, whatever this one says of it.
            if (outcome == TextOutcome.Later || (waiting.Conversation is null && outcome == TextOutcome.Refused))
                continue;
            _aside.Remove(waiting.Id);
            transaction.NoLongerAside(waiting.Id);
            transaction.WhenFailed(at => _aside.Restore(at, waiting));
            if (outcome != TextOutcome.Opened)
                continue;
            Counters.Add(GroupCount.OpenedLater);
            AcceptLater(state, text!, waiting, header, payload, transaction);
        }
    }

    private void AcceptLater(
        GroupEntry state, ReceivedText text, WaitingEnvelope waiting, EnvelopeHeader header,
        ReadOnlyMemory<byte> payload,
        MessageTransaction transaction)
    {
        var arrival = new Arrival(0, waiting.Id, header, payload);
        if (state.IsPair)
        {
            AcceptOfPair(state, text, arrival, transaction, (at, _, proven) =>
            {
                if (proven is not null && header.WantsReceipt)
                    _context.Router.SendReceipt(at, text.Sender, proven, header.Attempt, header.Priority);
            });
            return;
        }

        byte[]? proof = Proof(state, text.Sender, waiting.Id);
        if (Keep(state, text, arrival, transaction) is null || proof is null)
            return;
        if (!WayTo(_now, text.Sender, waiting.Id).IsRouted)
        {
            Owe(text.Sender, waiting.Id, proof);
            SendProofs(transaction);
            return;
        }

        // The router has no token for it any more: the receipt goes by itself.
        transaction.WhenWritten(at =>
        {
            if (header.WantsReceipt)
                _context.Router.SendReceipt(at, text.Sender, proof, header.Attempt, header.Priority);
        });
    }
}
