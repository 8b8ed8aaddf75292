using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>What members tell each other: tips, lines, commits, orders.</content>
internal sealed partial class MeshGroup
{
    /// <summary>What a frame costs beside its bytes: a signature, in bytes.</summary>
    private const int FramePrice = 1024;

    /// <summary>Takes a frame of a member, whose seal proved who sent it.</summary>
    /// <returns>False if it is none, or too many came.</returns>
    internal bool Receive(Instant now, in NodeAddress from, ReadOnlySpan<byte> bytes, GroupOutput output)
    {
        TimeSpan at = _clock.At(now);
        var reader = new FrameReader(bytes);
        if (bytes.Length > GroupFrame.MaxSize || !GroupFrame.TryRead(ref reader, out GroupFrame frame)
            || frame.Group != Id
            || frame.Tip.Member != from || from == _self.Address || !Concerns(from))
            return false;
        MemberSync peer = PeerOf(from);
        if (!peer.Reading.TryTake(at, bytes.Length + FramePrice) || !frame.Tip.IsAuthentic(Id))
            return false;
        (peer.Base, peer.HeardAt) = (frame.Base, at);
        NoteTip(at, frame.Tip, output);
        bool isRead = frame.Kind switch
        {
            GroupFrameKind.Tip => reader.AtEnd,
            GroupFrameKind.Commits => ReadCommits(at, from, ref reader, output),
            GroupFrameKind.Line => ReadLine(at, from, peer, frame.Tip, ref reader, output),
            GroupFrameKind.Orders => ReadOrders(at, ref reader, output),
            GroupFrameKind.Welcome => false,
            _ => false,
        };
        Compare(at, from, peer, frame.Tip, output);
        PlanToAsk(at);
        Work(at, output);
        return isRead;
    }

    /// <summary>A member can be reached, perhaps again: it is told where this node stands.</summary>
    internal void Reachable(Instant now, in NodeAddress member, GroupOutput output)
    {
        if (_own.Status == MembershipStatus.Out || !Table.IsMember(member) || member == _self.Address)
            return;
        PeerOf(member).AskFreely();
        SendWelcomes(_clock.At(now), output);
        SendTip(_clock.At(now), member, Timing.TellAgain, output);
    }

    /// <summary>There is a way to a member where there was none: what was sent to it before was lost.</summary>
    internal void WayFound(Instant now, in NodeAddress member, GroupOutput output)
    {
        if (_own.Status == MembershipStatus.Out || !Table.IsMember(member) || member == _self.Address)
            return;
        ForgetSealed(member);
        SealAgain(_clock.At(now), output);
        Reachable(now, member, output);
    }

    private void NoteTip(TimeSpan at, SignedTip tip, GroupOutput output)
    {
        // A new number for the same state is written with the next change, or when the group idles.
        bool hasMoved = _tips.SignedBy(tip.Member)?.State != tip.State || _tips.Of(tip.Member) != tip.State;
        if (!_tips.Note(tip))
            return;
        output.Changed |= hasMoved;
        TipsChanged(at, output);
    }

    private void TipsChanged(TimeSpan at, GroupOutput output)
    {
        if (_own.Status == MembershipStatus.Joining && Others(Table).Any(m => StandsOn(m, _tree.Tip)))
            SetStatus(MembershipStatus.Current, output);
        SendWelcomes(at, output);
        SettleStates(at, output);

        // Of an earlier founding of a pair nothing is sealed again before the other has joined.
        if (PairNumber is not null)
            SealAgain(at, output);
        Schedule(at);
    }

    private bool StandsOn(in NodeAddress member, StateNode state) =>
        _tips.Of(member) is { } seen && _tree.Find(seen) is { } node && _tree.IsAncestor(state.Id, node);

    private bool ReadCommits(TimeSpan at, in NodeAddress from, ref FrameReader reader, GroupOutput output)
    {
        if (!CommitsBody.TryRead(ref reader, out CommitsBody body))
            return false;
        foreach (CommitBundle bundle in body.Bundles)
            TakeCommit(at, from, bundle, output);
        return true;
    }

    private bool ReadOrders(TimeSpan at, ref FrameReader reader, GroupOutput output)
    {
        if (!OrdersBody.TryRead(ref reader, out OrdersBody body))
            return false;
        foreach (OrderWithKeys order in body.Orders)
        {
            if (order.Order.Group == Id && Table.After(order.Order) is not null && order.Order.IsAuthentic()
                && (order.Order.Kind is not (OrderKind.Add or OrderKind.Rejoin)
                    || VerifyKeys(order.Order, order.KeyPackage) is not null))
                Offer(at, order, output);
        }

        return true;
    }

