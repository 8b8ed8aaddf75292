using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Direct;

/// <summary>
/// Messages sealed to one receiver (docs/reference/protocol.md, section 4.1). No state: each message has keys of its
/// own.
/// </summary>
public sealed class DirectConversations(MessagingContext context, Sealer sealer, AddressBook book)
    : IConversationKind, IDirectSealing
{
    /// <summary>
    /// Longest content in bytes, sent or received (docs/reference/content.md, section 1). An envelope would carry twice
    /// as much; whoever shows or stores messages can rely on this.
    /// </summary>
    public const int MaxTextBytes = MessageContent.MaxSize;

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

    /// <summary>
    /// Carries texts that need not be sealed one by one; null: all are sealed. Set before the loop starts.
    /// </summary>
    public IDirectCarrier? Carrier { get; set; }

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
        if (opened.Content is not { } content)
        {
            Rejected++;
            context.Loop.Reach(MessagingPlace.Rejected);
            transaction.WhenOver(at => Answer(at, opened, DeliveryOutcome.Rejected));
            return;
        }

        context.Loop.Reach(MessagingPlace.Keep);
        AppliedContent applied = context.Contents.Receive(transaction, new ReceivedContent(
            opened.Id, ConversationId.With(opened.Sender), opened.Sender, content, Protection.Sealed, opened.Hops,
            opened.Header.Priority, opened.At)
        {
            SentAt = opened.SentAt,
            IsLate = opened.IsLate,
        });
        transaction.WhenWritten(at => Stored(at, opened, applied));
        transaction.WhenFailed(at => Answer(at, opened, DeliveryOutcome.StoreFull, opened.Sender));
    }

    /// <inheritdoc/>
    public async ValueTask<Outgoing?> PrepareAsync(SendRequest request, ICaller caller)
    {
        NodeAddress to = book.Resolve(request.To);
        // Not only its own size: what makes it disappear goes with it.
        if (ToSend(request, to).Size > MaxTextBytes)
            throw new MessagingException(Refusal.Usage, $"a message may have {MaxTextBytes} bytes");
        if (to == context.Identity.Address)
            return new Outgoing(request, caller);
        DateTimeOffset at = context.Time.GetUtcNow();
        if (Carrier?.Carries(to) == true)
            return Carrier.Carry(request, caller, to, at);
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
    public void SendSealed(
        Instant now, Outgoing outgoing, NodeAddress to, DateTimeOffset at, MessageTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(outgoing);
        if (!context.Router.TryGetPublicKey(to, out ReadOnlySpan<byte> key))
        {
            throw new MessagingException(
                Refusal.UnknownReceiver, $"{to} has not been heard of yet, so its key is not known");
        }

        Send(now, Seal(outgoing.Request, outgoing.Caller, to, key, at), transaction);
    }

    /// <inheritdoc/>
    public void Send(Instant now, Outgoing outgoing, MessageTransaction transaction)
    {
        if (outgoing is not DirectOutgoing message)
        {
            Note(outgoing, transaction);
            return;
        }

        context.Contents.Send(transaction, new Message(
            message.Envelope.Id, ConversationId.With(message.To), Outgoing: true, message.To, message.Content.Text,
            MessageState.Queued, StateReason.None, 0, message.Request.Priority, message.CreatedAt, message.CreatedAt)
        {
            Content = message.Content,
        });
        transaction.Send(message.Envelope);
        transaction.WhenWritten(at =>
        {
            Accepted++;
            context.Deliveries.Send(context.Router, at, message.Envelope.Id, [message.Envelope], message);
            Carrier?.Spoke(at, message.To, isFromPeer: false);
        }, _ => context.Deliveries.Forsake(message.Envelope.Id, message.Caller));
        transaction.WhenFailed(
            _ => message.Caller.Refused(Refusal.Refused, "the store is full or failing: nothing was sent"));
    }

    /// <inheritdoc/>
    public void Tick(Instant now, MessageTransaction transaction)
    {
    }

    /// <inheritdoc/>
    public IReadOnlyList<NodeAddress> MembersOf(ConversationId id) => id.AsPeer == context.Identity.Address ? []
        : [id.AsPeer];

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
        SendRequest request, ICaller caller, in NodeAddress to, ReadOnlySpan<byte> key, DateTimeOffset at) =>
        DirectOutgoing.TrySeal(request, caller, to, ToSend(request, to), sealer, key, context.HopLimit, at,
            context.PadsSealed())
        ?? throw new MessagingException(Refusal.Refused, $"the key of {to} cannot be used");

    private MessageContent ToSend(SendRequest request, in NodeAddress to) =>
        context.Contents.ToSend(ConversationId.With(to), request.Content);

    /// <summary>What the owner writes to this very node stays here: no envelope is made of it.</summary>
    private void Note(Outgoing outgoing, MessageTransaction transaction)
    {
        NodeAddress self = context.Identity.Address;
        DateTimeOffset at = context.Time.GetUtcNow();
        Span<byte> drawn = stackalloc byte[EnvelopeId.Size];
        context.Random(drawn);
        var id = EnvelopeId.Read(drawn);
        MessageContent content = ToSend(outgoing.Request, self);
        var note = new Message(
            id, ConversationId.With(self), Outgoing: true, self, content.Text, MessageState.Delivered,
            StateReason.None, 0,
            outgoing.Request.Priority, at, at)
        {
            Content = content,
        };
        context.Contents.Send(transaction, note);
        transaction.WhenWritten(_ =>
        {
            Accepted++;
            outgoing.Caller.Done(new SentMessage(id, MessageState.Delivered, StateReason.None, null));
            if (content.IsShown && context.Events.HasListeners)
                context.Events.Publish(new MessageChanged(note, at));
        });
        transaction.WhenFailed(
            _ => outgoing.Caller.Refused(Refusal.Refused, "the store is full or failing: nothing was kept"));
    }

    private void Answer(
        Instant now, Arrival arrival, DeliveryOutcome outcome, in NodeAddress sender = default,
        ReadOnlySpan<byte> proof = default) =>
        context.Router.DeliveryDone(now, arrival.Token, outcome, sender, proof);

    /// <summary>It is on disk, or what there is on disk says that it need not be.</summary>
    private void Stored(Instant now, DirectArrival arrival, AppliedContent applied)
    {
        DeliveryOutcome outcome = DirectOutcome.Of(applied, context.Store.IsKnown(arrival.Sender));
        if (outcome == DeliveryOutcome.Rejected)
        {
            // Its relay is free of it; its sender learns nothing.
            NotKept++;
            Answer(now, arrival, outcome);
            return;
        }

        bool isProven = DirectOutcome.IsProven(outcome, applied, context.Receipts);
        Answer(now, arrival, outcome, arrival.Sender, isProven ? arrival.Proof : default);
        if (outcome is not (DeliveryOutcome.Accepted or DeliveryOutcome.AcceptedFromStranger))
            return;
        Accepted++;
        Carrier?.Spoke(now, arrival.Sender, isFromPeer: true);
    }
}
