using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Direct;

/// <summary>
/// Messages sealed to one receiver (docs/protocol.md, section 4.1). No state: each message has keys of its own.
/// </summary>
public sealed class DirectConversations(MessagingContext context, Sealer sealer, AddressBook book) : IConversationKind
{
    /// <summary>Longest text in bytes of UTF-8: what one envelope carries.</summary>
    public const int MaxTextBytes = 32 << 10;

    /// <inheritdoc/>
    public EnvelopeKind Kind => EnvelopeKind.Sealed;

    /// <inheritdoc/>
    public bool IsStateless => true;

    /// <inheritdoc/>
    public Instant NextDue => Instant.Never;

    /// <summary>Envelopes that did not open or held nothing that can be shown.</summary>
    public long Rejected { get; private set; }

    /// <summary>
    /// Messages not kept: of nodes that were refused, and of strangers where one is larger than they may send.
    /// </summary>
    public long NotKept { get; private set; }

    /// <summary>Messages stored, both directions.</summary>
    public long Accepted { get; private set; }

    /// <inheritdoc/>
    public void Restore(Instant now, IReadOnlyList<SavedConversation> states)
    {
    }

    /// <inheritdoc/>
    public Arrival Take(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload) =>
        new DirectArrival(sealer, token, id, header, payload);

    /// <inheritdoc/>
    public void Received(Instant now, Arrival arrival, MessageTransaction transaction)
    {
        var opened = (DirectArrival)arrival;
        if (opened.Text is null)
        {
            Rejected++;
            context.Loop.Reach(MessagingPlace.Rejected);
            transaction.WhenOver(at => Answer(at, opened, DeliveryOutcome.Rejected));
            return;
        }

        InsertedMessage inserted = transaction.Insert(new Message(
            opened.Id, ConversationId.With(opened.Sender), Outgoing: false, opened.Sender, opened.Text,
            MessageState.Received, StateReason.None, opened.Hops, opened.Header.Priority, opened.At, opened.At)
        {
            SentAt = opened.SentAt,
            IsLate = opened.IsLate,
        });
        transaction.WhenWritten(at => Stored(at, opened, inserted));
        transaction.WhenFailed(at => Answer(at, opened, DeliveryOutcome.StoreFull, opened.Sender));
    }

    /// <inheritdoc/>
    public async ValueTask<Outgoing?> PrepareAsync(SendRequest request, ICaller caller)
    {
        if (Encoding.UTF8.GetByteCount(request.Text) > MaxTextBytes)
            throw new MessagingException(Refusal.Usage, $"a message may have {MaxTextBytes} bytes");
        NodeAddress to = book.Resolve(request.To);
        DateTimeOffset at = context.Time.GetUtcNow();
        byte[]? key = await context.Keys.FindAsync(to).ConfigureAwait(false);
        return key is null ? null : Seal(request, caller, to, key, at);
    }

    /// <inheritdoc/>
    public async Task<Outgoing> PrepareLaterAsync(SendRequest request, ICaller caller)
    {
        NodeAddress to = book.Resolve(request.To);
        DateTimeOffset at = context.Time.GetUtcNow();
        return Seal(request, caller, to, await context.Keys.SeekAsync(to).ConfigureAwait(false), at);
    }

    /// <inheritdoc/>
    public void Send(Instant now, Outgoing outgoing, MessageTransaction transaction)
    {
        var message = (DirectOutgoing)outgoing;
        transaction.Insert(new Message(
            message.Envelope.Id, ConversationId.With(message.To), Outgoing: true, message.To, message.Request.Text,
            MessageState.Queued, StateReason.None, 0, message.Request.Priority, message.CreatedAt, message.CreatedAt));
        transaction.Send(message.Envelope);
        transaction.WhenWritten(at =>
        {
            Accepted++;
            context.Deliveries.Send(context.Router, at, message.Envelope.Id, [message.Envelope], message);
        }, _ => context.Deliveries.Forsake(message.Envelope.Id, message.Caller));
        transaction.WhenFailed(
            _ => message.Caller.Refused(Refusal.Refused, "the store is full or failing: nothing was sent"));
    }

    /// <inheritdoc/>
    public void Tick(Instant now, MessageTransaction transaction)
    {
    }

    /// <inheritdoc/>
    public Conversation? Describe(ConversationId id) => new(id, book.AliasOf(id.AsPeer) ?? id.AsPeer.ToString());

    /// <inheritdoc/>
    public string? NameOf(ConversationId id) => null;

    /// <inheritdoc/>
    public ConversationId? Find(string name) => null;

    /// <inheritdoc/>
    public void Faulted(Exception fault) => context.Loop.Failed(fault);

    /// <inheritdoc/>
    public void GoBack(ConversationState state) =>
        throw new InvalidOperationException("Direct conversations have no state that could go back.");

    private DirectOutgoing Seal(
        SendRequest request, ICaller caller, in NodeAddress to, byte[] key, DateTimeOffset at) =>
        DirectOutgoing.TrySeal(request, caller, to, sealer, key, context.HopLimit, at)
        ?? throw new MessagingException(Refusal.Refused, $"the key of {to} cannot be used");

    private void Answer(
        Instant now, Arrival arrival, DeliveryOutcome outcome, in NodeAddress sender = default,
        ReadOnlySpan<byte> proof = default) =>
        context.Router.DeliveryDone(now, arrival.Token, outcome, sender, proof);

    /// <summary>It is on disk, or what there is on disk says that it need not be.</summary>
    private void Stored(Instant now, DirectArrival arrival, InsertedMessage inserted)
    {
        DeliveryOutcome outcome = inserted.Outcome switch
        {
            Insertion.NoRoom => DeliveryOutcome.StoreFull,
            Insertion.NotKept => DeliveryOutcome.Rejected,
            Insertion.AlreadyThere => DeliveryOutcome.AlreadyHave,
            Insertion.Added or Insertion.AddedAsRequest => DeliveryOutcome.Accepted,
            _ => throw new InvalidOperationException($"There is no outcome {inserted.Outcome}."),
        };
        if (outcome == DeliveryOutcome.Rejected)
        {
            // Its relay is free of it; its sender learns nothing.
            NotKept++;
            Answer(now, arrival, outcome);
            return;
        }

        bool isHere = outcome is DeliveryOutcome.Accepted or DeliveryOutcome.AlreadyHave;
        bool isProven = isHere && context.Receipts.Allows(inserted.IsFromKnown);
        Answer(now, arrival, outcome, arrival.Sender, isProven ? arrival.Proof : default);
        if (outcome != DeliveryOutcome.Accepted)
            return;
        Accepted++;
        if (!context.Events.HasListeners)
            return;
        Message message = inserted.Message with { IsRequest = inserted.Outcome == Insertion.AddedAsRequest };
        context.Events.Publish(new MessageReceived(message, arrival.At));
    }
}
