using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

// The states of a group: entering, keeping and leaving them.
public sealed partial class Group
{
    /// <summary>The state that messages are sent in.</summary>
    public GroupState Tip => GroupState.Of(Current);

    /// <summary>All states that are kept, the tip first.</summary>
    public IReadOnlyList<GroupState> States => [.. Core.All.Select(GroupState.Of)];

    /// <summary>Finds a state that is kept; null if there is none of the id.</summary>
    public GroupState? FindState(StateId id) => Core.Find(id) is { } state ? GroupState.Of(state) : null;

    /// <summary>
    /// The encoded context of a state that is kept, which is public among its members: what signatures of commits on it
    /// cover. Null if there is none of the id.
    /// </summary>
    public ReadOnlyMemory<byte>? ContextOf(StateId id) => Core.Find(id)?.Context.Encoded.ToArray();

    /// <summary>
    /// Makes a staged commit the tip. What the policy does not want to keep of the state before is deleted, and so is
    /// an own pending commit on it that this one overtakes, unless <see cref="GroupPolicy.ForkEpochs"/> keeps its state
    /// beside.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The commit was used before, belongs to another group, or is an own one that was dropped; the state that it was
    /// made on takes no commits any more; or the group has ended.
    /// </exception>
    public void Merge(StagedCommit staged)
    {
        ArgumentNullException.ThrowIfNull(staged);
        CheckUsable(staged);
        if (staged.RemovesSelf)
        {
            _client.Forget(this);
            staged.Use();
            return;
        }
        Enter(staged, move: true);
    }

    /// <summary>
    /// Keeps the state that a staged commit leads to beside the tip, with ratchets of its own: it is made once, and
    /// moved to or dropped later. Its messages can be read meanwhile.
    /// </summary>
    /// <returns>The state; where it is kept already, the one that there is.</returns>
    /// <exception cref="InvalidOperationException">As for <see cref="Merge"/>; or this member has no part in the
    /// state.</exception>
    public GroupState Keep(StagedCommit staged)
    {
        ArgumentNullException.ThrowIfNull(staged);
        CheckUsable(staged);
        if (staged.RemovesSelf)
            throw new InvalidOperationException("This member has no part in the state that the commit leads to.");
        GroupPolicy policy = Environment.Policy;
        if (policy.MaxSideStates == 0 || (policy.ForkEpochs == 0 && policy.PastEpochs == 0))
            throw new InvalidOperationException("The policy keeps no state beside the tip.");
        return GroupState.Of(Enter(staged, move: false));
    }

    /// <summary>Makes another live state the tip. The old tip stays as the policy has it.</summary>
    /// <exception cref="InvalidOperationException">
    /// The group is no longer this member's, or the state is not kept, or not live.
    /// </exception>
    public void MoveTo(StateId state)
    {
        if (Status == GroupStatus.Removed)
            throw Ended();
        if (Current.Id == state)
            return;
        GroupEpoch next = RequireLive(state);
        MlsIdentity identity = RequireIdentity(next);
        Change(core =>
        {
            GroupWriter writer = new(StoreKey, core);
            SetPendingAside(core, writer);
            core.MoveTip(next, Environment.Now);
            core.Identity = identity;
            return Trim(core, writer).Index();
        });
    }

    /// <summary>
    /// Deletes what lets a state take commits and send messages. Its late application messages stay readable as the
    /// policy has it. For an owner that knows earlier than the policy that a state will not be needed.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is the tip.</exception>
    public void Settle(StateId state)
    {
        if (Status == GroupStatus.Removed || Core.Find(state) is not { Trace.Standing: StateStanding.Live } live)
            return;
        if (live == Current)
            throw new InvalidOperationException("The tip cannot be settled.");
        Change(core =>
        {
            live.Settle();
            GroupWriter writer = new(StoreKey, core);
            List<GroupEpoch> others = Retention.Apply(core, Environment.Policy, Environment.Now);
            return Rewrite(core, writer, [live, .. others]).Index();
        });
    }

    /// <summary>Deletes all that is secret of a state. It is remembered, so that it is not made again.</summary>
    /// <exception cref="InvalidOperationException">It is the tip.</exception>
    public void Drop(StateId state)
    {
        if (Status == GroupStatus.Removed || Core.Find(state) is not { } dropped)
            return;
        if (dropped == Current)
            throw new InvalidOperationException("The tip cannot be dropped.");
        Change(core =>
        {
            core.Others.Remove(dropped);
            dropped.Dispose();
            return new GroupWriter(StoreKey, core).Index();
        });
    }

    /// <summary>
    /// Deletes the key of one application message, because its content was received in another form: the message itself
    /// can then no longer be read.
    /// </summary>
    /// <param name="state">The state of the message.</param>
    /// <param name="sender">Who sent it.</param>
    /// <param name="generation">Its generation (section 9.1).</param>
    /// <returns>True; an error if there is no such key (any more).</returns>
    public MlsResult<bool> Spend(StateId state, LeafIndex sender, uint generation)
    {
        if (Status == GroupStatus.Removed)
            return Closed;
        if (Core.Find(state) is not { } epoch || epoch.Trace.Standing == StateStanding.Closed)
            return Errors.At(MlsErrorCode.WrongEpoch, "15.3");
        if (epoch.Tree.Leaf(sender) is null)
            return Errors.At(MlsErrorCode.InvalidSender, "6.3.2");
        if (sender == epoch.Self)
            return Errors.At(MlsErrorCode.OwnMessage, "6.3.2");
        GroupPolicy policy = Environment.Policy;
        int window = policy.OutOfOrderOf(epoch.Tree.MemberCount);
        HashRatchet ratchet = epoch.SecretTree.Ratchet(sender, handshake: false);
        MlsError error = ratchet.Peek(
            epoch.Suite, generation, window, policy.ForwardWindow, out RatchetPeek peek);
        if (error.Failed)
            return error;
        Change(core =>
        {
            ratchet.Consume(peek, window);
            return new GroupWriter(StoreKey, core).Ratchets(epoch);
        });
        return true;
    }

