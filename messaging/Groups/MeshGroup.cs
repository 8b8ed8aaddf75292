using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Twins;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// One member's view of a group that no server orders: what follows from what comes in, without a clock, a network or a
/// disk of its own (docs/reference/groups.md).
/// <code>
/// frame -> Receive -> commits -> verified by MLS and MembershipRules -> GroupTree -> best path -> tip moves
///                  -> tips, lines -> who stands where -> what they lack is sent | rejoin
/// order, text, time -> Offer, Send, Tick -> TurnSchedule -> own commit -> stored with its state -> frames
/// </code>
/// </summary>
internal sealed partial class MeshGroup
{
    private readonly GroupSelf _self;
    private readonly Group _mls;
    private readonly GroupTree _tree;
    private readonly MemberLine _line;
    private readonly TipTable _tips;
    private readonly OrderPool _pool;
    private readonly OutgoingTexts _texts;
    private readonly TwinTable _twins;
    private readonly HeldWelcomes _welcomes;
    private readonly OwnStanding _own;
    private readonly RunningClock _clock;
    private readonly TurnSchedule _turn;
    private readonly WaitingCommits _waiting = new();
    private readonly Dictionary<NodeAddress, MemberSync> _peers = [];
    private readonly RefusedCommits _refused = new();

    /// <summary>The keys of the tip's members.</summary>
    private (StateId Of, Dictionary<NodeAddress, ReadOnlyMemory<byte>> Found) _keys = (default, []);

    /// <summary>Who was proved to play foul: the context of a state, and two commits on it.</summary>
    private readonly Dictionary<NodeAddress, FoulPlay> _foul = [];

    private readonly record struct FoulPlay(
        ReadOnlyMemory<byte> Context, ReadOnlyMemory<byte> First, ReadOnlyMemory<byte> Second);

    private MeshGroup(GroupSelf self, Group mls, GroupParts parts)
    {
        _self = self;
        _mls = mls;
        (_tree, _line, _tips, _pool, _texts, _twins, _welcomes, _own, _clock) =
            (parts.Tree, parts.Line, parts.Tips, parts.Pool, parts.Texts, parts.Twins, parts.Welcomes, parts.Own,
                parts.Clock);
        _turn = new TurnSchedule(self.Timing);
        Id = MeshGroupId.Read(mls.GroupId.Span);
        PairNumber = PairExtension.NumberOf(mls.Extensions);
        self.Add(this);
    }

    /// <summary>What a group consists of beside MLS.</summary>
    internal sealed record GroupParts(GroupTree Tree, RunningClock Clock)
    {
        internal MemberLine Line { get; init; } = new();

        internal TipTable Tips { get; init; } = new();

        internal OrderPool Pool { get; init; } = new();

        internal OutgoingTexts Texts { get; init; } = new();

        internal TwinTable Twins { get; init; } = new();

        internal HeldWelcomes Welcomes { get; init; } = new();

        internal OwnStanding Own { get; init; } = new();
    }

    internal MeshGroupId Id { get; }

    internal MembershipStatus Status => _own.Status;

    internal string Name
    {
        get => _own.Name;
        set => _own.Name = value;
    }

    internal ulong Epoch => _tree.Tip.Epoch;

    internal StateId Tip => _tree.Tip.Id;

    internal CipherSuite CipherSuite => _mls.CipherSuite;

    internal OrderTable Table => _tree.Tip.Table;

    /// <summary>This node asked to be taken out, and was not yet.</summary>
    internal bool IsLeaving => _pool.Find(_self.Address)?.Order.Kind == OrderKind.Leave;

    /// <summary>This node was taken out because it asked for that.</summary>
    internal bool HasLeft => Status == MembershipStatus.Out && Removal()?.Table.HasLeft(_self.Address) == true;

    /// <summary>
    /// Whether this node added a member, and nothing was heard of it since: perhaps it has not accepted. Whoever joins
    /// tells its inviter first; of those whom others invited nobody can say.
    /// </summary>
    internal bool IsInvited(NodeAddress member) => member != _self.Address && _tips.Of(member) is null
        && _line.Places.Any(p => p.Entry.Author == _mls.Self.Value && p.Joined.Contains(member));

    /// <summary>Something shows where a member stands, or stood.</summary>
    internal bool IsHeardOf(NodeAddress member) => _tips.Of(member) is not null;

    /// <summary>Orders that wait to be committed.</summary>
    internal int Pending => _pool.All.Count();

    /// <summary>Texts that somebody may not have received.</summary>
    internal int Unreceived => _texts.All.Count;

    /// <summary>States that still take commits, the tip included.</summary>
    internal int LiveStates => _mls.States.Count(s => s.Standing == StateStanding.Live);

    /// <summary>Bytes of the commits that are kept to be passed on.</summary>
    internal long CommitBytes => _tree.Bytes;

    /// <summary>Bytes of the compact twins of states.</summary>
    internal long TwinBytes => _twins.Bytes;

    /// <summary>What members told of their lines, in entries.</summary>
    internal int LineEntries
    {
        get
        {
            int entries = 0;
            foreach (MemberSync peer in _peers.Values)
                entries += peer.Line.Count;
            return entries;
        }
    }

