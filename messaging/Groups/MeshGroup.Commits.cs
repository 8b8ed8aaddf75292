using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>Commits that come in, and the tip that follows from them.</content>
internal sealed partial class MeshGroup
{
    /// <summary>Takes a commit: verifies it where its parent is made, keeps it for later where that may come.</summary>
    private void TakeCommit(TimeSpan at, in NodeAddress from, in CommitBundle bundle, GroupOutput output)
    {
        Queue<(NodeAddress From, CommitBundle Bundle)> queue = new([(from, bundle)]);
        while (queue.TryDequeue(out (NodeAddress From, CommitBundle Bundle) next))
        {
            if (TakeOne(at, next.From, next.Bundle, output) is not { } taken)
                continue;
            foreach ((NodeAddress, CommitBundle) waiting in _waiting.TakeOn(taken.Id))
                queue.Enqueue(waiting);
        }
    }

    private StateNode? TakeOne(TimeSpan at, in NodeAddress from, in CommitBundle bundle, GroupOutput output)
    {
        ReadOnlySpan<byte> bytes = bundle.Commit.Span;
        if (_tree.Knows(bytes, out _) || _refused.Holds(bundle))
            return null;
        if (!UnverifiedMessage.Parse(bytes).TryGet(out UnverifiedMessage? message)
            || CommitEvidence.Of(message) is not { } evidence
            || !message.GroupId.Span.SequenceEqual(_mls.GroupId.Span))
        {
            _refused.Add(bundle);
            return null;
        }

        if (_tree.Find(bundle.Parent) is not { } parent || (!IsLive(parent.Id) && !IsSettled(parent)))
        {
            _waiting.Add(from, bundle);
            return null;
        }

        // What was made on a state that takes none any more changes nothing here; its sender learns by the tips. The
        // state is only what the sender says: a commit of another epoch may be good elsewhere. Two commits of one leaf
        // on one state prove all that a third could.
        if (!IsLive(parent.Id) || message.Epoch != parent.Epoch
            || !_tree.HasRoomFor(parent, evidence.Committer.Value, bytes.Length)
            || !PeerOf(from).Commits.TryTake(at, 1))
            return null;
        if (!HasRoom(parent, bytes.Length))
        {
            output.Refused++;
            return null;
        }

        MlsResult<Outcome> processed = _mls.Process(message);
        if (!processed.TryGet(out Outcome? outcome))
        {
            // An epoch that is not here, or no room for it, says nothing about the commit.
            if (processed.Error.Code == MlsErrorCode.NotKnownYet)
                _waiting.Add(from, bundle);
            else if (processed.Error.Code is not (MlsErrorCode.WrongEpoch or MlsErrorCode.LimitExceeded))
                _refused.Add(bundle);
            return null;
        }

        if (outcome is not Outcome.CommitStaged { Commit: { } staged } || _tree.Find(staged.Parent) is not { } proven)
        {
            _refused.Add(bundle);
            return null;
        }

        if (!_tree.HasRoomFor(proven, evidence.Committer.Value, bytes.Length))
        {
            staged.Dispose();
            return null;
        }

        StateNode node = NodeOf(staged, proven, evidence, bundle.Commit, at);
        AddNode(at, node, output);
        Follow(at, staged, output);
        staged.Dispose();
        return node;
    }

    /// <summary>
    /// Whether a commit and the state that it leads to still fit into what all groups may take. A state is about as
    /// large as the others of its group.
    /// </summary>
    private bool HasRoom(StateNode parent, int commit)
    {
        long states = _self.Store.BytesOf(NodeGroupStore.PrefixOf(Id)) + _twins.Bytes;
        long more = commit + (states / Math.Max(1, _mls.States.Count));
        return _self.Room.Has(_self.UsedRoom, states + _tree.Bytes, more, isOnWay: parent == _tree.Tip);
    }

    /// <summary>Whether a known state was made, and gave up what takes commits.</summary>
    private bool IsSettled(StateNode node) => node.Epoch < OldestLive().Epoch || _mls.FindState(node.Id) is not null;

    private StateNode NodeOf(
        StagedCommit staged, StateNode parent, CommitEvidence evidence, ReadOnlyMemory<byte> commit, TimeSpan at)
    {
        GroupState state = _mls.FindState(parent.Id)!;
        _ = CommitData.TryRead(evidence.AuthenticatedData.Span, out CommitData data);
        OrderTable table = parent.Table;
        foreach (Order order in data.Orders)
            table = table.After(order)!;
        uint leaf = evidence.Committer.Value;
        return new StateNode
        {
            Id = staged.State,
            Parent = parent.Id,
            Epoch = parent.Epoch + 1,
            Author = leaf,
            AuthorAddress = AddressCredential.AddressOf(state.FindMember(evidence.Committer)!.Value.Leaf),
            Rank = CommitRank.Of(
                data.Orders, parent.Table, CommitRank.TurnOf(leaf, parent.Epoch, LeavesOf(state))),
            Table = table,
            Commit = commit,
            Orders = data.Orders,
            RemovesSelf = staged.RemovesSelf,
            Since = at,
        };
    }

