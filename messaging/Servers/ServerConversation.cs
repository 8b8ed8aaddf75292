using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>A conversation on a server as it can be shown.</summary>
/// <param name="Id">Which it is.</param>
/// <param name="Name">What this node's owner calls it: <c>USER@SERVER</c> where it is with one user.</param>
/// <param name="Server">The server.</param>
/// <param name="IsDirect">It is with one user.</param>
/// <param name="Epoch">The epoch that this node is in; 0 where there is no group yet.</param>
/// <param name="State">How far it is.</param>
/// <param name="Waiting">Messages that wait to be stored on the server.</param>
/// <param name="Members">Who is in it.</param>
public sealed record ServerConversation(
    ConversationId Id, string Name, string Server, bool IsDirect, ulong Epoch, ServerStanding State, int Waiting,
    IReadOnlyList<NodeAddress> Members)
    : Conversation(Id, Name);

/// <summary>How far a conversation on a server is.</summary>
public enum ServerStanding
{
    /// <summary>Its keys are on their way: messages wait.</summary>
    Opening,

    /// <summary>Messages can be sent.</summary>
    Ready,

    /// <summary>A change of its members waits for the server's word.</summary>
    Changing,

    /// <summary>This node is no member any more.</summary>
    Out,
}

/// <summary>What a node keeps of an account, beside its conversations.</summary>
/// <param name="Server">The server.</param>
/// <param name="User">The own name there.</param>
/// <param name="Conversations">Conversations there.</param>
/// <param name="Waiting">Messages that wait to be stored on the server.</param>
/// <param name="Lost">Messages of the inboxes that were gone before this node read them.</param>
public sealed record ServerAccountState(string Server, string User, int Conversations, int Waiting, ulong Lost);
