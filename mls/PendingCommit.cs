using QuicProChat.Mesh.Mls.Groups;

namespace QuicProChat.Mesh.Mls;

/// <summary>
/// An own commit on its way. Send <see cref="Message"/>; when it is the one that the group follows, merge it and send
/// <see cref="Welcome"/>; when another one wins, merge that and this is gone. It is in the store with the state that it
/// leads to, so that after a restart the very same commit is sent again.
/// </summary>
public sealed class PendingCommit
{
    internal PendingCommit(
        byte[] message, byte[]? welcome, GroupEpoch next, MlsIdentity identity, CommitSummary summary,
        IReadOnlyList<ResolvedProposal> proposals, bool hasPath)
    {
        Message = message;
        Welcome = welcome;
        Next = next;
        Identity = identity;
        Summary = summary;
        Proposals = proposals;
        HasPath = hasPath;
        State = next.Id;
    }

    /// <summary>The MLSMessage with the commit, for the group.</summary>
    public byte[] Message { get; }

    /// <summary>
    /// The MLSMessage with the Welcome, for everybody whom the commit adds; null if it adds nobody. Once the commit is
    /// merged the group keeps it, until <see cref="Group.ForgetInvitation"/>.
    /// </summary>
    public byte[]? Welcome { get; }

    /// <summary>What the commit does.</summary>
    public CommitSummary Summary { get; }

    /// <summary>The state that the commit leads to.</summary>
    public StateId State { get; }

    internal GroupEpoch Next { get; }

    internal MlsIdentity Identity { get; }

    internal IReadOnlyList<ResolvedProposal> Proposals { get; }

    internal bool HasPath { get; }
}
