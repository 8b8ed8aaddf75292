using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Custody;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>What the envelopes of bundles cost their sources.</summary>
public sealed class BundlePricesTests
{
    [Fact]
    public void A_neighbour_that_does_not_listen_silences_no_other_of_its_source()
    {
        var options = new RouterOptions { NeighbourEnvelopesPerSecond = 10, NeighbourBurst = 64 };
        var prices = new BundlePrices(options, default);
        var source = new Source(1, options, default);
        LinkState loud = Link(source, options), quiet = Link(source, options);
        while (prices.TryPay(default, loud, 4, 400) || prices.TryRefuse(default, loud, 4, 400))
            continue;
        Assert.False(prices.TryPay(default, quiet, 4, 400));
        Assert.True(prices.TryRefuse(default, quiet, 4, 400));
    }

    [Fact]
    public void What_bundles_stand_for_is_bounded_for_a_source_and_in_all_and_half_is_for_chosen_neighbours()
    {
        const int bytes = 32 * 4117;
        var options = new RouterOptions
        {
            NeighbourEnvelopesPerSecond = 1_000_000,
            NeighbourBundledBytesPerSecond = 10 * bytes,
            BundledBytesPerSecond = 80 * bytes,
        };
        var prices = new BundlePrices(options, default);
        int[] strangers = [.. Enumerable.Range(1, 20).Select(i => Paid(NewLink(i, isChosen: false)))];
        Assert.Equal(10, strangers.Max());
        Assert.Equal(40, strangers.Sum());
        int[] chosen = [.. Enumerable.Range(21, 20).Select(i => Paid(NewLink(i, isChosen: true)))];
        Assert.Equal(10, chosen.Max());
        Assert.Equal(40, chosen.Sum());

        // To refuse costs the same hashes: an eighth of it in all, and as well half of that.
        int refused = Enumerable.Range(50, 50).Sum(
            i => Count(link => prices.TryRefuse(default, link, 1, bytes), NewLink(i, isChosen: false)));
        Assert.Equal(5, refused);
        Assert.True(prices.TryRefuse(default, NewLink(200, isChosen: true), 1, bytes));

        LinkState NewLink(int source, bool isChosen) =>
            Link(new Source((ulong)source, options, default), options, isChosen);
        int Paid(LinkState link) => Count(l => prices.TryPay(default, l, 32, bytes), link);
        static int Count(Predicate<LinkState> does, LinkState link)
        {
            int count = 0;
            while (does(link))
                count++;
            return count;
        }
    }

    private static LinkState Link(Source source, RouterOptions options, bool isChosen = false) => new(
        new LinkDescription(
            new NodeAddress(1, 1), default, LinkProperties.Stream, 1, Outbound: true, Chosen: isChosen),
        source, options, new AnswerBudget(1), 1, default);
}
