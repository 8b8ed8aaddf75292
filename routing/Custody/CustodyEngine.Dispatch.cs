using System.Runtime.CompilerServices;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>Sending and waiting.</content>
internal sealed partial class CustodyEngine
{
    /// <summary>Next hops considered for one envelope.</summary>
    internal const int MaxNextHops = 4;

    /// <summary>Envelopes sent in one call for one link; arbitrary.</summary>
    private const int PumpBudget = 512;

    /// <summary>
    /// Bytes of envelopes in one write where writes keep a distance: with answers, three segments of a stream.
    /// </summary>
    private const int PacedBytes = 3_000;

    /// <summary>Envelopes of one link that are being read from disk; arbitrary.</summary>
    private const int MaxLoading = 32;

    /// <summary>
    /// The part of the memory for what is on disk that is being read at a time: one of so many. Arbitrary.
    /// </summary>
    private const int LoadingParts = 4;

    private static readonly TimeSpan LoadAgain = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(30);

    [SkipLocalsInit]
    private int FindCandidates(in NodeAddress address, int destination, int size, Span<Candidate> into)
    {
        Span<NextHop> hops = stackalloc NextHop[MaxNextHops];
        int count = _routes.FindNextHops(_now, address, hops);
        if (count == 0)
            return 0;
        bool anyBackoff = destination >= 0 && _backoffs.Any(destination);
        int written = 0;
        for (int i = 0; i < count; i++)
        {
            if (LinkOf(hops[i].Link) is not { } link)
                continue;
            StateReason obstacle = size >= link.Properties.Mtu ? StateReason.TooLarge : StateReason.None;
            if (anyBackoff && _backoffs.IsLeftAlone(destination, hops[i].Link, link.Epoch, size, _now,
                out Refusal refusal))
                obstacle = ReasonOf(refusal);
            into[written++] = new Candidate(hops[i], obstacle == StateReason.None, obstacle);
        }

        return written;
    }

    /// <summary>Decides anew about an entry that is in no list, and acts on it.</summary>
    [SkipLocalsInit]
    private Verdict Dispatch(int index, bool front)
    {
        Decision decision = DecideHeld(index, out StateReason obstacle);
        if (decision.Verdict == Verdict.Forward)
            GoOrWait(index, decision.Link, front);
        else
            Hold(index, front, obstacle);
        return decision.Verdict;
    }

    private static StateReason ReasonOf(Refusal refusal) => refusal switch
    {
        Refusal.TooFast => StateReason.NextHopBusy,
        Refusal.NoSpace => StateReason.NextHopFull,
        Refusal.TooLarge => StateReason.TooLarge,
        Refusal.Expired => StateReason.NextHopSaysExpired,
        Refusal.NoWayOn => StateReason.NextHopHasNoWay,
        Refusal.Silent => StateReason.NextHopSilent,
        _ => StateReason.NextHopRefuses,
    };

    /// <summary>What is in the way of an envelope that has to wait: of the next hops, the best one's reason.</summary>
    private static StateReason ObstacleOf(ReadOnlySpan<Candidate> candidates)
    {
        foreach (ref readonly Candidate candidate in candidates)
        {
            if (!candidate.Usable)
                return candidate.Obstacle;
        }

        return candidates.IsEmpty ? StateReason.NoRoute : StateReason.Waiting;
    }

    [SkipLocalsInit]
    private Decision DecideHeld(int index, out StateReason obstacle)
    {
        ref HeldEntry entry = ref _entries[index];
        Span<Candidate> candidates = stackalloc Candidate[MaxNextHops];
        int count = FindCandidates(_destinations[entry.Destination].Address, entry.Destination, entry.Size, candidates);
        // This node answers for it: where it came from is a way like any other, and there is a hop to spend on each.
        var facts = new EnvelopeFacts(
            IsRepeat: false, IsForUs: false, entry.LifetimeUnits, entry.HopsLeft + 1, NotBackTo(entry),
            entry.AvoidTried ? entry.Tried : LinkId.None, entry.Skip);
        Decision decision = ForwardingDecision.Decide(facts, candidates[..count]);
        obstacle = ObstacleOf(candidates[..count]);
        LinkId keeper = count == 0 && entry.Own ? FindKeeper(entry.Destination, entry.Size, out _) : LinkId.None;
        entry.Lodged = keeper != LinkId.None;
        if (entry.Lodged)
            return Decision.Forward(keeper);
        return decision.Verdict == Verdict.Forward ? decision : Decision.Hold;
    }

    /// <summary>
    /// Nothing goes back to whom it came from only because a link on the way stalls or broke that is soon back.
    /// </summary>
    private LinkId NotBackTo(in HeldEntry entry)
    {
        if (entry.Own || !_routes.IsExpectedBack(_destinations[entry.Destination].Address))
            return LinkId.None;
        for (int i = 0; i < _links.Count; i++)
        {
            if (_links[i] is { } link && link.Peer == entry.Upstream)
                return new LinkId(i);
        }

        return LinkId.None;
    }

