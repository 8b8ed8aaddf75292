using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Fapp.Storage;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>
/// Appointments on a node: the practices and the patient's desk, the records of followed regions, and requests of
/// others that are passed on. It stands behind the seam of conversations, so its states and envelopes reach the disk
/// together. All of it is on the loop.
/// <code>
///  gossip --> Judge --> region store, answers --> patient's desk
///  router --> Received --> forward, or a practice's desk
///  Tick --> desks --> states and envelopes on disk --> envelopes leave, records are published
/// </code>
/// </summary>
public sealed partial class Appointments : IConversationKind, IDisposable
{
    /// <summary>Practices of one node.</summary>
    public const int MaxPlaces = 8;

    /// <summary>How long the running time may be unsaved, in seconds: what a crash takes.</summary>
    private const long SaveRunningEvery = FappTime.Hour;

    /// <summary>After a write that failed, what is due waits: it would only fail again. Arbitrary.</summary>
    private static readonly TimeSpan RestAfterFailure = TimeSpan.FromSeconds(10);

    private readonly MessagingContext _context;
    private readonly AppointmentOptions _options;
    private readonly ILevels _levels;
    private readonly Dictionary<ConversationId, AppointmentRow> _rows = [];
    private readonly Dictionary<byte, PracticeDesk> _practices = [];
    private readonly Dictionary<byte, Watch> _watches = [];
    private readonly Dictionary<string, OwnClaim> _claims = [];
    private readonly ForwardQueue _forward = new();
    private readonly KeptReading _kept = new();
    private PatientDesk _patient;
    private NodeItem _node = new();
    private Action<IMessagingWork> _work = static _ => throw new InvalidOperationException("Not attached yet.");
    private IGossipRecords _records = null!;
    private Instant _started;
    private Instant _restsUntil;
    private readonly CoverTraffic _cover;

    /// <summary>There while kept records are read.</summary>
    private TaskCompletionSource? _allRead;

    /// <summary>Nothing so far; <see cref="Restore"/> brings what was kept.</summary>
    /// <param name="context">What every kind works with.</param>
    /// <param name="options">What the operator set.</param>
    /// <param name="levels">Says who authors are.</param>
    /// <param name="places">Says where postal codes are.</param>
    public Appointments(MessagingContext context, AppointmentOptions options, ILevels levels, IPlaces places)
    {
        _context = context;
        _options = options;
        _levels = levels;
        _patient = new PatientDesk(context.Random);
        _cover = new CoverTraffic(context.Random);
        Store = new RegionStore(levels, places);
    }

    /// <inheritdoc/>
    public EnvelopeKind Kind => EnvelopeKind.Fapp;

    /// <inheritdoc/>
    public bool IsStateless => false;

    /// <summary>What the practices of the followed regions announce; for the loop only.</summary>
    public RegionStore Store { get; }

    /// <summary>What happened since the start.</summary>
    public AppointmentCounters Counters { get; } = new();

    /// <summary>What the node does.</summary>
    public FappMode Mode => _options.Mode;

    /// <summary>The regions that are followed.</summary>
    public IReadOnlyList<Region> Followed { get; private set; } = [];

    /// <summary>The regions of this node's practices; for the loop only.</summary>
    public IReadOnlyList<Region> OwnRegions =>
        [.. _practices.Values.Select(static d => d.Setup.Announce.Plz.Region).Distinct()];

    /// <summary>Seconds since the newest announce came; null where none did. For the loop only.</summary>
    public long? NewestAge => Store.NewestAge(TimeAt(_lastTick));

    /// <summary>Nodes that may pass a request on now; for the loop only.</summary>
    public int ForwarderCount => Forwarders.Find(_context.Router, _context.Identity.Address, null, IsOnlyRadio).Length;

