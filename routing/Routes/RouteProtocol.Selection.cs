using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Which neighbour is the next hop, and what the others are told about it.
internal sealed partial class RouteProtocol
{
    // Above every metric: a neighbour whose links come and go is used where there is nobody else.
    private const uint HeldRank = 1u << 16;

    // Above that: it stands still at this moment.
    private const uint StalledRank = 1u << 17;
    private const uint NoCandidate = uint.MaxValue;

    /// <summary>How soon neighbours have to learn of a change.</summary>
    private enum Urgency
    {
        /// <summary>Somebody asked for it.</summary>
        Now,

        /// <summary>Reachability changed.</summary>
        Soon,

        /// <summary>A metric changed a little.</summary>
        Later,
    }

    private readonly IndexSet _lazy = new();
    private Instant _lazyDue = Instant.Never;

    /// <summary>The usable next hops of one destination, weighed.</summary>
    private ref struct Choice
    {
        public Neighbour? Best;
        public uint BestKey;
        public Neighbour? Current;
        public uint CurrentKey;

        /// <summary>The current next hop has a sequence whose signature is still being fetched.</summary>
        public bool CurrentUnsigned;

        /// <summary>The best route that is not feasible.</summary>
        public uint UnfeasibleKey;
    }

    /// <summary>
    /// Chooses the next hop to a destination and passes on what changed. The one place where routes change.
    /// </summary>
    private void Evaluate(int index, bool advertiseAll = false)
    {
        ref Destination destination = ref _destinations[index];
        Choice choice = Weigh(index, ref destination);
        bool keep = choice.Current is not null
            && (choice.Best is null || choice.CurrentKey <= choice.BestKey + Slack(choice.BestKey));
        Neighbour? chosen = keep ? choice.Current : choice.Best;
        uint chosenKey = chosen is null ? NoCandidate : keep ? choice.CurrentKey : choice.BestKey;

        Select(index, ref destination, chosen);
        WantSequence(index, ref destination, chosenKey, choice.UnfeasibleKey);

        // Until the new sequence is proven nobody hears of it; going on to use a neighbour that is ahead makes no loop.
        if (keep && choice.CurrentUnsigned)
            return;
        Advertise(index, ref destination, chosen, advertiseAll);
    }

    private Choice Weigh(int index, ref Destination destination)
    {
        var choice = new Choice { BestKey = NoCandidate, CurrentKey = NoCandidate, UnfeasibleKey = NoCandidate };
        if (destination.Announce is null)
            return choice;
        foreach (Neighbour neighbour in _neighbours)
        {
            Distance heard = neighbour.Heard(index);
            if (heard.IsNone || !neighbour.IsUsable)
                continue;
            Metric metric = MetricVia(neighbour, index, ref destination);
            if (metric.IsInfinite)
                continue;
            uint key = Key(neighbour, metric);
            bool isCurrent = destination.Selected == neighbour.Link.Value;
            bool signed = destination.IsSigned(heard.Sequence);
            bool feasible = Signed(heard, ref destination).IsFeasible(destination.Feasible);
            if (isCurrent && (feasible || !signed))
            {
                choice.Current = neighbour;
                choice.CurrentKey = key;
                choice.CurrentUnsigned = !signed;
            }

            if (feasible)
            {
                if (key < choice.BestKey)
                    (choice.Best, choice.BestKey) = (neighbour, key);
            }
            else if (signed)
            {
                choice.UnfeasibleKey = Math.Min(choice.UnfeasibleKey, key);
            }
        }

        return choice;
    }

    /// <summary>
    /// What counts of a neighbour's distance: a sequence that is not proven yet counts as the newest that is. That is
    /// safe: the neighbour's own feasibility distance is better still.
    /// </summary>
    private static Distance Signed(Distance heard, ref Destination destination) =>
        destination.IsSigned(heard.Sequence) ? heard : heard.WithSequence(destination.SignedSequence);

    // Metric codes are roughly logarithmic above 0.4 s and linear below; a sixteenth, and at least 0.3 ms.
    private static uint Slack(uint key) =>
        Math.Max((key & (HeldRank - 1)) < 4096 ? (key & (HeldRank - 1)) / 16 : 256, 3);

    private uint Key(Neighbour neighbour, Metric metric) =>
        metric.Code + (neighbour.Trust.HeldUntil > _now ? HeldRank : 0);

    private static Metric MetricOf(uint key) => new((ushort)key);

    private Metric MetricVia(Neighbour neighbour, int index, ref Destination destination)
    {
        Metric metric = neighbour.Heard(index).Metric + neighbour.Cost;
        return _trust.IsDistrusted(_now, neighbour, index, destination.Name) ? metric + _options.DistrustCost : metric;
    }

    private void Select(int index, ref Destination destination, Neighbour? chosen)
    {
        short before = destination.Selected;
        short after = chosen is null ? Destination.NoLink : (short)chosen.Link.Value;
        if (before == after)
            return;
        destination.Select(after);
        NodeAddress address = destination.Announce!.Address;
        if (after == Destination.NoLink)
        {
            destination.UnreachableSince = Seconds(_now);
            ScheduleExpiry();
            _events.RouteLost(address);
        }
        else
        {
            TellRequester(index, destination.Name);
            NoteUse(chosen!);

            // The next hop is not told the way that leads through itself; the former one is.
            MarkDirty(chosen!, index, Urgency.Later);
            if (before != Destination.NoLink && Find(new LinkId(before)) is { } former)
                MarkDirty(former, index, Urgency.Soon);
            _events.RouteGained(address);
        }

        _actions.RouteChanged(address);
    }