    private void AddNode(TimeSpan at, StateNode node, GroupOutput output)
    {
        _tree.Add(node);
        output.Changed = true;
        if (node.AuthorAddress != _self.Address && _tree.Contradict(node) is { } other)
            Accuse(at, node, other, output);
    }

    // Everybody gets both commits, so that all judge alike, and the proof is an order to remove their author.
    private void Accuse(TimeSpan at, StateNode node, StateNode other, GroupOutput output)
    {
        output.Notices.Add(new GroupNotice(GroupNoticeKind.FoulPlay, node.AuthorAddress));
        var body = new CommitsBody([new(node.Parent, node.Commit), new(other.Parent, other.Commit)]);
        if (body.Size + GroupFrame.HeadSize <= GroupFrame.MaxSize)
        {
            byte[] frame = FrameOf(GroupFrameKind.Commits, body.Write, output);
            foreach (NodeAddress member in Others(Table).Where(m => m != node.AuthorAddress))
                Mail(member, frame, isBulk: false, output);
        }

        if (_mls.ContextOf(node.Parent) is { } context)
            _foul[node.AuthorAddress] = new FoulPlay(context, node.Commit, other.Commit);
        OfferProofs(at, output);
    }

    /// <summary>Whoever was proved to play foul, and is a member of the tip, is to be removed.</summary>
    private void OfferProofs(TimeSpan at, GroupOutput output)
    {
        foreach ((NodeAddress member,
            (ReadOnlyMemory<byte> context, ReadOnlyMemory<byte> a, ReadOnlyMemory<byte> b)) in _foul)
        {
            if (!Table.IsMember(member) || member == _self.Address)
                continue;
            bool inOrder = Digest.Of(a.Span).High < Digest.Of(b.Span).High;
            Contradiction? proof = inOrder
                ? Contradiction.Of(context.Span, a.Span, b.Span)
                : Contradiction.Of(context.Span, b.Span, a.Span);
            ReadOnlyMemory<byte> key = KeyOf(member);
            if (proof is null || key.IsEmpty)
                continue;
            var order = Order.OfProof(Id, key.Span, Table.LastOrder(member), proof);
            if (_pool.Find(member)?.Order.Kind != OrderKind.Proof)
                Offer(at, new OrderWithKeys(order, default), output);
        }
    }

    /// <summary>Goes where the best path leads. What it leads through is made on the way, once.</summary>
    /// <param name="at">Now.</param>
    /// <param name="staged">A commit that was just verified, so that it need not be again.</param>
    /// <param name="output">What follows.</param>
    private void Follow(TimeSpan at, StagedCommit? staged, GroupOutput output)
    {
        StateNode from = _tree.Tip;
        (StateNode to, StateNode? removal) = Enter(staged);
        if (removal is not null)
            Leave(at, removal, output);
        if (to == from)
        {
            if (removal is null && _own.Status == MembershipStatus.Out)
                SetStatus(MembershipStatus.Current, output);
            return;
        }

        StateNode common = _tree.CommonOf(from, to);
        bool isFork = common != from;
        from.Since = at;
        _tree.Tip = to;
        output.Changed = true;
        MoveLine(common, to, output);
        output.Notices.Add(new GroupNotice(isFork ? GroupNoticeKind.Fork : GroupNoticeKind.Epoch, default));
        if (isFork)
            TakeBack(common, from);
        if (removal is null)
            SetStatus(MembershipStatus.Current, output);
        AfterMove(at, output);
        if (to.AuthorAddress != _self.Address)
            SendTip(at, to.AuthorAddress, TimeSpan.Zero, output);
    }

    private (StateNode To, StateNode? Removal) Enter(StagedCommit? staged)
    {
        while (true)
        {
            StateNode at = OldestLive();
            StateNode? removal = null;
            bool isWhole = true;
            foreach (StateNode next in _tree.BestPath(at))
            {
                if (next.RemovesSelf)
                {
                    removal = next;
                    break;
                }

                if (_mls.FindState(next.Id) is null && !Make(next, staged))
                {
                    // It was verified once: that it cannot be made now is this node's trouble, which asks to be taken
                    // in again.
                    next.CannotFollow = true;
                    isWhole = false;
                    break;
                }

                at = next;
            }

            if (!isWhole)
                continue;
            if (IsLive(at.Id))
                _mls.MoveTo(at.Id);
            return (IsLive(at.Id) ? at : _tree.Tip, removal);
        }
    }

