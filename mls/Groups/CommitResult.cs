using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// What a commit comes to on the state that it was made on; there is no next state for whom it removes.
/// </summary>
internal sealed record CommitResult(StateId Parent, StateId State, GroupEpoch? Next, CommitSummary Summary);

/// <summary>What is known of a commit, for the summary of it.</summary>
internal sealed class CommitFacts
{
    internal required AppliedProposals Applied { get; init; }

    internal required IReadOnlyList<ResolvedProposal> Proposals { get; init; }

    /// <summary>The tree of the parent state.</summary>
    internal required RatchetTree Before { get; init; }

    /// <summary>
    /// The tree with all that the commit changes, or, if this member is removed, as far as it needs it.
    /// </summary>
    internal required RatchetTree After { get; init; }

    /// <summary>The number of the new epoch.</summary>
    internal required ulong Epoch { get; init; }

    internal required LeafIndex Committer { get; init; }

    internal required LeafNode? PathLeaf { get; init; }

    internal required ReadOnlyMemory<byte> AuthenticatedData { get; init; }

    internal bool IsExternal { get; init; }

    internal bool RemovesSelf { get; init; }
}
