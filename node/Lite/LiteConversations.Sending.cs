using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Conversations;
using QuicProChat.Mesh.Node.Loop;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Lite;

/// <summary>A text for a group, and who asked for it.</summary>
internal sealed record LiteOutgoing(
    LiteConversations Owner, ControlSession Session, ControlTag? Tag, string To, bool Signed, SendOptions Options) : ILiteWork
{
    /// <inheritdoc/>
    public void Run(Instant now, LiteTransaction transaction) => Owner.Send(this, transaction);

    /// <inheritdoc/>
    public void Failed(Instant now, LiteTransaction transaction) =>
        Owner.RefuseLater(this, "this failed inside the program: the log says why", transaction);
}

/// <content>Texts that go out, and what becomes of them.</content>
internal sealed partial class LiteConversations
{
    /// <summary>Checks the requests of one session on its thread and hands them to the loop together.</summary>
    internal async ValueTask SendAsync(IReadOnlyList<ControlRequest> requests, ControlSession session, TimeSpan lifetime)
    {
        var ready = new List<ILiteWork>(requests.Count);
        foreach (ControlRequest request in requests)
        {
            try
            {
                if (request.To is not { Length: > 0 } to)
                    throw new ControlException(ControlErrorCode.Usage, "send with \"lite\" needs \"to\": a group");
                SendOptions options = SendOptions.Of(request, lifetime);
                int most = LiteConstants.MaxContent - (request.Signed ? Ed25519.SignatureSize : 0);
                if (Encoding.UTF8.GetByteCount(options.Text) > most)
                    throw Usage($"a message to a group may have {most} bytes");
                ready.Add(new LiteOutgoing(this, session, request.Tag, to, request.Signed, options));
            }
            catch (ControlException e)
            {
                session.Reply(ControlReply.Failed(request.Tag, e.Code, e.Message).Span);
            }
        }

        if (ready.Count > 0)
            await _loop.PostAsync(new Enqueue(this, ready)).ConfigureAwait(false);
    }

    internal void Send(LiteOutgoing asked, LiteTransaction transaction)
    {
        try
        {
            LiteEntry entry = Group(asked.To);
            if (entry.Group.Others.Count == 0)
                throw new ControlException(ControlErrorCode.Refused, $"nobody else is in '{entry.Name}' yet; 'lite invite' lets somebody in");
            Send(entry, asked, transaction);
        }
        catch (ControlException e)
        {
            RefuseLater(asked, e.Message, transaction);
        }
    }

    /// <summary>Answers that a text was not sent, in its turn among the answers.</summary>
    internal void RefuseLater(LiteOutgoing asked, string why, LiteTransaction transaction)
    {
        transaction.WhenWritten(_ => Refuse(asked, why));
        transaction.WhenFailed(_ => Refuse(asked, why));
    }

    /// <summary>What is proven about one of our envelopes has changed; false if it is no copy of a message to a group.</summary>
    internal bool StateChanged(Instant now, in EnvelopeId copy, MessageState state, StateReason reason, int hops)
    {
        if (!_deliveries.TryGetValue(copy, out Delivery? delivery))
            return false;
        (MessageState State, StateReason Reason) before = delivery.Whole;
        int deliveredBefore = delivery.DeliveredTo;
        if (!delivery.Change(copy, state, reason))
            return true;
        Afterthoughts later = _writer.Later(now);
        later.State(copy, new StateChange(state, reason, hops, _time.GetUtcNow()));
        (MessageState State, StateReason Reason) after = delivery.Whole;
        if (delivery.IsOver)
        {
            foreach (EnvelopeId over in delivery.Copies)
                _deliveries.Remove(over);
        }

        if (after == before && delivery.DeliveredTo == deliveredBefore)
            return true;
        var change = new StateChange(after.State, after.Reason, hops, _time.GetUtcNow());
        later.State(delivery.Message, change);
        Tell(delivery, change);
        return true;
    }

    /// <summary>The envelopes of a message that are still under way; on the loop.</summary>
    internal IReadOnlyList<EnvelopeId> CopiesOf(EnvelopeId message) =>
        [.. _deliveries.Where(d => d.Value.Message == message).Select(d => d.Key)];

