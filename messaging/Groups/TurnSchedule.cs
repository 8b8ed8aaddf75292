using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// When this node commits what waits: its turn times four round trips after it was first wanted in this state. The turn
/// moves on with each epoch, so that every member's leaf is renewed, and two seldom commit at once.
/// </summary>
/// <param name="timing">Times.</param>
internal sealed class TurnSchedule(GroupTiming timing)
{
    private StateId? _state;
    private TimeSpan _due = TimeSpan.MaxValue;
    private TimeSpan _notBefore;

    /// <summary>When to commit; never, if nothing is wanted.</summary>
    internal TimeSpan Due => _due;

    /// <summary>Something is to be committed in a state.</summary>
    /// <param name="at">Now.</param>
    /// <param name="tip">The state.</param>
    /// <param name="leaf">This node's leaf.</param>
    /// <param name="leaves">Leaves of the state.</param>
    /// <param name="most">The most turns to wait; 0 where it is for this node to do.</param>
    internal void Want(TimeSpan at, StateNode tip, uint leaf, uint leaves, int most)
    {
        if (_state == tip.Id && at < _notBefore)
            return;
        TimeSpan due = at + (timing.Turn * Math.Min(CommitRank.TurnOf(leaf, tip.Epoch, leaves), most));
        if (_state != tip.Id || due < _due)
            (_state, _due) = (tip.Id, due);
    }

    /// <summary>It cannot be done now; later, or in another state.</summary>
    internal void PutOff(TimeSpan at) => _due = _notBefore = at + (timing.Turn * timing.MaxTurns);

    /// <summary>Nothing is wanted.</summary>
    internal void Clear() => (_state, _due) = (null, TimeSpan.MaxValue);
}
