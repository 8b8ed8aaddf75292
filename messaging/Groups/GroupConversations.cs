using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Twins;
using QuicProChat.Mesh.Messaging.Groups.Ways;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// Conversations of MLS groups on top of the router's envelopes (docs/reference/groups.md). A group's commit, its
/// state, the message and the envelopes that follow are one transaction.
/// <code>
/// envelope -> text -> MeshGroup.Open -> message        frame -> MeshGroup.Receive -> GroupOutput
/// GroupOutput -> sealed frames, texts that are sealed again, notices -> this transaction
/// </code>
/// </summary>
public sealed partial class GroupConversations : IConversationKind, IDisposable
{
    /// <summary>Groups of one node at most. Arbitrary: each keeps up to 8 states of its members.</summary>
    public const int MaxGroups = 64;

    /// <summary>Envelopes of one source that are looked at in vain, at once and in each minute. Arbitrary.</summary>
    internal const int InVainOfSource = 300;

    private readonly MessagingContext _context;
    private readonly GroupSelf _self;
    private readonly GroupSealing _sealing;
    private readonly GroupDesk _desk;
    private readonly NodeKeyPackages _keyPackages;
    private readonly AddressBook _book;
    private readonly WaitingRoom _aside = new();
    /// <summary>
    /// What envelopes that do not open may cost. A key agreement or a signature is about 100 us, ten times that on a
    /// small router.
    /// </summary>
    private readonly SourceWork _work = new(InVainOfSource, always: 0);
    private readonly Dictionary<ConversationId, GroupEntry> _groups = [];
    private readonly Dictionary<EnvelopeId, SentCopy> _copies = [];

    /// <summary>What the owner calls the groups, for any thread.</summary>
    private readonly ConversationNames _names = new();

    private Action<IMessagingWork> _queue = static _ => throw new InvalidOperationException("Not attached yet.");
    private Instant _now;
    private Instant _expireAt;

