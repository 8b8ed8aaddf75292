using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>What time brings: turns, the end of secrets, and who asks to be taken in again.</content>
internal sealed partial class MeshGroup
{
    /// <summary>The longest pause between questions about where others stand. Arbitrary.</summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(10);

    /// <summary>So many times the patience is had with a member that does not tell its way.</summary>
    private const int MostPatience = 4;

    /// <summary>A rejoin is asked for every half minute at first, and at least every few hours.</summary>
    private const int MostDoublings = 9;

    /// <summary>How many members are asked to take this node in again, at once.</summary>
    private const int AskedToRejoin = 3;

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    internal Instant NextDue
    {
        get
        {
            TimeSpan due = _turn.Due;
            Earlier(_welcomes.Due);
            Earlier(_own.RejoinAt);
            Earlier(_own.IdleAt);
            Earlier(_own.Asking.At);
            foreach (MemberSync peer in _peers.Values)
                Earlier(peer.RepeatAt);
            if (_own.Status is MembershipStatus.Behind or MembershipStatus.Forked or MembershipStatus.Joining)
            {
                foreach (MemberSync peer in _peers.Values)
                {
                    if (peer.DivergedSince is { } since && !peer.IsOutvoted && !peer.HasWon)
                        Earlier(peer.JudgeAt);
                }
            }

            return _clock.When(due);

            void Earlier(TimeSpan at) => due = at < due ? at : due;
        }
    }

    /// <summary>Does what is due.</summary>
    internal void Tick(Instant now, GroupOutput output)
    {
        TimeSpan at = _clock.At(now);
        Schedule(at);
        Work(at, output);
        SendWelcomes(at, output);
        Judge(at, output);
        if (at >= _own.RejoinAt)
            AskToRejoin(at, output);
        if (at >= _own.Asking.At)
            AskAgain(at, output);
        RepeatCommits(at, output);
        if (at < _own.IdleAt)
            return;
        _own.IdleAt = at + Timing.IdleTip;
        output.Changed = true;
        SettleStates(at, output);
        _texts.Review(at - Timing.TextLifetime);
        SealAgain(at, output);
        NodeAddress[] others = [.. Others(Table)];
        if (others.Length > 0 && _own.Status != MembershipStatus.Out && HasToTell)
            SendTip(at, others[(int)((ulong)(at / Timing.IdleTip) % (ulong)others.Length)], Timing.TellAgain, output);
    }

    /// <summary>
    /// Deletes what lets states take commits, where everybody is known to be past them, or they are too old. Absence of
    /// a member never prolongs that.
    /// </summary>
    private void SettleStates(TimeSpan at, GroupOutput output)
    {
        bool isStrict = IsStrict;
        StateNode oldest = OldestLive();
        foreach (GroupState state in _mls.States)
        {
            if (state.Standing != StateStanding.Live || state.Id == _mls.Tip.Id)
                continue;
            StateNode? node = _tree.Find(state.Id);
            bool isOver = isStrict || node is null || at - node.Since >= Timing.ForkLifetime;
            if (!isOver && node is not null)
            {
                StateNode common = _tree.CommonOf(node, _tree.Tip);
                isOver = common == node ? AllArePast(node) : common.Epoch < oldest.Epoch || !IsLive(common.Id);
            }

            if (!isOver)
                continue;
            _mls.Settle(state.Id);
            output.Changed = true;
        }

        DropJoinKeys();
    }

    private bool AllArePast(StateNode state)
    {
        if (_tree.ChildTowards(state, _tree.Tip) is not { } child)
            return false;
        foreach (NodeAddress member in Others(state.Table))
        {
            if (Table.IsMember(member) && !StandsOn(member, child))
                return false;
        }

        return true;
    }

    // The KeyPackage that let this node in may be needed again until its joining cannot lose any more.
    private void DropJoinKeys()
    {
        if (_own.KeyPackage.IsEmpty || _own.Status == MembershipStatus.Joining || _tree.Tip.Id == _own.JoinedIn
            || IsLive(_own.JoinedIn))
            return;
        _self.Client.DeleteKeyPackage(_own.KeyPackage.Span);
        _own.KeyPackage = default;
    }

    /// <summary>
    /// A proof against a state is too late where more than half of the members have gone on from it and cannot come
    /// back: whoever still could comes along.
    /// </summary>
    private void WeighFinality(TimeSpan at, StateNode theirs, GroupOutput output)
    {
        bool changed = false;
        foreach (StateNode node in _tree.PathTo(theirs).Where(n => n.IsContradicted && !n.IsFinal))
        {
            if (_tree.ParentOf(node) is not { } parent)
                continue;
            int settled = Others(parent.Table).Count(m => StandsOn(m, node) && PeerOf(m).Base > parent.Epoch);
            if (settled * 2 <= parent.Table.MemberCount)
                continue;
            node.IsFinal = true;
            changed = true;
        }

        if (changed)
            Follow(at, null, output);
    }

    /// <summary>As long as this node is not sure to be where the others are, it asks, ever more seldom.</summary>
    private void PlanToAsk(TimeSpan at)
    {
        bool unsure = _own.Status is MembershipStatus.Joining or MembershipStatus.Behind or MembershipStatus.Forked;
        if (!unsure)
            _own.Asking = (TimeSpan.MaxValue, TimeSpan.Zero);
        else if (_own.Asking.At == TimeSpan.MaxValue)
            _own.Asking = (at + Timing.TellAgain, Timing.TellAgain);
    }

    private void AskAgain(TimeSpan at, GroupOutput output)
    {
        TimeSpan pause = _own.Asking.Pause * 2;
        pause = pause < MaxPause ? pause : MaxPause;
        _own.Asking = (at + pause, pause);
        AskAround(at, output);
    }

