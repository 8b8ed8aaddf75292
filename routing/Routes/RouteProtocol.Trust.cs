using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Next hops that do not deliver. Metrics are claims; proofs of delivery decide.
internal sealed partial class RouteProtocol
{
    private const int MaxPenalties = 4_096;
    private const int MaxStrikes = 5;
    private const int MaxLinkStrikes = 3;
    private const int DistrustGrowth = 4;
    private const int StrikesOfSlow = 2;

    // Longer than any way without waiting links takes.
    private static readonly Metric _slowWay = Metric.FromTime(TimeSpan.FromMilliseconds(40));

    private readonly Dictionary<(int Index, LinkId Link), Penalty> _penalties = [];

    private readonly record struct Penalty(int Strikes, Instant Until);

    /// <inheritdoc/>
    public void Penalise(Instant now, in NodeAddress destination, LinkId link)
    {
        _now = now;
        int index = FindNode(destination);
        if (index <= Self || Find(link) is not { } neighbour || destination == neighbour.Peer)
            return;

        // A link that is silent now explains it, and is seen to as such; and so does one that often is.
        if (neighbour.IsStalled || neighbour.IsSuspect || neighbour.Quality.IsOftenLate)
            return;
        bool isNew = !_penalties.TryGetValue((index, link), out Penalty penalty);
        if (isNew && _penalties.Count >= MaxPenalties)
            return;

        // Several losses at once are one piece of evidence.
        if (isNew || penalty.Until <= now)
        {
            int strikes = Math.Min(penalty.Strikes + 1, MaxStrikes);
            Metric claimed = neighbour.Heard(index).Metric + neighbour.Cost;
            if (strikes <= StrikesOfSlow && claimed >= _slowWay && claimed < _options.DistrustCost)
            {
                Forgive(index, link, neighbour, strikes, isNew);
                return;
            }

            Instant until = now + Jittered(_options.Distrust * Math.Pow(DistrustGrowth, strikes - 1));
            _penalties[(index, link)] = new Penalty(strikes, until);
            _timers.Set(new RouteTimer(RouteTimerKind.Penalty, index, link), until);
            if (isNew)
                neighbour.PenaltyCount++;
            Blame(neighbour);
        }

        Evaluate(index);
    }

    /// <summary>A way that says itself that it is slow is not disproved by receipts that are late: it is only noted.</summary>
    private void Forgive(int index, LinkId link, Neighbour neighbour, int strikes, bool isNew)
    {
        _penalties[(index, link)] = new Penalty(strikes, _now);
        if (!isNew)
            return;
        neighbour.PenaltyCount++;
        _timers.Set(new RouteTimer(RouteTimerKind.Penalty, index, link), _now + _options.Distrust * DistrustGrowth);
    }

    private void Blame(Neighbour neighbour)
    {
        neighbour.Blame = 1 + neighbour.Blame * Math.Pow(0.5, (_now - neighbour.BlamedAt) / _options.BlameHalfLife);
        neighbour.BlamedAt = _now;
        if (neighbour.Blame < _options.BlameLimit || neighbour.DistrustedUntil > _now)
            return;
        neighbour.Blame = 0;
        neighbour.Strikes = Math.Min(neighbour.Strikes + 1, MaxLinkStrikes);
        neighbour.DistrustedUntil = _now + _options.Distrust * Math.Pow(DistrustGrowth, neighbour.Strikes);
        LookWhenFree(neighbour);
        EvaluateAll(neighbour);
    }

    /// <summary>What no honest node can say is proof enough: it is the last resort for as long as the link stands.</summary>
    private void CaughtLying(Neighbour neighbour)
    {
        if (neighbour.DistrustedUntil == Instant.Never)
            return;
        neighbour.DistrustedUntil = Instant.Never;
        LookWhenFree(neighbour);
        EvaluateAll(neighbour);
    }

    /// <inheritdoc/>
    public void Trust(Instant now, in NodeAddress destination, LinkId link)
    {
        _now = now;
        if (Find(link) is not { } neighbour || destination == neighbour.Peer)
            return;
        neighbour.Blame = Math.Max(0, neighbour.Blame - 1);
        neighbour.Strikes = 0;
        int index = FindNode(destination);
        if (index > Self)
            _destinations.ClaimOf(index).IsUseful = true;
        if (index > Self && RemovePenalty(neighbour, index))
            Evaluate(index);
    }

    private bool IsDistrusted(Neighbour neighbour, int index, Abbreviation name)
    {
        if (name == neighbour.PeerName)
            return false;
        return neighbour.DistrustedUntil > _now
            || (neighbour.PenaltyCount > 0 && _penalties.TryGetValue((index, neighbour.Link), out Penalty penalty) && penalty.Until > _now);
    }

    /// <summary>A penalty ended; it is remembered for as long again, so that a second one lasts longer.</summary>
    private void PenaltyEnded(int index, LinkId link)
    {
        Penalty penalty = _penalties[(index, link)];
        TimeSpan memory = _options.Distrust * Math.Pow(DistrustGrowth, penalty.Strikes);
        if (_now - penalty.Until < memory)
            _timers.Set(new RouteTimer(RouteTimerKind.Penalty, index, link), penalty.Until + memory);
        else
            RemovePenalty(_byLink[link.Value]!, index);
        Evaluate(index);
    }

    private bool RemovePenalty(Neighbour neighbour, int index)
    {
        if (neighbour.PenaltyCount == 0 || !_penalties.Remove((index, neighbour.Link)))
            return false;
        neighbour.PenaltyCount--;
        _timers.Cancel(new RouteTimer(RouteTimerKind.Penalty, index, neighbour.Link));
        return true;
    }

    /// <summary>One timer for both reasons to be the last resort: what the first one's end changes shows when both are over.</summary>
    private void LookWhenFree(Neighbour neighbour)
    {
        bool isHeld = neighbour.HeldUntil > neighbour.DistrustedUntil;
        _timers.Set(
            new RouteTimer(RouteTimerKind.Held, neighbour.Link.Value), isHeld ? neighbour.HeldUntil : neighbour.DistrustedUntil);
    }

    private void HoldEnded(LinkId link) => EvaluateAll(_byLink[link.Value]!);

    private void ForgetPenalties(Neighbour neighbour)
    {
        _timers.Cancel(new RouteTimer(RouteTimerKind.Held, neighbour.Link.Value));
        if (neighbour.PenaltyCount == 0)
            return;
        foreach ((int Index, LinkId Link) key in _penalties.Keys)
        {
            if (key.Link == neighbour.Link)
                RemovePenalty(neighbour, key.Index);
        }
    }
}
