using QuicProChat.Mesh.Routing.Custody;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

public sealed class DecisionTests
{
    private static readonly LinkId A = new(0), B = new(1), C = new(2);
    private static readonly EnvelopeFacts Fresh = new(
        IsRepeat: false, IsForUs: false, LifetimeUnits: 10, HopsLeft: 5, Upstream: A, Tried: LinkId.None);

    [Fact]
    public void The_best_usable_next_hop_is_chosen()
    {
        Assert.Equal(Decision.Forward(B), ForwardingDecision.Decide(Fresh, [Usable(B), Usable(C)]));
        Assert.Equal(Decision.Forward(C), ForwardingDecision.Decide(Fresh, [Avoid(B), Usable(C)]));
        Assert.Equal(Decision.Forward(C), ForwardingDecision.Decide(Fresh, [Usable(A), Usable(C)]));
    }

    [Fact]
    public void A_next_hop_that_brought_no_receipt_is_the_last_resort()
    {
        EnvelopeFacts again = Fresh with { Tried = B };
        Assert.Equal(Decision.Forward(C), ForwardingDecision.Decide(again, [Usable(B), Usable(C)]));
        Assert.Equal(Decision.Forward(B), ForwardingDecision.Decide(again, [Usable(B), Avoid(C)]));
    }

    [Fact]
    public void Without_a_usable_next_hop_it_is_held_but_never_for_the_neighbour_it_came_from()
    {
        Assert.Equal(Decision.Hold, ForwardingDecision.Decide(Fresh, []));
        Assert.Equal(Decision.Hold, ForwardingDecision.Decide(Fresh, [Avoid(B)]));
        Assert.Equal(Decision.Drop(DropReason.NoWayOn), ForwardingDecision.Decide(Fresh, [Usable(A)]));
        Assert.Equal(Decision.Forward(A),
            ForwardingDecision.Decide(Fresh with { Upstream = LinkId.None }, [Usable(A)]));
    }

    [Fact]
    public void Repeats_expired_ones_and_those_without_hops_go_nowhere()
    {
        Assert.Equal(Decision.Drop(DropReason.Repeat),
            ForwardingDecision.Decide(Fresh with { IsRepeat = true, IsForUs = true }, [Usable(B)]));
        Assert.Equal(Decision.Drop(DropReason.Expired),
            ForwardingDecision.Decide(Fresh with { LifetimeUnits = 0, IsForUs = true }, []));
        Assert.Equal(Decision.Drop(DropReason.HopLimit),
            ForwardingDecision.Decide(Fresh with { HopsLeft = 0 }, [Usable(B)]));
        Assert.Equal(Decision.Deliver, ForwardingDecision.Decide(Fresh with { HopsLeft = 0, IsForUs = true }, []));
    }

    [Fact]
    public void Generations_order_by_attempt_and_then_by_hops_used()
    {
        Assert.True(Generation.Of(0, 62).Value > Generation.Of(0, 63).Value);
        Assert.True(Generation.Of(1, 1023).Value > Generation.Of(0, 0).Value);
        Assert.Equal(Generation.Of(2, 1023), Generation.Of(2, 2000));
        Assert.Equal(0x112233445566_0BFFul, Generation.NameOf(new EnvelopeId(0x1122334455667788, 9), 2, 0));
    }

    [Fact]
    public void Each_repetition_begins_with_another_next_hop_and_none_is_left_out()
    {
        Candidate[] hops = [Usable(A), Usable(B), Avoid(new LinkId(3)), Usable(C)];
        EnvelopeFacts held = Fresh with { Upstream = LinkId.None };
        LinkId[] chosen =
            [.. Enumerable.Range(0, 6).Select(skip => ForwardingDecision.Decide(held with { Skip = skip }, hops).Link)];
        Assert.Equal([A, B, C, A, B, C], chosen);
        // What was tried last is not tried again while there is another.
        Assert.Equal(C, ForwardingDecision.Decide(held with { Skip = 1, Tried = B }, hops).Link);
        Assert.Equal(A, ForwardingDecision.Decide(held with { Skip = 2, Tried = C }, hops).Link);
        Assert.Equal(B, ForwardingDecision.Decide(held with { Skip = 5, Tried = B }, [Avoid(A), Usable(B)]).Link);
        Assert.Equal(B, ForwardingDecision.Decide(Fresh with { Skip = 3 }, [Usable(A), Usable(B)]).Link);
    }

    [Fact]
    public void What_fits_no_next_hop_is_too_large_and_what_fits_one_waits_for_it()
    {
        static Candidate TooLarge(LinkId link) =>
            new(new NextHop(link, Metric.FromUnits(10)), Usable: false, StateReason.TooLarge);
        Assert.Equal(Decision.Drop(DropReason.TooLarge), ForwardingDecision.Decide(Fresh, [TooLarge(B), TooLarge(C)]));
        Assert.Equal(Decision.Hold, ForwardingDecision.Decide(Fresh, [TooLarge(B), Avoid(C)]));
        Assert.Equal(Decision.Forward(C), ForwardingDecision.Decide(Fresh, [TooLarge(B), Usable(C)]));
        Assert.Equal(Decision.Drop(DropReason.TooLarge), ForwardingDecision.Decide(Fresh, [Usable(A), TooLarge(B)]));
    }

    [Theory]
    [InlineData(100, 9.9, 100)]
    [InlineData(100, 10, 99)]
    [InlineData(100, 10.1, 98)]
    [InlineData(100, 25, 97)]
    [InlineData(2, 19.9, 1)]
    [InlineData(1, 9.9, 1)]
    [InlineData(1, 10, 0)]
    [InlineData(65535, 655_349.9, 1)]
    public void Lifetime_is_charged_for_what_it_was_held(ushort units, double seconds, ushort left) =>
        Assert.Equal(left, Lifetimes.Left(units, TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-5, 0)]
    [InlineData(0.1, 1)]
    [InlineData(10, 1)]
    [InlineData(10.1, 2)]
    [InlineData(1e9, 65535)]
    public void A_lifetime_is_rounded_up_to_units(double seconds, ushort units) =>
        Assert.Equal(units, Lifetimes.ToUnits(TimeSpan.FromSeconds(seconds)));

    private static Candidate Usable(LinkId link) => new(new NextHop(link, Metric.FromUnits(10)), Usable: true);

    private static Candidate Avoid(LinkId link) => new(new NextHop(link, Metric.FromUnits(10)), Usable: false);
}
