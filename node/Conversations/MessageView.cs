using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Conversations;

/// <summary>Messages as the control socket shows them.</summary>
internal static class MessageView
{
    internal static MessageInfo Of(StoredMessage message) => new(
        message.Id.ToString(), message.Outgoing ? "out" : "in", message.Peer.ToString(), message.Text, Words.Of(message.State),
        message.Hops > 0 ? message.Hops : null, Words.Of(message.Priority), message.CreatedAt, message.UpdatedAt, Words.Of((StateReason)message.Reason));
}
