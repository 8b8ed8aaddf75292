using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Direct;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>Texts of conversations with one node, under the keys of both.</content>
public sealed partial class GroupConversations : IDirectCarrier
{
    /// <summary>Seals what cannot go under the keys of both; there before the loop starts.</summary>
    public IDirectSealing? Sealing { get; set; }

    /// <inheritdoc/>
    public bool Carries(NodeAddress peer) =>
        _ready.ContainsKey(peer) && _pairDesk.Of(peer) != DirectSecurity.Sealed;

    /// <inheritdoc/>
    public Outgoing Carry(SendRequest request, ICaller caller, NodeAddress to, DateTimeOffset at) =>
        new PairOutgoing(request, caller, to, at);

    /// <inheritdoc/>
    public void Spoke(Instant now, NodeAddress peer, bool isFromPeer)
    {
        if (isFromPeer)
        {
            _wants.Heard(peer);
            AskWhetherKeysAreThere(now, peer);
        }

        // Who has not written would have to be asked, and perhaps is away, or does not want to.
        if (_wants.HasHeard(peer))
            Want(now, peer, isFromPeer);
    }

    /// <summary>
    /// What came sealed could have gone under the keys of both: perhaps the other has lost them, and says so when it is
    /// told where this node stands.
    /// </summary>
    private void AskWhetherKeysAreThere(Instant now, NodeAddress peer)
    {
        var at = new TimeSpan(now.Ticks);
        if (!_ready.ContainsKey(peer) || !_questions.Of(at, peer).TryTake(at, 1))
            return;
        _queue(new Step(this, (then, transaction) =>
        {
            if (PairWith(peer) is { } entry)
                Do(then, entry, transaction, (g, o) => g.Reachable(then, peer, o));
        }));
    }

    private void SendToPair(Instant now, PairOutgoing outgoing, MessageTransaction transaction)
    {
        NodeAddress peer = outgoing.To;
        SendRequest asked = outgoing.Request;
        MessageContent content = _context.Contents.ToSend(ConversationId.With(peer), asked.Content);
        byte[] text = PairText.Write(content, outgoing.At, asked.Lifetime, _context.PadsSealed());
        // What was proven and is not noted yet takes no room.
        if (PairWith(peer) is { } full && !full.Group.HasRoomForText(text.Length))
            NoteProven(now, transaction);
        var output = new GroupOutput();
        if (!Carries(peer) || IsSlow(now, peer) || PairWith(peer) is not { } entry || !IsReady(entry)
            || !entry.Group.HasRoomForText(text.Length) || entry.Group.Send(now, text, output) is not { } id)
        {
            SealInstead(now, outgoing, transaction);
            return;
        }

        SealedText made = output.Texts.First(t => t.Message == id);
        SentEnvelope envelope =
            _sealing.Text(entry.Group.KeyOf(peer).Span, made.PayloadFor(peer), asked.Priority, asked.Lifetime)
            ?? throw Refused($"the key of {peer} cannot be used");
        Carry(entry, id, peer, envelope.Id);

        transaction.Send(envelope);
        Apply(now, entry, output, transaction);
        _context.Contents.Send(transaction, new Message(
            id, ConversationId.With(peer), Outgoing: true, peer, content.Text, MessageState.Queued, StateReason.None, 0,
            asked.Priority, outgoing.At, outgoing.At)
        {
            Content = content,
            Protection = ProtectionOf(entry, made.Compactly.Count > 0),
            Envelope = envelope.Id,
        });
        transaction.WhenFailed(
            _ => outgoing.Caller.Refused(Refusal.Refused, "the store is full or failing: nothing was sent"));
        transaction.WhenWritten(then =>
        {
            Counters.Add(GroupCount.TextSent);
            _context.Deliveries.Send(_context.Router, then, id, [envelope], outgoing.AsOneCopy(), isWithMessage: true);
        }, _ => _context.Deliveries.Forsake(id, outgoing.Caller));
    }

    private void SealInstead(Instant now, PairOutgoing outgoing, MessageTransaction transaction)
    {
        if (Sealing is not { } sealing)
            throw Refused($"there are no keys with {outgoing.To}");
        sealing.SendSealed(now, outgoing, outgoing.To, outgoing.At, transaction);
    }

    /// <summary>Stores a text of a pair, and answers it when that is on disk.</summary>
    /// <param name="entry">The pair.</param>
    /// <param name="text">What was opened.</param>
    /// <param name="arrival">Its envelope.</param>
    /// <param name="transaction">Where it belongs.</param>
    /// <param name="answer">Tells the router, or the sender, what became of it.</param>
    private void AcceptOfPair(
        GroupEntry entry, ReceivedText text, Arrival arrival, MessageTransaction transaction,
        Action<Instant, DeliveryOutcome, byte[]?> answer)
    {
        NodeAddress peer = text.Sender;
        bool isBlocked = _context.Store.IsBlocked(peer);
        if (isBlocked)
            transaction.Drop(text.Message);
        DateTimeOffset at = _context.Time.GetUtcNow();
        if (isBlocked || _context.Store.IsDropped(text.Message) || text.IsOfFormer
            || !PairText.TryRead(
                text.Content.Span, at, out MessageContent content, out DateTimeOffset? sentAt, out bool isLate))
        {
            // No receipt tells that anybody is there.
            Counters.Add(GroupCount.Refused);
            transaction.WhenOver(then => answer(then, DeliveryOutcome.Rejected, null));
            return;
        }

        transaction.Opened(arrival.Id, peer);
        byte[]? proof = Proof(entry, peer, arrival.Id);
        _context.Loop.Reach(MessagingPlace.Keep);
        AppliedContent applied = _context.Contents.Receive(transaction, new ReceivedContent(
            text.Message, ConversationId.With(peer), peer, content, ProtectionOf(entry, text.IsCompact),
            arrival.Hops, arrival.Header.Priority, at)
        {
            SentAt = sentAt,
            IsLate = isLate,
        });
        transaction.WhenWritten(then =>
        {
            DeliveryOutcome outcome = DirectOutcome.Of(applied, _context.Store.IsKnown(peer));
            Counters.Add(
                outcome == DeliveryOutcome.AlreadyHave ? GroupCount.Repeated : GroupCount.TextReceived);
            bool isProven = DirectOutcome.IsProven(outcome, applied, _context.Receipts);
            answer(then, outcome, isProven ? proof : null);
        });
        transaction.WhenFailed(then => answer(then, DeliveryOutcome.StoreFull, null));
    }
}
