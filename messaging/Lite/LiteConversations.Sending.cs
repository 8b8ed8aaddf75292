using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Lite;

/// <content>Texts that go out.</content>
public sealed partial class LiteConversations
{
    /// <inheritdoc/>
    public ValueTask<Outgoing?> PrepareAsync(SendRequest request, ICaller caller)
    {
        int most = LiteConstants.MaxContent - (IsSigned(request) ? Ed25519.SignatureSize : 0);
        MessageContent content = Find(request.To) is { } group
            ? _context.Contents.ToSend(group, request.Content) : request.Content;
        return content.Size > most
            ? throw Usage($"a message to a group may have {most} bytes")
            : ValueTask.FromResult<Outgoing?>(new Outgoing(request, caller));
    }

    /// <inheritdoc/>
    public Task<Outgoing> PrepareLaterAsync(SendRequest request, ICaller caller) =>
        throw new InvalidOperationException("A group's members and keys are known: there is nothing to wait for.");

    /// <inheritdoc/>
    public void Send(Instant now, Outgoing outgoing, MessageTransaction transaction)
    {
        SendRequest asked = outgoing.Request;
        LiteState entry = Group(asked.To);
        if (entry.Group.Others.Count == 0)
            throw new MessagingException(Refusal.NobodyElse, $"nobody else is in '{entry.Name}' yet");
        RekeyInTime(entry, transaction);
        bool isSigned = IsSigned(asked);
        MessageContent content = _context.Contents.ToSend(entry.Id, asked.Content);
        byte[] text = content.ToBytes();
        if (text.Length > LiteConstants.MaxContent - (isSigned ? Ed25519.SignatureSize : 0))
            throw Usage("the message became too long for a group: its conversation was given a timer meanwhile");
        LiteSealed made = isSigned ? entry.Group.SealSigned(text) : entry.Group.Seal(text);
        byte[] payload = made.Message;
        transaction.Touch(entry, spent: true);
        SendControl(entry, made.Introduction is { } introduction ? [introduction] : [], transaction);
        SentEnvelope[] envelopes = [.. entry.Group.Others
            .Select(m => Envelope(m, asked.Priority, asked.Lifetime, payload)).OfType<SentEnvelope>()];
        if (envelopes.Length == 0)
            throw Refused($"no member of '{entry.Name}' has a usable key");

        DateTimeOffset at = _context.Time.GetUtcNow();
        EnvelopeId id = IdOfMessage(envelopes[0].Header, entry.Id, payload);
        foreach (SentEnvelope envelope in envelopes)
        {
            // A change of another message is no row that its copies could go with.
            if (content.IsShown)
                transaction.Send(envelope, id);
            else
                transaction.Send(envelope);
        }

        _context.Contents.Send(transaction, new Message(
            id, entry.Id, Outgoing: true, entry.Id.AsPeer, content.Text, MessageState.Queued, StateReason.None, 0,
            asked.Priority, at, at)
        {
            Content = content,
            Protection = isSigned ? Protection.MlsLiteSigned : Protection.MlsLite,
        });
        transaction.WhenFailed(
            _ => outgoing.Caller.Refused(Refusal.Refused, "the store is full or failing: nothing was sent"));
        transaction.WhenWritten(then =>
        {
            Counters.Add(LiteEvent.TextSent);
            _context.Deliveries.Send(_context.Router, then, id, envelopes, outgoing);
        }, _ => _context.Deliveries.Forsake(id, outgoing.Caller));
    }

    /// <summary>Whoever changes what was said has to prove who that is: all members have the same keys.</summary>
    private static bool IsSigned(SendRequest request) => request.Signed || request.Content is EditContent
        or DeleteContent;

    /// <summary>
    /// The id that all members know a message by: that of its envelope, with the group id and zeros in place of the
    /// destination, which is another in each copy.
    /// </summary>
    public static EnvelopeId IdOfMessage(in EnvelopeHeader header, ConversationId group, ReadOnlySpan<byte> payload) =>
        SentEnvelope.IdOf(SentEnvelope.Join(header with { Destination = group.AsPeer }, payload));

    /// <summary>A group begins a new epoch by itself before this node's keys in it are used up.</summary>
    private void RekeyInTime(LiteState entry, MessageTransaction transaction)
    {
        if (!entry.Group.NeedsRekey)
            return;
        SendControl(entry, entry.Group.Rekey(), transaction);
        transaction.Touch(entry, spent: true);
    }

    /// <summary>
    /// The envelope for one member; null if the member's key is unusable, which no proper member's is.
    /// </summary>
    private SentEnvelope? Envelope(LiteMember to, Priority priority, TimeSpan lifetime, ReadOnlySpan<byte> payload) =>
        _receipts.Envelope(to.PublicKey.Span, Header(to.Address, priority, lifetime), payload, lifetime);

    private EnvelopeHeader Header(NodeAddress to, Priority priority, TimeSpan lifetime) =>
        new OutgoingEnvelope
        {
            Kind = EnvelopeKind.MlsLite,
            Destination = to,
            Priority = priority,
            WantsReceipt = true,
            Lifetime = lifetime,
            Payload = default,
        }.Header(_context.HopLimit);
}