    /// <summary>
    /// Others stand where this node cannot follow, and what they sent did not bridge that: the branch with the tips of
    /// more of the members at the fork point wins, then the better commit there. Whoever lost asks to be taken in
    /// again.
    /// </summary>
    private void Judge(TimeSpan at, GroupOutput output)
    {
        if (_own.Status is MembershipStatus.Out or MembershipStatus.Current)
            return;
        List<NodeAddress> winners = [];
        bool waits = false;
        foreach ((NodeAddress member, MemberSync peer) in _peers)
        {
            if (peer.DivergedSince is not { } since || peer.IsOutvoted)
                continue;
            if (at < peer.JudgeAt)
            {
                waits = true;
            }
            else if (at - since < Timing.BridgePatience * MostPatience && !IsTold(member, peer))
            {
                // A question or its answer was lost.
                waits = true;
                peer.JudgeAt = at + Timing.BridgePatience;
                if (peer.MaySendLine(at, Timing.TellAgain))
                    SendLine(member, _line.Sparse(), wantsAnswer: true, output);
            }
            else if (HasLost(member, peer))
            {
                peer.HasWon = true;
                winners.Add(member);
            }
            else
            {
                peer.IsOutvoted = true;
            }
        }

        if (winners.Count > 0)
        {
            if (_own.Status != MembershipStatus.Forked || _own.RejoinAt == TimeSpan.MaxValue)
            {
                SetStatus(MembershipStatus.Forked, output);
                AskToRejoin(at, output);
            }
        }
        else if (!waits && _own.Status == MembershipStatus.Behind)
        {
            SetStatus(MembershipStatus.Current, output);
            Schedule(at);
        }
    }

    /// <summary>
    /// A member has told the way to where it stands, and the very epoch where it parted from this node's.
    /// </summary>
    private bool IsTold(in NodeAddress member, MemberSync peer)
    {
        if (_tips.SignedBy(member) is not { } tip
            || !peer.Line.Any(e => e.Epoch == tip.Epoch && e.State == tip.State.Short))
            return false;
        return CommonWith(peer) is not { } common || common.State == _tree.Tip.Short
            || peer.Line.Any(e => e.Epoch == common.Epoch + 1);
    }

    private LineEntry? CommonWith(MemberSync peer) =>
        peer.Line.Where(e => _line.Holds(e)).Select(e => (LineEntry?)e).LastOrDefault();

    private bool HasLost(in NodeAddress member, MemberSync peer)
    {
        if (!IsTold(member, peer))
            return false;
        LineEntry? common = CommonWith(peer);
        ulong fork = common?.Epoch ?? 0;
        HashSet<NodeAddress> voters = _line.MembersAt(fork, Table.Members);
        HashSet<ulong> theirs = [.. peer.Line.Where(e => e.Epoch > fork).Select(e => e.State)];
        int forThem = 0;
        int against = 1;
        foreach (NodeAddress voter in voters)
        {
            if (voter == _self.Address || _tips.SignedBy(voter) is not { } stands)
                continue;
            if (theirs.Contains(stands.State.Short))
                forThem++;
            else if (stands.Epoch >= fork && _line.At(stands.Epoch)?.State == stands.State.Short)
                against++;
        }

        if (forThem != against || common is null)
            return forThem > against;

        // It was where this node is, and went on: it only cannot say how any more.
        if (common.Value.State == _tree.Tip.Short)
            return true;
        LineEntry? mine = _line.At(fork + 1);
        LineEntry? other = peer.Line.Where(e => e.Epoch == fork + 1).Select(e => (LineEntry?)e).FirstOrDefault();
        return mine is not null && other is not null && other.Value.Rank.CompareTo(mine.Value.Rank) < 0;
    }

    private void AskToRejoin(TimeSpan at, GroupOutput output)
    {
        _own.RejoinAt = TimeSpan.MaxValue;
        if (_own.Status != MembershipStatus.Forked)
            return;
        _own.RejoinAt = at + (Timing.RejoinAgain * (1 << _own.RejoinsAsked));
        _own.RejoinsAsked = Math.Min(_own.RejoinsAsked + 1, MostDoublings);
        output.Changed = true;
        StateNode? removal = Removal();
        List<NodeAddress> asked = removal is not null
            ? [.. Others(removal.Table)]
            : [.. _peers.Where(p => p.Value.DivergedSince is not null && !p.Value.IsOutvoted).Select(p => p.Key)];
        if (asked.Count == 0)
            return;
        Digest predecessor = removal?.Table.LastOrder(_self.Address) ?? PeerOf(asked[0]).LastOrder;
        if (_own.Rejoin?.Order.Predecessor != predecessor)
            _own.Rejoin = MakeRejoin(predecessor);
        byte[] frame = FrameOf(GroupFrameKind.Orders, new OrdersBody([_own.Rejoin!.Value]).Write, output);
        foreach (NodeAddress member in asked
            .Where(m => removal is not null || PeerOf(m).LastOrder == predecessor).Take(AskedToRejoin))
            Mail(member, frame, isBulk: false, output);
    }

    private OrderWithKeys MakeRejoin(in Digest predecessor)
    {
        KeyPackage package = _self.Client.CreateKeyPackage(
            _self.IdentityFor(_mls.CipherSuite), NodeKeyPackages.Lifetime, leafExtensions: _self.LeafExtensions);
        var detail = Digest.Of(package.Content.Leaf.EncryptionKey.Span);
        var order = Order.Sign(
            new Order.Fields(Id, _self.Address, OrderKind.Rejoin, predecessor, detail), _self.Identity);
        return new OrderWithKeys(order, package.ToMessage());
    }
}
