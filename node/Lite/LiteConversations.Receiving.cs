using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Lite;

/// <content>Envelopes that come in.</content>
internal sealed partial class LiteConversations
{
    /// <summary>How far control messages of groups travel in time: as long as an envelope lives at most.</summary>
    private static readonly TimeSpan ControlLifetime = TimeSpan.FromDays(7);

    /// <summary>An MLS-Lite envelope for this node.</summary>
    internal void Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload) =>
        Add(new Arrival(this, token, id, header, payload.ToArray()));

    private void Arrived(Instant now, Arrival arrival, LiteTransaction transaction)
    {
        NodeAddress neighbour = _router.NeighbourOf(arrival.Token) ?? default;
        int price = PriceOf(arrival.Payload);
        if (!_work.Allows(now, neighbour, price))
        {
            Counters.Add(LiteEvent.PutOff);
            transaction.WhenWritten(at => Answer(at, arrival, DeliveryOutcome.StoreFull, null));
            transaction.WhenFailed(at => Answer(at, arrival, DeliveryOutcome.StoreFull, null));
            return;
        }

        LiteOutcome outcome = Open(arrival.Payload, out LiteEntry? entry);
        if (outcome.Error != LiteError.None)
            _work.Charge(now, neighbour, price + LiteGroup.ExtraPriceOf(outcome.Error));
        if (outcome.Error == LiteError.None)
        {
            transaction.WhenFailed(at => _router.DeliveryDone(at, arrival.Token, DeliveryOutcome.StoreFull, default, default));
            var envelope = new Opened(arrival.Id, arrival.Header, arrival.Payload);
            DeliveryOutcome done = Accept(now, entry!, outcome, envelope, transaction) ? DeliveryOutcome.Accepted : DeliveryOutcome.Rejected;
            LiteMember sender = outcome.Sender!;
            transaction.WhenWritten(at => Answer(at, arrival, done, sender));
            if (outcome.Type >= LiteMessageType.Rekey)
                OpenAside(now, entry!, transaction);
            return;
        }

        if (outcome.Error is not (LiteError.Malformed or LiteError.NotAuthentic) && _stored.FindLiteSender(arrival.Id) is { } before)
        {
            Counters.Add(LiteEvent.Repeated);
            LiteMember? known = _groups.Values.SelectMany(g => g.Group.Members).FirstOrDefault(m => m.Address == before);
            transaction.WhenWritten(at => Answer(at, arrival, DeliveryOutcome.AlreadyHave, known));
            transaction.WhenFailed(at => Answer(at, arrival, DeliveryOutcome.AlreadyHave, known));
            return;
        }

        if (outcome.Error is LiteError.UnknownEpoch or LiteError.UnknownSender && _groups.Count > 0)
        {
            PutAside(now, arrival, entry, transaction);
            return;
        }

        Counters.Add(Refusal(outcome.Error));
        Reject(arrival, transaction);
    }

    private void Reject(Arrival arrival, LiteTransaction transaction)
    {
        transaction.WhenWritten(at => Answer(at, arrival, DeliveryOutcome.Rejected, null));
        transaction.WhenFailed(at => Answer(at, arrival, DeliveryOutcome.Rejected, null));
    }

    private void Answer(Instant now, Arrival arrival, DeliveryOutcome outcome, LiteMember? sender)
    {
        Span<byte> proof = stackalloc byte[Receipt.ProofSize];
        bool proven = sender is not null && Receipts.Allows(Standing.Known) && _receipts.TryProve(sender.PublicKey.Span, arrival.Id, proof);
        _router.DeliveryDone(now, arrival.Token, outcome, sender?.Address ?? default, proven ? proof : default);
    }

    /// <summary>What it takes at most to find out whether a message is authentic.</summary>
    private int PriceOf(ReadOnlySpan<byte> payload)
    {
        int price = 0;
        if (UnverifiedLiteMessage.TryRead(payload, out UnverifiedLiteMessage message))
        {
            foreach (LiteEntry entry in _groups.Values)
                price += entry.Group.PriceOf(message);
        }

        return price;
    }

    /// <summary>Tries the groups that know the epoch tag; among several errors, the one that says most.</summary>
    private LiteOutcome Open(ReadOnlySpan<byte> payload, out LiteEntry? entry)
    {
        entry = null;
        if (!UnverifiedLiteMessage.TryRead(payload, out UnverifiedLiteMessage message))
            return new LiteOutcome(LiteError.Malformed);
        var worst = new LiteOutcome(LiteError.UnknownEpoch);
        foreach (LiteEntry candidate in _groups.Values)
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

    /// <summary>Stores what an authentic message says; false if it says nothing that can be shown.</summary>
    private bool Accept(Instant now, LiteEntry entry, LiteOutcome outcome, Opened envelope, LiteTransaction transaction)
    {
        LiteMember sender = outcome.Sender!;
        transaction.Touch(entry, spent: false);
        SendControl(entry, outcome.Replies ?? [], transaction);
        // A member that makes this one answer again and again must not use its keys up.
        RekeyInTime(entry, transaction);
        if (outcome.Type is LiteMessageType.Text or LiteMessageType.SignedText)
        {
            if (!TryDecode(outcome.Text.Span, out string text))
            {
                Counters.Add(LiteEvent.NotText);
                return false;
            }

            DateTimeOffset at = _time.GetUtcNow();
            var message = new StoredMessage(
                LiteIds.OfMessage(envelope.Header, entry.Id, envelope.Payload), Outgoing: false, sender.Address, text, MessageState.Received,
                (byte)StateReason.None, Math.Max(1, Limits.MaxHops - envelope.Header.HopsLeft), envelope.Header.Priority, at, at)
            {
                Group = entry.Id,
                Security = outcome.Type == LiteMessageType.SignedText ? MessageSecurity.MlsLiteSigned : MessageSecurity.MlsLite,
            };
            transaction.Insert(message);
            transaction.WhenWritten(_ => Received(message));
        }
        else
        {
            transaction.WhenWritten(_ => Changed(entry));
        }

        transaction.Seen(envelope.Id, sender.Address);
        return true;
    }

    private void Received(StoredMessage message)
    {
        Counters.Add(LiteEvent.TextReceived);
        if (_events.HasListeners)
            _events.Publish(new EventInfo("message", message.CreatedAt) { Message = _views.Of(message, NameOf(message.Group)) });
    }

    /// <summary>Members or epoch of a group changed.</summary>
    private void Changed(LiteEntry entry)
    {
        Counters.Add(LiteEvent.ControlReceived);
        Announce(entry);
    }

    private void Announce(LiteEntry entry)
    {
        if (_events.HasListeners)
            _events.Publish(new EventInfo("group", _time.GetUtcNow()) { Group = Describe(entry) });
    }

    private void SendControl(LiteEntry entry, IReadOnlyList<LiteReply> replies, LiteTransaction transaction)
    {
        if (replies.Count > 0)
            transaction.Touch(entry, spent: true);
        foreach (LiteReply reply in replies)
        {
            foreach (LiteMember to in reply.To)
                SendControl(to, reply.Message.Span, transaction);
        }
    }

    private void SendControl(LiteMember to, ReadOnlySpan<byte> message, LiteTransaction transaction)
    {
        if (Envelope(to, Priority.High, ControlLifetime, message) is not { } envelope)
            return;
        transaction.Send(envelope);
        transaction.WhenWritten(at =>
        {
            Counters.Add(LiteEvent.ControlSent);
            if (Hand(at, envelope) != SendStatus.Queued)
                _writer.Later(at).Forget(envelope.Id);
        });
    }

    private void PutAside(Instant now, Arrival arrival, LiteEntry? entry, LiteTransaction transaction)
    {
        var waiting = new LiteWaiting(
            arrival.Id, entry?.Id, LiteWaitingRoom.Patience, LiteIds.Envelope(arrival.Header, arrival.Payload));
        if (!_aside.MayWrite(now, waiting))
        {
            // Its sender, if it is an honest one, has no receipt and tries again.
            Counters.Add(LiteEvent.TooManyAside);
            Reject(arrival, transaction);
            return;
        }

        if (_aside.TryAdd(now, waiting, out IReadOnlyList<LiteWaiting> gone))
        {
            Counters.Add(LiteEvent.PutAside);
            transaction.PutAside(waiting);
            transaction.WhenFailed(_ => _aside.Remove(waiting.Id));
            foreach (LiteWaiting over in gone)
                GiveUp(over, transaction);
        }

        // Taken, without a receipt: that follows when it opens, or with the sender's next attempt.
        transaction.WhenWritten(at =>
        {
            bool refused = transaction.IsRefused(waiting.Id);
            if (refused)
                _aside.Remove(waiting.Id);
            Answer(at, arrival, refused ? DeliveryOutcome.StoreFull : DeliveryOutcome.Accepted, null);
        });
        transaction.WhenFailed(at => Answer(at, arrival, DeliveryOutcome.StoreFull, null));
    }

    private void GiveUp(LiteWaiting waiting, LiteTransaction transaction)
    {
        Counters.Add(LiteEvent.GivenUp);
        transaction.NoLongerAside(waiting.Id);
    }

    /// <summary>A group learnt something: perhaps what was put aside opens now. What opens may teach more.</summary>
    private void OpenAside(Instant now, LiteEntry entry, LiteTransaction transaction)
    {
        bool learnt = true;
        while (learnt)
        {
            learnt = false;
            foreach (LiteWaiting waiting in _aside.For(entry.Id))
            {
                ReadOnlySpan<byte> payload = waiting.Envelope.Span[EnvelopeHeader.Size..];
                LiteOutcome outcome = entry.Group.Open(payload);
                if (outcome.Error is LiteError.UnknownEpoch or LiteError.UnknownSender)
                    continue;
                // A foreign message whose tag is ours by chance may still find its own group.
                if (waiting.Group is null && outcome.Error == LiteError.NotAuthentic)
                    continue;
                TakeFromAside(now, entry, waiting, outcome, transaction);
                learnt |= outcome.Error == LiteError.None && outcome.Type >= LiteMessageType.Rekey;
            }
        }
    }

    private void TakeFromAside(Instant now, LiteEntry entry, LiteWaiting waiting, LiteOutcome outcome, LiteTransaction transaction)
    {
        _aside.Remove(waiting.Id);
        transaction.NoLongerAside(waiting.Id);
        transaction.WhenFailed(at => _aside.Restore(at, waiting));
        if (outcome.Error != LiteError.None)
        {
            Counters.Add(Refusal(outcome.Error));
            return;
        }

        _ = EnvelopeHeader.TryRead(waiting.Envelope.Span, out EnvelopeHeader header);
        var envelope = new Opened(waiting.Id, header, waiting.Envelope[EnvelopeHeader.Size..].ToArray());
        if (!Accept(now, entry, outcome, envelope, transaction))
            return;
        LiteMember sender = outcome.Sender!;
        transaction.WhenWritten(at =>
        {
            Counters.Add(LiteEvent.OpenedLater);
            byte[] proof = new byte[Receipt.ProofSize];
            if (header.WantsReceipt && Receipts.Allows(Standing.Known) && _receipts.TryProve(sender.PublicKey.Span, waiting.Id, proof))
                _router.SendReceipt(at, sender.Address, proof, header.Attempt, header.Priority);
        });
    }

    private static bool TryDecode(ReadOnlySpan<byte> bytes, out string text)
    {
        bool valid = !bytes.IsEmpty && System.Text.Unicode.Utf8.IsValid(bytes);
        text = valid ? Encoding.UTF8.GetString(bytes) : "";
        return valid;
    }

    private static LiteEvent Refusal(LiteError error) => error switch
    {
        LiteError.UnknownEpoch or LiteError.UnknownSender => LiteEvent.NoGroup,
        LiteError.ReplayedOrTooOld => LiteEvent.ReplayedOrTooOld,
        LiteError.TooMany => LiteEvent.TooMany,
        LiteError.NotAuthentic => LiteEvent.NotAuthentic,
        LiteError.BadSignature => LiteEvent.BadSignature,
        _ => LiteEvent.Malformed,
    };

    private sealed record Opened(EnvelopeId Id, EnvelopeHeader Header, byte[] Payload);

    private sealed record Arrival(LiteConversations Owner, long Token, EnvelopeId Id, EnvelopeHeader Header, byte[] Payload) : ILiteWork
    {
        public void Run(Instant now, LiteTransaction transaction) => Owner.Arrived(now, this, transaction);

        public void Failed(Instant now, LiteTransaction transaction) => Owner.Reject(this, transaction);
    }
}
