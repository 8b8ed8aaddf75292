using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Routes;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// Who answers for which envelope (docs/reference/protocol.md, section 4).
/// <code>
///  Receive    arrival: parse, seen?, decide; refuse or accept
///  Bundles    one frame for several envelopes, taken apart and put together
///  ForUs      what arrived for this node, until the host has it
///  Entries    the table of what is held
///  Admission  quotas
///  Queues     what is held and may move; FlowScheduler has the queues and their turns
///  Dispatch   sending and waiting
///  Answers    custody said to us; AnswerBook has what we say
///  Disk       writing and reading back
///  Due        what time brings
///  Lodging    what a neighbour holds for a sender that may leave
///  Outbox     what started here; receipts
/// </code>
/// </summary>
internal sealed partial class CustodyEngine : IRouteEvents
{
    /// <summary>Next hops left alone, over all destinations, at most; arbitrary.</summary>
    private const int MaxBackoffs = 4_096;

    /// <summary>Sources that are remembered; arbitrary, several times the links that a node has.</summary>
    private const int MaxSources = 1_024;

    private readonly List<LinkId> _silent = [];
    private readonly List<LinkId> _stalled = [];
    private readonly RouterOptions _options;
    private readonly NodeAddress _self;
    private readonly IRouterActions _actions;
    private readonly RouterCounters _counters;
    private readonly Random _random;
    private readonly HashSecret _secret;
    private readonly SeenSet _seen;
    private readonly FrameBuffers _buffers;
    private readonly AnswerBook _answers;
    private readonly Backoffs _backoffs;
    private readonly ReceiptTimes _receiptTimes;
    private readonly TokenBucket _accusations;
    private readonly BundlePrices _bundlePrices;
    private readonly ushort _maxLifetimeUnits;
    private readonly Sources _sources;
    private readonly Quotas _quotas;
    private readonly ushort _hopLimit;

    private readonly List<LinkState?> _links = [];
    private IRoutes _routes = null!;
    private uint _linkEpochs;
    private DueHeap _linkTimers;
    private Instant _now;

    public CustodyEngine(
        RouterOptions options, in NodeAddress self, IRouterActions actions, RouterCounters counters, Random random,
        Instant now)
    {
        _options = options;
        _self = self;
        _actions = actions;
        _counters = counters;
        _random = random;
        _secret = new HashSecret(random);
        _seen = new SeenSet(options.SeenCapacity, _secret);
        _buffers = new FrameBuffers(options.MemoryBudget / 4);
        _flows = new FlowScheduler(_entries, _destinations, _links);
        _answers = new AnswerBook(_links, actions, counters, KeepPace);
        _backoffs = new Backoffs(random, MaxBackoffs);
        _receiptTimes = new ReceiptTimes(_secret);
        // Fewer than would have a link distrusted for all destinations: that takes this node's own proofs.
        _accusations = new TokenBucket(1 / Source.AccusationInterval.TotalSeconds,
            burst: (int)options.Routes.BlameLimit, now);
        _bundlePrices = new BundlePrices(options, now);
        _maxLifetimeUnits = Lifetimes.ToUnits(options.MaxLifetime);
        _sources = new Sources(options, MaxSources);
        _quotas = new Quotas(options);
        _hopLimit = Math.Min(options.HopLimit, (ushort)Generation.MaxHops);
        _now = now;
    }

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public Instant NextDue =>
        _answers.HasWork || _gathering.Count > 0 || _flows.HasStirred || _silent.Count > 0 || _stalled.Count > 0
        ? _now
        : Instant.Min(_entryTimers.Next, Instant.Min(_destinationTimers.Next, _linkTimers.Next));

    /// <summary>Connects the two halves; once, before the first event.</summary>
    public void Attach(IRoutes routes) => _routes = routes;

    /// <inheritdoc/>
    public void RouteGained(in NodeAddress destination)
    {
        int index = FindDestination(destination);
        if (index >= 0)
            _flows.Stir(index);
    }

    /// <inheritdoc/>
    /// <remarks>What waits is decided anew when its turn comes; nothing is to be done now.</remarks>
    public void RouteLost(in NodeAddress destination)
    {
    }

