using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// What work in vain may cost: for each source that brings it (<see cref="Router.SourceOf"/>), and in all. A source
/// that used little of its own share is heard when others have used up what there is for all, and what costs little is
/// always done: so no forger keeps honest senders out.
/// </summary>
/// <param name="each">What one source may cost, at once and in each minute.</param>
/// <param name="always">What is always spent.</param>
internal sealed class SourceWork(int each, int always)
{
    /// <summary>Sources remembered; more share one purse.</summary>
    internal const int MaxSources = 256;

    /// <summary>So many times the share of one is there for all. Arbitrary.</summary>
    private const int Shares = 4;

    private static readonly TimeSpan _refill = TimeSpan.FromMinutes(1);

    private readonly AllowanceTable<ulong> _purses = new(MaxSources, each, _refill);
    private readonly Allowance _all = new(Shares * each, _refill);

    /// <summary>Sources that have cost something lately.</summary>
    internal int Sources => _purses.Count;

    /// <summary>Whether work of a price may be done now.</summary>
    internal bool Allows(Instant now, ulong source, int price)
    {
        if (price <= always)
            return true;
        TimeSpan at = new(now.Ticks);
        // One that was never charged has all it may have, unless there are too many to tell.
        Allowance? purse = _purses.Find(source);
        return purse is null || (purse.Has(at, price) && (_all.Has(at, price) || purse.Has(at, each / 2)));
    }

    /// <summary>Work was done in vain.</summary>
    internal void Charge(Instant now, ulong source, int price)
    {
        if (price == 0)
            return;
        TimeSpan at = new(now.Ticks);
        _purses.Of(at, source).Owe(at, price);
        _all.Owe(at, price);
    }
}