    private bool Make(StateNode node, StagedCommit? staged)
    {
        if (staged?.State == node.Id)
        {
            _mls.Merge(staged);
            _twins.Make(_mls, node.Id);
            return true;
        }

        if (!IsLive(node.Parent)
            || !UnverifiedMessage.Parse(node.Commit.Span).TryGet(out UnverifiedMessage? message)
            || !_mls.Process(message).TryGet(out Outcome? outcome)
            || outcome is not Outcome.CommitStaged { Commit: { } made })
            return false;
        _mls.Merge(made);
        _twins.Make(_mls, node.Id);
        return true;
    }

    // Who is taken out and in again waits for its Welcome, and asks once more if none comes.
    private void Leave(TimeSpan at, StateNode removal, GroupOutput output)
    {
        bool comesBack = removal.Table.IsMember(_self.Address);
        SetStatus(comesBack ? MembershipStatus.Forked : MembershipStatus.Out, output);
        _own.RejoinAt = comesBack ? at + Timing.RejoinAgain : TimeSpan.MaxValue;
    }

    /// <summary>The state beyond the tip that this node has no part in; null if there is none.</summary>
    private StateNode? Removal() => _tree.BestPath(OldestLive()) is [.., { RemovesSelf: true } last] ? last : null;

    private void MoveLine(StateNode common, StateNode to, GroupOutput output)
    {
        _line.CutAfter(common.Epoch);
        OrderTable before = common.Table;
        foreach (StateNode node in _tree.PathTo(to).Where(n => n.Epoch > common.Epoch))
        {
            HashSet<NodeAddress> now = [.. node.Table.Members];
            HashSet<NodeAddress> then = [.. before.Members];
            NodeAddress[] joined = [.. now.Except(then)];
            NodeAddress[] left = [.. then.Except(now)];
            _line.Add(new MemberLine.Place(EntryOf(node), joined, left));
            foreach (NodeAddress member in joined)
                output.Notices.Add(new GroupNotice(GroupNoticeKind.Joined, member));
            foreach (NodeAddress member in left)
                output.Notices.Add(new GroupNotice(GroupNoticeKind.Left, member));
            if (!node.Table.Admins.AsSpan().SequenceEqual(before.Admins.AsSpan()))
                output.Notices.Add(new GroupNotice(GroupNoticeKind.AdminsChanged, default));
            foreach (Order rejoin in node.Orders.Where(o => o.Kind == OrderKind.Rejoin))
                ForgetSealed(rejoin.Subject);
            before = node.Table;
        }
    }

    // What this node had on the branch that it leaves counts no more: a renewal of its leaf is wanted again.
    private void TakeBack(StateNode common, StateNode from)
    {
        foreach (StateNode node in _tree.PathTo(from).Where(n => n.Epoch > common.Epoch))
            _own.WantsHealing |= node.AuthorAddress == _self.Address && node.Orders.Count == 0;
    }

    /// <summary>The tip moved: orders, texts, Welcomes and secrets follow.</summary>
    private void AfterMove(TimeSpan at, GroupOutput output)
    {
        _pool.Review(Table);
        foreach (StateNode node in _tree.All.Where(n => n.Orders.Count > 0 && !_tree.IsAncestor(n.Id, _tree.Tip)))
            OfferAgain(node);
        OfferProofs(at, output);
        _welcomes.Drop(w => _tree.Find(w.State) is not { } of || !_tree.IsAncestor(of.Id, _tree.Tip));
        _tips.Keep(m => Concerns(m));
        _texts.Review(at - Timing.TextLifetime);
        foreach (NodeAddress gone in _peers.Keys.Where(m => !Concerns(m)).ToArray())
            _peers.Remove(gone);
        SettleStates(at, output);
        SealAgain(at, output);
        _tree.Trim(OldestLive(), at);
        Schedule(at);
    }

    // A commit that lost leaves its orders to whoever is next, with the KeyPackages that it carried.
    private void OfferAgain(StateNode node)
    {
        ILookup<NodeAddress, UnverifiedKeyPackage>? packages = null;
        foreach (Order order in node.Orders)
        {
            if (Table.After(order) is null)
                continue;
            ReadOnlyMemory<byte> keys = default;
            if (order.Kind is OrderKind.Add or OrderKind.Rejoin)
            {
                packages ??= CommitEvidence.Of(UnverifiedMessage.Parse(node.Commit.Span).Value)!.Added
                    .ToLookup(p => AddressCredential.AddressOf(p.Leaf));
                keys = packages[order.Subject].First().ToMessage();
            }

            _pool.Offer(new OrderWithKeys(order, keys), Table);
        }
    }
}
