using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// How far this node's messages are: a message has copies, and what is proven about each of them makes up the whole. A
/// direct message is its own only copy. The only place that knows who waits for which state.
/// </summary>
public sealed class Deliveries(IMessageStore store, IEventSink events, TimeProvider time)
{
    private readonly Dictionary<EnvelopeId, Delivery> _copies = [];
    private readonly Dictionary<EnvelopeId, Waiter> _waiting = [];
    private bool _stops;

    private readonly record struct Waiter(ICaller Caller, MessageState Wait);

    /// <summary>What whoever asked is told where a fault kept the answer from it.</summary>
    public const string Fault = "a fault of this program: the log says which";

    /// <summary>A receipt proved that an envelope arrived. On the loop.</summary>
    public event Action<Instant, EnvelopeId>? Arrived;

    /// <summary>Takes back the copies that were under way when the last run ended.</summary>
    public void Restore(IReadOnlyList<MessageCopy> underWay)
    {
        foreach (IGrouping<EnvelopeId, MessageCopy> copies in underWay.GroupBy(c => c.Message))
        {
            var delivery = new Delivery(copies.Key);
            foreach (MessageCopy copy in copies)
            {
                delivery.Add(copy.Id, copy.State);
                _copies[copy.Id] = delivery;
            }
        }
    }

    /// <summary>
    /// Gives the envelopes of a message to the router; its caller is answered when it is as far as it wants.
    /// </summary>
    /// <param name="router">The router.</param>
    /// <param name="now">When.</param>
    /// <param name="message">The message; the id of its envelope, if it has one only.</param>
    /// <param name="envelopes">Its envelopes, which are on disk.</param>
    /// <param name="outgoing">What was asked for, and by whom.</param>
    /// <param name="isWithMessage">The message names its only envelope (<see cref="Message.Envelope"/>): there is no
    /// row of a copy.</param>
    /// <param name="others">Its copies that go another way than the router's, and are on disk.</param>
    public void Send(
        Router router, Instant now, in EnvelopeId message, IReadOnlyList<SentEnvelope> envelopes, Outgoing outgoing,
        bool isWithMessage = false, IReadOnlyList<EnvelopeId>? others = null)
    {
        // The router may report a state before its Send returns: whoever waits has to be known by then.
        Delivery? delivery = Note(
            message, [.. envelopes.Select(static e => e.Id), .. others ?? []], outgoing, isWithMessage);
        foreach (SentEnvelope envelope in envelopes)
        {
            SendStatus status = envelope.GiveTo(router, now);
            if (status == SendStatus.Queued)
                continue;
            // The message stays with the others, with what became of it.
            store.Forget(now, envelope.Id);
            StateReason reason = status == SendStatus.TooLarge ? StateReason.TooLarge : StateReason.StoreFull;
            StateChanged(now, envelope.Id, MessageState.Failed, reason, 0);
        }

        AnswerQueued(message, outgoing, delivery);
    }

    /// <summary>
    /// Notes a message whose copies go another way than the router's, and are on disk; its caller is answered when it
    /// is as far as
    /// it wants.
    /// </summary>
    /// <param name="message">The message; its own only copy, if it has one only.</param>
    /// <param name="copies">Its copies.</param>
    /// <param name="outgoing">What was asked for, and by whom.</param>
    public void Await(in EnvelopeId message, IReadOnlyList<EnvelopeId> copies, Outgoing outgoing) =>
        AnswerQueued(message, outgoing, Note(message, copies, outgoing));

    private Delivery? Note(
        in EnvelopeId message, IReadOnlyList<EnvelopeId> copies, Outgoing outgoing, bool isWithMessage = false)
    {
        Delivery? delivery = null;
        if (copies is not [var only] || only != message)
        {
            delivery = new Delivery(message) { IsWithMessage = isWithMessage };
            foreach (EnvelopeId copy in copies)
            {
                delivery.Add(copy, MessageState.Queued);
                _copies[copy] = delivery;
            }
        }

        _waiting[message] = new Waiter(outgoing.Caller, outgoing.Request.Wait);
        return delivery;
    }

