using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Content;

/// <summary>
/// What a content does, within the transaction of whoever opened or sends it: it becomes a message, changes another
/// one, sets something, or is told and forgotten. Kinds of conversations decide none of that themselves.
/// <code>
///  text, reply, file, card, place, unknown   --> a message
///  timer                                     --> a message, and a setting
///  reaction, edit, delete, read              --> a change of another message, or kept until that comes
///  typing                                    --> an event
/// </code>
/// </summary>
public sealed class ContentApplier(
    NodeAddress self, IMessageStore store, IEventSink events, ConversationSettings settings, TimeProvider time)
{
    /// <summary>
    /// Contents that were of no use: changes by others than the author, of no message, or beyond a bound.
    /// </summary>
    public long Useless { get; private set; }

    /// <summary>Who has to do with files; null: nobody.</summary>
    public IFileOffers? Offers { get; set; }

    /// <summary>Takes what came from somebody else; events follow when it is on disk.</summary>
    /// <returns>Where what became of it will be found.</returns>
    public AppliedContent Receive(MessageTransaction transaction, ReceivedContent received)
    {
        if (received.Content is TypingContent typing)
            return Tell(transaction, received, typing);
        if (!received.Content.IsShown)
        {
            return new AppliedContent(null, Change(
                transaction, received.Conversation, received.Author, received.Id, received.Content,
                received.Protection.ProvesSender(), received.At));
        }

        InsertedMessage inserted = transaction.Insert(new Message(
            received.Id, received.Conversation, Outgoing: false, received.Author, received.Content.Text,
            MessageState.Received, StateReason.None, received.Hops, received.Priority, received.At, received.At)
        {
            Content = received.Content,
            Protection = received.Protection,
            SentAt = received.SentAt,
            IsLate = received.IsLate,
            Place = received.Place,
            IsUnread = true,
        });
        if (received.Content is TimerContent timer)
            Set(transaction, new SettingChange(received.Conversation, timer, null, inserted));
        transaction.WhenWritten(_ => Tell(inserted, received.At));
        if (received.Content.Plain is FileOfferContent offer && Offers is { } offers)
            transaction.WhenWritten(now => offers.Arrived(now, inserted, offer));
        return new AppliedContent(inserted, []);
    }

    /// <summary>Takes what this node writes: a message, or a change of another one.</summary>
    public void Send(MessageTransaction transaction, Message message)
    {
        if (!message.Content.IsShown)
        {
            Change(transaction, message.Conversation, self, carrier: null, message.Content, isProven: true,
                message.CreatedAt);
            return;
        }

        InsertedMessage inserted = transaction.Insert(message);
        if (message.Content is TimerContent timer)
            Set(transaction, new SettingChange(message.Conversation, timer, null, inserted));
        if (message.Content.Plain is FileOfferContent offer && Offers?.Sent(message, offer) is { } file)
        {
            transaction.Keep(file);
            transaction.WhenWritten(now => Offers.Kept(now, file));
        }
    }

    /// <summary>
    /// What a content is sent as: with the time after which it disappears, where its conversation has one.
    /// </summary>
    public MessageContent ToSend(ConversationId conversation, MessageContent content) =>
        TimedContent.Of(settings.Of(conversation).After, content);

    /// <summary>Sets something for a conversation.</summary>
    public void Set(MessageTransaction transaction, SettingChange change)
    {
        transaction.Set(change);
        transaction.WhenWritten(_ => IsSet(change));
    }

    private void IsSet(SettingChange change)
    {
        if (change.Result is not { } setting)
            return;
        settings.Set(change.Conversation, setting);
        if (events.HasListeners)
            events.Publish(new SettingChanged(change.Conversation, setting, time.GetUtcNow()));
    }

    private List<PlannedChange> Change(
        MessageTransaction transaction, ConversationId conversation, in NodeAddress author, EnvelopeId? carrier,
        MessageContent content, bool isProven, DateTimeOffset at)
    {
        var planned = new List<PlannedChange>();
        foreach ((ContentReference target, MessageContent one) in Targets(content))
        {
            var change = new ContentChange(conversation, target, author, IsOwn: carrier is null, one, isProven, at)
            {
                Carrier = carrier ?? default,
            };
            planned.Add(transaction.Change(change));
        }

        transaction.WhenWritten(_ =>
        {
            foreach (PlannedChange change in planned)
                Tell(change);
        });
        return planned;
    }

    /// <summary>The messages that a content is about, each with what it says about that one.</summary>
    private static IEnumerable<(ContentReference Target, MessageContent Content)> Targets(MessageContent content) =>
        content switch
        {
            ReactionContent reaction => [(reaction.To, content)],
            EditContent edit => [(edit.To, content)],
            DeleteContent delete => [(delete.To, content)],
            ReadContent read => read.Messages.Select(m => (m, (MessageContent)new ReadContent([m]))),
            _ => throw new ArgumentException($"A content of type {content.Type} changes no other.", nameof(content)),
        };

    private AppliedContent Tell(MessageTransaction transaction, ReceivedContent received, TypingContent typing)
    {
        // From strangers nothing is told that they could not be asked to stop.
        if (events.HasListeners && (!received.Conversation.IsDirect || store.IsKnown(received.Author)))
        {
            transaction.WhenOver(_ => events.Publish(
                new SomebodyTypes(received.Conversation, received.Author, typing.IsTyping, received.At)));
        }

        return new AppliedContent(null, []);
    }

    private void Tell(InsertedMessage inserted, DateTimeOffset at)
    {
        if (inserted.Outcome is not (Insertion.Added or Insertion.AddedAsRequest) || !events.HasListeners)
            return;
        Message message = inserted.Message with { IsRequest = inserted.Outcome == Insertion.AddedAsRequest };
        events.Publish(new MessageReceived(message, at));
    }

    private void Tell(PlannedChange planned)
    {
        if (planned.Outcome is ChangeOutcome.NotAllowed or ChangeOutcome.NotKept)
            Useless++;
        if (planned.Outcome != ChangeOutcome.Changed || planned.Message is not { } message || !events.HasListeners)
            return;
        ContentChange change = planned.Change;
        events.Publish(new MessageAmended(message, change.Content.Type, change.Author, change.At));
    }
}
