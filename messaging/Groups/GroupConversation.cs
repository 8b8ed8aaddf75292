using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>An MLS group as it can be shown.</summary>
/// <param name="Id">Which it is.</param>
/// <param name="Name">What this node's owner calls it.</param>
/// <param name="Suite">The number of its cipher suite (RFC 9420, section 17.1).</param>
/// <param name="Epoch">The epoch that this node is in.</param>
/// <param name="State">The first 8 bytes of the state's id: equal for two members that stand at the same place.</param>
/// <param name="Status">How this node stands.</param>
/// <param name="Pending">Orders that wait to be committed, and invitations whose KeyPackage has not come.</param>
/// <param name="Forks">How often this node went over to another branch since it started.</param>
/// <param name="Members">Who is in it.</param>
public sealed record GroupConversation(
    ConversationId Id, string Name, int Suite, ulong Epoch, string State, MembershipStatus Status,
    int Pending, int Forks,
    IReadOnlyList<GroupParticipant> Members)
    : Conversation(Id, Name);

/// <summary>A member of a group.</summary>
/// <param name="Address">Its address.</param>
/// <param name="IsAdmin">It may add and remove others.</param>
/// <param name="IsSelf">It is this node.</param>
/// <param name="IsInvited">It was invited, and nothing shows yet that it accepted.</param>
public readonly record struct GroupParticipant(NodeAddress Address, bool IsAdmin, bool IsSelf, bool IsInvited)
{
    /// <summary>The server whose inbox it is reached by now; null where it is not.</summary>
    public string? Server { get; init; }

    /// <summary>The member that carries to it now; null where none does.</summary>
    public NodeAddress? CarriedBy { get; init; }
}

/// <summary>An invitation that waits for its owner's word.</summary>
/// <param name="Group">The group.</param>
/// <param name="Name">What the inviter calls it.</param>
/// <param name="Inviter">Who invites.</param>
/// <param name="Members">Who is in it, this node included.</param>
public sealed record GroupInvitation(MeshGroupId Group, string Name, NodeAddress Inviter, int Members);