    private void GoOrWait(int index, LinkId link, bool front)
    {
        LinkState state = _links[link.Value]!;
        ref HeldEntry entry = ref _entries[index];
        bool turn = front || state.NothingBefore(entry.Class);
        bool tries = turn && state.IsOpen && entry.Frame is not null && state.Window.HasRoom(entry.Size);
        if (tries && TrySend(index, link, state))
        {
            KeepPace(link, state);
            return;
        }

        _flows.Enter(index, link.Value, front);
        if (tries)
            PutBack(link, state);
        SetReason(ref entry, state.PausedUntil == default ? StateReason.Waiting : StateReason.NextHopBusy);
        // A full link usually has room again within a round trip: no need to write at once.
        SecureLater(ref entry);
        SpareMemory(ref entry);
        Schedule(index);
        if (entry.Frame is null && state.IsOpen)
            Pump(link);
    }

    private void Hold(int index, bool front, StateReason obstacle)
    {
        ref HeldEntry entry = ref _entries[index];
        ref HeldDestination destination = ref _destinations[entry.Destination];
        _counters.Add(RouterCounter.EnvelopesHeld);
        _flows.Enter(index, FlowScheduler.NoLink, front);
        SetReason(ref entry, obstacle);
        if (obstacle == StateReason.NoRoute)
            _routes.Want(_now, destination.Address);
        LookAgain(entry.Destination, Instant.Min(_now + AskAgain, _backoffs.EarliestRetry(entry.Destination, _now)));
        if (entry.Own)
            LookForKeeper(entry.Destination);

        if (NeedsWriting(entry))
            WriteOrWait(index);
        else
            SpareMemory(ref entry);
        Schedule(index);
    }

    /// <summary>Sends what waits for a link, in turn, while it has room.</summary>
    private void Pump(LinkId link)
    {
        if (LinkOf(link) is not { } state)
            return;
        if (state.OpensAt == default)
            _linkTimers.Set(link.Value, Instant.Never);
        if (!state.IsOpen)
            return;
        int before = state.Window.Count;
        PumpOpen(link, state);
        if (state.Window.Count > before)
            KeepPace(link, state);
    }

    /// <summary>
    /// On a link whose writes hold each other up the next one waits, and takes along what comes meanwhile.
    /// </summary>
    private void KeepPace(LinkId link, LinkState state)
    {
        TimeSpan pace = _routes.PaceOf(link);
        if (pace == TimeSpan.Zero || state.NextWrite != default)
            return;
        state.Window.Widen();
        state.NextWrite = _now + pace;
        _linkTimers.Set(link.Value, state.OpensAt);
        _answers.Send(link, state.Answers);
    }

    private void PumpOpen(LinkId link, LinkState state)
    {
        // A stream with few segments under way is not slowed down further by what it loses (docs/reference/routing.md).
        long most = _routes.PaceOf(link) > TimeSpan.Zero ? state.Window.Bytes + PacedBytes : long.MaxValue;
        for (int budget = PumpBudget; state.IsOpen && state.Waiting > 0; budget--)
        {
            if (state.Window.Bytes >= most)
                return;
            if (budget == 0)
            {
                _linkTimers.Set(link.Value, _now);
                return;
            }

            // A destination whose turn it is keeps it until there is room: else the small would pass by the large for
            // ever.
            if (state.Window.Count + state.Loading.Count >= state.Window.Capacity || state.Loading.Count >= MaxLoading)
                return;
            int index = _flows.NextInTurn(state);
            ref HeldEntry entry = ref _entries[index];
            if (!state.Window.HasRoom(entry.Size, state.Loading))
                return;
            if (entry.Frame is null && _loadingBytes > 0 && _loadingBytes
                + entry.Size > _options.MemoryBudget / LoadingParts)
            {
                _linkTimers.Set(link.Value, _now + LoadAgain);
                return;
            }

            int flow = entry.Flow;
            bool isLast = _flows.IsLast(entry);
            _flows.Leave(index);
            Decision decision = DecideHeld(index, out StateReason obstacle);
            if (decision.Verdict != Verdict.Forward)
            {
                Hold(index, front: true, obstacle);
            }
            else if (decision.Link != link)
            {
                GoOrWait(index, decision.Link, front: false);
            }
            else if (entry.Frame is null)
            {
                Load(index, link, state);
                _flows.Charge(flow, isLast, entry.Size);
            }
            else if (TrySend(index, link, state))
            {
                _flows.Charge(flow, isLast, entry.Size);
            }
            else
            {
                _flows.Enter(index, link.Value, front: true);
                PutBack(link, state);
            }
        }
    }

