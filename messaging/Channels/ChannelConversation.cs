using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Channels;

/// <summary>A channel as it can be shown.</summary>
/// <param name="Id">Which it is.</param>
/// <param name="Name">What this node's owner calls it.</param>
/// <param name="IsMuted">Its messages are kept, and nobody is told of them.</param>
/// <param name="Made">Messages that this node has made in it.</param>
/// <param name="Writers">Others that wrote in it since the start.</param>
/// <param name="Missing">Messages that are known to be missing, by the numbers of those that came.</param>
public sealed record ChannelConversation(
    ConversationId Id, string Name, bool IsMuted, uint Made, int Writers, int Missing)
    : Conversation(Id, Name);