    /// <inheritdoc/>
    public Instant NextDue
    {
        get
        {
            if (_options.Mode == FappMode.Off || _records is null)
                return Instant.Never;
            if (!_kept.IsOver)
                return _restsUntil;
            long next = Covers ? _cover.NextAt : Math.Min(_cover.NextAt, _patient.NextDue);
            next = Math.Min(next, _node.Running + SaveRunningEvery);
            next = Math.Min(Math.Min(next, _forward.NextDue), _queryAt);
            FappTime now = _clock.Read(TimeAt(_lastTick));
            foreach (PracticeDesk desk in _practices.Values)
                next = Math.Min(next, desk.NextDue(now));
            foreach (OwnClaim claim in _claims.Values)
                next = Math.Min(next, claim.PublishAt);
            // A minute at most: the calendar may have been set meanwhile.
            Instant due = _lastTick + TimeSpan.FromSeconds(Math.Clamp(next - now.Running, 0, FappTime.Minute));
            return due < _restsUntil ? _restsUntil : due;
        }
    }

    /// <summary>Commands go where arrivals go, in their order.</summary>
    public void WorkThrough(Conversations conversations) => _work = work => conversations.Add(Kind, work);

    /// <inheritdoc/>
    public void Restore(Instant now, IReadOnlyList<SavedConversation> states)
    {
        _started = _lastTick = now;
        foreach ((ConversationId id, byte[] state) in states)
        {
            if (TryKindOf(id) == ItemKind.Practice)
                Load(id, state);
        }

        foreach ((ConversationId id, byte[] state) in states)
        {
            if (TryKindOf(id) != ItemKind.Practice)
                Load(id, state);
        }

        _runningBase = _node.Running;
        _isCovered = Covers;
        DrawCover(_runningBase);
    }

    /// <summary>Gossip is there; called once, before the loop starts.</summary>
    public void Attach(IGossipRecords records, Instant now)
    {
        _records = records;
        if (_options.Mode == FappMode.Off)
            return;
        Follow();
        var topics = Followed.Select(static r => r.Topic).ToHashSet();
        records.SetTopics(now, topics, beganToRead: false);
        ReadKept(topics);
        _work(new Work((_, _) => { }));
    }