    /// <summary>
    /// What a member's tip asks for: nothing, what it lacks, or where its way parted from this node's.
    /// </summary>
    private void Compare(TimeSpan at, in NodeAddress from, MemberSync peer, SignedTip tip, GroupOutput output)
    {
        if (_tips.SignedBy(from) is { } newest && newest.Number > tip.Number)
            tip = newest;
        if (_tree.Find(tip.State) is not { } state)
        {
            if (peer.DivergedSince is null)
            {
                peer.DivergedSince = at;
                peer.JudgeAt = at + Timing.BridgePatience;
                peer.IsOutvoted = !peer.Patience.TryTake(at, Timing.BridgePatience.TotalSeconds);
            }
            else if (peer.DivergedAt != tip.State && !peer.IsOutvoted
                && peer.Patience.TryTake(at, Timing.BridgePatience.TotalSeconds))
            {
                // It moved: what leads there may be just behind.
                peer.JudgeAt = at + Timing.BridgePatience;
            }

            peer.DivergedAt = tip.State;
            if (_own.Status == MembershipStatus.Current && !peer.IsOutvoted)
            {
                SetStatus(MembershipStatus.Behind, output);

                // If it comes to counting, all have to know who stands where.
                foreach (NodeAddress member in Others(Table))
                    SendTip(at, member, Timing.RejoinAgain, output);
            }

            if (peer.MaySendLine(at, Timing.TellAgain))
                SendLine(from, _line.Sparse(), wantsAnswer: true, output);
            return;
        }

        peer.DivergedSince = null;
        peer.IsOutvoted = false;
        peer.HasWon = false;
        peer.AskFreely();
        if (_own.Status is MembershipStatus.Behind or MembershipStatus.Forked && Removal() is null
            && !_peers.Values.Any(p => p.DivergedSince is not null && !p.IsOutvoted))
        {
            SetStatus(MembershipStatus.Current, output);
            _own.RejoinAt = TimeSpan.MaxValue;
            Schedule(at);
        }

        if (state == _tree.Tip)
        {
            peer.StopRepeating();
            return;
        }

        WeighFinality(at, state, output);
        if (!peer.MayTell(at, tip.State, _tree.Tip.Id, Timing.TellAgain))
            return;
        SendCommits(at, from, peer, _tree.CommonOf(state, _tree.Tip), state, output);
        peer.PlanToRepeat(at, Timing.TellAgain);
    }

    private void RepeatCommits(TimeSpan at, GroupOutput output)
    {
        foreach ((NodeAddress member, MemberSync peer) in _peers)
        {
            if (at < peer.RepeatAt)
                continue;
            if (_tips.SignedBy(member) is not { } tip || _tree.Find(tip.State) is not { } state || state == _tree.Tip)
            {
                peer.StopRepeating();
                continue;
            }

            SendCommits(at, member, peer, _tree.CommonOf(state, _tree.Tip), state, output);
            peer.PlanToRepeat(at, Timing.TellAgain);
        }
    }

    private bool ReadLine(
        TimeSpan at, in NodeAddress from, MemberSync peer, SignedTip tip, ref FrameReader reader, GroupOutput output)
    {
        if (!LineBody.TryRead(ref reader, out LineBody body))
            return false;
        peer.Told(body.Entries, GroupRoom.LineEntriesLeft(_self.LineEntries - peer.Line.Count));
        peer.LastOrder = body.LastOrder;
        foreach (SignedTip told in body.Tips)
        {
            if (told.Member == _self.Address || !Concerns(told.Member)
                || (_tips.SignedBy(told.Member) is { } known && known.Number >= told.Number))
                continue;
            if (!peer.Reading.TryTake(at, FramePrice))
                break;
            output.Checked++;
            if (told.IsAuthentic(Id))
                NoteTip(at, told, output);
        }

        // It may be more by now who stand there.
        if (peer.IsOutvoted && HasLost(from, peer))
        {
            peer.IsOutvoted = false;
            peer.JudgeAt = at + Timing.BridgePatience;
            SetStatus(MembershipStatus.Behind, output);
        }

        if (!body.WantsAnswer || body.Entries.Any(e => _line.Holds(e) && e.State == _tree.Tip.Short)
            || !peer.MayAnswerLine(at, Timing.TellAgain / 2) || !peer.Serving.TryTake(at, FramePrice))
            return true;
        LineEntry? common = body.Entries.Where(e => _line.Holds(e)).Select(e => (LineEntry?)e).LastOrDefault();
        if (common is { } place && _tree.FindShort(place.State, place.Epoch) is { } node)
            SendCommits(at, from, peer, node, _tree.Find(tip.State), output);
        SendLine(from, _line.From(common?.Epoch ?? 0), wantsAnswer: false, output);
        return true;
    }

