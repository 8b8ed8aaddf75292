using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// A state of a group that this node verified the commit of; whether it also made the state, with keys, is another
/// question.
/// </summary>
internal sealed class StateNode
{
    internal required StateId Id { get; init; }

    /// <summary>The state that it was made on; its own id for the first that is known.</summary>
    internal required StateId Parent { get; init; }

    internal required ulong Epoch { get; init; }

    /// <summary>The leaf that made it.</summary>
    internal required uint Author { get; init; }

    internal required NodeAddress AuthorAddress { get; init; }

    internal required CommitRank Rank { get; init; }

    internal required OrderTable Table { get; init; }

    /// <summary>
    /// The commit, an MLSMessage; empty for the first state and for those that are too old to be passed on.
    /// </summary>
    internal ReadOnlyMemory<byte> Commit { get; set; }

    internal IReadOnlyList<Order> Orders { get; init; } = [];

    /// <summary>This node has no part in it.</summary>
    internal bool RemovesSelf { get; init; }

    /// <summary>Its author made another commit on the same state.</summary>
    internal bool IsContradicted { get; set; }

    /// <summary>So many follow it for good that no proof takes it back.</summary>
    internal bool IsFinal { get; set; }

    /// <summary>When this node learnt of it, and when it stopped being the tip; in running time.</summary>
    internal TimeSpan Since { get; set; }

    /// <summary>
    /// It was verified, and cannot be made any more: this node has to be taken in again by whoever follows it.
    /// </summary>
    internal bool CannotFollow { get; set; }

    /// <summary>This node does not follow it; but for its own trouble, no node does.</summary>
    internal bool IsVoid => CannotFollow || (IsContradicted && !IsFinal);

    internal ulong Short => Id.Short;
}
