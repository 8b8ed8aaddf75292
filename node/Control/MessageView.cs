using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>Messages as the control socket shows them; safe for threads.</summary>
/// <param name="book">What the owner calls addresses.</param>
/// <param name="nameOf">What a conversation is called that has a name of its own; null for the others.</param>
internal sealed class MessageView(AddressBook book, Func<ConversationId, string?> nameOf)
{
    internal MessageInfo Of(Message message)
    {
        string? group = nameOf(message.Conversation);
        bool isToGroup = message.Outgoing && group is not null;
        return new MessageInfo(
            message.Id.ToString(), message.Outgoing ? "out" : "in", isToGroup ? null : message.Peer.ToString(),
            message.Text, Words.Of(message.State), message.Hops > 0 ? message.Hops : null, Words.Of(message.Priority),
            message.CreatedAt, message.UpdatedAt, Words.Of(message.Reason), Words.Of(message.Protection))
        {
            Alias = isToGroup ? null : book.AliasOf(message.Peer),
            Group = group,
            Request = message.IsRequest,
            SentAt = message.Outgoing ? null : message.SentAt,
            Late = message.IsLate,
            Damaged = message.IsDamaged,
            Recipients = message.Recipients > 0 ? message.Recipients : null,
            DeliveredTo = message.Recipients > 0 ? message.DeliveredTo : null,
        };
    }
}
