using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

/// <summary>Who is distrusted, for what, and until when.</summary>
public sealed class TrustLedgerTests
{
    private const int Far = 7;
    private const int Farther = 8;
    private static readonly Instant _start = new(TimeSpan.FromHours(1).Ticks);
    private static readonly Abbreviation _name = new(99);

    private readonly RouteOptions _options = new();
    private readonly RouteTimers _timers = new(1);
    private readonly DistanceTable _distances = new();
    private readonly TrustLedger _ledger;

    public TrustLedgerTests() => _ledger = new TrustLedger(_options, _timers, new Random(1));

    [Fact]
    public void A_loss_is_held_against_one_neighbour_for_one_destination_and_ends()
    {
        Neighbour neighbour = Neighbour(0), other = Neighbour(1);
        Assert.Equal(TrustChange.Destination, _ledger.Penalise(_start, neighbour, Far));
        Assert.True(_ledger.IsDistrusted(_start, neighbour, Far, _name));
        Assert.False(_ledger.IsDistrusted(_start, neighbour, Farther, _name));
        Assert.False(_ledger.IsDistrusted(_start, other, Far, _name));
        // Never for itself: it is there, or the link is not.
        Assert.False(_ledger.IsDistrusted(_start, neighbour, Far, neighbour.PeerName));
        Instant over = _timers.Next;
        Assert.InRange(over - _start, _options.Distrust * RouteProtocol.LeastJitter, _options.Distrust * 1.25);
        Assert.False(_ledger.IsDistrusted(over, neighbour, Far, _name));
    }

    [Fact]
    public void A_second_loss_soon_after_lasts_four_times_as_long_and_one_much_later_does_not()
    {
        Neighbour neighbour = Neighbour(0);
        _ledger.Penalise(_start, neighbour, Far);
        Instant over = _timers.Next;
        _ledger.Ended(over, neighbour, Far);
        Assert.Equal(1, _ledger.Count);
        _ledger.Penalise(over, neighbour, Far);
        Assert.True(_ledger.IsDistrusted(over + _options.Distrust * 2, neighbour, Far, _name));

        Instant longAfter = over + _options.Distrust * 1000;
        _ledger.Ended(longAfter, neighbour, Far);
        Assert.Equal(0, _ledger.Count);
        _ledger.Penalise(longAfter, neighbour, Far);
        Assert.False(_ledger.IsDistrusted(longAfter + _options.Distrust * 2, neighbour, Far, _name));
    }

    [Fact]
    public void Losses_for_many_destinations_make_a_neighbour_the_last_resort_for_all()
    {
        Neighbour neighbour = Neighbour(0);
        int losses = 1;
        while (_ledger.Penalise(_start, neighbour, 100 + losses) != TrustChange.Neighbour)
            Assert.InRange(++losses, 0, (int)Math.Ceiling(_options.BlameLimit));
        Assert.True(_ledger.IsDistrusted(_start, neighbour, Far, _name));
        Assert.False(_ledger.IsDistrusted(_start, neighbour, Far, neighbour.PeerName));
    }

    [Fact]
    public void Proof_of_delivery_forgives_that_destination()
    {
        Neighbour neighbour = Neighbour(0);
        _ledger.Penalise(_start, neighbour, Far);
        _ledger.Penalise(_start, neighbour, Farther);
        Assert.True(_ledger.Praise(neighbour, Far));
        Assert.False(_ledger.Praise(neighbour, Far));
        Assert.False(_ledger.IsDistrusted(_start, neighbour, Far, _name));
        Assert.True(_ledger.IsDistrusted(_start, neighbour, Farther, _name));
        Assert.Equal(1, _ledger.Count);
    }

    [Fact]
    public void A_liar_is_the_last_resort_as_long_as_its_link_stands()
    {
        Neighbour neighbour = Neighbour(0);
        Assert.True(_ledger.CaughtLying(neighbour));
        Assert.False(_ledger.CaughtLying(neighbour));
        Assert.True(_ledger.IsDistrusted(_start + TimeSpan.FromDays(365), neighbour, Far, _name));
    }

    [Fact]
    public void A_silent_link_explains_its_losses_itself()
    {
        Neighbour neighbour = Neighbour(0);
        neighbour.IsStalled = true;
        Assert.Equal(TrustChange.None, _ledger.Penalise(_start, neighbour, Far));
        neighbour.IsStalled = false;
        neighbour.IsSuspect = true;
        Assert.Equal(TrustChange.None, _ledger.Penalise(_start, neighbour, Far));
        Assert.Equal(0, _ledger.Count);
    }

    [Fact]
    public void A_way_that_says_itself_that_it_is_slow_is_only_noted_twice()
    {
        Neighbour neighbour = Neighbour(0);
        neighbour.Cost = Metric.FromTime(TimeSpan.FromMilliseconds(100));
        neighbour.SetHeard(Far, new Distance(1, Metric.FromTime(TimeSpan.FromMilliseconds(100))));
        Assert.Equal(TrustChange.None, _ledger.Penalise(_start, neighbour, Far));
        Assert.Equal(TrustChange.None, _ledger.Penalise(_start, neighbour, Far));
        Assert.Equal(TrustChange.Destination, _ledger.Penalise(_start, neighbour, Far));
    }

    [Fact]
    public void What_is_remembered_has_a_bound_and_goes_with_the_link()
    {
        Neighbour neighbour = Neighbour(0), other = Neighbour(1);
        _ledger.Penalise(_start, other, 1);
        for (int index = 1; index < 10_000; index++)
            _ledger.Penalise(_start, neighbour, index);
        Assert.Equal(4096, _ledger.Count);
        _ledger.Forget(neighbour);
        Assert.Equal(1, _ledger.Count);
        Assert.Equal(0, neighbour.Trust.PenaltyCount);
        Assert.Equal(1, _timers.Count);
    }

    private Neighbour Neighbour(int link) => new(
        new LinkId(link),
        new LinkDescription(new NodeAddress(1, (ulong)link + 1), default, LinkProperties.Stream, 1, Outbound: true),
        null, _distances, _start)
    {
        Quality = new StreamQuality(),
        Cost = Metric.FromTime(TimeSpan.FromMilliseconds(1)),
    };
}