    /// <summary>
    /// Sends an entry that is in no list; false if the link has no room (it is blocked then). Whoever called lets it
    /// wait, and then puts back what was gathered before it.
    /// </summary>
    private bool TrySend(int index, LinkId link, LinkState state)
    {
        ref HeldEntry entry = ref _entries[index];
        if (!SendFrame(index, link, state))
            return false;
        entry.Place = Place.InFlight;
        entry.Link = link.Value;
        entry.LinkEpoch = state.Epoch;
        entry.Name = Generation.NameOf(entry.Id, entry.Attempt, HopsOver(state, entry.HopsLeft));
        entry.SentAt = _now;
        entry.Repeats = 0;
        entry.PatienceLost = false;
        entry.RetryAt = _now + FirstPatience(state, entry.Size);
        state.Window.Sent(entry.Size);
        _inFlight++;
        _byName.Add(HashOfName(link.Value, entry.Name), index);

        entry.Next = -1;
        entry.Previous = state.InFlight.TailPlusOne - 1;
        if (entry.Previous >= 0)
            _entries[entry.Previous].Next = index;
        else
            state.InFlight.HeadPlusOne = index + 1;
        state.InFlight.TailPlusOne = index + 1;

        if (_backoffs.Any(entry.Destination))
            _backoffs.Probed(entry.Destination, link, entry.Size, _now);
        if (!entry.IsGathered)
            NoteSent(ref entry, link);
        SecureLater(ref entry);
        // A lossy link may need the bytes again.
        if (state.Properties.Reliable)
            SpareMemory(ref entry);
        Schedule(index);
        return true;
    }

    /// <summary>
    /// An envelope went out: the way that it took is the one that was tried. What waits for the end of the batch has
    /// tried nothing yet.
    /// </summary>
    private void NoteSent(ref HeldEntry entry, LinkId link)
    {
        if (entry.FirstSent == default)
            entry.FirstSent = _now;
        entry.TriedPlusOne = link.Value + 1;
        entry.AvoidTried = false;
        entry.Skip = 0;
        if (entry.SeenPlusOne != 0)
            _seen.NoteSent(entry.SeenPlusOne - 1, entry.Id, link);
    }

    private bool SendFrame(int index, LinkId link, LinkState state)
    {
        ref HeldEntry entry = ref _entries[index];
        Span<byte> frame = entry.Frame.AsSpan(0, 1 + entry.Size);
        ushort lifetime = Math.Max((ushort)1, Lifetimes.Left(entry.LifetimeUnits, _now - entry.Arrived));
        EnvelopeHeader.Restamp(frame[1..], entry.Attempt, HopsOver(state, entry.HopsLeft), lifetime);
        if (state.Gathering is { } gathering)
        {
            if (MayGather(entry))
                return TryGather(index, link, state, gathering);
            // What was first goes first.
            if (!SendGathered(link, state, gathering))
                return false;
        }

        // "Taken" goes before the receipt, so that a sender hears of the first step before the last.
        if (entry.Class == FrameClass.Control && !state.Answers.IsEmpty)
            _answers.Send(link, state.Answers);
        if (!_actions.Send(link, entry.Class, frame))
        {
            state.Blocked = true;
            return false;
        }

        _counters.Add(RouterCounter.EnvelopesSent);
        return true;
    }

    // A radio's header has six bits for them (docs/reference/lora.md); less than this node allows is always right.
    private static ushort HopsOver(LinkState link, ushort hopsLeft) =>
        link.Properties.Reliable ? hopsLeft : Math.Min(hopsLeft, (ushort)Limits.MaxHops);

    private void LeaveFlight(int index, LinkState state)
    {
        ref HeldEntry entry = ref _entries[index];
        int link = entry.Link;
        if (entry.IsGathered)
        {
            state.Gathering!.Remove(index);
            LeaveGathering(ref entry);
        }

        _byName.Remove(HashOfName(link, entry.Name), index);
        if (entry.Previous >= 0)
            _entries[entry.Previous].Next = entry.Next;
        else
            state.InFlight.HeadPlusOne = entry.Next + 1;
        if (entry.Next >= 0)
            _entries[entry.Next].Previous = entry.Previous;
        else
            state.InFlight.TailPlusOne = entry.Previous + 1;
        entry.Previous = entry.Next = -1;
        entry.Link = -1;
        entry.RetryAt = Instant.Never;
        entry.Place = Place.Waiting;
        state.Window.Gone(entry.Size);
        _inFlight--;
        if (state.Waiting > 0 && state.IsOpen)
            _linkTimers.Set(link, _now);
    }

    /// <summary>
    /// On a reliable link nothing is lost while it stands, so this is only about neighbours that went silent: the
    /// question whether it is there costs little.
    /// </summary>
    private static TimeSpan FirstPatience(LinkState state, int size) =>
        state.Properties.Reliable && state.Window.RoundTrip == TimeSpan.Zero ? ReliablePatience
            : state.Window.Patience(size, 0);

    private static readonly TimeSpan ReliablePatience = TimeSpan.FromMilliseconds(300);
}
