using QuicProChat.Mesh.Mls.Groups;

namespace QuicProChat.Mesh.Mls;

/// <summary>A verified commit that has not taken effect. <see cref="Group.Merge"/> makes it the group's state; dropping it costs nothing.</summary>
public sealed class StagedCommit
{
    internal StagedCommit(GroupEpoch from, GroupEpoch? next, CommitSummary summary, bool isOwn = false)
    {
        IsOwn = isOwn;
        From = from;
        Next = next;
        Summary = summary;
    }

    /// <summary>What the commit does.</summary>
    public CommitSummary Summary { get; }

    /// <summary>Whether it is an own pending commit, which is there only as long as it is pending.</summary>
    internal bool IsOwn { get; }

    /// <summary>The epoch object that the commit was checked against: it merges into no other.</summary>
    internal GroupEpoch From { get; }

    /// <summary>The new epoch; null if this member is removed.</summary>
    internal GroupEpoch? Next { get; }
}
