using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Lite;

/// <content>Envelopes that come in.</content>
public sealed partial class LiteConversations
{
    /// <summary>How far control messages of groups travel in time: as long as an envelope lives at most.</summary>
    private static readonly TimeSpan ControlLifetime = TimeSpan.FromDays(7);

    /// <inheritdoc/>
    public Arrival Take(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload) =>
        new(token, id, header, payload.ToArray());

    /// <inheritdoc/>
    public void Received(Instant now, Arrival arrival, MessageTransaction transaction)
    {
        ulong source = _context.Router.SourceOf(arrival.Token);
        int price = PriceOf(arrival.Payload.Span);
        if (!_forgeries.Allows(now, source, price))
        {
            Counters.Add(LiteEvent.PutOff);
            transaction.WhenOver(at => Answer(at, arrival, DeliveryOutcome.StoreFull, null));
            return;
        }

        LiteOutcome outcome = Open(arrival.Payload.Span, out LiteState? entry);
        if (outcome.Error != LiteError.None)
            _forgeries.Charge(now, source, price + LiteGroup.ExtraPriceOf(outcome.Error));
        if (outcome.Error == LiteError.None)
        {
            transaction.WhenFailed(at => Answer(at, arrival, DeliveryOutcome.StoreFull, null));
            bool isAccepted = Accept(entry!, outcome, arrival, transaction);
            DeliveryOutcome done = isAccepted ? DeliveryOutcome.Accepted : DeliveryOutcome.Rejected;
            LiteMember sender = outcome.Sender!;
            transaction.WhenWritten(at => Answer(at, arrival, done, isAccepted ? sender : null));
            if (outcome.Type >= LiteMessageType.Rekey)
                OpenAside(entry!, transaction);
            return;
        }

        if (outcome.Error is not (LiteError.Malformed or LiteError.NotAuthentic)
            && _context.Store.FindOpened(Kind, arrival.Id) is { } before)
        {
            Counters.Add(LiteEvent.Repeated);
            LiteMember? known = _groups.Values.SelectMany(g => g.Group.Members)
                .FirstOrDefault(m => m.Address == before);
            transaction.WhenOver(at => Answer(at, arrival, DeliveryOutcome.AlreadyHave, known));
            return;
        }

        if (outcome.Error is LiteError.UnknownEpoch or LiteError.UnknownSender && _groups.Count > 0)
        {
            PutAside(now, arrival, entry, transaction);
            return;
        }

        Counters.Add(CountOf(outcome.Error));
        Reject(arrival, transaction);
    }

    private void Reject(Arrival arrival, MessageTransaction transaction) =>
        transaction.WhenOver(at => Answer(at, arrival, DeliveryOutcome.Rejected, null));

    private void Answer(Instant now, Arrival arrival, DeliveryOutcome outcome, LiteMember? sender)
    {
        Span<byte> proof = stackalloc byte[Receipt.ProofSize];
        bool proven = sender is not null && _context.Receipts.Allows(isKnown: true)
            && _receipts.TryProve(sender.PublicKey.Span, arrival.Id, proof);
        _context.Router.DeliveryDone(now, arrival.Token, outcome, sender?.Address ?? default, proven ? proof : default);
    }

    /// <summary>What it takes at most to find out whether a message is authentic.</summary>
    private int PriceOf(ReadOnlySpan<byte> payload)
    {
        int price = 0;
        if (UnverifiedLiteMessage.TryRead(payload, out UnverifiedLiteMessage message))
        {
            foreach (LiteState entry in _groups.Values)
                price += entry.Group.PriceOf(message);
        }

        return price;
    }

    /// <summary>Tries the groups that know the epoch tag; among several errors, the one that says most.</summary>
    private LiteOutcome Open(ReadOnlySpan<byte> payload, out LiteState? entry)
    {
        entry = null;
        if (!UnverifiedLiteMessage.TryRead(payload, out UnverifiedLiteMessage message))
            return new LiteOutcome(LiteError.Malformed);
        var worst = new LiteOutcome(LiteError.UnknownEpoch);
        foreach (LiteState candidate in _groups.Values)
        {
            if (!candidate.Group.Knows(message))
                continue;
            LiteOutcome outcome = candidate.Group.Open(payload);
            if (outcome.Error == LiteError.None || entry is null)
                (worst, entry) = (outcome, candidate);
            if (outcome.Error == LiteError.None)
                break;
        }

        return worst;
    }

    /// <summary>
    /// Stores what an authentic message says; false if it says nothing that can be shown, or its sender is blocked.
    /// </summary>
    private bool Accept(LiteState entry, LiteOutcome outcome, Arrival envelope, MessageTransaction transaction)
    {
        LiteMember sender = outcome.Sender!;
        transaction.Touch(entry, spent: false);
        SendControl(entry, outcome.Replies ?? [], transaction);
        // A member that makes this one answer again and again must not use its keys up.
        RekeyInTime(entry, transaction);
        if (outcome.Type is LiteMessageType.Text or LiteMessageType.SignedText)
        {
            if (!MessageContent.TryRead(outcome.Text.Span, out MessageContent? content))
            {
                Counters.Add(LiteEvent.NotText);
                return false;
            }

            // Its keys are spent, and that is all: no receipt tells the sender that anybody is there.
            if (_context.Store.IsBlocked(sender.Address))
            {
                Counters.Add(LiteEvent.Blocked);
                return false;
            }

            _context.Loop.Reach(MessagingPlace.Keep);
            _context.Contents.Receive(transaction, new ReceivedContent(
                IdOfMessage(envelope.Header, entry.Id, envelope.Payload.Span), entry.Id, sender.Address, content,
                outcome.Type == LiteMessageType.SignedText ? Protection.MlsLiteSigned : Protection.MlsLite,
                envelope.Hops, envelope.Header.Priority, _context.Time.GetUtcNow()));
            transaction.WhenWritten(_ => Counters.Add(LiteEvent.TextReceived));
        }
        else
        {
            transaction.WhenWritten(_ => Changed(entry));
        }

        transaction.Opened(envelope.Id, sender.Address);
        return true;
    }