    // All that descends from a state, on every branch, so that evidence spreads with the commits. A member that was
    // removed gets what removes it, and nothing after.
    private void SendCommits(
        TimeSpan at, NodeAddress to, MemberSync peer, StateNode from, StateNode? theirs, GroupOutput output)
    {
        List<CommitBundle> bundles = [];
        int size = GroupFrame.HeadSize + sizeof(ushort);
        foreach (StateNode node in _tree.DescendantsOf(from))
        {
            if (node.Commit.IsEmpty || (theirs is not null && _tree.IsAncestor(node.Id, theirs))
                || _tree.ParentOf(node) is not { } parent || !parent.Table.IsMember(to))
                continue;
            int more = CommitBundle.SizeOf(node.Commit.Length);
            if (bundles.Count == CommitsBody.MaxBundles || size + more > GroupFrame.MaxSize)
                break;
            bundles.Add(new CommitBundle(node.Parent, node.Commit));
            size += more;
        }

        if (bundles.Count > 0 && peer.Serving.TryTake(at, size))
            Mail(to, FrameOf(GroupFrameKind.Commits, new CommitsBody(bundles).Write, output), isBulk: true, output);
    }

    private void SendLine(in NodeAddress to, IReadOnlyList<LineEntry> entries, bool wantsAnswer, GroupOutput output)
    {
        SignedTip[] tips = [.. _tips.Signed.Where(t => Table.IsMember(t.Member)).Take(LineBody.MaxTips)];
        var body = new LineBody(wantsAnswer, Table.LastOrder(to), entries, tips);
        Mail(to, FrameOf(GroupFrameKind.Line, body.Write, output), isBulk: true, output);
    }

    private void SendTip(TimeSpan at, in NodeAddress to, TimeSpan again, GroupOutput output)
    {
        if (PeerOf(to).MaySendTip(at, again))
            Mail(to, FrameOf(GroupFrameKind.Tip, _ => { }, output), isBulk: again > TimeSpan.Zero, output);
    }

    /// <summary>Something came of a state that nobody explained: some members are asked in turn.</summary>
    private void AskAround(TimeSpan at, GroupOutput output)
    {
        const int asked = 2;
        int left = asked;

        // Those first whom this node cannot follow.
        foreach (NodeAddress member in Others(Table)
            .OrderBy(m => _peers.TryGetValue(m, out MemberSync? p) && p.DivergedSince is not null ? 0 : 1)
            .ThenBy(m => (m.Low ^ (ulong)at.Ticks) * 0x9e3779b97f4a7c15))
        {
            if (left > 0 && PeerOf(member).MaySendLine(at, Timing.TellAgain))
            {
                SendLine(member, _line.Sparse(), wantsAnswer: true, output);
                left--;
            }
        }
    }

    private byte[] FrameOf(GroupFrameKind kind, Action<FrameWriter> body, GroupOutput output)
    {
        if (_own.Tip is not { } tip || tip.State != _tree.Tip.Id)
        {
            tip = SignedTip.Sign(Id, ++_own.TipNumber, _tree.Tip.Epoch, _tree.Tip.Id, _self.Identity);
            _own.Tip = tip;
            output.Changed = true;
        }

        var writer = new FrameWriter();
        new GroupFrame(kind, Id, OldestLive().Epoch, tip).WriteHead(writer);
        body(writer);
        return writer.ToArray();
    }

    private void Mail(in NodeAddress to, byte[] frame, bool isBulk, GroupOutput output)
    {
        ReadOnlyMemory<byte> key = KeyOf(to);
        if (!key.IsEmpty && !IsQuiet)
            output.Mail.Add(new GroupMail(key, frame, isBulk));
    }
}