    /// <summary>Deletes what has had its time.</summary>
    /// <returns>When there will be something to delete next; null if nothing waits for that.</returns>
    internal DateTimeOffset? Expire()
    {
        if (_stale || _core.Status == GroupStatus.Removed || _nextExpiry is null || Environment.Now < _nextExpiry)
            return _nextExpiry;
        Change(core =>
        {
            if (core.Status == GroupStatus.ReInitialised
                && Environment.Now >= Retention.EndOfComparing(core, Environment.Policy))
                core.Tip.Secrets.Dispose();
            return Trim(core, new GroupWriter(StoreKey, core).Secrets(core.Tip)).Index();
        });
        return _nextExpiry;
    }

    private GroupEpoch Enter(StagedCommit staged, bool move)
    {
        GroupEpoch? known = Core.Find(staged.State);
        if (known is not null)
        {
            staged.Dispose();
            if (move)
                MoveTo(known.Id);
            return known;
        }
        _ = RequireLive(staged.Parent);
        PendingCommit? own = staged.IsOwn ? Pending : null;
        GroupEpoch next = own?.Next ?? staged.Next!;
        MlsIdentity identity = own?.Identity ?? RequireIdentity(next);
        Change(core => Enter(core, staged, next, identity, move), staged.Next);
        staged.Use();
        _spent.Apply(next);
        _spent.Trim(Core);
        return next;
    }

    private GroupWriter Enter(
        GroupCore core, StagedCommit staged, GroupEpoch next, MlsIdentity identity, bool move)
    {
        GroupWriter writer = new(StoreKey, core);
        core.Log.Add(new CommitRecord(staged.State, staged.Parent, next.Number, staged.MessageHash, staged.IsOwn));
        core.Resumption.Add(next);
        next.Trace.ReInit = staged.Summary.ReInit;
        if (staged.IsOwn)
            KeepWelcome(core);
        else if (move)
            SetPendingAside(core, writer);
        if (move)
        {
            core.MoveTip(next, Environment.Now);
            core.Identity = identity;
        }
        else
        {
            next.Trace.Left = Environment.Now;
            core.Others.Insert(0, next);
        }
        writer.NewState(next);
        return Trim(core, writer).Index();
    }

    // An own commit on the tip that another one overtakes. Its author cannot derive its state again, so where the group
    // may come back to it, it stays.
    private void SetPendingAside(GroupCore core, GroupWriter writer)
    {
        if (core.Pending is not { } lost)
            return;
        if (Environment.Policy.ForkEpochs > 0)
        {
            core.Log.Add(new CommitRecord(
                lost.State, core.Tip.Id, lost.Next.Number, CommitLog.HashOf(lost.Message), IsOwn: true));
            core.Resumption.Add(lost.Next);
            lost.Next.Trace.ReInit = lost.Summary.ReInit;
            KeepWelcome(core);
            lost.Next.Trace.Left = Environment.Now;
            core.Others.Insert(0, lost.Next);
            writer.NewState(lost.Next);
        }
        else
        {
            core.Pending = null;
            lost.Next.Dispose();
        }
    }

    private void KeepWelcome(GroupCore core)
    {
        PendingCommit pending = core.Pending!;
        core.Pending = null;
        if (pending.Welcome is null || Environment.Policy.MaxInvitations == 0)
            return;
        core.Invitations.Add(pending.State);
        if (core.Invitations.Count > Environment.Policy.MaxInvitations)
            core.Invitations.RemoveAt(0);
    }

    private GroupWriter Trim(GroupCore core, GroupWriter writer) =>
        Rewrite(core, writer, Retention.Apply(core, Environment.Policy, Environment.Now));

    // The secrets of states that have fewer now, unless they are written anyway.
    private static GroupWriter Rewrite(GroupCore core, GroupWriter writer, IEnumerable<GroupEpoch> changed)
    {
        foreach (GroupEpoch state in changed)
        {
            if (core.Others.Contains(state))
                writer.Secrets(state);
        }
        return writer;
    }

    private void CheckUsable(StagedCommit staged)
    {
        if (Status != GroupStatus.Active)
            throw Ended();
        if (staged.IsUsed)
            throw new InvalidOperationException("The commit was used before.");
        if (!ReferenceEquals(staged.Group, this))
            throw new InvalidOperationException("The commit was staged in another group.");
        if (staged.IsOwn && Pending?.State != staged.State && Core.Find(staged.State) is null)
            throw new InvalidOperationException("The own commit was dropped.");
        if (Core.Find(staged.State) is null && Core.Log.FindChild(staged.State) is not null)
            throw new InvalidOperationException(
                "The state that the commit leads to was dropped, and is not made twice.");
    }

    private GroupEpoch RequireLive(StateId id) => Core.Find(id) is { Trace.Standing: StateStanding.Live } state
        ? state
        : throw new InvalidOperationException("The state is not kept, or takes no commits any more.");

    private MlsIdentity RequireIdentity(GroupEpoch state) => FindIdentity(state)
        ?? throw new InvalidOperationException("The identity of this member's leaf is not known to the client.");

    private MlsIdentity? FindIdentity(GroupEpoch state)
    {
        ReadOnlyMemory<byte> key = state.Tree.Leaf(state.Self)!.SignatureKey;
        return key.Span.SequenceEqual(Identity.PublicKey.Span)
            ? Identity : _client.FindIdentity(state.Suite.Id, key.Span);
    }
}
