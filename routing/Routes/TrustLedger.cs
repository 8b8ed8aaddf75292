using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>
/// How far a neighbour is trusted with what is for others. Changed by <see cref="TrustLedger"/> alone.
/// </summary>
internal sealed class NeighbourTrust
{
    /// <summary>How many destinations are distrusted behind it.</summary>
    public int PenaltyCount { get; set; }

    /// <summary>Blame of many destinations together; praise reduces it.</summary>
    public double Blame { get; set; }

    public Instant BlamedAt { get; set; }

    /// <summary>How often it was distrusted for everything, since it was last praised.</summary>
    public int Strikes { get; set; }

    /// <summary>Until then it is the last resort for everything but itself.</summary>
    public Instant DistrustedUntil { get; set; }

    /// <summary>Until then it is the last resort, because its links come and go.</summary>
    public Instant HeldUntil { get; set; }
}

/// <summary>For what another route may be better, now that trust has changed.</summary>
internal enum TrustChange
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The destination that it was about.</summary>
    Destination,

    /// <summary>All destinations of the neighbour, that one included.</summary>
    Neighbour,
}

/// <summary>
/// Next hops that do not deliver. Metrics are claims; proofs of delivery decide. The ledger knows who is distrusted and
/// until
/// when; which routes follow from that is for <see cref="RouteProtocol"/> to say.
/// </summary>
/// <param name="options">How long distrust lasts.</param>
/// <param name="timers">Where its ends are waited for.</param>
/// <param name="random">Jitter.</param>
internal sealed class TrustLedger(RouteOptions options, RouteTimers timers, Random random)
{
    private const int MaxPenalties = 4_096;
    private const int MaxStrikes = 5;
    private const int MaxLinkStrikes = 3;
    private const int DistrustGrowth = 4;
    private const int StrikesOfSlow = 2;

    /// <summary>Longer than any way without waiting links takes.</summary>
    internal static readonly Metric SlowWay = Metric.FromTime(TimeSpan.FromMilliseconds(40));

    private readonly Dictionary<(int Index, LinkId Link), Penalty> _penalties = [];

    private readonly record struct Penalty(int Strikes, Instant Until);

    /// <summary>Penalties that are remembered.</summary>
    public int Count => _penalties.Count;

    /// <summary>What a neighbour was given for a destination did not arrive.</summary>
    public TrustChange Penalise(Instant now, Neighbour neighbour, int index)
    {
        // A link that is silent now explains it, and is seen to as such; and so does one that often is.
        if (neighbour.IsStalled || neighbour.IsSuspect || neighbour.Quality.IsOftenLate)
            return TrustChange.None;
        LinkId link = neighbour.Link;
        bool isNew = !_penalties.TryGetValue((index, link), out Penalty penalty);
        if (isNew && _penalties.Count >= MaxPenalties)
            return TrustChange.None;

        // Several losses at once are one piece of evidence.
        if (!isNew && penalty.Until > now)
            return TrustChange.Destination;
        int strikes = Math.Min(penalty.Strikes + 1, MaxStrikes);
        if (isNew)
            neighbour.Trust.PenaltyCount++;
        Metric claimed = neighbour.Heard(index).Metric + neighbour.Cost;
        if (strikes <= StrikesOfSlow && claimed >= SlowWay && claimed < options.DistrustCost)
        {
            // A way that says itself that it is slow is not disproved by receipts that are late: it is only noted.
            _penalties[(index, link)] = new Penalty(strikes, now);
            if (isNew)
                timers.Set(TimerOf(index, link), now + options.Distrust * DistrustGrowth);
            return TrustChange.None;
        }

        TimeSpan distrust = options.Distrust * Math.Pow(DistrustGrowth, strikes - 1);
        Instant until = now + RouteProtocol.Jittered(distrust, random);
        _penalties[(index, link)] = new Penalty(strikes, until);
        timers.Set(TimerOf(index, link), until);
        return Blame(now, neighbour) ? TrustChange.Neighbour : TrustChange.Destination;
    }