    /// <summary>No groups so far; <see cref="Restore"/> brings those that were kept.</summary>
    /// <param name="context">What all kinds of conversation stand on.</param>
    /// <param name="sealer">Seals frames.</param>
    /// <param name="book">Aliases.</param>
    /// <param name="random">Keys come from it.</param>
    /// <param name="room">Bytes that all groups together may take.</param>
    /// <param name="usual">How texts to one node are protected where the owner says nothing.</param>
    public GroupConversations(
        MessagingContext context, Sealer sealer, AddressBook book, RandomFill random, long room = GroupRoom.Usual,
        DirectSecurity usual = DirectSecurity.Auto)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        _book = book;
        _self = new GroupSelf(
            context.Identity, random, context.Time, new GroupTiming(), room, new RunningCalendar(context.Store));
        IsBehindRadio = to => !context.PostQuantumOverRadio && context.Router.WayOf(_now, to).IsSlow;
        _self.IsOverRadio = to => context.Router.WayOf(_now, to).IsSlow;
        _self.AsksForCompact = context.IsBehindRadio;
        _sealing = new GroupSealing(context.Identity, sealer, context.HopLimit);
        _desk = new GroupDesk(_self);
        _ways = new GroupWays(context.Time, () => _now);
        _inboxProofs = new PairReceipts(context.Identity, [.. "qpc-mesh/1 inbox"u8]);
        _keyPackages = new NodeKeyPackages(_self);
        _pairDesk = new PairDesk(usual);
        _shelf = new KeyPackageShelf(context.Identity, context.Time);
        context.Deliveries.Arrived += Arrived;
    }

    private readonly record struct SentCopy(
        ConversationId Group, EnvelopeId Message, NodeAddress Member, EnvelopeId First);

    /// <inheritdoc/>
    public EnvelopeKind Kind => EnvelopeKind.Mls;

    /// <inheritdoc/>
    public string? Prefix => "group";

    /// <inheritdoc/>
    public bool IsStateless => false;

    /// <inheritdoc/>
    public Instant NextDue
    {
        get
        {
            Instant due = Instant.Min(Instant.Min(_aside.NextDue, _expireAt), Instant.Min(_wants.NextDue, NextLook));
            due = Instant.Min(due, Instant.Min(ProvenDue, NextDrain));
            due = Instant.Min(due, _offered is null ? Instant.Never : _shelf.NextDue);
            foreach (GroupEntry state in _groups.Values)
                due = Instant.Min(due, state.Group.NextDue);
            return due;
        }
    }

    /// <summary>What happened to messages and groups.</summary>
    public GroupCounters Counters { get; } = new();

    /// <summary>Groups of this node, without pairs.</summary>
    public int Count => _groups.Count - PairCount;

    /// <summary>Bytes of all groups' states, and of the commits that they keep.</summary>
    public long UsedBytes => _self.UsedRoom;

    /// <summary>Whether the way to a node crosses a radio that post-quantum groups may not use.</summary>
    internal Func<NodeAddress, bool> IsBehindRadio
    {
        get => _self.IsBehindRadio;
        set => _self.IsBehindRadio = value;
    }

    /// <summary>KeyPackages that are out and for one use.</summary>
    internal int UnusedKeyPackages => _keyPackages.Unused;

    /// <summary>Envelopes that cannot be opened yet.</summary>
    public int AsideCount => _aside.Count;

    /// <summary>Commands go where arrivals and texts go, in their order.</summary>
    public void WorkThrough(Conversations conversations) => _queue = work => conversations.Add(Kind, work);

    /// <inheritdoc/>
    public void Tick(Instant now, MessageTransaction transaction)
    {
        _now = now;
        TickProven(now, transaction);
        if (now >= _expireAt)
        {
            // Each group is stored again within that time, whatever else happens.
            _expireAt = now + _self.Timing.IdleTip;
            _self.Client.Expire();
            TouchDesk(transaction);
        }

        TickLastResort(now, transaction);
        TickPairs(now, transaction);
        TickInvited(now, transaction);
        if (NextDrain <= now)
            TickInboxes(now, transaction);

        foreach (GroupEntry state in _groups.Values.Where(s => s.Group.NextDue <= now).ToArray())
            Do(now, state, transaction, (g, o) => g.Tick(now, o));

        foreach (WaitingEnvelope over in _aside.TakeOverdue(now))
            GiveUp(over, transaction);
    }

    /// <inheritdoc/>
    public void Heard(in NodeAddress address)
    {
        NodeAddress member = address;
        if (_groups.Values.Any(g => g.Group.Table.IsMember(member)))
        {
            _queue(new Step(this, (at, transaction) =>
            {
                foreach (GroupEntry state in _groups.Values)
                    Do(at, state, transaction, (g, o) => g.Reachable(at, member, o));
            }));
        }

        // Who was away may have missed what this node offered.
        if (_wants.Find(member) is { } want)
            want.HeardAgain(_now);
    }

    /// <inheritdoc/>
    public void Faulted(Exception fault)
    {
        Counters.Add(GroupCount.Failed);
        _context.Loop.Failed(fault);
    }

    /// <inheritdoc/>
    public void GoBack(ConversationState state)
    {
        if (state is GroupDesk or PairDesk or GroupWays)
        {
            state.GoBack();
            return;
        }

        var entry = (GroupEntry)state;
        if (entry.IsStored)
        {
            entry.GoBack();
            Add(entry);
            if (entry.IsPair)
                Review(_now, entry, null);
            return;
        }

        entry.Group.Forget();
        Remove(entry);
        entry.Dispose();
    }

    /// <inheritdoc/>
    public IReadOnlyList<NodeAddress> MembersOf(ConversationId id) => _groups.TryGetValue(id, out GroupEntry? state)
        && Describe(state) is { Status: not MembershipStatus.Out } group
        ? [.. group.Members.Where(static m => !m.IsSelf).Select(static m => m.Address)] : [];

    /// <inheritdoc/>
    public Conversation? Describe(ConversationId id) =>
        _groups.TryGetValue(id, out GroupEntry? state) ? Describe(state) : null;

    /// <summary>What a group is called here; its id if it was left. From any thread.</summary>
    public string NameOf(ConversationId id) => _names.Of(id);

    /// <summary>The group with a name or id, if this node has one. From any thread.</summary>
    public ConversationId? Find(string name) => _names.Find(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        _context.Deliveries.Arrived -= Arrived;
        foreach (GroupEntry state in _groups.Values)
            state.Dispose();
        _groups.Clear();
        _desk.Dispose();
        _ways.Dispose();
        _inboxProofs.Dispose();
        _sealing.Dispose();
        _self.Dispose();
    }

    private GroupEntry Group(string name) => Find(name) is { } id && _groups.TryGetValue(id, out GroupEntry? state)
        ? state : throw new MessagingException(Refusal.UnknownConversation, $"there is no group '{name}'");

    private void Add(GroupEntry state)
    {
        _groups[state.Id] = state;
        if (!state.IsPair)
            _names.Set(state.Id, state.Group.Name);
    }

    private void Remove(GroupEntry state)
    {
        _groups.Remove(state.Id);
        _aside.Forget(state.Id);
        _names.Remove(state.Id);
        if (state.IsPair)
            _ready.TryRemove(state.Peer, out _);
    }

    /// <summary>One step of a group, and what follows from it, in a transaction.</summary>
    private void Do(Instant now, GroupEntry state, MessageTransaction transaction, Action<MeshGroup, GroupOutput> step)
    {
        var output = new GroupOutput();
        state.Group.IsQuiet = state.IsPair && IsSlow(now, state.Peer);
        step(state.Group, output);
        Apply(now, state, output, transaction);
    }

    private void Apply(Instant now, GroupEntry state, GroupOutput output, MessageTransaction transaction)
    {
        Carry(state, output, transaction);
        if (output.Notices.Count > 0)
        {
            state.Forks += output.Notices.Count(n => n.Kind == GroupNoticeKind.Fork);
            if (!state.IsPair)
            {
                GroupConversation shown = Describe(state);
                transaction.WhenWritten(_ => Changed(shown));
            }

            OpenAside(now, state, transaction);
        }

        if (state.IsPair)
            Review(now, state, transaction);
        else
            TellWays(state, transaction);

        // That was all that its owner wanted of it.
        if (state.Group.HasLeft)
            Forget(state, transaction);
    }

    private void Forget(GroupEntry state, MessageTransaction transaction)
    {
        Remove(state);
        foreach ((MeshGroupId Group, NodeAddress) whom in _told.Keys.Where(w => w.Group == state.Group.Id).ToArray())
            _told.Remove(whom);
        state.Group.Forget();
        transaction.Leave(state);
    }

    private void Carry(GroupEntry state, GroupOutput output, MessageTransaction transaction)
    {
        Counters.Add(GroupCount.NoRoom, output.Refused);
        foreach (GroupMail mail in output.Mail)
        {
            byte[] frame = state.Group.PairNumber is { } number ? PairFrame.Write(number, mail.Frame) : mail.Frame;
            Mail(mail.Key.Span, frame, mail.IsBulk, state.Group.CipherSuite, transaction, state.IsPair);
        }

        foreach (SealedText text in output.Texts.Where(t => t.IsAgain))
            SendAgain(state, text, transaction);
        if (output.Changed || output.Moved)
            transaction.Touch(state, UsesKeys(state, output), onlyPieces: !output.Changed);
        TouchDesk(transaction);
    }

    // A block of keys for texts, a commit of this node's own, a Welcome, an order: what must not be made a second time
    // in another way, so that the disk has to have it before it leaves. What others sent comes again.
    private static bool UsesKeys(GroupEntry state, GroupOutput output) =>
        (output.Changed && state.HasCommitted()) || output.SetsKeysApart
        || output.Mail.Any(m => (GroupFrameKind)m.Frame[0] is GroupFrameKind.Welcome or GroupFrameKind.Orders);

    private void TouchDesk(MessageTransaction transaction)
    {
        if (!_self.Store.KeyPackagesChanged)
            return;
        _self.Store.KeyPackagesChanged = false;
        transaction.Touch(_desk, spent: true);
    }

    private void Mail(
        ReadOnlySpan<byte> key, byte[] frame, bool isBulk, CipherSuite suite, MessageTransaction transaction,
        bool onlyRouted = false)
    {
        // Who misses it is told of it again when its tip shows that, and by then there may be another way.
        if (GroupSuites.IsPostQuantum(suite) && frame.Length > GroupSuites.SmallFrame
            && _self.IsBehindRadio(NodeAddress.Of(key)))
        {
            Counters.Add(GroupCount.HeldBack);
            return;
        }

        if (_sealing.Seal(key, frame, isBulk) is { } envelope)
            Post(key, envelope, GroupCount.FrameSent, transaction, onlyRouted);
    }

    // Of several copies the one that promises least.
    private static Protection ProtectionOf(GroupEntry state, bool isCompact) =>
        isCompact ? CompactForm.Security
        : GroupSuites.IsPostQuantum(state.Group.CipherSuite) ? Protection.MlsPostQuantum : Protection.Mls;

    /// <summary>Work within a transaction of groups.</summary>
    private sealed class Step(GroupConversations owner, Action<Instant, MessageTransaction> act) : IMessagingWork
    {
        public void Run(Instant now, MessageTransaction transaction)
        {
            owner._now = now;
            act(now, transaction);
        }

        public void Failed(Instant now, MessageTransaction transaction)
        {
            // Nobody waits for it: what it was about comes again.
        }
    }
}
