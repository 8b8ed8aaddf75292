using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Lite;

/// <summary>
/// What forged messages may cost, in key derivations (a microsecond or two each, ten times that on a small router): for
/// each neighbour that brings them, and in all. A text in a stream that is known costs little and is always looked at,
/// so
/// that no forger keeps honest members out; and a neighbour that used little of its own share is heard
/// when others have used up what there is for all.
/// </summary>
internal sealed class LiteWork
{
    /// <summary>Derivations that are always spent: what a text in a known stream costs at most, and one.</summary>
    internal const int Always = 12;

    /// <summary>Derivations for one neighbour, and how soon they come back. Arbitrary.</summary>
    internal const int OfNeighbour = 20_000;

    /// <summary>Derivations for all. Arbitrary.</summary>
    internal const int OfAll = 4 * OfNeighbour;

    /// <summary>Neighbours remembered; more share one purse.</summary>
    internal const int MaxNeighbours = 256;

    private static readonly TimeSpan Refill = TimeSpan.FromMinutes(1);

    private readonly Dictionary<NodeAddress, LiteAllowance> _purses = [];
    private readonly LiteAllowance _all = new(OfAll, Refill);
    private readonly LiteAllowance _others = new(OfNeighbour, Refill);

    internal int Neighbours => _purses.Count;

    /// <summary>Tells whether a message may be looked at now.</summary>
    internal bool Allows(Instant now, in NodeAddress neighbour, int price)
    {
        if (price <= Always)
            return true;
        TimeSpan at = Time(now);
        // One that was never charged has all it may have, unless there are too many to tell.
        LiteAllowance? purse = _purses.GetValueOrDefault(neighbour) ?? (_purses.Count < MaxNeighbours ? null : _others);
        return purse is null || (purse.Has(at, price) && (_all.Has(at, price) || purse.Has(at, OfNeighbour / 2)));
    }

    /// <summary>A message was looked at in vain.</summary>
    internal void Charge(Instant now, in NodeAddress neighbour, int price)
    {
        if (price == 0)
            return;
        TimeSpan at = Time(now);
        PurseOf(at, neighbour).Owe(at, price);
        _all.Owe(at, price);
    }

    private static TimeSpan Time(Instant now) => new(now.Ticks);

    private LiteAllowance PurseOf(TimeSpan now, in NodeAddress neighbour)
    {
        if (_purses.TryGetValue(neighbour, out LiteAllowance? purse))
            return purse;
        if (_purses.Count >= MaxNeighbours)
        {
            foreach ((NodeAddress address, LiteAllowance known) in _purses)
            {
                if (known.Has(now, OfNeighbour))
                    _purses.Remove(address);
            }
        }

        if (_purses.Count >= MaxNeighbours)
            return _others;
        _purses.Add(neighbour, purse = new LiteAllowance(OfNeighbour, Refill));
        return purse;
    }
}
