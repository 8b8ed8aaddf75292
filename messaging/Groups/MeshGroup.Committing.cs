using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Tree;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>Orders and commits of this node.</content>
internal sealed partial class MeshGroup
{
    /// <summary>The most turns that a rejoin waits.</summary>
    private const int MostTurnsForRejoin = 2;

    /// <summary>Whether this node may order what an admin may.</summary>
    internal bool IsAdmin => Table.IsAdmin(_self.Address);

    /// <summary>Orders something about an address in this node's name; it is committed in time.</summary>
    /// <param name="now">Now.</param>
    /// <param name="kind">What; a rejoin is asked for by itself.</param>
    /// <param name="subject">About whom.</param>
    /// <param name="keyPackage">An MLSMessage with the KeyPackage of whom it adds.</param>
    /// <param name="output">What follows.</param>
    /// <returns>False if it does not hold in the state that this node is in.</returns>
    internal bool GiveOrder(
        Instant now, OrderKind kind, in NodeAddress subject, ReadOnlyMemory<byte> keyPackage, GroupOutput output)
    {
        TimeSpan at = _clock.At(now);
        if (_own.Status == MembershipStatus.Out)
            return false;
        var order = Order.Sign(
            new Order.Fields(Id, subject, kind, Table.LastOrder(subject), default), _self.Identity);
        if (Table.After(order) is not { } after || (kind == OrderKind.Add
            && (!GroupSuites.Allows(CipherSuite, after) || VerifyKeys(order, keyPackage) is null)))
            return false;
        var offered = new OrderWithKeys(order, keyPackage);
        if (!Offer(at, offered, output))
            return false;

        Work(at, output);
        if (_pool.Find(subject)?.Order.Hash != order.Hash)
        {
            // It is committed, or it was dropped since nobody can fulfil it.
            return _tree.All.Any(n => n.Orders.Any(o => o.Hash == order.Hash));
        }

        // It waits: whoever is next commits it, and the one that leaves never can.
        byte[] frame = FrameOf(GroupFrameKind.Orders, new OrdersBody([offered]).Write, output);
        foreach (NodeAddress member in Others(Table))
            Mail(member, frame, isBulk: false, output);
        return true;
    }

    /// <summary>Renews the keys of this node's leaf when it is its turn.</summary>
    internal void Rotate(Instant now, GroupOutput output)
    {
        _own.WantsHealing = true;
        output.Changed = true;
        Schedule(_clock.At(now));
        Work(_clock.At(now), output);
    }

    private bool Offer(TimeSpan at, in OrderWithKeys offered, GroupOutput output)
    {
        if ((PairNumber is not null && !MembershipRules.IsOfPair(Id, Table, offered.Order.Subject))
            || offered.Size > GroupSuites.MaxOrderBytes(CipherSuite) || !_pool.Offer(offered, Table))
        {
            return false;
        }

        output.Changed = true;
        Schedule(at);
        return true;
    }

    // Over a radio each commit takes the airtime of many texts.
    private bool WantsHealing(TimeSpan at)
    {
        bool isCostly = _twins.Has(_tree.Tip.Id);
        return _own.WantsHealing || _mls.NeedsRefresh || HasOtherWish
            || _own.MessagesSinceHealing >= (isCostly ? Timing.CostlyHealAfterMessages : Timing.HealAfterMessages)
            || (_own.MessagesSinceHealing > 0
                && at - _own.HealedAt >= (isCostly ? Timing.CostlyHealAfter : Timing.HealAfter));
    }

    private bool CanCommit => !IsQuiet && _own.Status == MembershipStatus.Current && _mls.Status == GroupStatus.Active
        && !_tree.ChildrenOf(_tree.Tip.Id).Any(n => n.Author == _mls.Self.Value);