    private void AnswerQueued(in EnvelopeId message, Outgoing outgoing, Delivery? delivery)
    {
        if (outgoing.Request.Wait == MessageState.Queued && _waiting.Remove(message, out Waiter waiter))
            Answer(waiter, message, MessageState.Queued, StateReason.None, delivery);
        else if (_stops && _waiting.Remove(message, out waiter))
            waiter.Caller.Refused(Refusal.Refused, StopsAt(message, MessageState.Queued));
    }

    /// <summary>A fault over the state of an envelope: whoever waits for its message is told.</summary>
    public void Forsake(in EnvelopeId envelope)
    {
        EnvelopeId message = _copies.TryGetValue(envelope, out Delivery? delivery) ? delivery.Message : envelope;
        if (_waiting.Remove(message, out Waiter waiter))
            waiter.Caller.Refused(Refusal.Refused, Fault);
    }

    /// <summary>A fault over a message that was written: its caller is told, unless it was answered.</summary>
    public void Forsake(in EnvelopeId message, ICaller caller)
    {
        _waiting.Remove(message);
        caller.Refused(Refusal.Refused, Fault);
    }

    /// <summary>The daemon stops: whoever waits, now or later, learns how far the message is.</summary>
    public void Stop()
    {
        _stops = true;
        var states = new Dictionary<EnvelopeId, MessageState>();
        foreach (Delivery delivery in _copies.Values)
            states[delivery.Message] = delivery.Whole.State;
        foreach ((EnvelopeId message, Waiter waiter) in _waiting)
            waiter.Caller.Refused(
                Refusal.Refused, StopsAt(message, states.GetValueOrDefault(message, MessageState.Queued)));
        _waiting.Clear();
    }

    private string StopsAt(in EnvelopeId message, MessageState state)
    {
        state = store.FindMessage(message)?.State ?? state;
        return $"the daemon stops; message {message} is {MessageProgress.NameOf(state)} and goes on when it runs again";
    }

    /// <summary>What is proven about one of this node's envelopes has changed.</summary>
    public void StateChanged(Instant now, in EnvelopeId envelope, MessageState state, StateReason reason, int hops)
    {
        DateTimeOffset at = time.GetUtcNow();
        if (state == MessageState.Delivered)
            Arrived?.Invoke(now, envelope);
        if (!_copies.TryGetValue(envelope, out Delivery? delivery))
        {
            Tell(now, envelope, new StateChange(state, reason, hops, at), null);
            return;
        }

        (MessageState State, StateReason Reason) before = delivery.Whole;
        int deliveredBefore = delivery.DeliveredTo;
        if (!delivery.Change(envelope, state, reason))
            return;
        if (!delivery.IsWithMessage)
            store.SetCopyState(now, envelope, state);
        (MessageState State, StateReason Reason) after = delivery.Whole;
        if (delivery.IsOver)
        {
            foreach (EnvelopeId over in delivery.Copies)
                _copies.Remove(over);
        }

        if (after != before || delivery.DeliveredTo != deliveredBefore)
            Tell(now, delivery.Message, new StateChange(after.State, after.Reason, hops, at), delivery);
    }

    /// <summary>The envelopes of a message that are not over, where it has several.</summary>
    public IReadOnlyList<EnvelopeId> CopiesOf(EnvelopeId message) =>
        [.. _copies.Where(d => d.Value.Message == message).Select(d => d.Key)];

    private void Tell(Instant now, in EnvelopeId message, in StateChange change, Delivery? delivery)
    {
        store.SetState(now, message, change);
        if (_waiting.TryGetValue(message, out Waiter waiter) && MessageProgress.Answers(change.State, waiter.Wait))
        {
            _waiting.Remove(message);
            Answer(waiter, message, change.State, change.Reason, delivery);
        }

        if (!events.HasListeners || store.FindMessage(message) is not { } stored)
            return;
        events.Publish(new MessageChanged(
            stored with
            {
                State = change.State,
                Reason = change.Reason,
                Hops = change.Hops,
                UpdatedAt = change.At,
                DeliveredTo = delivery?.DeliveredTo ?? stored.DeliveredTo,
            },
            change.At));
    }

    private static void Answer(
        in Waiter waiter, in EnvelopeId message, MessageState state, StateReason reason, Delivery? delivery)
    {
        CopyCount? copies = delivery is null ? null : new CopyCount(delivery.Recipients, delivery.DeliveredTo);
        waiter.Caller.Done(new SentMessage(message, state, reason, copies));
    }
}
