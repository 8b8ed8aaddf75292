using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Channels;

/// <content>Texts that go out.</content>
public sealed partial class ChannelConversations
{
    /// <summary>
    /// Messages of this node that are no longer queued, after which nothing older is looked for. Arbitrary.
    /// </summary>
    private const int MaxOthersBetween = 16;

    /// <summary>
    /// The lifetime of a message that a crash left behind, in hours: what it was sent with is not known any more.
    /// </summary>
    private const byte HoursOfLeft = 24;

    /// <inheritdoc/>
    public ValueTask<Outgoing?> PrepareAsync(SendRequest request, ICaller caller)
    {
        if (request.Content is TypingContent or ReadContent)
            throw new MessagingException(Refusal.Usage, "in a channel nobody is told who types or what was read");
        MessageContent content = Find(request.To) is { } channel ? _context.Contents.ToSend(channel, request.Content)
            : request.Content;
        if (content.Size > ChannelPayload.MaxContent)
            throw new MessagingException(
                Refusal.Usage, $"a message to a channel may have {ChannelPayload.MaxContent} bytes");
        return request.Wait == MessageState.Delivered
            ? throw new MessagingException(
                Refusal.Usage, "nobody proves that a message of a channel was delivered: wait for forwarded")
            : ValueTask.FromResult<Outgoing?>(new Outgoing(request, caller));
    }

    /// <inheritdoc/>
    public Task<Outgoing> PrepareLaterAsync(SendRequest request, ICaller caller) =>
        throw new InvalidOperationException("A channel's key is known: there is nothing to wait for.");

    /// <inheritdoc/>
    public void Send(Instant now, Outgoing outgoing, MessageTransaction transaction)
    {
        SendRequest asked = outgoing.Request;
        ChannelState channel = Channel(asked.To);
        if (channel.Sequence == uint.MaxValue)
            throw new MessagingException(Refusal.Refused, $"this node has used up its numbers in '{channel.Name}'");
        MessageContent content = _context.Contents.ToSend(channel.Id, asked.Content);
        if (content.Size > ChannelPayload.MaxContent)
            throw new MessagingException(
                Refusal.Usage, "the message became too long: its channel was given a timer meanwhile");
        channel.Sequence++;
        transaction.Touch(channel, spent: true);
        uint sequence = channel.Sequence;
        DateTimeOffset at = _context.Time.GetUtcNow();
        EnvelopeId id = ChannelPayload.IdOf(channel.Id, _context.Identity.Address, sequence);
        _context.Contents.Send(transaction, new Message(
            id, channel.Id, Outgoing: true, channel.Id.AsPeer, content.Text, MessageState.Queued, StateReason.None, 0,
            asked.Priority, at, at)
        {
            Content = content,
            Protection = Protection.Channel,
        });
        byte hours = (byte)Math.Clamp(Math.Ceiling(asked.Lifetime.TotalHours), 1, GossipRecord.MaxHours);
        transaction.WhenFailed(
            _ => outgoing.Caller.Refused(Refusal.Refused, "the store is full or failing: nothing was sent"));
        transaction.WhenWritten(
            then => Answer(outgoing.Caller, id, Publish(then, channel, id, sequence, hours, content)),
            _ => outgoing.Caller.Refused(Refusal.Refused, Deliveries.Fault));
    }

    private static void Answer(ICaller caller, in EnvelopeId id, bool isPublished)
    {
        if (isPublished)
            caller.Done(new SentMessage(id, MessageState.Forwarded, StateReason.None, null));
        else
            caller.Refused(Refusal.Refused, "gossip has no room for it: the message is kept here, and was not sent");
    }

    /// <summary>
    /// Gives a message to gossip. Its state is written with the record, in one transaction: a crash before that leaves
    /// it queued, and the next start does this again. Nothing more will ever be proven about it.
    /// </summary>
    private bool Publish(
        Instant now, ChannelState channel, in EnvelopeId id, uint sequence, byte hours, MessageContent content)
    {
        byte[] record = ChannelPayload.Seal(
            channel.Key, _context.Identity, _records.HasRadio, PeriodOf(now, channel), Today ?? 0, hours, sequence,
            content.ToBytes());
        if (!_records.Publish(now, record))
            return false;
        Counters.Add(ChannelEvent.Sent);
        if (content.IsShown)
            _context.Store.SetState(
                now, id, new StateChange(MessageState.Forwarded, StateReason.None, 0, _context.Time.GetUtcNow()));
        return true;
    }

    /// <summary>What a crash left on disk and not with gossip: the newest messages of this node.</summary>
    private void PublishLeft(Instant now, ChannelState channel)
    {
        int others = 0;
        for (uint sequence = channel.Sequence; sequence > 0 && others < MaxOthersBetween; sequence--)
        {
            EnvelopeId id = ChannelPayload.IdOf(channel.Id, _context.Identity.Address, sequence);
            if (_context.Store.FindMessage(id) is { State: MessageState.Queued } left)
                _ = Publish(now, channel, id, sequence, HoursOfLeft, left.Content);
            else
                others++;
        }
    }
}
