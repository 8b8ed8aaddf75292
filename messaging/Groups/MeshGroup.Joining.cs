using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>Coming in.</content>
internal sealed partial class MeshGroup
{
    /// <summary>
    /// Whether a Welcome may replace this group without a word of its owner. A member has to send it, and the last
    /// order about this node in it has to be known here: the rejoin that this node signed, or the order that let it in,
    /// where that joining can still lose. Anybody who has a KeyPackage can found a group of the same id; nobody can
    /// make up such an order.
    /// </summary>
    private bool MayBeReplaced(in NodeAddress from, OrderTable table, StagedWelcome welcome)
    {
        if (!Table.IsMember(from) && Removal()?.Table.IsMember(from) != true)
            return false;
        Digest order = table.LastOrder(_self.Address);
        if (_own.Rejoin is { } asked && order == asked.Order.Hash)
        {
            return _own.Status != MembershipStatus.Current && KnowsThoseOf(table, from);
        }

        return order != default && order == _tree.Find(_own.JoinedIn)?.Table.LastOrder(_self.Address)
            && (_own.Status == MembershipStatus.Joining
                || (!_own.KeyPackage.IsEmpty && welcome.KeyPackage.Span.SequenceEqual(_own.KeyPackage.Span)));
    }

    // No branch forgets an address that there was an order about. Where the ways parted is only known of whoever told
    // its own.
    private bool KnowsThoseOf(OrderTable table, in NodeAddress from) =>
        !_peers.TryGetValue(from, out MemberSync? peer) || CommonWith(peer) is not { } common
        || _tree.FindShort(common.State, common.Epoch) is not { } parted
        || parted.Table.Addresses.All(table.Knows);

    /// <summary>Joins by a frame with a Welcome, whose seal proved who sent it.</summary>
    /// <param name="self">This node.</param>
    /// <param name="now">Now.</param>
    /// <param name="from">Who sent it.</param>
    /// <param name="bytes">The frame.</param>
    /// <param name="before">The group of the same id, which gives way; null if there is none.</param>
    /// <param name="output">What follows.</param>
    /// <param name="isAccepted">The owner accepted it as an invitation: then it may replace a group that this node is
    /// out of.</param>
    /// <param name="pair">
    /// It is the pair with the sender, who founds it: this founding of it, which is later than any before. Null for a
    /// group of people.
    /// </param>
    /// <returns>The group; null if the frame does not let this node in.</returns>
    internal static MeshGroup? Join(
        GroupSelf self, Instant now, in NodeAddress from, ReadOnlySpan<byte> bytes, MeshGroup? before,
        GroupOutput output,
        bool isAccepted = false, ulong? pair = null)
    {
        var reader = new FrameReader(bytes);
        if (bytes.Length > GroupFrame.MaxSize || !GroupFrame.TryRead(ref reader, out GroupFrame frame)
            || frame.Kind != GroupFrameKind.Welcome || frame.Tip.Member != from
            || !WelcomeBody.TryRead(ref reader, out WelcomeBody body)
            || !frame.Tip.IsAuthentic(frame.Group)
            || !UnverifiedWelcome.Parse(body.Welcome.Span).TryGet(out UnverifiedWelcome? welcome)
            || !self.Client.Open(welcome).TryGet(out StagedWelcome? opened))
            return null;
        using StagedWelcome staged = opened;
        bool mayReplace = before is null || pair is not null || before.MayBeReplaced(from, body.Table, staged)
            || (isAccepted && before.Status == MembershipStatus.Out);
        if (!Fits(self, frame, body, staged, pair) || !mayReplace
            || before?.FindState(staged.State.Id) is { RemovesSelf: false }
            || !staged.Accept(new WelcomeAcceptance { Replace = before is not null, KeepKeyPackage = true })
                .TryGet(out Group? mls))
            return null;
        var root = new StateNode
        {
            Id = mls.Tip.Id,
            Parent = mls.Tip.Id,
            Epoch = mls.Epoch,
            Author = staged.Inviter.Index.Value,
            AuthorAddress = from,
            Rank = body.Rank,
            Table = body.Table,
        };
        RunningClock clock = before?._clock ?? new RunningClock(TimeSpan.Zero, now);
        var parts = new GroupParts(new GroupTree(root), clock)
        {
            Texts = before?._texts ?? new OutgoingTexts(),
            Own = new OwnStanding
            {
                Name = before?.Name ?? body.Name,
                Status = MembershipStatus.Joining,
                TipNumber = before?._own.TipNumber ?? 0,
                HealedAt = clock.At(now),
                KeyPackage = staged.IsLastResort ? default : staged.KeyPackage,
                JoinedIn = mls.Tip.Id,
                IdleAt = clock.At(now) + self.Timing.IdleTip,
            },
        };
        var joined = new MeshGroup(self, mls, parts);
        joined._twins.Make(mls, root.Id);
        joined.Begin(clock.At(now), root, frame.Tip, output);
        if (before is not null && pair is null)
            joined.TakeOrdersOf(before);
        return joined;
    }

    private static bool Fits(GroupSelf self, GroupFrame frame, WelcomeBody body, StagedWelcome staged, ulong? pair)
    {
        GroupState state = staged.State;
        if (!MeshGroupId.TryRead(state.GroupId.Span, out MeshGroupId group) || group != frame.Group
            || !GroupContextExtension.TryRead(state.Extensions, out GroupContextExtension extension)
            || !GroupContextExtension.Matches(state.Extensions, body.Table, extension.IsStrict, pair)
            || (pair is not null && (group != PairId.Of(self.Address, frame.Tip.Member) || body.Table.MemberCount != 2))
            || AddressCredential.AddressOf(staged.Inviter.Leaf) != frame.Tip.Member
            || !body.Table.IsMember(self.Address))
            return false;
        HashSet<NodeAddress> leaves = [.. state.Members.Select(m => AddressCredential.AddressOf(m.Leaf))];
        return leaves.Count == state.MemberCount && leaves.SetEquals(body.Table.Members);
    }

    // What was ordered on the branch that lost is still wanted, as far as it holds here.
    private void TakeOrdersOf(MeshGroup before)
    {
        foreach (OrderWithKeys order in before._pool.All)
        {
            if (Table.After(order.Order) is not null)
                _pool.Offer(order, Table);
        }

        foreach (StateNode node in before._tree.All)
            OfferAgain(node);
    }

    private void Begin(TimeSpan at, StateNode root, SignedTip inviter, GroupOutput output)
    {
        output.Changed = true;
        _line.Add(new MemberLine.Place(EntryOf(root), [], []));
        foreach (OutgoingText text in _texts.All)
            text.IsSealedForNobody(NoState);

        output.Notices.Add(new GroupNotice(GroupNoticeKind.Status, default));
        NoteTip(at, inviter, output);
        _texts.Review(at - Timing.TextLifetime);
        SealAgain(at, output);
        SendTip(at, inviter.Member, TimeSpan.Zero, output);
        PlanToAsk(at);
    }
}