    private void Send(LiteEntry entry, LiteOutgoing asked, LiteTransaction transaction)
    {
        LiteGroup group = entry.Group;
        RekeyInTime(entry, transaction);
        byte[] text = Encoding.UTF8.GetBytes(asked.Options.Text);
        LiteSealed made = asked.Signed ? group.SealSigned(text) : group.Seal(text);
        byte[] payload = made.Message;
        transaction.Touch(entry, spent: true);
        SendControl(entry, made.Introduction is { } introduction ? [introduction] : [], transaction);
        LiteEnvelope[] envelopes =
            [.. group.Others.Select(m => Envelope(m, asked.Options.Priority, asked.Options.Lifetime, payload)).OfType<LiteEnvelope>()];
        if (envelopes.Length == 0)
            throw new ControlException(ControlErrorCode.Refused, $"no member of '{entry.Name}' has a usable key");

        DateTimeOffset at = _time.GetUtcNow();
        EnvelopeId id = LiteIds.OfMessage(envelopes[0].Header, entry.Id, payload);
        var delivery = new Delivery(id);
        foreach (LiteEnvelope envelope in envelopes)
        {
            delivery.Add(envelope.Id, MessageState.Queued);
            transaction.Send(envelope, id);
        }

        transaction.Insert(new StoredMessage(
            id, Outgoing: true, entry.Id.AsPeer, asked.Options.Text, MessageState.Queued, (byte)StateReason.None, 0, asked.Options.Priority, at, at)
        {
            Group = entry.Id,
            Security = asked.Signed ? MessageSecurity.MlsLiteSigned : MessageSecurity.MlsLite,
        });
        transaction.WhenFailed(_ => Refuse(asked, "the store is full or failing: nothing was sent"));
        transaction.WhenWritten(now => Sent(now, asked, delivery, envelopes), _ => Refuse(asked, Faults.Answer));
    }

    /// <summary>A group begins a new epoch by itself before this node's keys in it are used up.</summary>
    private void RekeyInTime(LiteEntry entry, LiteTransaction transaction)
    {
        if (!entry.Group.NeedsRekey)
            return;
        SendControl(entry, entry.Group.Rekey(), transaction);
        transaction.Touch(entry, spent: true);
    }

    private void Sent(Instant now, LiteOutgoing asked, Delivery delivery, LiteEnvelope[] envelopes)
    {
        Counters.Add(LiteEvent.TextSent);
        // The router may report a state before Send returns: whoever waits has to be known by then.
        foreach (LiteEnvelope envelope in envelopes)
            _deliveries[envelope.Id] = delivery;
        _waitingFor[delivery.Message] = asked;
        foreach (LiteEnvelope envelope in envelopes)
        {
            SendStatus status = Hand(now, envelope);
            if (status == SendStatus.Queued)
                continue;
            _writer.Later(now).Forget(envelope.Id);
            StateReason reason = status == SendStatus.TooLarge ? StateReason.TooLarge : StateReason.StoreFull;
            _ = StateChanged(now, envelope.Id, MessageState.Failed, reason, 0);
        }

        if (asked.Options.Wait == MessageState.Queued && _waitingFor.Remove(delivery.Message))
            Answer(asked, delivery, delivery.IsOver ? delivery.Whole.State : MessageState.Queued, StateReason.None);
    }

    private void Tell(Delivery delivery, in StateChange change)
    {
        if (_waitingFor.TryGetValue(delivery.Message, out LiteOutgoing? asked)
            && MessageProgress.Answers(change.State, asked.Options.Wait))
        {
            _waitingFor.Remove(delivery.Message);
            Answer(asked, delivery, change.State, change.Reason);
        }

        if (_events.HasListeners && _stored.FindMessage(delivery.Message) is { } stored)
        {
            StoredMessage shown = stored with
            {
                State = change.State,
                Reason = (byte)change.Reason,
                Hops = change.Hops,
                UpdatedAt = change.At,
                DeliveredTo = delivery.DeliveredTo,
            };
            _events.Publish(new EventInfo("state", change.At) { Message = _views.Of(shown, NameOf(stored.Group)) });
        }
    }

    private void Answer(LiteOutgoing asked, Delivery delivery, MessageState state, StateReason reason) =>
        Reply(asked, ControlReply.Done(
            asked.Tag,
            new SendInfo(delivery.Message.ToString(), Words.Of(state))
            {
                Reason = Words.Of(reason),
                Recipients = delivery.Recipients,
                DeliveredTo = delivery.DeliveredTo,
            },
            ControlJson.Default.SendInfo));

    private void Refuse(LiteOutgoing asked, string why) =>
        Reply(asked, ControlReply.Failed(asked.Tag, ControlErrorCode.Refused, why));

    private void Reply(LiteOutgoing asked, ReadOnlyMemory<byte> line)
    {
        asked.Session.Reply(line.Span);
        _answered.Add(asked.Session);
    }

    private sealed class Enqueue(LiteConversations owner, IReadOnlyList<ILiteWork> work) : ILoopWork
    {
        public void Run(Instant now)
        {
            foreach (ILiteWork one in work)
                owner.Add(one);
        }

        // Nothing in there can throw: it had not begun.
        public void Failed(Instant now, Exception fault) => Run(now);
    }
}