    private void NoteUse(Neighbour neighbour)
    {
        if (neighbour.WasUsed)
            return;
        neighbour.WasUsed = true;
        _actions.LinkUsed(neighbour.Link);
    }

    /// <summary>Decides whether and how soon a changed distance is news.</summary>
    private void Advertise(int index, ref Destination destination, Neighbour? chosen, bool advertiseAll)
    {
        Distance before = destination.Advertised;
        Distance after = Distance.None;
        if (chosen is not null)
        {
            Distance via = Signed(chosen.Heard(index), ref destination);
            after = new Distance(via.Sequence, MetricVia(chosen, index, ref destination));
        }

        // A link that stalls is back: it is told as it was, for the same reason as its rises are not told.
        if (before.IsNone && chosen is not null && chosen.Quality.ExpectedWait > TimeSpan.Zero
            && IsWorse(after, destination.Feasible) && after.Metric < _options.DistrustCost)
            after = destination.Feasible;
        if (after == before || (IsWorse(after, before) && (IsLingering(index) || IsHeldBack(before, after, chosen))))
            return;
        bool isNews = after.IsNone || before.IsNone || after.Sequence != before.Sequence
            || IsFarFrom(after.Metric, before.Metric);
        if (!isNews && !advertiseAll)
        {
            _lazy.Add(index);
            if (_lazyDue == Instant.Never)
                _lazyDue = _now + Jittered(_options.MetricHold);
            return;
        }

        SetAdvertised(index, ref destination, after, isNews && TakeRequest(index, after) ? Urgency.Now : Urgency.Soon);
    }

    private static bool IsWorse(Distance after, Distance before) =>
        after.IsNone || (!before.IsNone && after.Sequence == before.Sequence && after.Metric > before.Metric);

    /// <summary>
    /// A rise under the same sequence makes this way unfeasible for all who use it, and each of them would ask the
    /// origin for a fresh sequence, which costs everybody a record. So it is kept back if it is small, or if a link
    /// that stalls explains it, as it swings by itself. To have said less is safe. What is distrusted is worth that
    /// price.
    /// </summary>
    private bool IsHeldBack(Distance before, Distance after, Neighbour? chosen) =>
        !after.IsNone && !before.IsNone && after.Metric < _options.DistrustCost && chosen is not null
        && (chosen.Quality.ExpectedWait > TimeSpan.Zero
            || TimeOf(after.Metric) - TimeOf(before.Metric) < _options.SmallGain);

    private static bool IsFarFrom(Metric a, Metric b) => Math.Max(a.Units, b.Units) / 4 > Math.Min(a.Units, b.Units);

    private void SetAdvertised(int index, ref Destination destination, Distance distance, Urgency urgency)
    {
        destination.Advertised = distance;
        if (!distance.IsNone)
            destination.Feasible = Distance.Best(destination.Feasible, distance);
        foreach (Neighbour neighbour in _neighbours)
            MarkDirty(neighbour, index, urgency);
    }

    private void AdvertiseLazy()
    {
        _lazyDue = Instant.Never;
        _scratch.Clear();
        _lazy.MoveTo(_scratch);
        foreach (int index in _scratch)
        {
            if (_destinations[index].InUse)
                Evaluate(index, advertiseAll: true);
        }
    }

    /// <inheritdoc/>
    public int FindNextHops(Instant now, in NodeAddress destination, Span<NextHop> best)
    {
        _now = now;
        int index = FindNode(destination);
        if (index <= Self || best.IsEmpty)
            return 0;
        ref Destination target = ref _destinations[index];
        Span<uint> keys = stackalloc uint[Math.Min(best.Length, 16)];
        int count = 0;
        bool isPutOff = _putOff.Count > 0 && _putOff.Contains(index);
        foreach (Neighbour neighbour in _neighbours)
        {
            Distance heard = neighbour.Heard(index);
            if (heard.IsNone || !neighbour.IsUsable)
                continue;
            bool isCurrent = target.Selected == neighbour.Link.Value;
            if ((!isCurrent || isPutOff) && !Signed(heard, ref target).IsFeasible(target.Feasible))
                continue;
            Metric metric = MetricVia(neighbour, index, ref target);
            if (metric.IsInfinite)
                continue;
            uint key = (isCurrent ? 0 : Key(neighbour, metric)) + (neighbour.IsStalled ? StalledRank : 0);
            int at = count < keys.Length ? count++ : keys[^1] > key ? keys.Length - 1 : -1;
            for (; at > 0 && keys[at - 1] > key; at--)
                (keys[at], best[at]) = (keys[at - 1], best[at - 1]);
            if (at >= 0)
                (keys[at], best[at]) = (key, new NextHop(neighbour.Link, metric));
        }

        return count;
    }

    /// <summary>The index of a node whose announce is known; -1 otherwise.</summary>
    private int FindNode(in NodeAddress address)
    {
        int index = _destinations.Find(Abbreviation.Of(address));
        return index >= 0 && _destinations[index].Announce?.Address == address ? index : -1;
    }

    private int Seconds(Instant at) => (int)(at - _start).TotalSeconds;
}
