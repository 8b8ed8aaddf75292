using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>Messages as the control socket shows them; safe for threads.</summary>
/// <param name="book">What the owner calls addresses.</param>
/// <param name="nameOf">What a conversation is called that has a name of its own; null for the others.</param>
/// <param name="destinationOf">What a conversation is called where something is sent to it.</param>
/// <param name="referenced">The message of a conversation that a reference names; null if it is not here.</param>
internal sealed class MessageView(
    AddressBook book, Func<ConversationId, string?> nameOf, Func<ConversationId, string> destinationOf,
    Func<ConversationId, ContentReference, EnvelopeId?> referenced)
{
    /// <summary>What a conversation is called, as commands take it.</summary>
    internal string NameOf(ConversationId conversation) => destinationOf(conversation);

    /// <summary>What the owner calls an address; null for nothing.</summary>
    internal string? AliasOf(NodeAddress address) => book.AliasOf(address);

    internal MessageInfo Of(Message message)
    {
        string? group = nameOf(message.Conversation);
        bool isToGroup = message.Outgoing && group is not null;
        return new MessageInfo(
            message.Id.ToString(), message.Outgoing ? "out" : "in", isToGroup ? null : message.Peer.ToString(),
            message.Text, Words.Of(message.State), message.Hops > 0 ? message.Hops : null, Words.Of(message.Priority),
            message.CreatedAt, message.UpdatedAt, Words.Of(message.Reason), Words.Of(message.Protection))
        {
            Conversation = destinationOf(message.Conversation),
            Content = ContentViews.Of(message.Content),
            ReplyTo = message.Content.Plain is ReplyContent reply
                ? referenced(message.Conversation, reply.To)?.ToString() ?? reply.To.ToString() : null,
            EditedAt = message.Extras.EditedAt,
            Reactions = ContentViews.Of(message.Extras.Reactions),
            ReadBy = message.Extras.ReadBy.Count > 0 ? [.. message.Extras.ReadBy.Select(r => r.ToString())] : null,
            Unread = message.IsUnread,
            // Its time begins when it is read.
            DisappearsIn = message.IsUnread ? null : (long?)message.ExpiresIn?.TotalSeconds,
            Alias = isToGroup ? null : book.AliasOf(message.Peer),
            Group = group,
            Request = message.IsRequest,
            SentAt = message.Outgoing ? null : message.SentAt,
            Late = message.IsLate,
            Damaged = message.IsDamaged,
            // A message to one node has one receiver, whatever keys it went under.
            Recipients = HasCopies(message) ? message.Recipients : null,
            DeliveredTo = HasCopies(message) ? message.DeliveredTo : null,
        };
    }

    private static bool HasCopies(Message message) => message.Recipients > 0 && !message.Conversation.IsDirect;
}
