using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// What a member holds of one group, as the store has it. <see cref="Group"/> changes it and writes the change; where
/// the writing fails, it throws this away and reads another.
/// </summary>
internal sealed class GroupCore : IDisposable
{
    internal GroupCore(GroupEpoch tip, MlsIdentity identity)
    {
        Tip = tip;
        Identity = identity;
    }

    internal GroupStatus Status { get; set; } = GroupStatus.Active;

    internal MlsIdentity Identity { get; set; }

    /// <summary>The state that messages are sent in.</summary>
    internal GroupEpoch Tip { get; set; }

    /// <summary>The other states that are kept, the one left last first.</summary>
    internal List<GroupEpoch> Others { get; } = [];

    internal PendingCommit? Pending { get; set; }

    internal ReInitProposal? ReInit => Tip.Trace.ReInit;

    internal CommitLog Log { get; init; } = new();

    internal ResumptionPsks Resumption { get; init; } = new();

    /// <summary>Whether this member's leaf came with a key package of last resort.</summary>
    internal bool JoinedByLastResort { get; set; }

    /// <summary>The states whose Welcomes were not told to be on their way.</summary>
    internal List<StateId> Invitations { get; init; } = [];

    /// <summary>The names of the group's values in the store.</summary>
    internal HashSet<string> Stored { get; init; } = [];

    internal IEnumerable<GroupEpoch> All => Others.Prepend(Tip);

    internal GroupEpoch? Find(StateId id)
    {
        foreach (GroupEpoch state in All)
        {
            if (state.Id == id)
                return state;
        }
        return null;
    }

    /// <summary>The states of a number, the tip first.</summary>
    internal IEnumerable<GroupEpoch> WithNumber(ulong number)
    {
        foreach (GroupEpoch state in All)
        {
            if (state.Number == number && state.Trace.Standing != StateStanding.Closed)
                yield return state;
        }
    }

    internal bool IsLive(StateId id) => Find(id) is { Trace.Standing: StateStanding.Live };

    /// <summary>Whether a state lies on the way back from the tip.</summary>
    internal bool IsOnLine(GroupEpoch state) => Log.IsAncestor(state.Id, Tip.Id);

    /// <summary>
    /// Makes a state the tip; the old tip joins the others. A state that a ReInit leads to is the end: nothing is sent
    /// in it.
    /// </summary>
    internal void MoveTip(GroupEpoch next, DateTimeOffset now)
    {
        Others.Remove(next);
        Tip.Trace.Left = now;
        Others.Insert(0, Tip);
        Tip = next;
        Status = ReInit is null ? GroupStatus.Active : GroupStatus.ReInitialised;
        if (ReInit is null)
            return;
        next.Trace.Left = now;
        next.Close();
    }

    internal byte[]? FindResumption(ulong epoch, StateId from) => Resumption.Find(epoch, from, Log);

    /// <summary>Zeroes all states but one that somebody else holds too.</summary>
    internal void DisposeExcept(GroupEpoch? held)
    {
        foreach (GroupEpoch state in All)
        {
            if (state != held)
                state.Dispose();
        }
        Pending?.Next.Dispose();
        Resumption.Dispose();
    }

    public void Dispose() => DisposeExcept(null);
}
