using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Lite;

/// <summary>An MLS-Lite group as it can be shown.</summary>
/// <param name="Id">Which it is.</param>
/// <param name="Name">What this node's owner calls it.</param>
/// <param name="HasShortTags">Its tags have 8 bytes (AES-CCM) instead of 16 (ChaCha20-Poly1305).</param>
/// <param name="Epoch">The number of the epoch that this node writes in.</param>
/// <param name="EpochTag">What its messages name the epoch by.</param>
/// <param name="Made">Messages that this node has made in it.</param>
/// <param name="Members">Who is in it.</param>
public sealed record LiteConversation(
    ConversationId Id, string Name, bool HasShortTags, uint Epoch, ushort EpochTag, uint Made,
    IReadOnlyList<LiteParticipant> Members)
    : Conversation(Id, Name);

/// <summary>A member of a group.</summary>
/// <param name="Index">Its place.</param>
/// <param name="Address">Its address.</param>
/// <param name="IsSelf">It is this node.</param>
public readonly record struct LiteParticipant(int Index, NodeAddress Address, bool IsSelf);