    /// <summary>Members or epoch of a group changed.</summary>
    private void Changed(LiteState entry)
    {
        Counters.Add(LiteEvent.ControlReceived);
        if (_context.Events.HasListeners)
            _context.Events.Publish(new ConversationChanged(Describe(entry), _context.Time.GetUtcNow()));
    }

    private void SendControl(LiteState entry, IReadOnlyList<LiteReply> replies, MessageTransaction transaction)
    {
        if (replies.Count > 0)
            transaction.Touch(entry, spent: true);
        foreach (LiteReply reply in replies)
        {
            foreach (LiteMember to in reply.To)
                SendControl(to, reply.Message.Span, transaction);
        }
    }

    private void SendControl(LiteMember to, ReadOnlySpan<byte> message, MessageTransaction transaction)
    {
        if (Envelope(to, Priority.High, ControlLifetime, message) is not { } envelope)
            return;
        transaction.Send(envelope);
        transaction.WhenWritten(at =>
        {
            Counters.Add(LiteEvent.ControlSent);
            if (envelope.GiveTo(_context.Router, at) != SendStatus.Queued)
                _context.Store.Forget(at, envelope.Id);
        });
    }

    private void PutAside(Instant now, Arrival arrival, LiteState? entry, MessageTransaction transaction)
    {
        WaitingRoom.Aside became = _aside.Keep(
            now, arrival, entry?.Id, _context.Router.SourceOf(arrival.Token), transaction,
            (at, outcome) => Answer(at, arrival, outcome, null),
            out IReadOnlyList<WaitingEnvelope> gaveWay);
        foreach (WaitingEnvelope over in gaveWay)
            GiveUp(over, transaction);
        if (became == WaitingRoom.Aside.Kept)
            Counters.Add(LiteEvent.PutAside);
        if (became != WaitingRoom.Aside.NoRoom)
            return;
        Counters.Add(LiteEvent.TooManyAside);
        Reject(arrival, transaction);
    }

    private void GiveUp(WaitingEnvelope waiting, MessageTransaction transaction)
    {
        Counters.Add(LiteEvent.GivenUp);
        transaction.NoLongerAside(waiting.Id);
    }

    /// <summary>A group learnt something: perhaps what was put aside opens now. What opens may teach more.</summary>
    private void OpenAside(LiteState entry, MessageTransaction transaction)
    {
        bool learnt = true;
        while (learnt)
        {
            learnt = false;
            foreach (WaitingEnvelope waiting in _aside.For(entry.Id))
            {
                ReadOnlySpan<byte> payload = waiting.Envelope.Span[EnvelopeHeader.Size..];
                LiteOutcome outcome = entry.Group.Open(payload);
                if (outcome.Error is LiteError.UnknownEpoch or LiteError.UnknownSender)
                    continue;
                // A foreign message whose tag is ours by chance may still find its own group.
                if (waiting.Conversation is null && outcome.Error == LiteError.NotAuthentic)
                    continue;
                TakeFromAside(entry, waiting, outcome, transaction);
                learnt |= outcome.Error == LiteError.None && outcome.Type >= LiteMessageType.Rekey;
            }
        }
    }

    private void TakeFromAside(
        LiteState entry, WaitingEnvelope waiting, LiteOutcome outcome, MessageTransaction transaction)
    {
        _aside.Remove(waiting.Id);
        transaction.NoLongerAside(waiting.Id);
        transaction.WhenFailed(at => _aside.Restore(at, waiting));
        if (outcome.Error != LiteError.None)
        {
            Counters.Add(CountOf(outcome.Error));
            return;
        }

        _ = EnvelopeHeader.TryRead(waiting.Envelope.Span, out EnvelopeHeader header);
        var envelope = new Arrival(0, waiting.Id, header, waiting.Envelope[EnvelopeHeader.Size..]);
        if (!Accept(entry, outcome, envelope, transaction))
            return;
        LiteMember sender = outcome.Sender!;
        transaction.WhenWritten(at =>
        {
            Counters.Add(LiteEvent.OpenedLater);
            byte[] proof = new byte[Receipt.ProofSize];
            if (header.WantsReceipt && _context.Receipts.Allows(isKnown: true)
                && _receipts.TryProve(sender.PublicKey.Span, waiting.Id, proof))
                _context.Router.SendReceipt(at, sender.Address, proof, header.Attempt, header.Priority);
        });
    }

    private static LiteEvent CountOf(LiteError error) => error switch
    {
        LiteError.UnknownEpoch or LiteError.UnknownSender => LiteEvent.NoGroup,
        LiteError.ReplayedOrTooOld => LiteEvent.ReplayedOrTooOld,
        LiteError.TooMany => LiteEvent.TooMany,
        LiteError.NotAuthentic => LiteEvent.NotAuthentic,
        LiteError.BadSignature => LiteEvent.BadSignature,
        _ => LiteEvent.Malformed,
    };
}