    private void Schedule(TimeSpan at)
    {
        IReadOnlyList<OrderWithKeys> orders = CanCommit ? _pool.Choose(Table, _self.Address, CipherSuite) : [];
        bool heals = CanCommit && _tree.Tip.Author != _mls.Self.Value && WantsHealing(at);
        if (orders.Count == 0 && !heals)
        {
            _turn.Clear();
            return;
        }

        // Whoever waits to be taken in again hears nothing until then.
        bool atOnce = orders.Any(o => o.Order.Signer == _self.Address && o.Order.Kind != OrderKind.Proof);
        int most = atOnce ? 0 : orders.Any(o => o.Order.Kind == OrderKind.Rejoin) ? MostTurnsForRejoin
            : Timing.MaxTurns;
        _turn.Want(at, _tree.Tip, _mls.Self.Value, LeavesOf(_mls.Tip), most);
    }

    private void Work(TimeSpan at, GroupOutput output)
    {
        if (_turn.Due > at)
            return;
        if (!TryCommit(at, output))
            _turn.PutOff(at);
    }

    private bool TryCommit(TimeSpan at, GroupOutput output)
    {
        while (CanCommit)
        {
            IReadOnlyList<OrderWithKeys> orders = _pool.Choose(Table, _self.Address, CipherSuite);
            if (orders.Count == 0 && (_tree.Tip.Author == _mls.Self.Value || !WantsHealing(at)))
                return false;
            if (RequestFor(orders) is not { } request)
                continue;
            MlsResult<PendingCommit> made = _mls.Commit(request);
            if (made.TryGet(out PendingCommit? commit))
            {
                Enter(at, commit, orders, output);
                return true;
            }

            // One of the orders asks for what MLS refuses, which only a KeyPackage can: the first that has one goes,
            // and the rest is tried without it. A removal never gives way to what somebody else sent.
            if (orders.Where(o => !o.KeyPackage.IsEmpty).Select(o => (NodeAddress?)o.Order.Subject).FirstOrDefault()
                is not { } drop)
                return false;
            _pool.Drop(drop);
            output.Changed = true;
        }

        return false;
    }

    /// <summary>What a commit has to do; null if an order had to be dropped, since nobody can fulfil it.</summary>
    private CommitRequest? RequestFor(IReadOnlyList<OrderWithKeys> orders)
    {
        List<KeyPackage> add = [];
        List<LeafIndex> remove = [];
        OrderTable table = Table;
        foreach (OrderWithKeys order in orders)
        {
            table = table.After(order.Order)!;
            if (order.Order.Removes || order.Order.Kind == OrderKind.Rejoin)
                remove.Add(LeafOf(order.Order.Subject));
            if (order.Order.Kind is not (OrderKind.Add or OrderKind.Rejoin))
                continue;
            if (VerifyKeys(order.Order, order.KeyPackage) is not { } keys)
            {
                _pool.Drop(order.Order.Subject);
                return null;
            }

            add.Add(keys);
        }

        return new CommitRequest
        {
            Add = add,
            Remove = remove,
            Extensions = orders.Count == 0 ? null : GroupContextExtension.ListFor(table, IsStrict, PairNumber),
            ForcePath = true,
            IncludePendingProposals = false,
            LeafExtensions = _self.LeafExtensions,
            AuthenticatedData = CommitData.Write([.. orders.Select(o => o.Order)]),
        };
    }

    private LeafIndex LeafOf(NodeAddress member) =>
        _mls.Members.First(m => AddressCredential.AddressOf(m.Leaf) == member).Index;

    private KeyPackage? VerifyKeys(Order order, ReadOnlyMemory<byte> message)
    {
        KeyPackage? package = KeyPackageCheck.Verify(
            _self.Client, _mls.CipherSuite, order.Subject, message.Span, forPair: PairNumber is not null);
        return package is not null
            && (order.Detail == default || order.Detail == Digest.Of(package.Content.Leaf.EncryptionKey.Span))
            && !_mls.Members.Any(m => m.Leaf.EncryptionKey.Span.SequenceEqual(package.Content.Leaf.EncryptionKey.Span))
            ? package : null;
    }