    /// <summary>The states that are known.</summary>
    internal IEnumerable<StateNode> Nodes => _tree.All;

    private GroupTiming Timing => _self.Timing;

    private bool IsStrict =>
        GroupContextExtension.TryRead(_mls.Extensions, out GroupContextExtension extension) && extension.IsStrict;

    /// <summary>Founds a group of one.</summary>
    internal static MeshGroup Found(
        GroupSelf self, Instant now, string name, CipherSuite suite, bool isStrict = false)
    {
        Span<byte> id = stackalloc byte[MeshGroupId.Size];
        self.Random(id);
        var own = new OwnStanding { Name = name, IdleAt = self.Timing.IdleTip };
        return Found(
            self, MeshGroupId.Read(id), suite, isStrict, pair: null, new RunningClock(TimeSpan.Zero, now), own,
            new OutgoingTexts());
    }

    private static MeshGroup Found(
        GroupSelf self, MeshGroupId id, CipherSuite suite, bool isStrict, ulong? pair, RunningClock clock,
        OwnStanding own, OutgoingTexts texts)
    {
        var table = OrderTable.Founded(self.Address);
        MlsResult<Group> made = self.Client.CreateGroup(
            self.IdentityFor(suite), id.ToArray(), GroupContextExtension.ListFor(table, isStrict, pair),
            self.LeafExtensions);
        Group mls = made.TryGet(out Group? group)
            ? group
            : throw new InvalidOperationException($"A group could not be founded: {made.Error}.");
        var root = new StateNode
        {
            Id = mls.Tip.Id,
            Parent = mls.Tip.Id,
            Epoch = mls.Epoch,
            Author = mls.Self.Value,
            AuthorAddress = self.Address,
            Rank = default,
            Table = table,
        };
        var parts = new GroupParts(new GroupTree(root), clock) { Own = own, Texts = texts };
        var founded = new MeshGroup(self, mls, parts);
        founded._line.Add(new MemberLine.Place(EntryOf(root), [], []));
        return founded;
    }

    internal StateNode? FindState(StateId state) => _tree.Find(state);

    /// <summary>Whether an address is a member, or was one in a state that still takes commits.</summary>
    internal bool Concerns(NodeAddress address) =>
        Table.IsMember(address) || _tree.All.Any(n => n.Epoch >= OldestLive().Epoch && n.Table.IsMember(address));

    /// <summary>A member's public key; empty if it is none.</summary>
    internal ReadOnlyMemory<byte> KeyOf(NodeAddress address)
    {
        if (_keys.Of != Tip)
        {
            _keys = (Tip, []);
            foreach (Member member in _mls.Members)
                _keys.Found[AddressCredential.AddressOf(member.Leaf)] = member.Leaf.SignatureKey;
        }

        // An address is a digest of the key: what was found once stays right.
        if (_keys.Found.TryGetValue(address, out ReadOnlyMemory<byte> known))
            return known;
        foreach (GroupState state in _mls.States)
        {
            foreach (Member member in state.Members)
            {
                if (AddressCredential.AddressOf(member.Leaf) == address)
                    return member.Leaf.SignatureKey;
            }
        }

        return _tips.SignedBy(address)?.Key ?? default;
    }

    /// <summary>Forgets the group: its keys are zeroed.</summary>
    internal void Forget()
    {
        _self.Client.Forget(_mls);
        _self.Store.ForgetChanges(NodeGroupStore.PrefixOf(Id));
        _self.Remove(Id);
        Retire();
    }

    /// <summary>Another object takes the place of this one: what only this one holds is zeroed.</summary>
    internal void Retire() => _twins.Clear();

    private static LineEntry EntryOf(StateNode node) => new(node.Epoch, node.Short, (ushort)node.Author, node.Rank);

    private static uint LeavesOf(GroupState state)
    {
        uint leaves = 1;
        foreach (Member member in state.Members)
            leaves = Math.Max(leaves, member.Index.Value + 1);
        return leaves;
    }

    /// <summary>The oldest state on the way to the tip that takes commits: what lies before it is settled.</summary>
    private StateNode OldestLive()
    {
        StateNode at = _tree.Tip;
        while (_tree.ParentOf(at) is { } parent && IsLive(parent.Id))
            at = parent;
        return at;
    }

    private bool IsLive(StateId state) => _mls.FindState(state) is { Standing: StateStanding.Live };

    private MemberSync PeerOf(in NodeAddress member)
    {
        if (!_peers.TryGetValue(member, out MemberSync? peer))
            _peers[member] = peer = new MemberSync();
        return peer;
    }

    private IEnumerable<NodeAddress> Others(OrderTable table) => table.Members.Where(m => m != _self.Address);

    private void SetStatus(MembershipStatus status, GroupOutput output)
    {
        if (_own.Status == status)
            return;
        _own.Status = status;
        _own.RejoinsAsked = 0;

        // What it asked for before holds no more: another may use what is known of it only against this node.
        if (status == MembershipStatus.Current)
            _own.Rejoin = null;
        _own.Asking = (TimeSpan.MaxValue, TimeSpan.Zero);
        output.Changed = true;
        output.Notices.Add(new GroupNotice(GroupNoticeKind.Status, default));
    }
}