    /// <inheritdoc/>
    public void LinkSilent(LinkId link) => _silent.Add(link);

    /// <inheritdoc/>
    public void LinkStalled(LinkId link) => _stalled.Add(link);

    public void LinkUp(Instant now, LinkId link, in LinkDescription description)
    {
        _now = now;
        while (_links.Count <= link.Value)
            _links.Add(null);
        Source source = _sources.Of(description.Peer, description.SourceGroup, now);
        source.Links++;
        _links[link.Value] = new LinkState(description, source, _options, _answers.Budget, ++_linkEpochs, now);
        LookForKeepersAfter(now + _options.LodgeAfter);
    }

    /// <summary>The routes know of it already, so that what returns to the queues finds other next hops.</summary>
    public void LinkDown(Instant now, LinkId link)
    {
        _now = now;
        if (_links[link.Value] is not { } state)
            return;
        _links[link.Value] = null;
        state.Source.Links--;
        state.Answers.Release();
        state.Source.IdleSince = now;
        _linkTimers.Set(link.Value, Instant.Never);
        _flows.Release(state);
        Reroute(state);
    }

    /// <summary>What a neighbour has not answered goes other ways.</summary>
    private void Reroute(LinkState state)
    {
        // From the last to the first, each to the front: the order stays.
        while (state.InFlight.TailPlusOne != 0)
        {
            int index = state.InFlight.TailPlusOne - 1;
            LeaveFlight(index, state);
            Dispatch(index, front: true);
        }
    }

    /// <summary>
    /// The same, but what has no other way waits where it is: the stream brings it as soon as it moves.
    /// </summary>
    private void RerouteWhereOthersLead(LinkId link, LinkState state)
    {
        int previous;
        for (int index = state.InFlight.TailPlusOne - 1; index >= 0; index = previous)
        {
            previous = _entries[index].Previous;
            Decision decision = DecideHeld(index, out _);
            if (decision.Verdict != Verdict.Forward || decision.Link == link)
                continue;
            LeaveFlight(index, state);
            Dispatch(index, front: true);
        }
    }

    public void LinkWritable(Instant now, LinkId link)
    {
        _now = now;
        if (_links[link.Value] is not { } state)
            return;
        state.Blocked = false;
        _answers.TryAgain(link, state.Answers);
        SendGathered();
        _answers.Flush();
        Pump(link);
    }

    public void Tick(Instant now)
    {
        _now = now;
        while (_linkTimers.TryTake(now, out int link))
        {
            if (_links[link] is not { } state)
                continue;
            if (state.PausedUntil <= now)
                state.PausedUntil = default;
            if (state.NextWrite <= now && state.NextWrite != default)
            {
                state.NextWrite = default;
                _answers.TryAgain(new LinkId(link), state.Answers);
            }

            if (state.OpensAt > now)
                _linkTimers.Set(link, state.OpensAt);
            Pump(new LinkId(link));
        }

        while (_destinationTimers.TryTake(now, out int destination))
            _flows.Stir(destination);
        EntriesDue(now);
        Settle(now);
        SendGathered();
        _answers.Flush();
    }

    /// <summary>Moves held envelopes of destinations where something changed; a bounded number in one call.</summary>
    public void Settle(Instant now)
    {
        _now = now;
        // The routes leave these neighbours out already, so that nothing comes back to them here.
        foreach (LinkId link in _silent)
        {
            if (_links[link.Value] is { } state)
                Reroute(state);
        }

        _silent.Clear();
        foreach (LinkId link in _stalled)
        {
            if (_links[link.Value] is { } state)
                RerouteWhereOthersLead(link, state);
        }

        _stalled.Clear();
        int budget = StirBudget;
        while (budget > 0 && _flows.TryTakeStirred(out int destination))
            MoveHeld(destination, ref budget);
    }

    public void EndOfBatch(Instant now)
    {
        _now = now;
        Settle(now);
        SendGathered();
        _answers.Flush();
    }

    internal LinkState? LinkOf(LinkId link) => (uint)link.Value < (uint)_links.Count ? _links[link.Value] : null;
}
