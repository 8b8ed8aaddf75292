using QuicProChat.Mesh.Mls.Groups;

namespace QuicProChat.Mesh.Mls;

/// <summary>
/// A verified commit that has not taken effect. <see cref="Group.Merge"/> makes it the group's state,
/// <see cref="Group.Keep"/> keeps it beside; dropping it costs nothing. It is used once.
/// </summary>
public sealed class StagedCommit : IDisposable
{
    private GroupEpoch? _next;

    internal StagedCommit(Group group, CommitResult result, UInt128 messageHash, bool isOwn)
    {
        Group = group;
        Summary = result.Summary;
        Parent = result.Parent;
        State = result.State;
        RemovesSelf = result.Next is null;
        MessageHash = messageHash;
        IsOwn = isOwn;
        _next = isOwn ? null : result.Next;
    }

    /// <summary>What the commit does.</summary>
    public CommitSummary Summary { get; }

    /// <summary>The state that the commit was made on.</summary>
    public StateId Parent { get; }

    /// <summary>The state that the commit leads to.</summary>
    public StateId State { get; }

    internal Group Group { get; }

    /// <summary>Whether this member has no part in the new state.</summary>
    public bool RemovesSelf { get; }

    /// <summary>Whether it is the own pending commit, whose state the group holds.</summary>
    internal bool IsOwn { get; }

    internal UInt128 MessageHash { get; }

    internal bool IsUsed { get; private set; }

    /// <summary>
    /// The new state, which stays the handle's until it is used; null if there is none, or the group has it.
    /// </summary>
    internal GroupEpoch? Next => _next;

    /// <summary>Notes that the group has it now.</summary>
    internal void Use()
    {
        IsUsed = true;
        _next = null;
    }

    /// <summary>Zeroes the keys of a commit that is not followed.</summary>
    public void Dispose()
    {
        IsUsed = true;
        _next?.Dispose();
        _next = null;
    }
}