    /// <summary>What a neighbour was given for a destination arrived; true if it was distrusted for it.</summary>
    public bool Praise(Neighbour neighbour, int index)
    {
        NeighbourTrust trust = neighbour.Trust;
        trust.Blame = Math.Max(0, trust.Blame - 1);
        trust.Strikes = 0;
        return Remove(neighbour, index);
    }

    /// <summary>
    /// What no honest node can say is proof enough: it is the last resort for as long as the link stands. False if it
    /// is already.
    /// </summary>
    public bool CaughtLying(Neighbour neighbour)
    {
        if (neighbour.Trust.DistrustedUntil == Instant.Never)
            return false;
        neighbour.Trust.DistrustedUntil = Instant.Never;
        LookWhenFree(neighbour);
        return true;
    }

    /// <summary>It is the last resort for a while, because its link comes and goes.</summary>
    public void Hold(Neighbour neighbour, Instant until)
    {
        neighbour.Trust.HeldUntil = until;
        LookWhenFree(neighbour);
    }

    /// <summary>It is the last resort for a destination, or for all but itself.</summary>
    public bool IsDistrusted(Instant now, Neighbour neighbour, int index, Abbreviation name)
    {
        if (name == neighbour.PeerName)
            return false;
        return neighbour.Trust.DistrustedUntil > now || (neighbour.Trust.PenaltyCount > 0
            && _penalties.TryGetValue((index, neighbour.Link), out Penalty penalty) && penalty.Until > now);
    }

    /// <summary>A penalty ended; it is remembered for as long again, so that a second one lasts longer.</summary>
    public void Ended(Instant now, Neighbour neighbour, int index)
    {
        Penalty penalty = _penalties[(index, neighbour.Link)];
        TimeSpan memory = options.Distrust * Math.Pow(DistrustGrowth, penalty.Strikes);
        if (now - penalty.Until < memory)
            timers.Set(TimerOf(index, neighbour.Link), penalty.Until + memory);
        else
            Remove(neighbour, index);
    }

    /// <summary>Nothing is held against a neighbour for a destination any more; false if nothing was.</summary>
    public bool Remove(Neighbour neighbour, int index)
    {
        if (neighbour.Trust.PenaltyCount == 0 || !_penalties.Remove((index, neighbour.Link)))
            return false;
        neighbour.Trust.PenaltyCount--;
        timers.Cancel(TimerOf(index, neighbour.Link));
        return true;
    }

    /// <summary>The neighbour is gone.</summary>
    public void Forget(Neighbour neighbour)
    {
        timers.Cancel(new RouteTimer(RouteTimerKind.Held, neighbour.Link.Value));
        if (neighbour.Trust.PenaltyCount == 0)
            return;
        foreach ((int Index, LinkId Link) key in _penalties.Keys)
        {
            if (key.Link == neighbour.Link)
                Remove(neighbour, key.Index);
        }
    }

    private static RouteTimer TimerOf(int index, LinkId link) => new(RouteTimerKind.Penalty, index, link);

    /// <summary>True if the neighbour is the last resort for everything from now on.</summary>
    private bool Blame(Instant now, Neighbour neighbour)
    {
        NeighbourTrust trust = neighbour.Trust;
        trust.Blame = 1 + trust.Blame * Math.Pow(0.5, (now - trust.BlamedAt) / options.BlameHalfLife);
        trust.BlamedAt = now;
        if (trust.Blame < options.BlameLimit || trust.DistrustedUntil > now)
            return false;
        trust.Blame = 0;
        trust.Strikes = Math.Min(trust.Strikes + 1, MaxLinkStrikes);
        trust.DistrustedUntil = now + options.Distrust * Math.Pow(DistrustGrowth, trust.Strikes);
        LookWhenFree(neighbour);
        return true;
    }

    /// <summary>
    /// One timer for both reasons to be the last resort: what the first one's end changes shows when both are over.
    /// </summary>
    private void LookWhenFree(Neighbour neighbour)
    {
        NeighbourTrust trust = neighbour.Trust;
        timers.Set(
            new RouteTimer(RouteTimerKind.Held, neighbour.Link.Value),
            trust.HeldUntil > trust.DistrustedUntil ? trust.HeldUntil : trust.DistrustedUntil);
    }
}