    /// <inheritdoc/>
    public void Faulted(Exception fault)
    {
        Counters.Failed++;
        _context.Loop.Failed(fault);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A write failed: every desk is read back from what is on disk, for a change of one item can depend on another's.
    /// </remarks>
    public void GoBack(ConversationState state)
    {
        _restsUntil = _lastTick + RestAfterFailure;
        // What was to be forgotten is still on disk.
        if (state is AppointmentRow { IsStored: true } left)
            _rows.TryAdd(left.Id, left);
        AppointmentRow[] rows = [.. _rows.Values];
        _rows.Clear();
        _practices.Clear();
        _watches.Clear();
        _claims.Clear();
        _found.Clear();
        _queries.ForgetOwn();
        _patient = new PatientDesk(_context.Random);
        foreach (AppointmentRow row in rows.OrderBy(static r => r.Item.Kind))
        {
            if (row.IsStored)
                Load(row.Id, row.OnDisk.ToArray());
            row.Dispose();
        }
    }

    /// <inheritdoc/>
    public Conversation? Describe(ConversationId id) => null;

    /// <inheritdoc/>
    public string? NameOf(ConversationId id) => null;

    /// <inheritdoc/>
    public ConversationId? Find(string name) => null;

    /// <inheritdoc/>
    public ValueTask<Outgoing?> PrepareAsync(SendRequest request, ICaller caller) => throw NoTexts();

    /// <inheritdoc/>
    public Task<Outgoing> PrepareLaterAsync(SendRequest request, ICaller caller) => throw NoTexts();

    /// <inheritdoc/>
    public void Send(Instant now, Outgoing outgoing, MessageTransaction transaction) => throw NoTexts();

    /// <inheritdoc/>
    public void Dispose()
    {
        _kept.Dispose();
        // Who waits learns from the loop that it has ended.
        Interlocked.Exchange(ref _allRead, null)?.SetResult();
    }

    private static MessagingException NoTexts() =>
        new(Refusal.Usage, "an appointment is no conversation: nobody writes to it");

    private static ItemKind? TryKindOf(ConversationId id)
    {
        Span<byte> bytes = stackalloc byte[ConversationId.MaxSize];
        id.Write(bytes);
        return bytes[0] is > 0 and <= (byte)ItemKind.Found ? (ItemKind)bytes[0] : null;
    }

    private void Load(ConversationId id, byte[] state)
    {
        IStoredItem? item = TryKindOf(id) switch
        {
            ItemKind.Practice => LoadPractice(state),
            ItemKind.Slot => LoadOfPractice(ItemKind.Slot, state),
            ItemKind.Request => LoadOfPractice(ItemKind.Request, state),
            ItemKind.Reservation => _patient.Restore(state),
            ItemKind.Watch => Watch.TryDecode(state) is { } watch ? _watches[watch.Number] = watch : null,
            ItemKind.Node => NodeItem.TryDecode(state) is { } node ? _node = node : null,
            ItemKind.Claim => OwnClaim.TryDecode(state) is { } claim
                ? _claims[Convert.ToHexString(claim.Key.Span)] = claim : null,
            ItemKind.Query => _queries.Restore(state),
            ItemKind.Found => LoadFound(state),
            null => null,
            _ => null,
        };
        if (item is null)
        {
            _context.Store.Damaged(
                $"The row {id} of the appointments is damaged, or of another version of the program.");
            return;
        }

        var row = new AppointmentRow(id, item);
        row.WasStored(state);
        _rows[id] = row;
    }

    private FoundRecord? LoadFound(byte[] state) =>
        FoundRecord.TryDecode(state) is { } found ? _found[Convert.ToHexString(found.Key.Span)] = found : null;

    private IStoredItem? LoadPractice(byte[] state)
    {
        if (PracticeDesk.TryRestore(_context.Identity.PublicKey.Span, state, _context.Random, _options.PublishEvery)
            is not { } desk)
            return null;
        _practices[desk.Place] = desk;
        return desk.Head;
    }

    private IStoredItem? LoadOfPractice(ItemKind kind, byte[] state) =>
        PracticeDesk.PlaceOf(kind, state) is { } place && _practices.TryGetValue(place, out PracticeDesk? desk)
            ? desk.RestoreItem(kind, state) : null;

    /// <summary>
    /// The regions: those that the operator names, and others drawn once, so that nobody sees which one matters.
    /// </summary>
    private void Follow()
    {
        List<Region> regions = [.. _options.Own.Take(AppointmentOptions.Regions)];
        foreach (Region drawn in _node.Drawn)
        {
            if (regions.Count < AppointmentOptions.Regions && !regions.Contains(drawn))
                regions.Add(drawn);
        }

        while (regions.Count < AppointmentOptions.Regions)
        {
            var drawn = new Region((byte)Chance.Below(_context.Random, Region.Count));
            if (regions.Contains(drawn))
                continue;
            regions.Add(drawn);
            if (_node.Drawn.Count < AppointmentOptions.Regions)
                _node.Drawn.Add(drawn);
        }

        foreach (PracticeDesk desk in _practices.Values)
        {
            Region region = desk.Setup.Announce.Plz.Region;
            if (!regions.Contains(region))
                regions.Add(region);
        }

        Followed = regions;
        Store.Follow(regions);
    }

    private sealed class Work(Action<Instant, MessageTransaction> run) : IMessagingWork
    {
        public void Run(Instant now, MessageTransaction transaction) => run(now, transaction);

        /// <remarks>It changed nothing that is on disk, and what it came from can come again.</remarks>
        public void Failed(Instant now, MessageTransaction transaction)
        {
        }
    }
}
