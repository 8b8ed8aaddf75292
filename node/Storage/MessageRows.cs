using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>Messages as messaging knows them, and as rows.</summary>
internal static class MessageRows
{
    internal static StoredMessage Write(Message message) => new(
        message.Id, message.Outgoing, message.Peer, message.Text, message.State, (byte)message.Reason, message.Hops,
        message.Priority, message.CreatedAt, message.UpdatedAt)
    {
        Conversation = message.Conversation.IsDirect ? null : message.Conversation,
        Protection = (byte)message.Protection,
        SentAt = message.SentAt,
        IsLate = message.IsLate,
    };

    internal static Message Read(StoredMessage stored) => new(
        stored.Id, stored.Conversation ?? ConversationId.With(stored.Peer), stored.Outgoing, stored.Peer, stored.Text,
        stored.State, (StateReason)stored.Reason, stored.Hops, stored.Priority, stored.CreatedAt, stored.UpdatedAt)
    {
        // One that this program does not know is damage: nothing may be claimed about the sender.
        Protection = IsKnown(stored) ? (Protection)stored.Protection : default,
        Recipients = stored.Recipients,
        DeliveredTo = stored.DeliveredTo,
        IsRequest = stored.IsRequest,
        SentAt = stored.SentAt,
        IsLate = stored.IsLate,
        IsDamaged = stored.IsDamaged || !IsKnown(stored),
    };

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
