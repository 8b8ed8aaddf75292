using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>Messages as messaging knows them, and as rows.</summary>
internal static class MessageRows
{
    internal static StoredMessage Write(Message message) => new(
        message.Id, message.Outgoing, message.Peer, message.Content is TextContent ? message.Text : "", message.State,
        (byte)message.Reason, message.Hops, message.Priority, message.CreatedAt, message.UpdatedAt)
    {
        Conversation = message.Conversation.IsDirect ? null : message.Conversation,
        Protection = (byte)message.Protection,
        SentAt = message.SentAt,
        IsLate = message.IsLate,
        Content = message.Content is TextContent ? default(ReadOnlyMemory<byte>) : message.Content.ToBytes(),
        Extras = message.Extras.ToBytes(),
        Timer = message.Content.After.Minutes,
        IsUnread = message.IsUnread,
        Envelope = message.Envelope,
        Place = message.Place?.ToBytes() ?? default(ReadOnlyMemory<byte>),
    };

    internal static Message Read(StoredMessage stored)
    {
        // What this program does not understand is damage: nothing may be claimed about it.
        bool isRead = TryReadContent(stored, out MessageContent? content)
            & MessageExtras.TryRead(stored.Extras.Span, out MessageExtras extras) & IsKnown(stored);
        return new Message(
            stored.Id, stored.Conversation ?? ConversationId.With(stored.Peer), stored.Outgoing, stored.Peer,
            content?.Text ?? "", stored.State, (StateReason)stored.Reason, stored.Hops, stored.Priority,
            stored.CreatedAt, stored.UpdatedAt)
        {
            Content = content ?? new TextContent(""),
            Extras = extras,
            Place = stored.Place.Length == MessagePlace.Size ? MessagePlace.Read(stored.Place.Span) : null,
            IsUnread = stored.IsUnread,
            ExpiresIn = stored.ExpiresIn,
            Protection = IsKnown(stored) ? (Protection)stored.Protection : default,
            Recipients = stored.Recipients,
            DeliveredTo = stored.DeliveredTo,
            IsRequest = stored.IsRequest,
            SentAt = stored.SentAt,
            IsLate = stored.IsLate,
            IsDamaged = stored.IsDamaged || !isRead,
        };
    }

    private static bool TryReadContent(StoredMessage stored, out MessageContent? content)
    {
        if (!stored.Content.IsEmpty)
            return MessageContent.TryReadStored(stored.Content.Span, out content);
        content = new TextContent(stored.Text);
        return true;
    }

    private static bool IsKnown(StoredMessage stored) => stored.Protection <= (byte)Protections.Last;

    /// <summary>What became of a message, in messaging's words.</summary>
    internal static Insertion Read(Inserted inserted) => inserted switch
    {
        Inserted.Added => Insertion.Added,
        Inserted.AddedAsRequest => Insertion.AddedAsRequest,
        Inserted.AlreadyThere => Insertion.AlreadyThere,
        Inserted.NotKept => Insertion.NotKept,
        Inserted.NoRoom => Insertion.NoRoom,
        _ => throw new ArgumentOutOfRangeException(nameof(inserted)),
    };
}