    private void Enter(TimeSpan at, PendingCommit commit, IReadOnlyList<OrderWithKeys> orders, GroupOutput output)
    {
        StateNode parent = _tree.Tip;
        GroupState state = _mls.Tip;
        byte[] message = commit.Message;
        byte[]? welcome = commit.Welcome;
        Order[] carried = [.. orders.Select(o => o.Order)];
        OrderTable table = parent.Table;
        foreach (Order order in carried)
            table = table.After(order)!;
        uint leaf = _mls.Self.Value;
        var node = new StateNode
        {
            Id = commit.State,
            Parent = parent.Id,
            Epoch = parent.Epoch + 1,
            Author = leaf,
            AuthorAddress = _self.Address,
            Rank = CommitRank.Of(carried, parent.Table, CommitRank.TurnOf(leaf, parent.Epoch, LeavesOf(state))),
            Table = table,
            Commit = message,
            Orders = carried,
            Since = at,
        };
        _mls.MergePending();
        _twins.Make(_mls, node.Id);
        (_own.MessagesSinceHealing, _own.HealedAt, _own.WantsHealing) = (0, at, false);
        AddNode(at, node, output);
        Follow(at, null, output);

        byte[] frame = FrameOf(GroupFrameKind.Commits, new CommitsBody([new(parent.Id, message)]).Write, output);
        foreach (NodeAddress member in Others(parent.Table))
            Mail(member, frame, isBulk: false, output);
        if (welcome is not null)
            Hold(at, node, welcome, orders, output);
    }

    private void Hold(
        TimeSpan at, StateNode node, byte[] welcome, IReadOnlyList<OrderWithKeys> orders, GroupOutput output)
    {
        ReadOnlyMemory<byte>[] newcomers =
        [
            .. orders.Where(o => o.Order.Kind is OrderKind.Add or OrderKind.Rejoin).Select(o => KeyOf(o.Order.Subject)),
        ];
        _welcomes.Add(new HeldWelcomes.Held(node.Id, node.Table, welcome, newcomers, at + Timing.WelcomePatience));
        SendWelcomes(at, output);
    }

    /// <summary>
    /// Sends those Welcomes whose commit somebody else has followed, or that nobody else could follow.
    /// </summary>
    private void SendWelcomes(TimeSpan at, GroupOutput output)
    {
        foreach (HeldWelcomes.Held held in _welcomes.Take(w => w.Until <= at || IsFollowed(w)))
        {
            IReadOnlyList<ReadOnlyMemory<byte>> newcomers = HoldBack(at, held);
            if (newcomers.Count == 0)
                continue;
            output.Changed = true;
            byte[] frame = FrameOf(
                GroupFrameKind.Welcome,
                new WelcomeBody(_tree.Find(held.State)?.Rank ?? default, _own.Name, held.Table, held.Welcome).Write,
                output);
            foreach (ReadOnlyMemory<byte> key in newcomers)
                output.Mail.Add(new GroupMail(key, frame, IsBulk: false));
        }
    }

    /// <summary>
    /// Whom a Welcome may go to now; it is kept for newcomers to whom only a radio leads, until another way is there.
    /// </summary>
    private IReadOnlyList<ReadOnlyMemory<byte>> HoldBack(TimeSpan at, HeldWelcomes.Held held)
    {
        if (!GroupSuites.IsPostQuantum(CipherSuite))
            return held.Newcomers;
        ILookup<bool, ReadOnlyMemory<byte>> byRadio =
            held.Newcomers.ToLookup(k => _self.IsBehindRadio(NodeAddress.Of(k.Span)));
        ReadOnlyMemory<byte>[] kept = [.. byRadio[true]];
        if (kept.Length > 0)
            _welcomes.HoldBack(held with { Newcomers = kept, Until = at + Timing.IdleTip });
        return [.. byRadio[false]];
    }

    private bool IsFollowed(HeldWelcomes.Held held)
    {
        bool alone = true;
        foreach (NodeAddress member in Others(held.Table).Where(m => !HeldWelcomes.IsNewcomer(held, m)))
        {
            // Whoever was never heard of may not have joined yet.
            if (_tips.Of(member) is not { } seen)
                continue;
            alone = false;
            if (_tree.Find(seen) is { } node && _tree.IsAncestor(held.State, node))
                return true;
        }

        return alone;
    }
}
