using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Conversations;

/// <summary>Messages as the control socket shows them; safe for threads.</summary>
internal sealed class MessageView(AddressBook book)
{
    /// <summary>Shows a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="group">What its group is called; null if it belongs to none.</param>
    internal MessageInfo Of(StoredMessage message, string? group) => new(
        message.Id.ToString(), message.Outgoing ? "out" : "in", message.Outgoing && group is not null ? null : message.Peer.ToString(), message.Text, Words.Of(message.State),
        message.Hops > 0 ? message.Hops : null, Words.Of(message.Priority), message.CreatedAt, message.UpdatedAt, Words.Of((StateReason)message.Reason),
        Words.Of(message.Security))
    {
        Alias = message.Outgoing && group is not null ? null : book.AliasOf(message.Peer),
        Group = group,
        Request = message.IsRequest,
        SentAt = message.Outgoing ? null : message.SentAt,
        Late = message.IsLate,
        Damaged = message.IsDamaged,
        Recipients = message.Recipients > 0 ? message.Recipients : null,
        DeliveredTo = message.Recipients > 0 ? message.DeliveredTo : null,
    };
}
