using QuicProChat.Mesh.Routing.Routes;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>What is to be done with an envelope.</summary>
internal enum Verdict : byte
{
    /// <summary>It is for this node.</summary>
    Deliver,

    /// <summary>It goes to <see cref="Decision.Link"/>.</summary>
    Forward,

    /// <summary>It waits for a way on.</summary>
    Hold,

    /// <summary>It is not taken: <see cref="Decision.Reason"/>.</summary>
    Drop,
}

/// <summary>Why an envelope is not taken; each has its counter and its answer to the neighbour.</summary>
internal enum DropReason : byte
{
    None,
    Repeat,
    Expired,
    HopLimit,
    NoWayOn,
    TooLarge,
}

/// <summary>The decision about one envelope.</summary>
internal readonly record struct Decision(Verdict Verdict, LinkId Link, DropReason Reason)
{
    public static readonly Decision Deliver = new(Verdict.Deliver, LinkId.None, DropReason.None);
    public static readonly Decision Hold = new(Verdict.Hold, LinkId.None, DropReason.None);

    public static Decision Forward(LinkId link) => new(Verdict.Forward, link, DropReason.None);

    public static Decision Drop(DropReason reason) => new(Verdict.Drop, LinkId.None, reason);
}

/// <summary>What the decision depends on, besides the next hops.</summary>
/// <param name="IsRepeat">This generation, or a later one, was accepted before.</param>
/// <param name="IsForUs">Its destination is this node.</param>
/// <param name="LifetimeUnits">Lifetime left.</param>
/// <param name="HopsLeft">Hops left, clamped to this node's limit, as it arrived.</param>
/// <param name="Upstream">Where it came from; <see cref="LinkId.None"/> once this node answers for it.</param>
/// <param name="Tried">The next hop of the attempt before, which brought no receipt.</param>
/// <param name="Skip">How many usable next hops to pass over, in their order and round again.</param>
internal readonly record struct EnvelopeFacts(
    bool IsRepeat, bool IsForUs, int LifetimeUnits, int HopsLeft, LinkId Upstream, LinkId Tried, int Skip = 0);

/// <summary>A next hop and whether it may be used for this envelope now.</summary>
/// <param name="Hop">The next hop.</param>
/// <param name="Usable">It may be used.</param>
/// <param name="Obstacle">Otherwise: why not.</param>
internal readonly record struct Candidate(NextHop Hop, bool Usable, StateReason Obstacle = StateReason.None);

/// <summary>The forwarding decision: a pure function (docs/reference/protocol.md, section 4.3).</summary>
internal static class ForwardingDecision
{
    /// <summary>Decides about an envelope; <paramref name="hops"/> are the feasible next hops, best first.</summary>
    public static Decision Decide(in EnvelopeFacts facts, ReadOnlySpan<Candidate> hops)
    {
        if (facts.IsRepeat)
            return Decision.Drop(DropReason.Repeat);
        if (facts.LifetimeUnits == 0)
            return Decision.Drop(DropReason.Expired);
        if (facts.IsForUs)
            return Decision.Deliver;
        if (facts.HopsLeft == 0)
            return Decision.Drop(DropReason.HopLimit);
        return ChooseNextHop(facts, hops);
    }

    private static Decision ChooseNextHop(in EnvelopeFacts facts, ReadOnlySpan<Candidate> hops)
    {
        int usable = 0;
        bool anyOther = hops.IsEmpty;
        bool fitsSome = hops.IsEmpty;
        foreach (ref readonly Candidate candidate in hops)
        {
            if (candidate.Hop.Link == facts.Upstream)
                continue;
            anyOther = true;
            fitsSome |= candidate.Usable || candidate.Obstacle != StateReason.TooLarge;
            usable += candidate.Usable ? 1 : 0;
        }

        if (usable > 0)
            return Decision.Forward(InTurn(facts, hops, usable));
        // Only the neighbour it came from leads there: handing it back at once would be a loop of two.
        if (!anyOther)
            return Decision.Drop(DropReason.NoWayOn);
        // Whoever hands it over may know a way that is wide enough.
        return fitsSome ? Decision.Hold : Decision.Drop(DropReason.TooLarge);
    }

    private static LinkId InTurn(in EnvelopeFacts facts, ReadOnlySpan<Candidate> hops, int usable)
    {
        int skip = facts.Skip % usable;
        for (int at = 0; ; at = at + 1 < hops.Length ? at + 1 : 0)
        {
            LinkId link = hops[at].Hop.Link;
            if (!hops[at].Usable || link == facts.Upstream || skip-- > 0 || (link == facts.Tried && usable > 1))
                continue;
            return link;
        }
    }
}
